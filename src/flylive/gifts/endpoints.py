"""The gifts' addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.fairness import seeds
from flylive.fairness.errors import UnknownDraw
from flylive.gifts import catalogue, draws, walls
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import GiftRequest
from flylive.gifts.schemas import (
    ChooseSeed,
    DrawView,
    GiftSent,
    GiftTransactionView,
    GiftView,
    RevealedSeed,
    RoomGiftView,
    RotateSeed,
    SeedView,
    SendGift,
    ServerSeedHash,
    WallEntry,
)
from flylive.http import etags, idempotency, pages
from flylive.rooms import stays
from flylive.social.service import require_user

Category = Literal["normal", "lucky", "cp", "vip", "country"]
Rarity = Literal["common", "rare", "epic", "legendary"]


@get(
    "/gifts",
    responses={
        200: ResponseSpec(
            pages.Page[GiftView], generate_examples=False, description="The catalogue"
        )
    },
)
async def list_gifts(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    category: FromQuery[Category | None] = None,
    rarity: FromQuery[Rarity | None] = None,
    sort: FromQuery[Literal["price"] | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The catalogue, each gift marked with whether the caller may send it. Has an ETag."""
    after = pages.decode(cursor, Decimal, int)

    async def work(tx: Reading) -> pages.Page[GiftView]:
        rows = await catalogue.list_gifts(
            tx,
            caller.user_id,
            now(),
            limit=limit + 1,
            category=category,
            rarity=rarity,
            by_price=sort == "price",
            after=(after[0], after[1]) if after else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), GiftView),
            lambda row: (row.price, row.id),
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@post(
    "/gifts/send",
    status_code=201,
    responses={201: ResponseSpec(GiftSent, generate_examples=False, description="Given")},
)
async def send_gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    data: JSONBody[SendGift],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Send a gift to up to 20 users, all or nothing. Needs an Idempotency-Key.

    Answers after the commit: what was answered is in the ledger.
    """
    engine: GiftEngine = state.gift_engine
    key = idempotency.check_key(key)
    fingerprint = idempotency.fingerprint("POST", request.url.path, data)
    answer = await engine.send(GiftRequest(caller.user_id, key, fingerprint, data))
    return answer.response()


@get("/gifts/transactions")
async def list_history(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    box: FromQuery[Literal["sent", "received"]] = "sent",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[GiftTransactionView]:
    """The gift lines that the caller sent or received, newest first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[GiftTransactionView]:
        rows = await catalogue.list_history(
            tx,
            caller.user_id,
            box,
            limit=limit + 1,
            before=(before[0], before[1]) if before else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), GiftTransactionView),
            lambda row: (row.sent_at, row.id),
        )

    return await database.read(work)


@get("/rooms/{room_id:int}/gifts")
async def list_room_gifts(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RoomGiftView]:
    """The gifts given in a room, newest first: names, gift, cost and time, no earnings."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[RoomGiftView]:
        await stays.find_visible(tx, visitor.user_id, room_id)
        rows = await catalogue.list_room_gifts(
            tx, room_id, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), RoomGiftView),
            lambda row: (row.sent_at, row.id),
        )

    return await database.read(work)


@get("/users/{user_id:int}/gift-wall")
async def get_gift_wall(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[WallEntry]:
    """Every gift that a user received and how often, dearest first. Two seconds behind at most."""
    after = pages.decode(cursor, Decimal, int)

    async def work(tx: Reading) -> pages.Page[WallEntry]:
        await require_user(tx, user_id)
        rows = await walls.list_wall(
            tx, user_id, limit=limit + 1, after=(after[0], after[1]) if after else None
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), WallEntry),
            lambda row: (row.price, row.gift_id),
        )

    return await database.read(work)


def _seed(row: Row[Any]) -> SeedView:
    return SeedView(
        server_seed_hash=row.server_seed_hash,
        client_seed=row.client_seed,
        nonce=row.nonce,
        created_at=row.created_at,
    )


@get("/fairness")
async def get_fairness(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> SeedView:
    """The commitment for the caller's next draws: the hash of the server seed, and the nonce."""

    async def work(tx: Transaction) -> SeedView:
        return _seed(await seeds.current(tx, caller.user_id))

    return await database.run(work)


@post("/fairness/rotate", status_code=200)
async def rotate_fairness(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[RotateSeed | None] = None,
) -> RevealedSeed:
    """Reveal the current server seed and commit to a new one."""

    async def work(tx: Transaction) -> RevealedSeed:
        old, new = await seeds.rotate(tx, caller.user_id, data.client_seed if data else None)
        return RevealedSeed(
            server_seed=bytes(old.server_seed).hex(),
            server_seed_hash=old.server_seed_hash,
            client_seed=old.client_seed,
            nonce=old.nonce,
            current=_seed(new),
        )

    return await database.run(work)


@put("/fairness/client-seed")
async def choose_client_seed(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[ChooseSeed],
) -> SeedView:
    """Choose the client seed after the server seed was committed to, before the first draw."""

    async def work(tx: Transaction) -> SeedView:
        return _seed(await seeds.choose(tx, caller.user_id, data.client_seed))

    return await database.run(work)


@get("/fairness/draws")
async def list_draws(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    server_seed_hash: FromQuery[ServerSeedHash | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[DrawView]:
    """The draws from the caller's seeds, or from one of them, newest first.

    A page is what ``flylive fairness verify`` and the page at /fairness recompute.
    """
    before = pages.decode(cursor, int, int)

    async def work(tx: Reading) -> pages.Page[DrawView]:
        rows = await draws.list_draws(
            tx,
            caller.user_id,
            limit=limit + 1,
            server_seed_hash=server_seed_hash,
            before=(before[0], before[1]) if before else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), DrawView),
            lambda row: (row.seed_id, row.nonce),
        )

    return await database.read(work)


@get("/fairness/draws/{gift_transaction_id:int}")
async def get_draw(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    gift_transaction_id: FromPath[int],
) -> DrawView:
    """Everything needed to recompute a draw; the server seed once it is revealed."""

    async def work(tx: Reading) -> DrawView:
        row = await draws.find_draw(tx, caller.user_id, gift_transaction_id)
        if row is None:
            raise UnknownDraw
        return msgspec.convert(row._asdict(), DrawView)

    return await database.read(work)


ROUTES = [
    list_gifts,
    send_gift,
    list_history,
    list_room_gifts,
    get_gift_wall,
    get_fairness,
    rotate_fairness,
    choose_client_seed,
    list_draws,
    get_draw,
]
