"""The couples' addresses."""

from datetime import timedelta

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.couples import service
from flylive.couples.schemas import CoupleView, Mine
from flylive.database import Database


@get("/couples/me")
async def get_mine(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> Mine:
    """The caller's partner with the points of both, his cooldown, and the open proposals."""
    return await database.read(lambda tx: service.mine(tx, caller.user_id))


@post("/couples/requests/{request_id:int}/accept", status_code=200)
async def accept_request(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    request_id: FromPath[int],
) -> CoupleView:
    """Become a couple with whoever asked."""
    return await database.run(lambda tx: service.accept(tx, caller.user_id, request_id))


@post("/couples/requests/{request_id:int}/decline", status_code=204)
async def decline_request(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    request_id: FromPath[int],
) -> None:
    """Decline a proposal. The gift stays where it is."""
    await database.run(lambda tx: service.decline(tx, caller.user_id, request_id))


@delete("/couples/me", status_code=204)
async def part(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> None:
    """Part from one's partner; a cooldown begins for both."""
    cooldown = timedelta(days=settings.couple_cooldown_days)
    await database.run(lambda tx: service.part(tx, caller.user_id, cooldown))


ROUTES = [get_mine, accept_request, decline_request, part]
