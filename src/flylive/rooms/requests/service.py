"""Applying for a seat, inviting to one, and what becomes of it. All under the room's lock."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import limits, pages
from flylive.rooms import queries as rooms
from flylive.rooms import rules, seats, service, stays
from flylive.rooms.errors import (
    AlreadySeated,
    Muted,
    NoSeatFree,
    NotAboveThem,
    NotAModerator,
    NotInRoom,
    QueueFull,
    RequestNotYours,
    RequestOver,
    RequestPending,
    SeatLocked,
    TooManyRequestsForSeats,
    UnknownRequest,
    UserNotInRoom,
)
from flylive.rooms.requests import ending, queries
from flylive.rooms.requests.ending import APPLICATION, INVITATION
from flylive.rooms.schemas import AskForSeat, QueuedRequest, SeatRequestView
from flylive.social.errors import NotOneself, UserNotAvailable
from flylive.social.rules import Action
from flylive.social.service import may


class Actors(NamedTuple):
    """A room that is held, with the caller's stay in it, and whom a request is for."""

    room: Row[Any]
    caller: Row[Any]
    subject: Row[Any] | None


async def _actors(tx: Transaction, room_id: int, caller_id: int, subject_id: int) -> Actors:
    room = await service.lock(tx, room_id)
    here = await rooms.find_stays(tx, room_id, {caller_id, subject_id})
    if caller_id not in here:
        raise NotInRoom
    return Actors(room, here[caller_id], here.get(subject_id))


async def ask(database: Database, caller_id: int, room_id: int, data: AskForSeat) -> QueuedRequest:
    """Apply for a seat, or invite somebody to one.

    Raises InvalidRequest, UnknownRoom, NotInRoom, TooManyRequestsForSeats, Muted,
    NotAModerator, NotOneself, UserNotInRoom, UserNotAvailable, AlreadySeated, UnknownSeat,
    SeatOccupied, SeatLocked, RequestPending, QueueFull.
    """
    if data.kind == INVITATION and data.user_id is None:
        raise InvalidRequest.field("user_id", "an invitation is for somebody")
    if data.kind == APPLICATION and data.user_id not in (None, caller_id):
        raise InvalidRequest.field("user_id", "one applies for oneself")
    if data.kind == INVITATION and data.user_id == caller_id:
        raise NotOneself
    asked = await database.run(lambda tx: _ask(tx, caller_id, room_id, data))
    if isinstance(asked, limits.Hit):
        raise TooManyRequestsForSeats(retry_after=asked.retry_after_seconds)
    return asked


async def _ask(
    tx: Transaction, caller_id: int, room_id: int, data: AskForSeat
) -> QueuedRequest | limits.Hit:
    subject_id = caller_id if data.user_id is None else data.user_id
    actors = await _actors(tx, room_id, caller_id, subject_id)
    if data.kind == INVITATION:
        await _check_may_invite(tx, actors, subject_id)
    elif actors.caller.is_muted:
        raise Muted
    assert actors.subject is not None
    if actors.subject.seat_number is not None:
        raise AlreadySeated(user_id=subject_id, seat_number=actors.subject.seat_number)
    await _check_wish(tx, actors.room, data)
    # What is too old but not swept yet is over now: it must not stand in the way.
    await ending.end_overdue(tx, room_id, now())
    pending = await queries.list_pending(tx, room_id)
    await _check_none_waits(tx, pending, data.kind, subject_id)
    hit = await limits.hit(
        tx,
        f"seat-requests:{caller_id}",
        rules.REQUESTS_PER_WINDOW,
        rules.REQUEST_WINDOW_SECONDS,
    )
    if not hit.is_allowed:
        return hit
    seconds = rules.INVITATION_SECONDS if data.kind == INVITATION else rules.APPLICATION_SECONDS
    row = await queries.insert(
        tx,
        room_id=room_id,
        user_id=subject_id,
        requested_by=caller_id,
        kind=data.kind,
        seat_number=data.seat_number,
        seconds=seconds,
    )
    view = await ending.tell(tx, row)
    return _queued(view, ending.queue([*pending, row]))


async def _check_may_invite(tx: Transaction, actors: Actors, subject_id: int) -> None:
    if not rules.runs(actors.caller.role):
        raise NotAModerator
    if actors.subject is None:
        raise UserNotInRoom(user_id=subject_id)
    if not await may(tx, actors.caller.user_id, Action.INVITE, subject_id):
        raise UserNotAvailable


async def _check_wish(tx: Transaction, room: Row[Any], data: AskForSeat) -> None:
    if data.seat_number is None:
        return
    found = await seats.load(tx, room)
    seat = seats.find_seat(found, data.seat_number)
    if seat.user_id is not None:
        raise await seats.occupied(tx, found, seat)
    if seat.is_locked and data.kind == APPLICATION:
        raise SeatLocked(free_seats=rules.free_seats(found))


