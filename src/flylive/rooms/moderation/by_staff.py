"""What the platform's staff do to people in a room, from outside; its order is no matter to them.

Who may, why, and the audit log are the console's. The caller holds the person's row.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now
from flylive.database import Transaction
from flylive.rooms import queries as rooms
from flylive.rooms import seats, service, stays
from flylive.rooms.errors import OwnerNotBanned, UserNotInRoom
from flylive.rooms.moderation import queries
from flylive.rooms.moderation.service import change_stay, end_moderation, notify
from flylive.rooms.requests import ending
from flylive.rooms.rules import Seat
from flylive.rooms.schemas import EditSeat, ParticipantView, SeatView


async def put_out(
    tx: Transaction, staff_id: int, room_id: int, user_id: int, ban_minutes: int
) -> datetime | None:
    """Put somebody out, and keep him out for so many minutes (0: not at all); until when.

    Whoever runs the room cannot let him in before. Raises UnknownRoom, OwnerNotBanned,
    UserNotInRoom (nobody to put out, and no ban wanted).
    """
    room = await service.lock(tx, room_id)
    if ban_minutes > 0 and user_id == room.user_id:
        raise OwnerNotBanned
    stay = await _stay(tx, room, user_id)
    until = None
    if ban_minutes > 0:
        until = now() + timedelta(minutes=ban_minutes)
        await queries.replace_ban(tx, room_id, user_id, staff_id, None, until, is_by_staff=True)
        await end_moderation(tx, room, user_id)
        stay = await _stay(tx, room, user_id)
    elif stay is None:
        raise UserNotInRoom(user_id=user_id)
    if stay is not None:
        await stays.end(tx, room, stay, "removed")
        notify(tx, room, user_id, "room_kicked", until=until)
    return until


async def let_in(tx: Transaction, room_id: int, user_id: int) -> Row[Any] | None:
    """End a ban, whoever said so; the ban, if there was one. Raises UnknownRoom."""
    await service.lock(tx, room_id)
    found = await queries.find_ban(tx, room_id, user_id)
    if found is not None:
        await queries.delete_ban(tx, room_id, user_id)
    return found


async def silence(
    tx: Transaction, staff_id: int, room_id: int, user_id: int, *, is_muted: bool
) -> tuple[bool, ParticipantView]:
    """Mute somebody present, or the opposite; whether that changed anything.

    Raises UnknownRoom, UserNotInRoom.
    """
    room = await service.lock(tx, room_id)
    stay = await _stay(tx, room, user_id)
    if stay is None:
        raise UserNotInRoom(user_id=user_id)
    is_changed = stay.is_muted != is_muted
    if is_changed:
        if is_muted:
            await queries.insert_mute(tx, room_id, user_id, staff_id)
            await ending.end_application(tx, room_id, user_id)
        else:
            await queries.delete_mute(tx, room_id, user_id)
        stay = await change_stay(tx, stay, is_muted=is_muted)
    cards = await accounts.cards(tx, [user_id])
    return is_changed, seats.participant_view(stay, cards[user_id])


async def unseat(tx: Transaction, room_id: int, number: int) -> int | None:
    """Free a seat; who sat there. Raises UnknownRoom, UnknownSeat."""
    room = await service.lock(tx, room_id)
    seat = seats.find_seat(await seats.load(tx, room), number)
    if seat.user_id is not None:
        stay = await _stay(tx, room, seat.user_id)
        assert stay is not None, "the room is held"
        await seats.unseat(tx, room, stay)
    return seat.user_id


async def edit_seat(
    tx: Transaction, room_id: int, number: int, data: EditSeat
) -> tuple[Seat, SeatView]:
    """Lock or mute a seat, or the opposite; how it was, how it is. Raises UnknownRoom, UnknownSeat.

    Who sits on a seat that is locked is unseated.
    """
    room = await service.lock(tx, room_id)
    seat = seats.find_seat(await seats.load(tx, room), number)
    return seat, await seats.edit_as_staff(tx, room, seat, data)


async def _stay(tx: Transaction, room: Row[Any], user_id: int) -> Row[Any] | None:
    return (await rooms.find_stays(tx, room.id, [user_id])).get(user_id)
