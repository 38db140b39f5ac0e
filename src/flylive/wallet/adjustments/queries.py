"""All SQL over adjustments."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_INSERT = text(
    """
    INSERT INTO adjustments (user_id, currency_type, amount, reason, status, needs_second,
                             requested_by, requested_at, decided_by, decided_at)
    VALUES (:user_id, :currency_type, :amount, :reason, :status, :needs_second,
            :requested_by, :at, :decided_by, :decided_at)
    RETURNING *
    """
)
_FIND = text("SELECT * FROM adjustments WHERE id = :id")
_LOCK = text("SELECT * FROM adjustments WHERE id = :id FOR NO KEY UPDATE")
_DECIDE = text(
    """
    UPDATE adjustments SET status = :status, decided_by = :decided_by, decided_at = :at,
                           decision = :decision
    WHERE id = :id RETURNING *
    """
)
_POSTED_ALONE = text(
    """
    SELECT (SELECT COALESCE(sum(abs(amount)), 0.00) FROM adjustments
            WHERE requested_by = :requested_by AND requested_at > :since AND NOT needs_second
              AND currency_type = :currency_type)
         + (SELECT COALESCE(sum(total_cost), 0.00) FROM gift_reversals
            WHERE requested_by = :requested_by AND reversed_at > :since
              AND reversed_by = requested_by AND :currency_type = 1)
    """
)
_LIST = text(
    """
    SELECT * FROM adjustments
    WHERE id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
      AND (CAST(:user_id AS bigint) IS NULL OR user_id = :user_id)
    ORDER BY id DESC LIMIT :limit
    """
)


async def insert(tx: Transaction, *, status: str, requested_by: int, **values: Any) -> Row[Any]:
    """A new adjustment, posted at once or waiting."""
    at = now()
    is_posted = status == "posted"
    decided = {
        "decided_by": requested_by if is_posted else None,
        "decided_at": at if is_posted else None,
    }
    values |= {"status": status, "requested_by": requested_by, "at": at, **decided}
    return (await tx.execute(_INSERT, values)).one()


async def find(tx: Reading, adjustment_id: int) -> Row[Any] | None:
    """An adjustment."""
    return await tx.row(_FIND, {"id": adjustment_id})


async def lock(tx: Transaction, adjustment_id: int) -> Row[Any] | None:
    """An adjustment that nobody else decides meanwhile."""
    return await tx.row(_LOCK, {"id": adjustment_id})


async def decide(
    tx: Transaction, adjustment_id: int, *, status: str, decided_by: int, decision: str
) -> Row[Any]:
    """Close it."""
    values = {"id": adjustment_id, "status": status, "decided_by": decided_by}
    return (await tx.execute(_DECIDE, values | {"decision": decision, "at": now()})).one()


async def posted_alone(
    tx: Reading, requested_by: int, currency_type: int, since: datetime
) -> Decimal:
    """What somebody posted without a second person since then, given and taken alike.

    Gifts that he took back count by their cost.
    """
    values = {"requested_by": requested_by, "currency_type": currency_type, "since": since}
    total: Decimal = await tx.scalar(_POSTED_ALONE, values)
    return total


async def list_adjustments(
    tx: Reading, *, before: int, limit: int, status: str | None, user_id: int | None
) -> Sequence[Row[Any]]:
    """Up to `limit` adjustments with a smaller id, newest first."""
    values = {"before": before, "limit": limit, "status": status, "user_id": user_id}
    return await tx.rows(_LIST, values)
