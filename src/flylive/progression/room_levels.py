"""Levels of rooms: which are reached, and what they pay the owner, each exactly once.

XP of rooms is folded by one aggregator; whoever changes their levels holds its lock, so that no
level is crossed twice. Locks: that one, owners by id, then rooms by id.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from flylive import badge_checks
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.progression.events import LevelLowered, RoomLevelUp, Standing
from flylive.progression.levels import level_up, load_ladders, pay_reward
from flylive.progression.rules import Ladder, Level
from flylive.realtime import record, record_value, room_stream, user_stream
from flylive.rooms.events import ROOM_METRICS
from flylive.shop.frames import give_frames
from flylive.wallet import Book

LOCK = "hashtextextended('flylive.gift_aggregator', 0)"
"""The aggregator's advisory lock, as SQL."""
_WAIT = text(f"SELECT pg_advisory_xact_lock({LOCK})")


class RoomStanding(NamedTuple):
    """A room's level and XP, and up to which level its owner was paid while it stood higher."""

    id: int
    owner_id: int
    number: int
    paid: int
    xp: int


_RETIRE = text(
    "UPDATE room_levels SET is_active = false, ended_at = :at"
    " WHERE room_id = :room_id AND is_active"
)
_KEEP = text(
    """
    INSERT INTO room_levels (room_id, level_id, current_xp, achieved_at, is_active, ended_at)
    VALUES (:room_id, :level_id, :xp, :at, :is_active,
            CASE WHEN NOT :is_active THEN CAST(:at AS timestamptz) END)
    ON CONFLICT (room_id, level_id) DO UPDATE SET
        is_active = excluded.is_active, ended_at = excluded.ended_at
    RETURNING current_xp, achieved_at
    """
)


async def reward(
    tx: Transaction, ladder: Ladder, rooms: Sequence[RoomStanding], at: datetime
) -> dict[int, int]:
    """Pay the owners for the levels that their rooms cross, keep and tell it; the new numbers.

    The caller writes ``rooms.room_level``.
    """
    crossing = [(room, ladder.above(room.number, room.xp)) for room in rooms]
    crossing = [(room, levels) for room, levels in crossing if levels]
    if not crossing:
        return {}
    book = await Book.open(tx, {room.owner_id for room, _ in crossing}, at=at)
    for room, levels in crossing:
        owner = book.accounts[room.owner_id]
        await tx.execute(_RETIRE, {"room_id": room.id, "at": at})
        for level in levels:
            paying = level.after(room.paid)
            if not owner.is_gone:
                pay_reward(book, owner, paying)
                await give_frames(tx, [(owner.id, frame) for frame in paying.frame_rewards], at)
            kept = await _keep(tx, room, level, at, is_active=level is levels[-1])
            if not owner.is_deleted:
                event = level_up(paying, kept.current_xp, kept.achieved_at, room_id=room.id)
                record(tx, user_stream(owner.id), event)
            record(
                tx,
                room_stream(room.id),
                RoomLevelUp(
                    room_id=room.id,
                    level_id=level.id,
                    level_number=level.level_number,
                    name=level.name,
                    icon_url=level.icon_url,
                ),
            )
    await book.write(tx)
    return {room.id: levels[-1].level_number for room, levels in crossing}


async def _keep(
    tx: Transaction, room: RoomStanding, level: Level, at: datetime, *, is_active: bool
) -> Standing:
    values = {"room_id": room.id, "level_id": level.id, "xp": room.xp, "at": at}
    kept = (await tx.execute(_KEEP, values | {"is_active": is_active})).one()
    return Standing(
        level_id=level.id,
        level_number=level.level_number,
        name=level.name,
        icon_url=level.icon_url,
        badge_url=level.badge_url,
        current_xp=kept.current_xp,
        achieved_at=kept.achieved_at,
    )


_ROOMS = text(
    """
    SELECT id, user_id, room_level, room_level_paid, room_xp FROM rooms
    WHERE id = ANY(CAST(:ids AS bigint[])) AND deleted_at IS NULL ORDER BY id
    """
)
_LOCK_ROOMS = text(
    "SELECT id FROM rooms WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE"
)
_SAVE = text("UPDATE rooms SET room_level = :number, room_level_paid = :paid WHERE id = :room_id")


async def settle(tx: Transaction, room_ids: Sequence[int], at: datetime) -> int:
    """Bring rooms to where their XP puts them after levels were changed; how many moved."""
    await tx.execute(_WAIT)
    ladder = (await load_ladders(tx))["room"]
    rooms = [
        RoomStanding(row.id, row.user_id, row.room_level, row.room_level_paid, row.room_xp)
        for row in await tx.rows(_ROOMS, {"ids": array_literal(room_ids)})
    ]
    risen = await reward(tx, ladder, rooms, at)
    lower = {room.id: ladder.settled(room.number, room.xp).lower for room in rooms}
    moved = [room for room in rooms if room.id in risen or lower[room.id] is not None]
    if not moved:
        return 0
    await tx.execute(_LOCK_ROOMS, {"ids": array_literal(room.id for room in moved)})
    for room in moved:
        level, paid = lower[room.id], room.paid
        if level is None:
            number = risen[room.id]
        else:
            number, paid = level.level_number, max(paid, room.number)
            await tx.execute(_RETIRE, {"room_id": room.id, "at": at})
            standing = await _keep(tx, room, level, at, is_active=True)
            event = LevelLowered(
                kind="level_lowered", level_type="room", standing=standing, room_id=room.id
            )
            record(tx, user_stream(room.owner_id), event)
        await tx.execute(_SAVE, {"room_id": room.id, "number": number, "paid": paid})
        record_value(tx, room_stream(room.id), ROOM_METRICS)
    await badge_checks.add(tx, "room", [room.id for room in moved])
    return len(moved)
