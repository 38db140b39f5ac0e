"""Reading wallets and the ledger."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.wallet.movements import Movement

_WALLET = text(
    "SELECT coin_balance, diamond_balance, total_spent, total_received, coin_debt AS debt"
    " FROM users WHERE id = :user_id"
)


async def find_wallet(tx: Reading, user_id: int) -> Row[Any]:
    """The balances of a user who exists."""
    row = await tx.row(_WALLET, {"user_id": user_id})
    assert row is not None
    return row


_EXCHANGED = text(
    f"""
    SELECT COALESCE(sum(amount), 0.00) FROM transactions
    WHERE user_id = :user_id AND created_at >= :since
      AND type = '{Movement.EXCHANGE}' AND direction = 1 AND NOT is_adopted
    """
)


async def exchanged(tx: Reading, user_id: int, *, since: datetime) -> Decimal:
    """Diamonds that a user exchanged since then; exact while his row is held."""
    diamonds: Decimal = await tx.scalar(_EXCHANGED, {"user_id": user_id, "since": since})
    return diamonds


_ROW = """
    id, user_id, beneficiary_id, type, direction, currency_type, amount, quantity,
    CASE WHEN user_id = :viewer THEN user_balance_before END AS user_balance_before,
    CASE WHEN user_id = :viewer THEN user_balance_after END AS user_balance_after,
    beneficiary_currency_type, beneficiary_amount,
    CASE WHEN beneficiary_id = :viewer THEN beneficiary_balance_before END
        AS beneficiary_balance_before,
    CASE WHEN beneficiary_id = :viewer THEN beneficiary_balance_after END
        AS beneficiary_balance_after,
    transactionable_type, transactionable_id, description, metadata, status,
    created_at, updated_at, deleted_at, is_adopted
"""
_FILTER = """
    (CAST(:type AS text) IS NULL OR type = CAST(:type AS text))
    AND created_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
    AND created_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
    -- Said twice: months are left out by the plain comparison alone.
    AND created_at <= COALESCE(CAST(:before_at AS timestamptz), 'infinity')
    AND (CAST(:before_at AS timestamptz) IS NULL
         OR (created_at, id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
"""
_LIST = text(
    f"""
    SELECT * FROM (
        (SELECT {_ROW} FROM transactions
         WHERE user_id = :viewer AND {_FILTER}
           AND (CAST(:currency AS smallint) IS NULL OR currency_type = :currency)
         ORDER BY created_at DESC, id DESC LIMIT :limit)
        UNION ALL
        (SELECT {_ROW} FROM transactions
         WHERE beneficiary_id = :viewer AND user_id <> :viewer AND {_FILTER}
           AND (CAST(:currency AS smallint) IS NULL OR beneficiary_currency_type = :currency)
         ORDER BY created_at DESC, id DESC LIMIT :limit)
    ) AS mine
    ORDER BY created_at DESC, id DESC LIMIT :limit
    """
)
_FIND = text(
    f"SELECT {_ROW} FROM transactions"
    " WHERE id = :id AND (user_id = :viewer OR beneficiary_id = :viewer)"
)


async def list_transactions(
    tx: Reading,
    viewer: int,
    *,
    limit: int,
    type: str | None = None,
    currency: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, int] | None = None,
) -> Sequence[Row[Any]]:
    """Up to `limit` ledger rows that `viewer` is a side of, newest first."""
    return await tx.rows(
        _LIST,
        {
            "viewer": viewer,
            "limit": limit,
            "type": type,
            "currency": currency,
            "since": since,
            "until": until,
            "before_at": before[0] if before else None,
            "before_id": before[1] if before else None,
        },
    )


async def find_transaction(tx: Reading, viewer: int, transaction_id: int) -> Row[Any] | None:
    """One ledger row that `viewer` is a side of."""
    return await tx.row(_FIND, {"viewer": viewer, "id": transaction_id})
