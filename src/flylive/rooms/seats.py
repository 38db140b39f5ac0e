"""Taking, leaving, locking and muting seats. All under the room's lock."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.database import Reading, Transaction
from flylive.realtime import record, room_stream
from flylive.rooms import queries, rules
from flylive.rooms.errors import (
    ApplyFirst,
    Muted,
    NotAboveThem,
    NotAModerator,
    NotInRoom,
    NotSeated,
    SeatLocked,
    SeatNotYours,
    SeatOccupied,
    TouristsMayNotSpeak,
    UnknownRoom,
    UnknownSeat,
    UserNotInRoom,
)
from flylive.rooms.events import ParticipantUpdated, SeatUpdated
from flylive.rooms.moderation.standings import acting_standing
from flylive.rooms.requests import ending
from flylive.rooms.requests import queries as requests
from flylive.rooms.rules import Seat
from flylive.rooms.schemas import EditSeat, ParticipantView, SeatView
from flylive.social.errors import UserNotAvailable
from flylive.social.rules import Action
from flylive.social.service import may


class Actor(NamedTuple):
    """Who acts on the room's seats: who is in it, or who runs it from outside."""

    user_id: int
    role: str


async def load(tx: Reading, room: Row[Any]) -> list[Seat]:
    """Every seat of the room, seat n at place n - 1."""
    seated = {row.seat_number: row for row in await queries.list_seated(tx, room.id)}
    states = {row.seat_number: row for row in await queries.list_seat_states(tx, room.id)}
    return [
        Seat(
            seat_number=number,
            user_id=seated[number].user_id if number in seated else None,
            since=seated[number].seat_taken_at if number in seated else None,
            is_locked=number in states and states[number].is_locked,
            is_muted=number in states and states[number].is_muted,
        )
        for number in range(1, room.mic_seat_quantity + 1)
    ]


async def views(tx: Reading, seats: Sequence[Seat]) -> list[SeatView]:
    """The seats as everybody sees them."""
    sitting = {seat.user_id for seat in seats if seat.user_id is not None}
    cards = await accounts.cards(tx, sitting)
    return [
        SeatView(
            seat_number=seat.seat_number,
            user=cards[seat.user_id] if seat.user_id is not None else None,
            is_locked=seat.is_locked,
            is_muted=seat.is_muted,
            since=seat.since,
        )
        for seat in seats
    ]


def participant_view(stay: Row[Any], user: UserCard) -> ParticipantView:
    """A participation as everybody sees it."""
    return msgspec.convert(stay._asdict() | {"user": user}, ParticipantView)


async def take(
    tx: Transaction,
    caller_id: int,
    room_id: int,
    number: int,
    user_id: int | None,
    *,
    swap: bool = False,
) -> SeatView:
    """Seat the caller, or whom he names if he runs the room; from another seat, if he has one.

    Who runs the room seats others whatever the seat's lock and the room's mode: it is his
    invitation, and he need not be there. With `swap` he lets whoever sits there have the other's
    seat. Raises
    UnknownRoom, NotInRoom, UnknownSeat, SeatOccupied, SeatLocked, TouristsMayNotSpeak,
    ApplyFirst, Muted, NotAModerator, NotAboveThem, UserNotInRoom, UserNotAvailable, NotSeated.
    """
    subject_id = caller_id if user_id is None else user_id
    room, actor, subject = await _actors(tx, caller_id, room_id, subject_id)
    if subject is None and subject_id == caller_id:
        raise NotInRoom
    seats = await load(tx, room)
    seat = find_seat(seats, number)
    if subject_id != caller_id:
        await check_may_seat(tx, actor, subject, subject_id)
    assert subject is not None
    if seat.user_id == subject_id:
        return (await views(tx, [seat]))[0]
    if subject_id == caller_id:
        await _check_may_sit(tx, room, subject)
    if seat.user_id is not None:
        if swap:
            return await _swap(tx, room, actor, subject, seat)
        raise await occupied(tx, seats, seat)
    if seat.is_locked and subject_id == caller_id:
        raise SeatLocked(free_seats=rules.free_seats(seats))
    return await place(tx, room, subject, number)


