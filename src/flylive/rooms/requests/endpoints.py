"""The addresses of requests for seats."""

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from flylive.accounts import Caller
from flylive.database import Database
from flylive.http import pages
from flylive.rooms.requests import service
from flylive.rooms.schemas import AskForSeat, QueuedRequest, SeatRequestView


@post("/rooms/{room_id:int}/seat-requests", status_code=201)
async def ask_for_seat(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    data: JSONBody[AskForSeat],
) -> QueuedRequest:
    """Apply for a seat (for 10 minutes), or invite somebody present to one (for 30 seconds)."""
    return await service.ask(database, visitor.user_id, room_id, data)


@get("/rooms/{room_id:int}/seat-requests")
async def list_seat_requests(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[QueuedRequest]:
    """What waits, oldest first: applications, and invitations that concern the caller.

    From inside. Who runs the room sees every invitation.
    """
    (after,) = pages.decode(cursor, int) or (0,)
    return await database.read(
        lambda tx: service.listed(tx, visitor.user_id, room_id, after=after, limit=limit)
    )


@post("/seat-requests/{request_id:int}/accept", status_code=200)
async def accept_seat_request(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    request_id: FromPath[int],
) -> SeatRequestView:
    """Accept one's invitation, or an application in a room that one runs.

    The seat is the wished one or, when somebody sits there, the first free one: `seat_number`.
    """
    return await database.run(lambda tx: service.accept(tx, visitor.user_id, request_id))


@post("/seat-requests/{request_id:int}/decline", status_code=200)
async def decline_seat_request(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    request_id: FromPath[int],
) -> SeatRequestView:
    """Decline one's invitation, or an application in a room that one runs."""
    return await database.run(lambda tx: service.decline(tx, visitor.user_id, request_id))


@delete("/seat-requests/{request_id:int}", status_code=204)
async def withdraw_seat_request(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    request_id: FromPath[int],
) -> None:
    """Take back one's own application or invitation."""
    await database.run(lambda tx: service.withdraw(tx, visitor.user_id, request_id))


ROUTES = [
    ask_for_seat,
    list_seat_requests,
    accept_seat_request,
    decline_seat_request,
    withdraw_seat_request,
]
