"""All SQL of recharge."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_PACKAGES = text(
    """
    SELECT id, name, coin_amount, price, currency, bonus_coins, is_popular, is_active,
           country_restrictions, google_product_id, apple_product_id, created_at, updated_at
    FROM recharge_packages
    WHERE is_active AND (country_restrictions IS NULL
                         OR (SELECT country FROM users WHERE id = :user_id)
                            = ANY (country_restrictions))
      AND (CAST(:after_id AS bigint) IS NULL OR (NOT is_popular, price, id)
           > (NOT CAST(:after_popular AS boolean), CAST(:after_price AS numeric),
              CAST(:after_id AS bigint)))
    ORDER BY NOT is_popular, price, id LIMIT CAST(:limit AS integer)
    """
)


async def list_packages(
    tx: Reading,
    user_id: int,
    *,
    after: tuple[bool, Decimal, int] | None = None,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """The packages sold in the user's country, popular first; all of them without a limit."""
    popular, price, package_id = after or (None, None, None)
    return await tx.rows(
        _PACKAGES,
        {
            "user_id": user_id,
            "after_popular": popular,
            "after_price": price,
            "after_id": package_id,
            "limit": limit,
        },
    )


_SAVE_PACKAGE = text(
    """
    WITH changed AS (
        UPDATE recharge_packages SET
            coin_amount = :coin_amount, price = CAST(:price AS numeric), currency = :currency,
            bonus_coins = :bonus_coins, is_popular = :is_popular, is_active = :is_active,
            country_restrictions = CAST(:country_restrictions AS text[]),
            google_product_id = :google_product_id, apple_product_id = :apple_product_id,
            updated_at = :at
        WHERE name = :name RETURNING id
    )
    INSERT INTO recharge_packages (name, coin_amount, price, currency, bonus_coins, is_popular,
                                   is_active, country_restrictions, google_product_id,
                                   apple_product_id, created_at, updated_at)
    SELECT :name, :coin_amount, CAST(:price AS numeric), :currency, :bonus_coins, :is_popular,
           :is_active, CAST(:country_restrictions AS text[]), :google_product_id,
           :apple_product_id, :at, :at
    WHERE NOT EXISTS (SELECT FROM changed)
    """
)


async def save_package(tx: Transaction, at: datetime, **values: Any) -> None:
    """A package as it is sold from now on, in place of any of its name."""
    products = {"google_product_id": None, "apple_product_id": None}
    await tx.execute(_SAVE_PACKAGE, {"at": at} | products | values)


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
                                 price, currency, product_id, ip_address, user_agent, check_at,
                                 created_at, updated_at)
    VALUES (:user_id, :package_id, :provider, 'pending', :coin_amount, :bonus_coins,
            :price, :currency, :product_id, :ip_address, :user_agent, :check_at, :at, :at)
    RETURNING *
    """
)


async def insert_order(tx: Transaction, **values: Any) -> Row[Any]:
    """A new pending order, its package's terms frozen in it."""
    return (await tx.execute(_INSERT_ORDER, values)).one()


_FIND_ORDER = text("SELECT * FROM recharge_orders WHERE id = :id AND user_id = :user_id")
_ORDER = text("SELECT * FROM recharge_orders WHERE id = :id")
_BOUND_ORDER = text(
    "SELECT * FROM recharge_orders WHERE provider = :provider AND binding = :binding"
)
_PAID_ORDER = text(
    "SELECT * FROM recharge_orders WHERE provider = :provider AND provider_reference = :reference"
)
_LOCK_ORDER = text("SELECT * FROM recharge_orders WHERE id = :id FOR NO KEY UPDATE")


async def find_order(tx: Reading, order_id: int, user_id: int) -> Row[Any] | None:
    """An order of this user's."""
    return await tx.row(_FIND_ORDER, {"id": order_id, "user_id": user_id})


async def find_any(tx: Reading, order_id: int) -> Row[Any] | None:
    """An order, whosever it is."""
    return await tx.row(_ORDER, {"id": order_id})


async def read_order(tx: Reading, order_id: int) -> Row[Any]:
    """An order that exists."""
    return (await tx.execute(_ORDER, {"id": order_id})).one()


