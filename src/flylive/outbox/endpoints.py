"""``GET /dev/outbox``: what was sent in development."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from flylive.config import Settings
from flylive.database import Database
from flylive.errors import NotFound
from flylive.http.requests import is_loopback
from flylive.outbox import development
from flylive.outbox.development import KeptMessage

To = Annotated[
    str | None,
    QueryParameter(name="to", description="Only those to this address."),
]


class KeptMessages(msgspec.Struct, kw_only=True):
    """The newest messages of the last hour, newest first, 200 at the most."""

    data: list[KeptMessage]


@get("/dev/outbox", include_in_schema=False)
async def list_outbox(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    to: To = None,
) -> KeptMessages:
    """Mails and SMS of the last hour; in development and for loopback peers only."""
    if settings.env != "development" or not is_loopback(request):
        raise NotFound
    # A query's plain + means a space, and a phone number begins with one.
    address = None if to is None else to.replace(" ", "+")
    return KeptMessages(data=await database.read(lambda tx: development.list_kept(tx, address)))


ROUTES = [list_outbox]
"""Added in development only: in production there is nothing at this address."""
