"""What left a reseller's balance for other people's: transfers and approved coin requests."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.wallet import queries
from flylive.wallet.movements import Movement

SOURCE_REQUEST = "CoinRequest"
"""``transactions.transactionable_type`` of what an approved request moved."""

_SALE = f"""
    user_id = :user_id AND direction = 1 AND beneficiary_id IS NOT NULL
    AND type IN ('{Movement.TRANSFER}', '{Movement.COIN_REQUEST}')
    AND created_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
    AND created_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
"""
_TOTAL = text(
    f"""
    SELECT COALESCE(sum(amount), 0.00) FROM transactions
    WHERE {_SALE} AND (CAST(:type AS text) IS NULL OR type = :type)
    """
)
_RECEIVED = text(
    f"""
    SELECT COALESCE(sum(beneficiary_amount), 0.00) FROM transactions
    WHERE beneficiary_id = :user_id AND created_at >= :since
      AND type IN ('{Movement.TRANSFER}', '{Movement.COIN_REQUEST}')
    """
)
_STOCK = text("SELECT coin_balance FROM users WHERE id = :user_id")
_LIST = text(
    f"""
    SELECT id, created_at, beneficiary_id, type, amount, user_balance_after, transactionable_id,
           description
    FROM transactions
    WHERE {_SALE}
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (created_at, id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY created_at DESC, id DESC LIMIT :limit
    """
)
_NEWEST = text(
    """
    SELECT id FROM transactions WHERE user_id = :user_id AND created_at = :at
    ORDER BY id DESC LIMIT 1
    """
)


async def total(
    tx: Reading,
    user_id: int,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    type: Movement | None = None,
) -> Decimal:
    """Coins that left in this time; exact while the seller's row is held."""
    values = {"user_id": user_id, "since": since, "until": until, "type": type}
    sold: Decimal = await tx.scalar(_TOTAL, values)
    return sold


async def stock(tx: Reading, user_id: int) -> Decimal:
    """The coins that a seller has."""
    coins: Decimal = await tx.scalar(_STOCK, {"user_id": user_id})
    return coins


async def received(tx: Reading, user_id: int, *, since: datetime) -> Decimal:
    """Coins that came to a user from resellers since then; exact while his row is held."""
    got: Decimal = await tx.scalar(_RECEIVED, {"user_id": user_id, "since": since})
    return got


async def list_sales(
    tx: Reading,
    user_id: int,
    *,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
) -> Sequence[Row[Any]]:
    """Up to `limit` ledger rows of sales, newest first."""
    return await tx.rows(
        _LIST,
        {
            "user_id": user_id,
            "since": since,
            "until": until,
            "before_at": before[0] if before else None,
            "before_id": before[1] if before else None,
            "limit": limit,
        },
    )


async def newest_row(tx: Reading, user_id: int, at: datetime) -> Row[Any]:
    """What a Book of moment `at` wrote last for a user held locked, as he sees it."""
    row_id: int = await tx.scalar(_NEWEST, {"user_id": user_id, "at": at})
    row = await queries.find_transaction(tx, user_id, row_id)
    assert row is not None, "it is his own"
    return row
