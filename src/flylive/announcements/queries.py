"""All SQL over announcements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_INSERT = text(
    """
    INSERT INTO announcements (title, content, audience, country, min_vip_level, starts_at,
                               ends_at, is_pushed, created_by, created_at)
    VALUES (:title, :content, :audience, :country, :min_vip_level, :starts_at, :ends_at,
            :is_pushed, :created_by, :at)
    RETURNING *
    """
)
_FIND = text("SELECT * FROM announcements WHERE id = :id")
_LOCK = text("SELECT * FROM announcements WHERE id = :id FOR NO KEY UPDATE")
_CANCEL = text(
    """
    UPDATE announcements SET cancelled_by = :by, cancelled_at = :at WHERE id = :id RETURNING *
    """
)
_STATUS = {
    "scheduled": "cancelled_at IS NULL AND starts_at > :now",
    "running": "cancelled_at IS NULL AND starts_at <= :now AND (ends_at IS NULL OR ends_at > :now)",
    "over": "cancelled_at IS NULL AND ends_at <= :now",
    "cancelled": "cancelled_at IS NOT NULL",
}
# Whom an announcement `a` is for, beside a user `u`. VIP has no rights from its last second on.
_FOR = """
    (a.audience = 'everybody'
     OR (a.audience = 'country' AND u.country = a.country)
     OR (a.audience = 'hosts' AND u.agency_id IS NOT NULL)
     OR (a.audience = 'vip' AND u.vip_level >= a.min_vip_level AND u.vip_expires_at > :now))
"""
_CURRENT = text(
    f"""
    SELECT a.* FROM announcements a JOIN users u ON u.id = :user_id
    WHERE {_STATUS["running"].replace("cancelled_at", "a.cancelled_at")} AND {_FOR}
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (a.starts_at, a.id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY a.starts_at DESC, a.id DESC LIMIT :limit
    """
)
_TAKE_DUE = text(
    """
    SELECT * FROM announcements
    WHERE cancelled_at IS NULL AND told_at IS NULL AND starts_at <= :now
    ORDER BY starts_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    """
)
_NEWEST_USER = text("SELECT COALESCE(max(id), 0) FROM users")
_AUDIENCE = text(
    f"""
    SELECT u.id, p.seen_at IS NOT NULL AS is_online
    FROM announcements a
    JOIN users u ON u.id > :after AND u.id <= :upto
    LEFT JOIN presence p ON p.user_id = u.id AND p.seen_at >= :seen_since
    WHERE a.id = :id AND u.deleted_at IS NULL AND NOT u.is_blocked AND {_FOR}
    ORDER BY u.id
    """
)
_ADVANCE = text(
    """
    UPDATE announcements
    SET last_user_id = :last_user_id, told_upto = :told_upto,
        told_count = told_count + :told, devices_count = devices_count + :devices,
        told_at = CAST(:told_at AS timestamptz)
    WHERE id = :id
    """
)


async def insert(tx: Transaction, **values: Any) -> Row[Any]:
    """A new announcement."""
    return (await tx.execute(_INSERT, values | {"at": now()})).one()


async def find(tx: Reading, announcement_id: int) -> Row[Any] | None:
    """An announcement, whatever became of it."""
    return await tx.row(_FIND, {"id": announcement_id})


async def lock(tx: Transaction, announcement_id: int) -> Row[Any] | None:
    """The same, and nobody tells or cancels it meanwhile."""
    return await tx.row(_LOCK, {"id": announcement_id})


async def cancel(tx: Transaction, announcement_id: int, by: int) -> Row[Any]:
    """Take a locked announcement back."""
    return (await tx.execute(_CANCEL, {"id": announcement_id, "by": by, "at": now()})).one()


async def list_all(
    tx: Reading, *, before: int, limit: int, status: str | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit` announcements, the newest written first."""
    condition = f"AND {_STATUS[status]}" if status is not None else ""
    statement = text(
        f"SELECT * FROM announcements WHERE id < :before {condition} ORDER BY id DESC LIMIT :limit"
    )
    values: dict[str, Any] = {"before": before, "limit": limit}
    if ":now" in condition:
        values["now"] = now()
    return await tx.rows(statement, values)


async def list_current(
    tx: Reading, user_id: int, *, limit: int, before: tuple[datetime, int] | None
) -> Sequence[Row[Any]]:
    """Up to `limit` announcements that run now and are for this user, the newest first."""
    at, announcement_id = before if before else (None, None)
    values = {"user_id": user_id, "now": now(), "limit": limit}
    return await tx.rows(_CURRENT, values | {"before_at": at, "before_id": announcement_id})


async def take_due(tx: Transaction) -> Row[Any] | None:
    """The next announcement to go on telling, locked; one that another worker has is left."""
    return await tx.row(_TAKE_DUE, {"now": now()})


async def newest_user(tx: Reading) -> int:
    """The highest user id that there is."""
    return int(await tx.scalar(_NEWEST_USER))


async def list_audience(
    tx: Reading, announcement_id: int, *, after: int, upto: int, seen_since: datetime
) -> Sequence[Row[Any]]:
    """Whom it is for with ids behind `after` up to `upto`: `id`, `is_online`."""
    values = {"id": announcement_id, "after": after, "upto": upto, "now": now()}
    return await tx.rows(_AUDIENCE, values | {"seen_since": seen_since})


async def advance(tx: Transaction, announcement_id: int, **values: Any) -> None:
    """Keep how far the telling of a locked announcement came."""
    await tx.execute(_ADVANCE, values | {"id": announcement_id})
