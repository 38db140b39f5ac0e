"""Telling rooms that somebody's card changed: his name, picture, country, frame, VIP level.

Whatever changes what a UserCard shows calls :func:`tell` in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.database import Transaction
from flylive.realtime import record, room_stream
from flylive.rooms import queries, seats, service
from flylive.rooms.events import ParticipantUpdated, RoomUpdated
from flylive.rooms.requests import ending


async def tell(tx: Transaction, user_id: int) -> None:
    """Tell the room he is in, and those he owns, how his card is now.

    To be called after the change, with the user's row held: so he comes into no other room
    and opens none meanwhile. Locks rooms.
    """
    await tell_all(tx, [user_id])


async def tell_all(tx: Transaction, user_ids: Collection[int]) -> None:
    """The same of many, whose rooms are locked at once, by id: each by himself, they would be
    locked in the order of the people, and two would wait for each other.
    """
    if not user_ids:
        return
    owned = {user_id: await queries.list_owned(tx, user_id) for user_id in sorted(user_ids)}
    room_ids = {room_id for rooms in owned.values() for room_id in rooms}
    for user_id in owned:
        current = await queries.find_current(tx, user_id)
        room_ids.update([current.room_id] if current else ())
    rooms = await queries.lock_rooms(tx, room_ids)
    for user_id, of_his in owned.items():
        await _tell(tx, user_id, of_his, rooms)


async def _tell(
    tx: Transaction, user_id: int, owned: Sequence[int], rooms: Mapping[int, Row[Any]]
) -> None:
    # Read again: until the rooms were locked, he could still be taken out.
    current = await queries.find_current(tx, user_id)
    if current is not None and current.room_id in rooms:
        cards = await accounts.cards(tx, [user_id])
        record(
            tx,
            room_stream(current.room_id),
            ParticipantUpdated(participant=seats.participant_view(current, cards[user_id])),
        )
        if current.seat_number is not None:
            await seats.tell(tx, rooms[current.room_id], [current.seat_number])
        await ending.tell_application(tx, current.room_id, user_id)
    for room_id in owned:
        if room_id in rooms:
            room = await service.view(tx, rooms[room_id])
            record(tx, room_stream(room_id), RoomUpdated(room=room))
