"""Taking a person out of everything that concerns rooms, and showing his changed card there.

Locks the rooms in the order of their ids, under the person's own lock: so he cannot come into
another room, or open one, meanwhile.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, text

from flylive.accounts import queries as accounts
from flylive.database import Transaction
from flylive.realtime import record, room_stream
from flylive.rooms import queries, seats, service, stays
from flylive.rooms.events import ParticipantUpdated, RoomUpdated
from flylive.rooms.moderation import queries as moderation
from flylive.rooms.requests import ending

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
            await service.close(tx, user_id, room.id)
    for statement in _FORGET:
        await tx.execute(statement, {"user_id": user_id})


async def show_card(tx: Transaction, user_id: int) -> None:
    """Tell the rooms where he is, and which he owns, how his card looks now."""
    rooms = await _lock_around(tx, user_id, and_owned=True)
    cards = await accounts.cards(tx, [user_id])
    stay = await queries.find_current(tx, user_id)
    for room in rooms.values():
        if stay is not None and stay.room_id == room.id:
            participant = seats.participant_view(stay, cards[user_id])
            record(tx, room_stream(room.id), ParticipantUpdated(participant=participant))
            if stay.seat_number is not None:
                await seats.tell(tx, room, [stay.seat_number])
            await ending.tell_application(tx, room.id, user_id)
        if room.user_id == user_id:
            record(tx, room_stream(room.id), RoomUpdated(room=await service.view(tx, room)))


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
