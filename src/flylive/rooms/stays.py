"""Coming into a room and being out of it again."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.database import Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http import pages
from flylive.realtime import record, record_value, room_stream
from flylive.rooms import opening, queries, rules, seats, service
from flylive.rooms.errors import Banned, NotInRoom, RoomFull, RoomNotAvailable, UnknownRoom
from flylive.rooms.events import ROOM_METRICS, ParticipantJoined, ParticipantLeft
from flylive.rooms.moderation import queries as moderation
from flylive.rooms.requests import ending
from flylive.rooms.schemas import ParticipantView
from flylive.social.rules import Action
from flylive.social.service import may


class PasswordNotProved(Exception):
    """The room's password is another than the one that was proved: look again."""


async def enter(tx: Transaction, user_id: int, room_id: int, proved_hash: str | None) -> Row[Any]:
    """The user's stay in the room, begun unless he is there already; it ends any other one.

    `proved_hash` is the hash of the room's password that he proved to know (see
    :mod:`flylive.rooms.entrance`). Raises UnknownRoom, RoomNotAvailable, Banned, RoomFull,
    and PasswordNotProved, upon which the caller starts over.
    """
    user = await accounts.lock_user(tx, user_id)
    if user is None or user.is_blocked:
        raise Unauthenticated
    current = await queries.find_current(tx, user_id)
    room_ids = {room_id} if current is None else {room_id, current.room_id}
    rooms = await queries.lock_rooms(tx, room_ids)
    room = rooms.get(room_id)
    if room is None:
        raise UnknownRoom
    # Read again: until the rooms were locked, he could still be taken out of the other one.
    current = await queries.find_current(tx, user_id)
    if current is not None and current.room_id == room_id:
        return current
    role, is_muted = await standing(tx, user_id, room)
    if needs_password(room, role) and room.password != proved_hash:
        raise PasswordNotProved
    kept = await service.kept_places(tx, room)
    if not rules.has_room_for(
        role,
        participant_count=room.participant_count,
        kept_places=kept,
        max_participants=room.max_participants,
    ):
        raise RoomFull(
            participant_count=room.participant_count,
            kept_places=kept,
            max_participants=room.max_participants,
        )
    if current is not None:
        await end(tx, rooms[current.room_id], current, "moved")
    stay = await queries.insert_stay(tx, room_id, user_id, role, is_muted=is_muted)
    cards = await accounts.cards(tx, [user_id])
    record(
        tx,
        room_stream(room_id),
        ParticipantJoined(
            participant=seats.participant_view(stay, cards[user_id]),
            participant_count=await queries.change_count(tx, room_id, 1),
        ),
    )
    record_value(tx, room_stream(room_id), ROOM_METRICS)
    if user_id == room.user_id:
        await opening.announce(tx, room)
    return stay


class Standing(NamedTuple):
    """What somebody is in a room before he sits down."""

    role: rules.Role
    is_muted: bool


async def standing(tx: Reading, user_id: int, room: Row[Any]) -> Standing:
    """What somebody is as he comes in. Raises RoomNotAvailable, Banned where he may not.

    Whom the owner blocked hears no more than that, banned or not.
    """
    if room.status != "active" or not await may(tx, user_id, Action.ENTER_ROOM, room.user_id):
        raise RoomNotAvailable
    ban = await moderation.find_ban(tx, room.id, user_id)
    if ban is not None:
        raise Banned(until=ban.until, reason=ban.reason)
    found = await moderation.find_standing(tx, room.id, user_id)
    role = rules.standing(user_id, room.user_id, is_moderator=found.is_moderator)
    return Standing(role, found.is_muted)


def needs_password(room: Row[Any], role: str) -> bool:
    """Whether somebody with this role must know the room's password."""
    return room.type == "private" and not rules.runs(role)


async def leave(tx: Transaction, user_id: int, room_id: int) -> None:
    """End the user's stay in the room; nothing happens where he is not there.

    Raises UnknownRoom.
    """
    room = await service.lock(tx, room_id)
    stay = (await queries.find_stays(tx, room_id, [user_id])).get(user_id)
    if stay is not None:
        await end(tx, room, stay, "left")


async def end(tx: Transaction, room: Row[Any], stay: Row[Any], reason: str) -> None:
    """End a stay, under the lock of its room; the seat is free, and everybody is told."""
    await ending.end_of_gone(tx, room.id, stay.user_id)
    await queries.end_stay(tx, stay.id)
    if stay.seat_number is not None:
        await seats.tell(tx, room, [stay.seat_number])
    count = await queries.change_count(tx, room.id, -1)
    record(
        tx,
        room_stream(room.id),
        ParticipantLeft(user_id=stay.user_id, reason=reason, participant_count=count),
    )
    record_value(tx, room_stream(room.id), ROOM_METRICS)


async def shut_out(tx: Transaction, owner_id: int, user_id: int) -> None:
    """Take somebody whom the owner has just blocked out of the room that is the owner's.

    After the block was written: whoever enters meanwhile holds the room's lock, so either
    he sees the block or his stay is seen here.
    """
    rooms = await queries.lock_rooms(tx, await queries.list_owned(tx, owner_id))
    for room in rooms.values():
        stay = (await queries.find_stays(tx, room.id, [user_id])).get(user_id)
        if stay is not None:
            await end(tx, room, stay, "kicked")


async def end_overdue(tx: Transaction, room_id: int, before: datetime, limit: int) -> list[int]:
    """Take out of the room whoever was last heard of before that moment; who they were."""
    rooms = await queries.lock_rooms(tx, [room_id])
    if room_id not in rooms:
        return []
    overdue = await queries.list_overdue(tx, before, limit, room_id=room_id)
    stays = await queries.find_stays(tx, room_id, [row.user_id for row in overdue if row.was_seen])
    for stay in stays.values():
        await end(tx, rooms[room_id], stay, "absent")
    return list(stays)


async def require_stay(tx: Reading, user_id: int, room_id: int) -> Row[Any]:
    """The user's stay in the room. Raises UnknownRoom, NotInRoom."""
    await service.find(tx, room_id)
    stay = (await queries.find_stays(tx, room_id, [user_id])).get(user_id)
    if stay is None:
        raise NotInRoom
    return stay


async def page(tx: Reading, room_id: int, *, after: int, limit: int) -> pages.Page[ParticipantView]:
    """Who is in the room behind the stay with id `after`, in the order of coming."""
    rows = await queries.list_participants(tx, room_id, after=after, limit=limit + 1)
    cards = await accounts.cards(tx, {row.user_id for row in rows})
    return pages.page(
        rows,
        limit,
        lambda row: seats.participant_view(row, cards[row.user_id]),
        lambda row: (row.id,),
    )


async def find_visible(tx: Reading, user_id: int, room_id: int) -> Row[Any]:
    """The room, if the user may see what goes on in it: a private one only from inside.

    Raises UnknownRoom, NotInRoom.
    """
    room = await service.find(tx, room_id)
    if room.type == "private" and room.user_id != user_id:
        await require_stay(tx, user_id, room_id)
    return room
