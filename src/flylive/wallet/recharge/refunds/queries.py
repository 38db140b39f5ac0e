"""All SQL over refunds that staff ask for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_INSERT = text(
    """
    INSERT INTO order_refunds (order_id, coins, reason, status, needs_second, requested_by,
                               requested_at, decided_by, decided_at, next_try_at)
    VALUES (:order_id, :coins, :reason, :status, :needs_second, :requested_by, :at,
            :decided_by, :decided_at, :next_try_at)
    RETURNING *
    """
)
_FIND = text("SELECT * FROM order_refunds WHERE id = :id")
_LOCK = text("SELECT * FROM order_refunds WHERE id = :id FOR NO KEY UPDATE")
_UNDER_WAY = text(
    "SELECT * FROM order_refunds WHERE order_id = :order_id AND status IN ('pending', 'asked')"
)
_OF_ORDER = text("SELECT * FROM order_refunds WHERE order_id = :order_id ORDER BY id DESC")
_DECIDE = text(
    """
    UPDATE order_refunds SET status = CAST(:status AS text), decided_by = :decided_by,
        decided_at = :at, decision = :decision, next_try_at = :next_try_at
    WHERE id = :id RETURNING *
    """
)
_ASKED_ALONE = text(
    """
    SELECT COALESCE(sum(coins), 0) FROM order_refunds
    WHERE requested_by = :requested_by AND requested_at > :since AND NOT needs_second
    """
)
_LIST = text(
    """
    SELECT * FROM order_refunds
    WHERE id < :before AND (CAST(:status AS text) IS NULL OR status = :status)
    ORDER BY id DESC LIMIT :limit
    """
)
_CLAIM = text(
    """
    UPDATE order_refunds SET
        tries = tries + 1,
        next_try_at = :at + LEAST(interval '30 seconds' * power(2, LEAST(tries, 16)),
                                  interval '6 hours')
    WHERE id IN (SELECT id FROM order_refunds
                 WHERE next_try_at <= :at AND (CAST(:id AS bigint) IS NULL OR id = :id)
                 ORDER BY next_try_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
    """
)
_FINISH = text(
    """
    UPDATE order_refunds SET status = CAST(:status AS text), detail = :detail, next_try_at = NULL,
        provider_reference = COALESCE(CAST(:reference AS text), provider_reference),
        finished_at = :at
    WHERE id = :id AND status = 'asked'
    """
)
_NOTE = text("UPDATE order_refunds SET detail = :detail WHERE id = :id AND status = 'asked'")


async def insert(tx: Transaction, *, status: str, requested_by: int, **values: Any) -> Row[Any]:
    """A new refund, to be asked for at once or waiting."""
    at = now()
    is_asked = status == "asked"
    decided = {
        "decided_by": requested_by if is_asked else None,
        "decided_at": at if is_asked else None,
        "next_try_at": at if is_asked else None,
    }
    values |= {"status": status, "requested_by": requested_by, "at": at, **decided}
    return (await tx.execute(_INSERT, values)).one()


async def find(tx: Reading, refund_id: int) -> Row[Any] | None:
    """A refund."""
    return await tx.row(_FIND, {"id": refund_id})


async def lock(tx: Transaction, refund_id: int) -> Row[Any] | None:
    """A refund that nobody else decides meanwhile."""
    return await tx.row(_LOCK, {"id": refund_id})


async def find_under_way(tx: Reading, order_id: int) -> Row[Any] | None:
    """The order's refund that waits or is being asked for."""
    return await tx.row(_UNDER_WAY, {"order_id": order_id})


async def list_of_order(tx: Reading, order_id: int) -> Sequence[Row[Any]]:
    """The order's refunds, newest first."""
    return await tx.rows(_OF_ORDER, {"order_id": order_id})


async def decide(
    tx: Transaction, refund_id: int, *, status: str, decided_by: int, decision: str
) -> Row[Any]:
    """Let it be asked for, or not."""
    at = now()
    values = {"id": refund_id, "status": status, "decided_by": decided_by, "decision": decision}
    due = {"at": at, "next_try_at": at if status == "asked" else None}
    return (await tx.execute(_DECIDE, values | due)).one()


async def asked_alone(tx: Reading, requested_by: int, since: datetime) -> int:
    """Coins whose refunds somebody asked for without a second person since then."""
    values = {"requested_by": requested_by, "since": since}
    return int(await tx.scalar(_ASKED_ALONE, values))


async def list_refunds(
    tx: Reading, *, before: int, limit: int, status: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit` refunds with a smaller id, newest first."""
    return await tx.rows(_LIST, {"before": before, "limit": limit, "status": status})


async def claim(tx: Transaction, limit: int, refund_id: int | None = None) -> list[int]:
    """Refunds to ask for now, each put off first, so that whoever dies over it comes back."""
    rows = await tx.rows(_CLAIM, {"at": now(), "limit": limit, "id": refund_id})
    return [row.id for row in rows]


async def finish(
    tx: Transaction, refund_id: int, *, status: str, reference: str | None, detail: str | None
) -> None:
    """What its provider made of it."""
    values = {"id": refund_id, "status": status, "reference": reference, "detail": detail}
    await tx.execute(_FINISH, values | {"at": now()})


async def note(tx: Transaction, refund_id: int, detail: str) -> None:
    """Why it could not be asked for this time."""
    await tx.execute(_NOTE, {"id": refund_id, "detail": detail})
