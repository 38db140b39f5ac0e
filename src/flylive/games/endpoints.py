"""The addresses of games: for players, and the signed ones for providers."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.games import queries, service, signing
from flylive.games.calls import hear, once
from flylive.games.schemas import (
    AskBalance,
    GameView,
    Moved,
    PayWin,
    PlaceBet,
    PlayerBalance,
    RollBack,
    SessionOpened,
)
from flylive.http import etags, limits, pages

SESSIONS_PER_MINUTE = 30
SIGNED = {"is_signed_by_provider": True}


@get(
    "/games",
    responses={
        200: ResponseSpec(pages.Page[GameView], generate_examples=False, description="Games")
    },
)
async def list_games(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The games that the caller may play where he is. Has an ETag."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[GameView]:
        rows = await queries.list_open(tx, caller.user_id, after_id=after_id, limit=limit + 1)
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), GameView),
            lambda row: (row.id,),
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@post("/games/{game:str}/sessions", status_code=201)
async def begin_session(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    game: FromPath[str],
) -> SessionOpened:
    """Begin to play. A session that the caller has at this game ends."""
    await limits.take(
        database, limits.per_account(caller.user_id, "games", SESSIONS_PER_MINUTE, 60)
    )
    return await database.run(lambda tx: service.begin(tx, caller, game, settings))


@delete("/games/{game:str}/sessions", status_code=204)
async def end_session(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    game: FromPath[str],
) -> None:
    """Stop playing: no more bets. What a round still wins is paid."""
    await database.run(lambda tx: service.end(tx, caller.user_id, game))


def _signed(body: type[msgspec.Struct]) -> type[Operation]:
    """How the description shows a call whose body is read only once its signature is right."""
    properties = {
        each.name: Schema(
            type=OpenAPIType.STRING,
            description="Coins, such as 250 or 12.50." if each.name == "amount" else None,
        )
        for each in msgspec.structs.fields(body)
    }
    schema = Schema(type=OpenAPIType.OBJECT, properties=dict(properties), required=list(properties))
    request_body = RequestBody(
        content={"application/json": OpenAPIMediaType(schema=schema)},
        required=True,
        description=f"Signed in {signing.SIGNATURE}, at the time in {signing.TIME}.",
    )

    @dataclass
    class SignedOperation(Operation):
        request_body: RequestBody | None = field(default_factory=lambda: request_body)

        def __post_init__(self) -> None:
            self.request_body = request_body

    return SignedOperation


_MOVED = {200: ResponseSpec(Moved, generate_examples=False, description="Done")}


@post(
    "/games/{game:str}/wallet/balance",
    status_code=200,
    opt=SIGNED,
    operation_class=_signed(AskBalance),
    responses={200: ResponseSpec(PlayerBalance, generate_examples=False, description="His coins")},
)
async def tell_balance(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    game: FromPath[str],
) -> Response[bytes]:
    """The player of an open session, and his coins. Signed by the provider."""
    heard = await hear(request, database, settings, game)
    answer = await once(database, heard, lambda tx: service.balance(tx, heard))
    return answer.response()


@post(
    "/games/{game:str}/wallet/bet",
    status_code=200,
    opt=SIGNED,
    operation_class=_signed(PlaceBet),
    responses=_MOVED,
)
async def place_bet(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    game: FromPath[str],
) -> Response[bytes]:
    """Take a stake from the player. Signed by the provider; once for each `transaction_id`."""
    heard = await hear(request, database, settings, game)
    answer = await once(database, heard, lambda tx: service.bet(tx, heard, settings))
    return answer.response()


@post(
    "/games/{game:str}/wallet/win",
    status_code=200,
    opt=SIGNED,
    operation_class=_signed(PayWin),
    responses=_MOVED,
)
async def pay_win(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    game: FromPath[str],
) -> Response[bytes]:
    """Pay what a round won. Signed by the provider; once for each `transaction_id`."""
    heard = await hear(request, database, settings, game)
    answer = await once(database, heard, lambda tx: service.win(tx, heard))
    return answer.response()


@post(
    "/games/{game:str}/wallet/rollback",
    status_code=200,
    opt=SIGNED,
    operation_class=_signed(RollBack),
    responses=_MOVED,
)
async def roll_back(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    game: FromPath[str],
) -> Response[bytes]:
    """Give a bet back, or see to it that it is never taken. Signed by the provider."""
    heard = await hear(request, database, settings, game)
    answer = await once(database, heard, lambda tx: service.roll_back(tx, heard))
    return answer.response()


ROUTES = [
    list_games,
    begin_session,
    end_session,
    tell_balance,
    place_bet,
    pay_win,
    roll_back,
]
"""For asgi.py."""
