"""The room screen: what `join` answers, and where in the room's stream it stands."""

from typing import Any

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.messaging import service as messaging
from flylive.messaging.schemas import MessageView
from flylive.realtime import room_stream, tickets
from flylive.realtime.service import find_position
from flylive.rooms import entrance, seats, service, stays
from flylive.rooms.requests import service as requests
from flylive.rooms.schemas import (
    JoinRoom,
    ParticipantView,
    RoomView,
    SeatRequestView,
    SeatView,
)

MESSAGES = 50


class StreamPosition(msgspec.Struct, kw_only=True):
    """A place in a stream; the rest of the answer is the state right there."""

    name: str
    epoch: int
    seq: int


class Ticket(msgspec.Struct, kw_only=True):
    """How to open the socket: ``{url}?ticket={ticket}``, once, within 30 s."""

    url: str
    ticket: str


class RoomState(msgspec.Struct, kw_only=True):
    """A room as its stream tells it: folding the events behind `stream` keeps it fresh.

    `participants` is the first page, in the order of coming; `messages` are the newest 50,
    oldest first; `seat_requests` are the applications that wait, in the order of the queue.
    """

    room: RoomView
    participant: ParticipantView
    seats: list[SeatView]
    participants: pages.Page[ParticipantView]
    messages: list[MessageView]
    seat_requests: list[SeatRequestView]
    stream: StreamPosition


class RoomScreen(RoomState, kw_only=True):
    """POST /rooms/{id}/join. `voice` is null while the platform has no voice server."""

    realtime: Ticket
    voice: dict[str, Any] | None = None


async def state(tx: Reading, user_id: int, room_id: int, settings: Settings) -> RoomState:
    """The room as the user in it sees it. Raises UnknownRoom, NotInRoom.

    To be called over one snapshot (:meth:`Database.read`): state and position are committed
    together, so in one snapshot they fit each other, without a lock.
    """
    stay = await stays.require_stay(tx, user_id, room_id)
    room: Row[Any] = await service.find(tx, room_id)
    position = await find_position(tx, room_stream(room_id))
    # Whoever is in the room has joined it, and that is an event.
    assert position is not None
    cards = await accounts.cards(tx, [user_id])
    return RoomState(
        room=await service.view(tx, room),
        participant=seats.participant_view(stay, cards[user_id]),
        seats=await seats.views(tx, await seats.load(tx, room)),
        participants=await stays.page(tx, room_id, after=0, limit=pages.MAX_LIMIT),
        messages=await messaging.newest(tx, room_id, MESSAGES, settings),
        seat_requests=await requests.applications(tx, room_id),
        stream=StreamPosition(**position._asdict()),
    )


@post("/rooms/{room_id:int}/join", status_code=200)
async def join_room(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    data: JSONBody[JoinRoom | None] = None,
) -> RoomScreen:
    """Enter a room, leaving any other; once inside, the same again without an event."""
    password = data.password if data else None
    await entrance.enter(database, visitor.user_id, room_id, password)
    ticket = await database.run(lambda tx: tickets.issue(tx, visitor))
    now_there = await database.read(lambda tx: state(tx, visitor.user_id, room_id, settings))
    return RoomScreen(
        **msgspec.structs.asdict(now_there),
        realtime=Ticket(url=settings.gateway_url, ticket=ticket),
    )


ROUTES = [join_room]
