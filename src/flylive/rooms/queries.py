"""All SQL over rooms, participations, seats and followers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Table, insert, text, update

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.rooms.models import Room

_ROOMS = cast("Table", Room.__table__)
_COLUMNS = _ROOMS.columns

_FIND = text("SELECT * FROM rooms WHERE id = :room_id AND deleted_at IS NULL")
_LOCK = text(
    """
    SELECT * FROM rooms
    WHERE id = ANY(CAST(:room_ids AS bigint[])) AND deleted_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
    """
)


async def find_room(tx: Reading, room_id: int) -> Row[Any] | None:
    """A room that is not deleted, with every column."""
    return await tx.row(_FIND, {"room_id": room_id})


async def lock_rooms(tx: Transaction, room_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Those of the rooms that are not deleted, locked in the order of their ids."""
    rows = await tx.rows(_LOCK, {"room_ids": sorted(room_ids)})
    return {row.id: row for row in rows}


_LOCK_NAME = text("SELECT pg_advisory_xact_lock(hashtextextended('room.name:' || lower(:name), 0))")
_IS_TAKEN = text(
    """
    SELECT EXISTS (SELECT FROM rooms WHERE lower(name) = lower(:name)
                   AND deleted_at IS NULL AND id <> :room_id)
    """
)
_OWNED = text("SELECT id FROM rooms WHERE user_id = :user_id AND deleted_at IS NULL ORDER BY id")


async def lock_name(tx: Transaction, name: str) -> None:
    """Keep others from taking this name, in whatever case, until the transaction ends."""
    await tx.execute(_LOCK_NAME, {"name": name})


async def is_name_taken(tx: Reading, name: str, *, but_by: int = 0) -> bool:
    """Whether another room than `but_by` has the name, in whatever case."""
    return bool(await tx.scalar(_IS_TAKEN, {"name": name, "room_id": but_by}))


async def list_owned(tx: Reading, user_id: int) -> list[int]:
    """The ids of the rooms that somebody owns."""
    return [row.id for row in await tx.rows(_OWNED, {"user_id": user_id})]


async def insert_room(tx: Transaction, **values: Any) -> Row[Any]:
    """A new room, with every column."""
    moment = now()
    statement = (
        insert(_ROOMS).values(created_at=moment, updated_at=moment, **values).returning(*_COLUMNS)
    )
    return (await tx.execute(statement)).one()


async def update_room(tx: Transaction, room_id: int, **changes: Any) -> Row[Any]:
    """The room as it is after the changes to its settings."""
    statement = (
        update(_ROOMS)
        .where(_COLUMNS.id == room_id)
        .values(updated_at=now(), **changes)
        .returning(*_COLUMNS)
    )
    return (await tx.execute(statement)).one()


_COUNT = text(
    """
    UPDATE rooms SET participant_count = participant_count + :change
    WHERE id = :room_id RETURNING participant_count
    """
)


async def change_count(tx: Transaction, room_id: int, change: int) -> int:
    """Move `participant_count`, which only goes with a participation; what it is then."""
    count: int = await tx.scalar(_COUNT, {"room_id": room_id, "change": change})
    return count


_CURRENT = text("SELECT * FROM room_participants WHERE user_id = :user_id AND is_active")
_WAS_INSIDE = text(
    "SELECT EXISTS (SELECT FROM room_participants WHERE room_id = :room_id AND user_id = :user_id)"
)
_SHARE_STAY = text(
    """
    SELECT * FROM room_participants
    WHERE room_id = :room_id AND user_id = :user_id AND is_active FOR SHARE
    """
)
_STAYS = text(
    """
    SELECT * FROM room_participants
    WHERE room_id = :room_id AND is_active AND user_id = ANY(CAST(:user_ids AS bigint[]))
    """
)
_LIST = text(
    """
    SELECT * FROM room_participants
    WHERE room_id = :room_id AND is_active AND id > :after ORDER BY id LIMIT :limit
    """
)
_INSERT = text(
    """
    INSERT INTO room_participants (room_id, user_id, role, is_muted, joined_at)
    VALUES (:room_id, :user_id, :role, :is_muted, :at) RETURNING *
    """
)
_END = text(
    """
    UPDATE room_participants
    SET is_active = false, left_at = :at, seat_number = NULL, seat_taken_at = NULL
    WHERE id = :id
    """
)
_END_ALL = text(
    """
    UPDATE room_participants
    SET is_active = false, left_at = :at, seat_number = NULL, seat_taken_at = NULL
    WHERE room_id = :room_id AND is_active
    """
)