async def find_bound_order(tx: Reading, provider: str, binding: str) -> Row[Any] | None:
    """The order that a provider knows under this name of ours; None also for no such name."""
    try:
        parameters = {"provider": provider, "binding": UUID(binding)}
    except ValueError:
        return None
    return await tx.row(_BOUND_ORDER, parameters)


async def find_paid_order(tx: Reading, provider: str, reference: str) -> Row[Any] | None:
    """The order to which this payment of the provider's belongs."""
    return await tx.row(_PAID_ORDER, {"provider": provider, "reference": reference})


async def lock_order(tx: Transaction, order_id: int) -> Row[Any]:
    """An order that exists, locked: before its buyer."""
    return (await tx.execute(_LOCK_ORDER, {"id": order_id})).one()


_OPEN_ORDER = text(
    """
    UPDATE recharge_orders SET provider_reference = :reference, checkout_url = :url
    WHERE id = :id AND provider_reference IS NULL
    """
)


async def open_order(tx: Transaction, order_id: int, reference: str, url: str) -> None:
    """Keep under what name, and at what address, the payment waits for its payer."""
    await tx.execute(_OPEN_ORDER, {"id": order_id, "reference": reference, "url": url})


_MARK_ORDER = text(
    """
    UPDATE recharge_orders SET
        status = CAST(:status AS text), refunded_coins = :refunded_coins,
        provider_reference = COALESCE(CAST(:reference AS text), provider_reference),
        revision = revision + 1, check_at = :check_at, checks = 0, updated_at = :at,
        paid_at = CASE WHEN CAST(:status AS text) IN ('paid', 'refunded')
                       THEN COALESCE(paid_at, :at) END,
        refunded_at = CASE WHEN CAST(:status AS text) = 'refunded'
                           THEN COALESCE(refunded_at, :at) END
    WHERE id = :id RETURNING *
    """
)


async def mark_order(tx: Transaction, order_id: int, **values: Any) -> Row[Any]:
    """The order as it is settled: `status`, `refunded_coins`, `reference`, `check_at`, `at`."""
    return (await tx.execute(_MARK_ORDER, {"id": order_id, **values})).one()


_CHECK_AT = text("UPDATE recharge_orders SET check_at = :check_at WHERE id = :id")
_CLAIM_DUE = text(
    """
    UPDATE recharge_orders SET
        checks = checks + 1,
        check_at = :at + LEAST(interval '2 minutes' * power(2, LEAST(checks, 16)),
                               interval '6 hours')
    WHERE id IN (SELECT id FROM recharge_orders WHERE check_at <= :at ORDER BY check_at
                 LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING *
    """
)
_CONSUMED = text(
    "UPDATE recharge_orders SET consumed_at = :at, check_at = NULL, checks = 0"
    " WHERE id = :id AND paid_at IS NOT NULL"
)


async def check_at(tx: Transaction, order_id: int, at: datetime | None) -> None:
    """Let the worker ask the order's provider at this moment; None: not again."""
    await tx.execute(_CHECK_AT, {"id": order_id, "check_at": at})


async def claim_due(tx: Transaction, limit: int) -> Sequence[Row[Any]]:
    """Orders to ask about now, each put off first, so that whoever dies over it comes back."""
    return await tx.rows(_CLAIM_DUE, {"at": now(), "limit": limit})


async def mark_consumed(tx: Transaction, order_id: int) -> None:
    """The provider knows that a paid order was delivered."""
    await tx.execute(_CONSUMED, {"id": order_id, "at": now()})


_NOTE_CHANGE = text("INSERT INTO recharge_changes (user_id, created_at) VALUES (:user_id, :at)")
_CLAIM_CHANGES = text(
    """
    DELETE FROM recharge_changes
    WHERE id IN (SELECT id FROM recharge_changes ORDER BY id LIMIT :limit
                 FOR UPDATE SKIP LOCKED)
    RETURNING user_id
    """
)
_CLAIM_CHANGES_OF = text(
    """
    DELETE FROM recharge_changes
    WHERE id IN (SELECT id FROM recharge_changes WHERE user_id = :user_id ORDER BY id FOR UPDATE)
    RETURNING user_id
    """
)
_BOUGHT = text(
    """
    SELECT user_id, paid_at,
           coin_amount - CAST(ceil(CAST(coin_amount AS numeric) * refunded_coins
                                   / (CAST(coin_amount AS bigint) + bonus_coins)) AS bigint)
               AS coins
    FROM recharge_orders
    WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND status = 'paid'
    ORDER BY user_id, paid_at, id
    """
)


