"""Finding orders for staff: by provider, status, buyer, time, and the provider's own names."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, TextClause, text

from flylive.database import Reading
from flylive.ids import sha256_hex


class Search(NamedTuple):
    """What is looked for; None stands for anything. `until` itself is not in it.

    `reference` is any name that the provider or we have for the payment: a Checkout session, a
    payment intent, a purchase token or its SHA-256, Google's order number, a transaction id, our
    binding.
    """

    provider: str | None = None
    status: str | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    reference: str | None = None


_COLUMNS = """
    o.id, o.user_id, o.package_id, o.provider, o.provider_reference, o.binding, o.product_id,
    o.status, o.coin_amount, o.bonus_coins, o.price, o.currency, o.ip_address, o.user_agent,
    o.refunded_coins, o.revision, o.checks, o.check_at, o.consumed_at, o.paid_at, o.refunded_at,
    o.created_at, o.updated_at, p.name AS package_name
"""
_FROM = "FROM recharge_orders o JOIN recharge_packages p ON p.id = o.package_id"
_NAMED = """
    o.id IN (SELECT id FROM recharge_orders WHERE provider_reference = :reference
                AND provider IN ('stripe', 'google_play', 'app_store', 'sandbox')
             UNION ALL SELECT id FROM recharge_orders WHERE binding = CAST(:binding AS uuid)
             UNION ALL SELECT order_id FROM provider_events
                WHERE reference IN (:reference, :digest)
                  AND provider IN ('stripe', 'google_play', 'app_store')
             UNION ALL SELECT order_id FROM provider_events
                WHERE payload->>'payment_intent' = :reference
             UNION ALL SELECT order_id FROM provider_events WHERE payload->>'order_id' = :reference
             UNION ALL SELECT order_id FROM order_refunds WHERE provider_reference = :reference)
"""
_FIND = text(f"SELECT {_COLUMNS} {_FROM} WHERE o.id = :id")
_EVENTS = text(
    """
    SELECT id, event_id, kind, reference, payload, outcome, detail, deliveries, received_at,
           handled_at
    FROM provider_events WHERE order_id = :order_id ORDER BY id DESC LIMIT :limit
    """
)
MOST_EVENTS = 200


async def find_orders(
    tx: Reading, search: Search, *, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit` orders, newest first."""
    values = search._asdict() | {
        "limit": limit,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
        "digest": sha256_hex(search.reference) if search.reference else None,
        "binding": _uuid(search.reference),
    }
    return await tx.rows(_statement(search, is_continued=before is not None), values)


async def find_order(tx: Reading, order_id: int) -> Row[Any] | None:
    """An order with its package's name."""
    return await tx.row(_FIND, {"id": order_id})


async def list_events(tx: Reading, order_id: int) -> Sequence[Row[Any]]:
    """What the provider said of an order, newest first."""
    return await tx.rows(_EVENTS, {"order_id": order_id, "limit": MOST_EVENTS})


def _statement(search: Search, *, is_continued: bool) -> TextClause:
    """Only the conditions that are asked for, so that each finds its index."""
    conditions = [
        condition
        for condition, is_asked in (
            ("o.provider = :provider", search.provider is not None),
            ("o.status = :status", search.status is not None),
            ("o.user_id = :user_id", search.user_id is not None),
            ("o.created_at >= :since", search.since is not None),
            ("o.created_at < :until", search.until is not None),
            (_NAMED, search.reference is not None),
            ("(o.created_at, o.id) < (:before_at, :before_id)", is_continued),
        )
        if is_asked
    ]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return text(
        f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY o.created_at DESC, o.id DESC LIMIT :limit"
    )


def _uuid(given: str | None) -> str | None:
    """A name of ours in PostgreSQL's spelling; None for any other."""
    digits = (given or "").replace("-", "").lower()
    is_ours = len(digits) == 32 and all(digit in "0123456789abcdef" for digit in digits)
    return digits if is_ours else None