async def find_current(tx: Reading, user_id: int) -> Row[Any] | None:
    """The active participation of a user, in whatever room."""
    return await tx.row(_CURRENT, {"user_id": user_id})


async def share_stay(tx: Transaction, room_id: int, user_id: int) -> Row[Any] | None:
    """A user's participation in this room, which cannot end before the transaction does."""
    return await tx.row(_SHARE_STAY, {"room_id": room_id, "user_id": user_id})


async def was_inside(tx: Reading, room_id: int, user_id: int) -> bool:
    """Whether a user is or ever was in this room."""
    return bool(await tx.scalar(_WAS_INSIDE, {"room_id": room_id, "user_id": user_id}))


async def find_stays(tx: Reading, room_id: int, user_ids: Collection[int]) -> dict[int, Row[Any]]:
    """The active participations of these users in this room, by user."""
    rows = await tx.rows(_STAYS, {"room_id": room_id, "user_ids": list(user_ids)})
    return {row.user_id: row for row in rows}


async def list_participants(
    tx: Reading, room_id: int, *, after: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` active participations behind the one with id `after`, oldest first."""
    return await tx.rows(_LIST, {"room_id": room_id, "after": after, "limit": limit})


async def insert_stay(
    tx: Transaction, room_id: int, user_id: int, role: str, *, is_muted: bool = False
) -> Row[Any]:
    """A new active participation; the user's and the room's row must be held."""
    values = {
        "room_id": room_id,
        "user_id": user_id,
        "role": role,
        "is_muted": is_muted,
        "at": now(),
    }
    return (await tx.execute(_INSERT, values)).one()


_CHANGE_STAY = text(
    """
    UPDATE room_participants SET role = :role, is_muted = :is_muted WHERE id = :id RETURNING *
    """
)


async def change_stay(tx: Transaction, stay_id: int, *, role: str, is_muted: bool) -> Row[Any]:
    """Give a participation another role, or silence it, or the opposite."""
    values = {"id": stay_id, "role": role, "is_muted": is_muted}
    return (await tx.execute(_CHANGE_STAY, values)).one()


async def end_stay(tx: Transaction, stay_id: int) -> None:
    """End a participation; its seat is free."""
    await tx.execute(_END, {"id": stay_id, "at": now()})


async def end_all_stays(tx: Transaction, room_id: int) -> None:
    """End every participation in the room."""
    await tx.execute(_END_ALL, {"room_id": room_id, "at": now()})


_SEATED = text(
    """
    SELECT * FROM room_participants
    WHERE room_id = :room_id AND is_active AND seat_number IS NOT NULL ORDER BY seat_number
    """
)
_SEAT_STATES = text("SELECT * FROM room_seats WHERE room_id = :room_id")
_SIT = text(
    """
    UPDATE room_participants SET seat_number = :seat_number, seat_taken_at = :at, role = :role
    WHERE id = :id RETURNING *
    """
)
_SAVE_SEAT = text(
    """
    INSERT INTO room_seats (room_id, seat_number, is_locked, is_muted, updated_at)
    VALUES (:room_id, :seat_number, :is_locked, :is_muted, :at)
    ON CONFLICT (room_id, seat_number) DO UPDATE SET
        is_locked = excluded.is_locked, is_muted = excluded.is_muted,
        updated_at = excluded.updated_at
    """
)
_DROP_SEATS = text("DELETE FROM room_seats WHERE room_id = :room_id AND seat_number > :above")


async def list_seated(tx: Reading, room_id: int) -> Sequence[Row[Any]]:
    """The participations that hold a seat, by its number."""
    return await tx.rows(_SEATED, {"room_id": room_id})


async def list_seat_states(tx: Reading, room_id: int) -> Sequence[Row[Any]]:
    """The seats that were ever locked or muted."""
    return await tx.rows(_SEAT_STATES, {"room_id": room_id})


async def set_seat(tx: Transaction, stay_id: int, seat_number: int | None, role: str) -> Row[Any]:
    """Seat a participation, or unseat it with None, and give it the role that goes with it."""
    at = None if seat_number is None else now()
    return (
        await tx.execute(_SIT, {"id": stay_id, "seat_number": seat_number, "at": at, "role": role})
    ).one()


async def save_seat_state(
    tx: Transaction, room_id: int, seat_number: int, *, is_locked: bool, is_muted: bool
) -> None:
    """Keep whether a seat is locked and muted."""
    await tx.execute(
        _SAVE_SEAT,
        {
            "room_id": room_id,
            "seat_number": seat_number,
            "is_locked": is_locked,
            "is_muted": is_muted,
            "at": now(),
        },
    )


async def drop_seat_states(tx: Transaction, room_id: int, above: int) -> None:
    """Forget the seats that the room no longer has."""
    await tx.execute(_DROP_SEATS, {"room_id": room_id, "above": above})


_FOLLOW = text(
    """
    INSERT INTO room_followers (user_id, room_id, followed_at)
    VALUES (:user_id, :room_id, :at) ON CONFLICT (user_id, room_id) DO NOTHING
    """
)
_UNFOLLOW = text("DELETE FROM room_followers WHERE user_id = :user_id AND room_id = :room_id")
_FOLLOWS = text(
    "SELECT EXISTS (SELECT FROM room_followers WHERE user_id = :user_id AND room_id = :room_id)"
)
_FOLLOWERS_AMONG = text(
    "SELECT user_id FROM room_followers"
    " WHERE room_id = :room_id AND user_id = ANY(CAST(:user_ids AS bigint[]))"
)
_FOLLOWERS = text(
    """
    SELECT * FROM room_followers
    WHERE room_id = :room_id AND id < :before ORDER BY id DESC LIMIT :limit
    """
)


async def insert_follower(tx: Transaction, room_id: int, user_id: int) -> bool:
    """Let the user follow the room; False where he does."""
    values = {"room_id": room_id, "user_id": user_id, "at": now()}
    return bool((await tx.execute(_FOLLOW, values)).rowcount)


async def delete_follower(tx: Transaction, room_id: int, user_id: int) -> None:
    """Let the user no longer follow the room."""
    await tx.execute(_UNFOLLOW, {"room_id": room_id, "user_id": user_id})


async def is_follower(tx: Reading, room_id: int, user_id: int) -> bool:
    """Whether the user follows the room."""
    return bool(await tx.scalar(_FOLLOWS, {"room_id": room_id, "user_id": user_id}))


async def followers_among(tx: Reading, room_id: int, user_ids: Collection[int]) -> set[int]:
    """Those of the users who follow the room."""
    rows = await tx.rows(_FOLLOWERS_AMONG, {"room_id": room_id, "user_ids": list(user_ids)})
    return {row.user_id for row in rows}


async def list_followers(
    tx: Reading, room_id: int, *, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` follows older than the one with id `before`, newest first."""
    return await tx.rows(_FOLLOWERS, {"room_id": room_id, "before": before, "limit": limit})


_OVERDUE = text(
    """
    SELECT p.room_id, p.user_id, r.user_id IS NOT NULL AS was_seen
    FROM room_participants p LEFT JOIN presence r ON r.user_id = p.user_id
    WHERE p.is_active AND p.joined_at < :before
      AND (r.seen_at IS NULL OR r.seen_at < :before)
      AND p.room_id = COALESCE(CAST(:room_id AS bigint), p.room_id)
    ORDER BY p.room_id, p.user_id
    LIMIT :limit
    """
)


async def list_overdue(
    tx: Reading, before: datetime, limit: int, *, room_id: int | None = None
) -> Sequence[Row[Any]]:
    """Participants, of all rooms or of one, who came and were last seen before that moment.

    Also those who were never seen at all (`was_seen` is false).
    """
    return await tx.rows(_OVERDUE, {"before": before, "limit": limit, "room_id": room_id})
