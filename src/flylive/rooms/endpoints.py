"""The addresses of rooms; joining is with the room screen, messages with messaging.

A request about one room counts as a sign of life in it: `visitor` is the caller, noted.
"""

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from flylive.accounts import Caller, passwords
from flylive.accounts import queries as accounts
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID
from flylive.realtime import room_stream
from flylive.realtime.service import EventPage, events_after
from flylive.rooms import discovery, queries, seats, service, stays
from flylive.rooms.errors import NotTheOwner
from flylive.rooms.moderation import endpoints as moderation
from flylive.rooms.requests import endpoints as requests
from flylive.rooms.schemas import (
    CreateRoom,
    EditRoom,
    EditSeat,
    ParticipantView,
    RoomFollowerView,
    RoomView,
    SeatList,
    SeatView,
    TakeSeat,
)


@post("/rooms", status_code=201)
async def create_room(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[CreateRoom],
) -> RoomView:
    """Open a room of one's own."""
    values = service.check_fields(data)
    hashed = await passwords.hash_password(data.password) if data.password is not None else None

    async def work(tx: Transaction) -> RoomView:
        room = await service.create(tx, caller.user_id, values, hashed, settings.rooms_per_user)
        return await service.view(tx, room)

    return await database.run(work)


@get("/rooms/{room_id:int}")
async def get_room(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> RoomView:
    """One room, hidden and suspended ones too: `status` tells."""

    async def work(tx: Reading) -> RoomView:
        return await service.view(tx, await service.find(tx, room_id))

    return await database.read(work)


@patch("/rooms/{room_id:int}")
async def edit_room(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    data: JSONBody[EditRoom],
) -> RoomView:
    """Change the settings of one's own room."""
    values = service.check_fields(data)
    hashed = None
    if isinstance(data.password, str):
        # Nobody makes the platform hash for rooms that are not his.
        room = await database.read(lambda tx: service.find(tx, room_id))
        if room.user_id != visitor.user_id:
            raise NotTheOwner
        hashed = await passwords.hash_password(data.password)

    async def work(tx: Transaction) -> RoomView:
        room = await service.edit(tx, visitor.user_id, room_id, values, hashed)
        return await service.view(tx, room)

    return await database.run(work)


@delete("/rooms/{room_id:int}", status_code=204)
async def delete_room(
    caller: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> None:
    """Close one's own room for good."""
    await database.run(lambda tx: service.close(tx, caller.user_id, room_id))


@post("/rooms/{room_id:int}/leave", status_code=204)
async def leave_room(
    caller: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> None:
    """Leave the room; again does nothing more."""
    await database.run(lambda tx: stays.leave(tx, caller.user_id, room_id))


@post("/rooms/{room_id:int}/heartbeat", status_code=204)
async def beat(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> None:
    """A sign of life of a client without a socket; refused once one is out of the room."""
    await database.read(lambda tx: stays.require_stay(tx, visitor.user_id, room_id))


@get("/rooms/{room_id:int}/participants")
async def list_participants(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ParticipantView]:
    """Who is in the room, in the order of coming; in a private room, only from inside."""
    (after,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[ParticipantView]:
        await stays.find_visible(tx, visitor.user_id, room_id)
        return await stays.page(tx, room_id, after=after, limit=limit)

    return await database.read(work)


@get("/rooms/{room_id:int}/seats")
async def list_seats(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> SeatList:
    """Every seat of the room; in a private room, only from inside."""

    async def work(tx: Reading) -> SeatList:
        room = await stays.find_visible(tx, visitor.user_id, room_id)
        return SeatList(data=await seats.views(tx, await seats.load(tx, room)))

    return await database.read(work)


@put("/rooms/{room_id:int}/seats/{number:int}")
async def take_seat(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    number: FromPath[int],
    data: JSONBody[TakeSeat | None] = None,
) -> SeatView:
    """Take a seat or move to it; who runs the room may seat somebody else with `user_id`, and
    let two who sit change seats with `swap`, present or away.
    """
    wanted = data or TakeSeat()
    return await database.run(
        lambda tx: seats.take(
            tx, visitor.user_id, room_id, number, wanted.user_id, swap=wanted.swap
        )
    )


@delete("/rooms/{room_id:int}/seats/{number:int}", status_code=204)
async def leave_seat(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    number: FromPath[int],
) -> None:
    """Free one's own seat, or, if one runs the room, present or away, somebody else's."""
    await database.run(lambda tx: seats.leave(tx, visitor.user_id, room_id, number))


@patch("/rooms/{room_id:int}/seats/{number:int}")
async def edit_seat(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    number: FromPath[int],
    data: JSONBody[EditSeat],
) -> SeatView:
    """Lock or mute a seat, or the opposite, as one who runs the room, present or away.

    Locking unseats who sits there.
    """
    return await database.run(lambda tx: seats.edit(tx, visitor.user_id, room_id, number, data))


@put("/rooms/{room_id:int}/follow", status_code=204)
async def follow_room(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> None:
    """Follow a room; again does nothing more."""
    await database.run(lambda tx: service.follow(tx, visitor.user_id, room_id))


@delete("/rooms/{room_id:int}/follow", status_code=204)
async def unfollow_room(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> None:
    """Follow a room no longer."""
    await database.run(lambda tx: service.unfollow(tx, visitor.user_id, room_id))


@get("/rooms/{room_id:int}/followers")
async def list_followers(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RoomFollowerView]:
    """Who follows the room, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[RoomFollowerView]:
        await service.find(tx, room_id)
        rows = await queries.list_followers(tx, room_id, before=before, limit=limit + 1)
        cards = await accounts.cards(tx, {row.user_id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(
                row._asdict() | {"user": cards[row.user_id]}, RoomFollowerView
            ),
            lambda row: (row.id,),
        )

    return await database.read(work)


@get("/rooms/{room_id:int}/events")
async def list_events(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    after: Annotated[
        int,
        QueryParameter(name="after", ge=0, le=MAX_ID, description="The last seq one has."),
    ] = 0,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
) -> EventPage:
    """The room's stream behind `after`, for whoever is in the room."""

    async def work(tx: Reading) -> EventPage:
        await stays.require_stay(tx, visitor.user_id, room_id)
        return await events_after(tx, room_stream(room_id), after, limit)

    return await database.read(work)


ROUTES = [
    create_room,
    *discovery.ROUTES,
    get_room,
    edit_room,
    delete_room,
    leave_room,
    beat,
    list_participants,
    list_seats,
    take_seat,
    leave_seat,
    edit_seat,
    follow_room,
    unfollow_room,
    list_followers,
    list_events,
    *moderation.ROUTES,
    *requests.ROUTES,
]