async def place(tx: Transaction, room: Row[Any], stay: Row[Any], number: int) -> SeatView:
    """Put somebody on an empty seat, off any other one; he waits for none any more."""
    await _sit(tx, room, stay, number)
    numbers = [number] if stay.seat_number is None else [stay.seat_number, number]
    seat = (await tell(tx, room, numbers))[-1]
    await ending.end_of_seated(tx, room.id, stay.user_id, number)
    return seat


async def unseat(tx: Transaction, room: Row[Any], stay: Row[Any]) -> None:
    """Take somebody off his seat, if he has one."""
    if stay.seat_number is not None:
        await _sit(tx, room, stay, None)
        await tell(tx, room, [stay.seat_number])


async def occupied(tx: Reading, seats: Sequence[Seat], seat: Seat) -> SeatOccupied:
    """The refusal that names who sits there, since when, and where one could sit instead."""
    [taken] = await views(tx, [seat])
    return SeatOccupied(occupant=taken.user, since=taken.since, free_seats=rules.free_seats(seats))


async def _swap(
    tx: Transaction, room: Row[Any], actor: Actor, subject: Row[Any], seat: Seat
) -> SeatView:
    assert seat.user_id is not None
    if not rules.runs(actor.role):
        raise NotAModerator
    other = (await queries.find_stays(tx, room.id, [seat.user_id]))[seat.user_id]
    if other.user_id != actor.user_id and not rules.may_act_on(actor.role, other.role):
        raise NotAboveThem
    if subject.seat_number is None:
        raise NotSeated(user_id=subject.user_id)
    numbers = [subject.seat_number, seat.seat_number]
    # One stands up for a moment that nobody sees: two cannot hold one seat.
    await queries.set_seat(tx, other.id, None, other.role)
    await _sit(tx, room, subject, seat.seat_number)
    await _sit(tx, room, other, subject.seat_number)
    return (await tell(tx, room, numbers))[-1]


async def leave(tx: Transaction, caller_id: int, room_id: int, number: int) -> None:
    """Free a seat: one's own, or whoever's if one runs the room, there or not.

    An empty seat stays empty.

    Raises UnknownRoom, NotInRoom, UnknownSeat, SeatNotYours, NotAboveThem.
    """
    room, actor, _ = await _actors(tx, caller_id, room_id, caller_id)
    seat = find_seat(await load(tx, room), number)
    if seat.user_id is None:
        return
    sitting = (await queries.find_stays(tx, room_id, [seat.user_id]))[seat.user_id]
    if seat.user_id != caller_id:
        if not rules.runs(actor.role):
            raise SeatNotYours
        if not rules.may_act_on(actor.role, sitting.role):
            raise NotAboveThem
    await unseat(tx, room, sitting)


async def edit(
    tx: Transaction, caller_id: int, room_id: int, number: int, data: EditSeat
) -> SeatView:
    """Lock or mute a seat, or the opposite, as one who runs the room, there or not.

    Who sits on a seat that is locked is unseated.

    Raises UnknownRoom, NotInRoom, UnknownSeat, NotAModerator, NotAboveThem.
    """
    room, actor, _ = await _actors(tx, caller_id, room_id, caller_id)
    seat = find_seat(await load(tx, room), number)
    if not rules.runs(actor.role):
        raise NotAModerator
    is_locked = seat.is_locked if data.is_locked is UNSET else data.is_locked
    is_muted = seat.is_muted if data.is_muted is UNSET else data.is_muted
    if (is_locked, is_muted) == (seat.is_locked, seat.is_muted):
        return (await views(tx, [seat]))[0]
    if seat.user_id is not None and seat.user_id != caller_id:
        sitting = (await queries.find_stays(tx, room_id, [seat.user_id]))[seat.user_id]
        if not rules.may_act_on(actor.role, sitting.role):
            raise NotAboveThem
    return await _set_state(tx, room, seat, is_locked=is_locked, is_muted=is_muted)


async def edit_as_staff(tx: Transaction, room: Row[Any], seat: Seat, data: EditSeat) -> SeatView:
    """The same in a room that is held, whoever sits there."""
    is_locked = seat.is_locked if data.is_locked is UNSET else data.is_locked
    is_muted = seat.is_muted if data.is_muted is UNSET else data.is_muted
    return await _set_state(tx, room, seat, is_locked=is_locked, is_muted=is_muted)


