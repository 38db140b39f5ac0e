"""Realtime's addresses."""

import msgspec
from litestar import post
from litestar.di import NamedDependency

from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.realtime import tickets
from flylive.realtime.tickets import Holder


class TicketView(msgspec.Struct, kw_only=True):
    """How to open a socket: ``{url}?ticket={ticket}`` within `expires_in` seconds."""

    url: str
    ticket: str
    expires_in: int


@post("/realtime/tickets", status_code=201)
async def create_ticket(
    caller: NamedDependency[Holder],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> TicketView:
    """A ticket for one socket of the caller's."""

    async def work(tx: Transaction) -> str:
        return await tickets.issue(tx, caller)

    ticket = await database.run(work)
    return TicketView(url=settings.gateway_url, ticket=ticket, expires_in=tickets.TTL_SECONDS)


ROUTES = [create_ticket]
