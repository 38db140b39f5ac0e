"""All SQL of looking at statistics. Each statement reads the sums of a few periods."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading

_MARK = text(
    """
    SELECT generation, timezone, updated_at FROM statistics_marks WHERE is_current
    """
)
_SUMS = text(
    """
    SELECT date_trunc(:unit, starts_at, :timezone) AS starts_at, type, direction, currency_type,
           sum(movements)::bigint AS movements, sum(quantity)::bigint AS quantity,
           sum(amount)::bigint AS amount
    FROM ledger_statistics
    WHERE generation = :generation AND period = :period AND country = :country
      AND starts_at >= :since AND starts_at < :until
    GROUP BY 1, 2, 3, 4
    """
)
_BY_COUNTRY = text(
    """
    SELECT country, type, direction, currency_type, sum(movements)::bigint AS movements,
           sum(quantity)::bigint AS quantity, sum(amount)::bigint AS amount
    FROM ledger_statistics
    WHERE generation = :generation AND period = :period AND country <> ''
      AND starts_at >= :since AND starts_at < :until
    GROUP BY 1, 2, 3, 4
    """
)
_GAUGES = text(
    """
    SELECT date_trunc(:unit, starts_at, :timezone) AS starts_at, name,
           CASE name WHEN 'new' THEN sum(value) ELSE max(value) END::bigint AS value
    FROM statistics_gauges
    WHERE name = ANY(ARRAY['new', 'active', 'in_rooms', 'rooms']) AND period = :period
      AND country = :country AND starts_at >= :since AND starts_at < :until
    GROUP BY 1, 2
    """
)
_GAUGES_BY_COUNTRY = text(
    """
    SELECT country, name,
           CASE name WHEN 'new' THEN sum(value) ELSE max(value) END::bigint AS value
    FROM statistics_gauges
    WHERE period = :period AND country <> '' AND starts_at >= :since AND starts_at < :until
    GROUP BY 1, 2
    """
)
_NOW = text(
    """
    SELECT (SELECT count(*) FROM users WHERE last_active_at >= :since
              AND (:country = '' OR country = :country)) AS active,
           (SELECT count(*) FROM room_participants p WHERE p.is_active
              AND (:country = '' OR EXISTS (SELECT FROM users u WHERE u.id = p.user_id
                                                                AND u.country = :country)))
               AS in_rooms,
           (SELECT count(DISTINCT p.room_id) FROM room_participants p WHERE p.is_active
              AND (:country = '' OR EXISTS (SELECT FROM rooms r WHERE r.id = p.room_id
                                                                AND r.country = :country)))
               AS rooms
    """
)
_DEBTS = text(
    """
    SELECT count(*) AS people, COALESCE(sum(coin_debt), 0) AS coins FROM users
    WHERE coin_debt > 0 AND (:country = '' OR country = :country)
    """
)
_CREDIT = text(
    """
    SELECT COALESCE(sum(r.amount), 0) AS credit_open,
           COALESCE(sum(r.amount) FILTER (WHERE r.due_at <= :at), 0) AS credit_overdue,
           count(*) FILTER (WHERE r.due_at <= :at) AS credit_overdue_count
    FROM coin_requests r
    WHERE r.type = 'credit' AND r.status = 'approved' AND r.settled_at IS NULL
      AND (:country = '' OR EXISTS (SELECT FROM users u WHERE u.id = r.user_id
                                                        AND u.country = :country))
    """
)
SEEN = timedelta(minutes=10)
"""`users.last_active_at` moves at most once in five minutes."""


# What is at the end of an index must not be taken for a part of the table worth reading whole.
_BY_INDEX = text("SET LOCAL enable_seqscan = off")


async def by_index(tx: Reading) -> None:
    """Let everything that follows in this transaction be read by its index."""
    await tx.execute(_BY_INDEX)


async def find_mark(tx: Reading) -> Row[Any] | None:
    """The generation that is shown, its zone, and when it last moved."""
    return await tx.row(_MARK)


async def sums(tx: Reading, **values: Any) -> Sequence[Row[Any]]:
    """Sides by the `unit` that they began in, from rows of `period`."""
    return await tx.rows(_SUMS, values)


async def sums_by_country(tx: Reading, **values: Any) -> Sequence[Row[Any]]:
    """Sides by country."""
    return await tx.rows(_BY_COUNTRY, values)


async def gauges(tx: Reading, **values: Any) -> Sequence[Row[Any]]:
    """Gauges by the `unit` that they began in, from rows of `period`."""
    return await tx.rows(_GAUGES, values)


async def gauges_by_country(tx: Reading, **values: Any) -> Sequence[Row[Any]]:
    """Gauges by country."""
    return await tx.rows(_GAUGES_BY_COUNTRY, values)


async def read_now(tx: Reading, country: str) -> Row[Any]:
    """Who is there at this moment."""
    row = await tx.row(_NOW, {"since": now() - SEEN, "country": country})
    assert row is not None
    return row


async def read_debts(tx: Reading, country: str, at: datetime) -> dict[str, Any]:
    """What people owe the platform, and resellers' buyers owe them."""
    debts = await tx.row(_DEBTS, {"country": country})
    credit = await tx.row(_CREDIT, {"country": country, "at": at})
    assert debts is not None
    assert credit is not None
    return debts._asdict() | credit._asdict()