async def note_change(tx: Transaction, user_id: int, at: datetime) -> None:
    """Note that what a user has bought changed."""
    await tx.execute(_NOTE_CHANGE, {"user_id": user_id, "at": at})


async def claim_changes(tx: Transaction, limit: int) -> list[int]:
    """The users whose bought coins changed, by id; the notes go with the transaction."""
    rows = await tx.rows(_CLAIM_CHANGES, {"limit": limit})
    return sorted({row.user_id for row in rows})


async def claim_changes_of(tx: Transaction, user_id: int) -> bool:
    """Whether what this user has bought changed; whoever claimed it before is waited for."""
    return bool(await tx.rows(_CLAIM_CHANGES_OF, {"user_id": user_id}))


async def list_bought(tx: Reading, user_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """What these users bought and did not get back: user_id, paid_at, coins without bonus."""
    return await tx.rows(_BOUGHT, {"user_ids": list(user_ids)})


_RECEIVE = text(
    """
    INSERT INTO provider_events AS e (provider, event_id, kind, reference, payload, received_at)
    VALUES (:provider, :event_id, :kind, :reference, CAST(:payload AS jsonb), :at)
    ON CONFLICT (provider, event_id) DO UPDATE SET deliveries = e.deliveries + 1
    RETURNING id, outcome
    """
)
_HANDLE = text(
    """
    UPDATE provider_events SET
        outcome = CAST(:outcome AS text), detail = :detail, order_id = :order_id, handled_at = :at
    WHERE id = :id AND (outcome IN ('received', 'unknown_order')
                        OR (outcome = 'unchanged' AND CAST(:outcome AS text) = 'settled'))
    """
)
_REFUSE = text(
    """
    INSERT INTO provider_events AS e
        (provider, event_id, kind, order_id, reference, payload, outcome, detail, received_at,
         handled_at)
    VALUES (:provider, :event_id, 'look', :order_id, :reference, CAST(:payload AS jsonb),
            'refused', :detail, :at, :at)
    ON CONFLICT (provider, event_id) DO UPDATE SET deliveries = e.deliveries + 1
    """
)
_VOIDED = text(
    """
    SELECT id FROM provider_events
    WHERE provider = :provider AND reference = :reference AND kind = :kind LIMIT 1
    """
)


async def receive(tx: Transaction, provider: str, **values: Any) -> Row[Any]:
    """Keep a provider's message, or count that it came again: id, and outcome so far."""
    payload = msgspec.json.encode(values.pop("payload")).decode()
    parameters = {"provider": provider, "payload": payload, "at": now(), **values}
    return (await tx.execute(_RECEIVE, parameters)).one()


async def handle(
    tx: Transaction, event_id: int, outcome: str, order_id: int | None, detail: str | None
) -> bool:
    """Keep what became of a message; whether that is news.

    Of several that came at once it says that one settled.
    """
    values = {"id": event_id, "outcome": outcome, "order_id": order_id, "detail": detail}
    return (await tx.execute(_HANDLE, values | {"at": now()})).rowcount == 1


async def refuse(tx: Transaction, provider: str, **values: Any) -> None:
    """Keep, once, that a payment was found not to fit its order; for staff."""
    payload = msgspec.json.encode(values.pop("payload")).decode()
    await tx.execute(_REFUSE, {"provider": provider, "payload": payload, "at": now(), **values})


async def has_event(tx: Reading, provider: str, reference: str, kind: str) -> bool:
    """Whether such a message about this payment was received."""
    values = {"provider": provider, "reference": reference, "kind": kind}
    return await tx.scalar(_VOIDED, values) is not None