async def _check_none_waits(
    tx: Transaction, pending: Sequence[Row[Any]], kind: str, user_id: int
) -> None:
    same = [row for row in pending if row.kind == kind]
    for row in same:
        if row.user_id == user_id:
            [view] = await ending.views(tx, [row])
            raise RequestPending(request=_queued(view, ending.queue(pending)))
    most = rules.MAX_APPLICATIONS if kind == APPLICATION else rules.MAX_INVITATIONS
    if len(same) >= most:
        raise QueueFull(limit=most)


def _queued(view: SeatRequestView, waiting: Sequence[Row[Any]]) -> QueuedRequest:
    place = next((n for n, row in enumerate(waiting, 1) if row.id == view.id), None)
    return QueuedRequest(**msgspec.structs.asdict(view), place=place)


async def listed(
    tx: Reading, caller_id: int, room_id: int, *, after: int, limit: int
) -> pages.Page[QueuedRequest]:
    """What waits in the room: applications for everybody, invitations for whom they concern.

    Who runs the room sees all of them. Raises UnknownRoom, NotInRoom.
    """
    stay = await stays.require_stay(tx, caller_id, room_id)
    moment = now()
    pending = [row for row in await queries.list_pending(tx, room_id) if row.expires_at > moment]
    # A room holds few enough of them to choose here.
    seen = [row for row in pending if row.id > after and _may_see(row, stay)][: limit + 1]
    waiting = ending.queue(pending)
    shown = {view.id: _queued(view, waiting) for view in await ending.views(tx, seen[:limit])}
    return pages.page(seen, limit, lambda row: shown[row.id], lambda row: (row.id,))


def _may_see(row: Row[Any], stay: Row[Any]) -> bool:
    concerned = stay.user_id in (row.user_id, row.requested_by)
    return row.kind == APPLICATION or concerned or rules.runs(stay.role)


async def applications(tx: Reading, room_id: int) -> list[SeatRequestView]:
    """The applications that wait, first come first: what the room's stream keeps fresh."""
    return await ending.views(tx, ending.queue(await queries.list_pending(tx, room_id)))


async def _held(tx: Transaction, caller_id: int, request_id: int) -> tuple[Actors, Row[Any]]:
    """A request that still waits, read under its room's lock.

    Raises UnknownRequest, UnknownRoom, NotInRoom, RequestOver.
    """
    found = await queries.find(tx, request_id)
    if found is None:
        raise UnknownRequest
    actors = await _actors(tx, found.room_id, caller_id, found.user_id)
    row = await queries.find(tx, request_id)
    if row is None or not _may_see(row, actors.caller):
        raise UnknownRequest
    if row.status != "pending" or row.expires_at <= now():
        over = "expired" if row.status == "pending" else row.status
        raise RequestOver(request_status=over, expires_at=row.expires_at)
    return actors, row


def _check_may_decide(actors: Actors, row: Row[Any]) -> None:
    """An invitation is the invited one's to decide, an application that of who runs the room."""
    caller = actors.caller
    if row.kind == INVITATION:
        if caller.user_id != row.user_id:
            raise RequestNotYours
        return
    if not rules.runs(caller.role):
        raise RequestNotYours if caller.user_id == row.user_id else NotAModerator
    assert actors.subject is not None
    if not rules.may_act_on(caller.role, actors.subject.role):
        raise NotAboveThem


async def accept(tx: Transaction, caller_id: int, request_id: int) -> SeatRequestView:
    """Seat whom a request is for: where it says, or where is room if somebody sits there now.

    Raises UnknownRequest, UnknownRoom, NotInRoom, RequestOver, RequestNotYours, NotAModerator,
    NotAboveThem, UserNotAvailable, NoSeatFree; after a refusal the request waits on.
    """
    actors, row = await _held(tx, caller_id, request_id)
    _check_may_decide(actors, row)
    # Who is out has no request that waits.
    assert actors.subject is not None
    other_id = row.requested_by if row.kind == INVITATION else row.user_id
    if not await may(tx, caller_id, Action.INVITE, other_id):
        raise UserNotAvailable
    found = await seats.load(tx, actors.room)
    number = rules.seat_to_give(found, row.seat_number)
    if number is None:
        raise NoSeatFree(free_seats=[], locked_seats=rules.locked_seats(found))
    view = await ending.end(tx, row, "accepted", by=caller_id, seat_number=number)
    await seats.place(tx, actors.room, actors.subject, number)
    return view


async def decline(tx: Transaction, caller_id: int, request_id: int) -> SeatRequestView:
    """Say no. Raises what :func:`accept` does, but for what is about seats."""
    actors, row = await _held(tx, caller_id, request_id)
    _check_may_decide(actors, row)
    return await ending.end(tx, row, "declined", by=caller_id)


async def withdraw(tx: Transaction, caller_id: int, request_id: int) -> None:
    """Take back one's application; or an invitation, by whoever made it or owns the room.

    Raises UnknownRequest, UnknownRoom, NotInRoom, RequestOver, RequestNotYours.
    """
    actors, row = await _held(tx, caller_id, request_id)
    owns = row.kind == INVITATION and caller_id == actors.room.user_id
    if caller_id != row.requested_by and not owns:
        raise RequestNotYours
    await ending.end(tx, row, "withdrawn", by=caller_id)
