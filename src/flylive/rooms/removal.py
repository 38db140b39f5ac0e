"""Taking a person out of everything that concerns rooms.

Locks the rooms in the order of their ids, under the person's own lock: so he cannot come into
another room, or open one, meanwhile.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Transaction
from flylive.rooms import queries, service, stays
from flylive.rooms.moderation import queries as moderation

_FORGET = [
    text(f"DELETE FROM {table} WHERE user_id = :user_id")
    for table in ("room_followers", "room_moderators", "room_mutes", "room_bans")
]


async def take_out(tx: Transaction, user_id: int, reason: str) -> None:
    """End the person's stay wherever he is; his seat is free."""
    rooms = await _lock_around(tx, user_id, and_owned=False)
    await _end_stay(tx, user_id, rooms, reason)


async def leave_for_good(tx: Transaction, user_id: int, reason: str) -> None:
    """End his stay, close the rooms that he owns, follow and moderate none any more."""
    moderated = await moderation.list_moderated(tx, user_id)
    rooms = await _lock_around(tx, user_id, and_owned=True, and_also=moderated)
    await _end_stay(tx, user_id, rooms, reason)
    for room in rooms.values():
        if room.user_id == user_id:
            await service.close(tx, user_id, room.id, for_good=True)
    for statement in _FORGET:
        await tx.execute(statement, {"user_id": user_id})


async def _lock_around(
    tx: Transaction, user_id: int, *, and_owned: bool, and_also: Collection[int] = ()
) -> dict[int, Row[Any]]:
    current = await queries.find_current(tx, user_id)
    room_ids = set(and_also) if current is None else {current.room_id, *and_also}
    if and_owned:
        room_ids.update(await queries.list_owned(tx, user_id))
    return await queries.lock_rooms(tx, room_ids)


async def _end_stay(tx: Transaction, user_id: int, rooms: dict[int, Row[Any]], reason: str) -> None:
    # Read again: until the room was locked, he could still be taken out by others.
    current = await queries.find_current(tx, user_id)
    if current is not None:
        await stays.end(tx, rooms[current.room_id], current, reason)
