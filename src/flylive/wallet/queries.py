"""All SQL of the wallet but the Book's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading, Transaction

_WALLET = text(
    "SELECT coin_balance, diamond_balance, total_spent, total_received, coin_debt AS debt"
    " FROM users WHERE id = :user_id"
)


async def find_wallet(tx: Reading, user_id: int) -> Row[Any]:
    """The balances of a user who exists."""
    row = await tx.row(_WALLET, {"user_id": user_id})
    assert row is not None
    return row


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
    created_at, updated_at, deleted_at
"""
_FILTER = """
    (CAST(:type AS text) IS NULL OR type = CAST(:type AS text))
    AND created_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
    AND created_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
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
         WHERE beneficiary_id = :viewer AND {_FILTER}
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


_PACKAGES = text(
    """
    SELECT id, name, coin_amount, price, currency, bonus_coins, is_popular, is_active,
           country_restrictions, created_at, updated_at
    FROM recharge_packages
    WHERE is_active AND (country_restrictions IS NULL
                         OR (SELECT country FROM users WHERE id = :user_id)
                            = ANY (country_restrictions))
    ORDER BY is_popular DESC, price, id
    """
)


async def list_packages(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """The packages sold in the user's country, popular first."""
    return await tx.rows(_PACKAGES, {"user_id": user_id})


_SAVE_PACKAGE = text(
    """
    WITH changed AS (
        UPDATE recharge_packages SET
            coin_amount = :coin_amount, price = CAST(:price AS numeric), currency = :currency,
            bonus_coins = :bonus_coins, is_popular = :is_popular, is_active = :is_active,
            country_restrictions = CAST(:country_restrictions AS text[]), updated_at = :at
        WHERE name = :name RETURNING id
    )
    INSERT INTO recharge_packages (name, coin_amount, price, currency, bonus_coins, is_popular,
                                   is_active, country_restrictions, created_at, updated_at)
    SELECT :name, :coin_amount, CAST(:price AS numeric), :currency, :bonus_coins, :is_popular,
           :is_active, CAST(:country_restrictions AS text[]), :at, :at
    WHERE NOT EXISTS (SELECT FROM changed)
    """
)


async def save_package(tx: Transaction, at: datetime, **values: Any) -> None:
    """A package as it is sold from now on, in place of any of its name."""
    await tx.execute(_SAVE_PACKAGE, {"at": at, **values})


_PACKAGE = text(
    """
    SELECT p.*, (p.country_restrictions IS NULL OR u.country = ANY (p.country_restrictions))
                AS is_sold_here
    FROM recharge_packages p, users u
    WHERE p.id = :package_id AND p.is_active AND u.id = :user_id
    """
)


async def find_package(tx: Reading, package_id: int, user_id: int) -> Row[Any] | None:
    """A sold package, and whether it is sold in this user's country."""
    return await tx.row(_PACKAGE, {"package_id": package_id, "user_id": user_id})


_INSERT_ORDER = text(
    """
    INSERT INTO recharge_orders (user_id, package_id, provider, status, coin_amount, bonus_coins,
                                 price, currency, ip_address, user_agent, created_at, updated_at)
    VALUES (:user_id, :package_id, :provider, 'pending', :coin_amount, :bonus_coins,
            :price, :currency, :ip_address, :user_agent, :at, :at)
    RETURNING *
    """
)


async def insert_order(tx: Transaction, **values: Any) -> Row[Any]:
    """A new pending order, its package's terms frozen in it."""
    return (await tx.execute(_INSERT_ORDER, values)).one()


_FIND_ORDER = text("SELECT * FROM recharge_orders WHERE id = :id AND user_id = :user_id")
_LOCK_ORDER = text(
    "SELECT * FROM recharge_orders WHERE id = :id AND user_id = :user_id FOR NO KEY UPDATE"
)


async def find_order(tx: Reading, order_id: int, user_id: int) -> Row[Any] | None:
    """An order of this user's."""
    return await tx.row(_FIND_ORDER, {"id": order_id, "user_id": user_id})


async def lock_order(tx: Transaction, order_id: int, user_id: int) -> Row[Any] | None:
    """An order of this user's, locked: before his balance."""
    return await tx.row(_LOCK_ORDER, {"id": order_id, "user_id": user_id})


_MARK_ORDER = text(
    """
    UPDATE recharge_orders SET
        status = CAST(:status AS text), updated_at = :at,
        paid_at = CASE WHEN CAST(:status AS text) = 'paid' THEN :at ELSE paid_at END,
        refunded_at = CASE WHEN CAST(:status AS text) = 'refunded' THEN :at ELSE refunded_at END
    WHERE id = :id RETURNING *
    """
)


async def mark_order(tx: Transaction, order_id: int, status: str, at: datetime) -> Row[Any]:
    """The order in its new status."""
    return (await tx.execute(_MARK_ORDER, {"id": order_id, "status": status, "at": at})).one()
