"""All SQL over moderators, mutes and bans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND_STANDING = text(
    """
    SELECT EXISTS (SELECT FROM room_moderators
                   WHERE room_id = :room_id AND user_id = :user_id) AS is_moderator,
           EXISTS (SELECT FROM room_mutes
                   WHERE room_id = :room_id AND user_id = :user_id) AS is_muted
    """
)
_COUNT_ABSENT = text(
    """
    SELECT count(*) FROM (
        SELECT r.user_id FROM rooms r WHERE r.id = :room_id
        UNION
        SELECT m.user_id FROM room_moderators m WHERE m.room_id = :room_id
    ) AS runs
    WHERE NOT EXISTS (SELECT FROM room_participants p
                      WHERE p.room_id = :room_id AND p.user_id = runs.user_id AND p.is_active)
    """
)


async def find_standing(tx: Reading, room_id: int, user_id: int) -> Row[Any]:
    """Whether somebody is a moderator of the room, and whether he is muted there."""
    return (await tx.execute(_FIND_STANDING, {"room_id": room_id, "user_id": user_id})).one()


async def count_absent(tx: Reading, room_id: int) -> int:
    """How many of those who run the room, its owner among them, are not in it."""
    return int(await tx.scalar(_COUNT_ABSENT, {"room_id": room_id}))


_APPOINT = text(
    """
    INSERT INTO room_moderators (room_id, user_id, appointed_at)
    VALUES (:room_id, :user_id, :at) ON CONFLICT DO NOTHING
    """
)
_DISMISS = text("DELETE FROM room_moderators WHERE room_id = :room_id AND user_id = :user_id")
_LIST_MODERATORS = text(
    """
    SELECT m.*, EXISTS (SELECT FROM room_participants p WHERE p.room_id = m.room_id
                        AND p.user_id = m.user_id AND p.is_active) AS is_present
    FROM room_moderators m
    WHERE m.room_id = :room_id
      AND (CAST(:after_at AS timestamptz) IS NULL OR (m.appointed_at, m.user_id)
           > (CAST(:after_at AS timestamptz), CAST(:after_id AS bigint)))
    ORDER BY m.appointed_at, m.user_id LIMIT CAST(:limit AS integer)
    """
)
_MODERATED = text("SELECT room_id FROM room_moderators WHERE user_id = :user_id ORDER BY room_id")


async def insert_moderator(tx: Transaction, room_id: int, user_id: int) -> None:
    """Make somebody a moderator; nothing happens where he is one."""
    await tx.execute(_APPOINT, {"room_id": room_id, "user_id": user_id, "at": now()})


async def delete_moderator(tx: Transaction, room_id: int, user_id: int) -> bool:
    """Let somebody no longer be a moderator; whether he was one."""
    done = await tx.execute(_DISMISS, {"room_id": room_id, "user_id": user_id})
    return bool(done.rowcount)


async def list_moderators(
    tx: Reading,
    room_id: int,
    *,
    after: tuple[datetime, int] | None = None,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """The room's moderators, all without a limit, and whether each is in it."""
    at, user_id = after or (None, None)
    values = {"room_id": room_id, "after_at": at, "after_id": user_id, "limit": limit}
    return await tx.rows(_LIST_MODERATORS, values)


async def list_moderated(tx: Reading, user_id: int) -> list[int]:
    """The rooms of which somebody is a moderator."""
    return [row.room_id for row in await tx.rows(_MODERATED, {"user_id": user_id})]


_MUTE = text(
    """
    INSERT INTO room_mutes (room_id, user_id, muted_by, muted_at)
    VALUES (:room_id, :user_id, :by, :at) ON CONFLICT DO NOTHING
    """
)
_UNMUTE = text("DELETE FROM room_mutes WHERE room_id = :room_id AND user_id = :user_id")


async def insert_mute(tx: Transaction, room_id: int, user_id: int, by: int) -> None:
    """Remember that somebody is silenced in the room."""
    await tx.execute(_MUTE, {"room_id": room_id, "user_id": user_id, "by": by, "at": now()})


async def delete_mute(tx: Transaction, room_id: int, user_id: int) -> None:
    """Remember it no longer."""
    await tx.execute(_UNMUTE, {"room_id": room_id, "user_id": user_id})


_FIND_BAN = text(
    """
    SELECT * FROM room_bans
    WHERE room_id = :room_id AND user_id = :user_id AND until > :now
    """
)
_BAN = text(
    """
    INSERT INTO room_bans (room_id, user_id, banned_by, reason, banned_at, until, is_by_staff)
    VALUES (:room_id, :user_id, :by, :reason, :at, :until, :is_by_staff)
    """
)
_UNBAN = text(
    """
    DELETE FROM room_bans WHERE room_id = :room_id AND user_id = :user_id
      AND NOT (is_by_staff AND :but_of_staff)
    """
)
_LIST_BANS = text(
    """
    SELECT * FROM room_bans
    WHERE room_id = :room_id AND until > :now AND id < :before ORDER BY id DESC LIMIT :limit
    """
)
_PRUNE = text(
    """
    DELETE FROM room_bans WHERE id IN (
        SELECT id FROM room_bans WHERE until < :now ORDER BY until LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    """
)


async def find_ban(tx: Reading, room_id: int, user_id: int) -> Row[Any] | None:
    """The ban that keeps somebody out of the room now."""
    return await tx.row(_FIND_BAN, {"room_id": room_id, "user_id": user_id, "now": now()})


async def replace_ban(
    tx: Transaction,
    room_id: int,
    user_id: int,
    by: int,
    reason: str | None,
    until: datetime,
    *,
    is_by_staff: bool,
) -> None:
    """Keep somebody out of the room until then, whatever was said before; as the newest ban."""
    await delete_ban(tx, room_id, user_id)
    await tx.execute(
        _BAN,
        {
            "room_id": room_id,
            "user_id": user_id,
            "by": by,
            "reason": reason,
            "at": now(),
            "until": until,
            "is_by_staff": is_by_staff,
        },
    )


async def delete_ban(
    tx: Transaction, room_id: int, user_id: int, *, but_of_staff: bool = False
) -> None:
    """Let somebody in again; a ban of the staff stays with `but_of_staff`."""
    values = {"room_id": room_id, "user_id": user_id, "but_of_staff": but_of_staff}
    await tx.execute(_UNBAN, values)


async def list_bans(tx: Reading, room_id: int, *, before: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` bans that hold, older than the one with id `before`, newest first."""
    return await tx.rows(
        _LIST_BANS, {"room_id": room_id, "now": now(), "before": before, "limit": limit}
    )


async def prune_bans(tx: Transaction, limit: int) -> int:
    """Drop bans that are over; how many went."""
    return (await tx.execute(_PRUNE, {"now": now(), "limit": limit})).rowcount