async def _set_state(
    tx: Transaction, room: Row[Any], seat: Seat, *, is_locked: bool, is_muted: bool
) -> SeatView:
    if (is_locked, is_muted) == (seat.is_locked, seat.is_muted):
        return (await views(tx, [seat]))[0]
    # Who was invited to a locked seat stays when it is only muted.
    if is_locked and not seat.is_locked and seat.user_id is not None:
        sitting = (await queries.find_stays(tx, room.id, [seat.user_id]))[seat.user_id]
        await _sit(tx, room, sitting, None)
    await queries.save_seat_state(
        tx, room.id, seat.seat_number, is_locked=is_locked, is_muted=is_muted
    )
    return (await tell(tx, room, [seat.seat_number]))[0]


async def drop_above(tx: Transaction, room: Row[Any], quantity: int) -> None:
    """Unseat whoever sits above seat `quantity`, and forget those seats."""
    for stay in await queries.list_seated(tx, room.id):
        if stay.seat_number > quantity:
            await _sit(tx, room, stay, None)
    await queries.drop_seat_states(tx, room.id, quantity)


async def tell(tx: Transaction, room: Row[Any], numbers: Iterable[int]) -> list[SeatView]:
    """Record how these seats are now."""
    seats = await load(tx, room)
    told = await views(tx, [seats[number - 1] for number in numbers])
    for seat in told:
        record(tx, room_stream(room.id), SeatUpdated(seat=seat))
    return told


async def _sit(tx: Transaction, room: Row[Any], stay: Row[Any], number: int | None) -> None:
    role = rules.role_when_unseated(stay.role)
    if number is not None:
        role = rules.role_when_seated(stay.role)
    changed = await queries.set_seat(tx, stay.id, number, role)
    cards = await accounts.cards(tx, [stay.user_id])
    record(
        tx,
        room_stream(room.id),
        ParticipantUpdated(participant=participant_view(changed, cards[stay.user_id])),
    )


async def _actors(
    tx: Transaction, caller_id: int, room_id: int, subject_id: int
) -> tuple[Row[Any], Actor, Row[Any] | None]:
    """The room, locked; who acts in it; the other's stay, if he is there."""
    room = (await queries.lock_rooms(tx, [room_id])).get(room_id)
    if room is None:
        raise UnknownRoom
    stays = await queries.find_stays(tx, room_id, {caller_id, subject_id})
    if caller_id in stays:
        role = stays[caller_id].role
    else:
        role = await acting_standing(tx, room, caller_id)
        if not rules.runs(role):
            raise NotInRoom
    return room, Actor(caller_id, role), stays.get(subject_id)


def find_seat(seats: Sequence[Seat], number: int) -> Seat:
    """The seat with this number. Raises UnknownSeat."""
    if not 1 <= number <= len(seats):
        raise UnknownSeat(mic_seat_quantity=len(seats))
    return seats[number - 1]


async def check_may_seat(
    tx: Transaction, actor: Actor, subject: Row[Any] | None, subject_id: int
) -> None:
    """Raises NotAModerator, UserNotInRoom, NotAboveThem, UserNotAvailable."""
    if not rules.runs(actor.role):
        raise NotAModerator
    if subject is None:
        raise UserNotInRoom(user_id=subject_id)
    if not rules.may_act_on(actor.role, subject.role):
        raise NotAboveThem
    if not await may(tx, actor.user_id, Action.INVITE, subject_id):
        raise UserNotAvailable


async def _check_may_sit(tx: Transaction, room: Row[Any], stay: Row[Any]) -> None:
    # Who was given a seat already may move to another one.
    if stay.seat_number is not None:
        return
    if stay.is_muted:
        raise Muted
    if rules.runs(stay.role):
        return
    if room.seat_mode == "apply":
        raise await _apply_first(tx, room.id, stay.user_id)
    if not room.can_tourists_speak and not await queries.is_follower(tx, room.id, stay.user_id):
        raise TouristsMayNotSpeak


async def _apply_first(tx: Transaction, room_id: int, user_id: int) -> ApplyFirst:
    waiting = ending.queue(await requests.list_pending(tx, room_id))
    place = next((n for n, row in enumerate(waiting, 1) if row.user_id == user_id), None)
    return ApplyFirst(queue_length=len(waiting), place=place)
