"""What players see of the house: a page for each game, and the few addresses that it calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from examples.game_provider.games import GAMES
from examples.game_provider.house import House, Refused
from examples.game_provider.journal import Journal
from examples.game_provider.wallet import Wallet

PAGE = Path(__file__).with_name("page.html")
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline';"
    " connect-src 'self'; base-uri 'none'"
)


class OpenRound(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /{game}/rounds: the session's token from the launch address."""

    session: Annotated[str, Meta(max_length=64)]


class PlayRound(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /rounds/{id}/play: coins by choice, such as ``{"a": "10.00"}``."""

    session: Annotated[str, Meta(max_length=64)]
    client_seed: str
    stakes: dict[str, Annotated[str, Meta(max_length=24)]]


@get("/healthz")
async def tell_health() -> dict[str, bool]:
    """It is alive."""
    return {"ok": True}


@get("/{game:str}", media_type=MediaType.HTML)
async def show_page(game: FromPath[str]) -> Response[str]:
    """The game's page; the session's token comes in its query."""
    if game not in GAMES:
        raise NotFoundException
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return Response(PAGE.read_text("utf-8"), media_type=MediaType.HTML, headers=headers)


@post("/{game:str}/rounds", status_code=201)
async def open_round(
    game: FromPath[str], data: JSONBody[OpenRound], house: NamedDependency[House]
) -> dict[str, Any]:
    """A round, and the commitment to its seed."""
    return await house.open(game, data.session)


@post("/rounds/{round_id:str}/play", status_code=200)
async def play_round(
    round_id: FromPath[str], data: JSONBody[PlayRound], house: NamedDependency[House]
) -> dict[str, Any]:
    """Stake, and see what comes of it."""
    return await house.play(round_id, data.session, data.client_seed, data.stakes)


@get("/rounds/{round_id:str}")
async def tell_round(round_id: FromPath[str], house: NamedDependency[House]) -> dict[str, Any]:
    """A round, for whoever wants to recompute it."""
    return house.tell(round_id)


def _refuse(request: Request[Any, Any, Any], error: Refused) -> Response[dict[str, Any]]:
    return Response(error.document, status_code=error.status)


def create_app(platform_url: str, secret: str, journal_path: Path) -> Litestar:
    """The house over the platform whose API is at `platform_url`, such as http://…/v1."""
    address = httpx.URL(platform_url)
    client = httpx.AsyncClient(base_url=address.copy_with(path="/"), timeout=10)
    journal = Journal(journal_path)
    house = House(Wallet(client, address.path.rstrip("/"), secret), journal)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        mending = asyncio.create_task(house.keep_mending())
        try:
            yield
        finally:
            mending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await mending
            await client.aclose()
            journal.close()

    async def provide_house() -> House:
        return house

    return Litestar(
        route_handlers=[tell_health, show_page, open_round, play_round, tell_round],
        dependencies={"house": Provide(provide_house)},
        exception_handlers={Refused: _refuse},
        request_max_body_size=16 * 1024,
        lifespan=[lifespan],
        openapi_config=None,
        # Its own would write a line for each call that we make, addresses and all.
        logging_config=None,
    )
