"""The addresses of frames and themes."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from flylive.accounts import Caller
from flylive.database import Database, Reading, Transaction
from flylive.http import etags, idempotency, pages
from flylive.http.fields import MAX_ID
from flylive.rooms.schemas import RoomView
from flylive.shop import frames, themes, wearing
from flylive.shop.schemas import (
    BuyFrame,
    FrameBought,
    FrameView,
    OwnedFrame,
    OwnedTheme,
    SetTheme,
    ThemeBought,
    ThemeView,
)

Rarity = Literal["common", "rare", "epic", "legendary"]
Category = Annotated[
    str | None, QueryParameter(name="category", min_length=1, max_length=50, pattern=r"^[^\x00]*$")
]


@get(
    "/frames",
    responses={
        200: ResponseSpec(
            pages.Page[FrameView], generate_examples=False, description="The catalogue"
        )
    },
)
async def list_frames(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    category: Category = None,
    rarity: FromQuery[Rarity | None] = None,
    sort: FromQuery[Literal["price"] | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The frames that are sold, each marked with whether the caller may buy it. Has an ETag."""
    after = pages.decode(cursor, Decimal, int)

    async def work(tx: Reading) -> pages.Page[FrameView]:
        rows = await frames.list_frames(
            tx,
            caller.user_id,
            limit=limit + 1,
            category=category,
            rarity=rarity,
            by_price=sort == "price",
            after=(after[0], after[1]) if after else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), FrameView),
            lambda row: (row.price, row.id),
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@post(
    "/frames/{frame_id:int}/purchase",
    status_code=201,
    responses={201: ResponseSpec(FrameBought, generate_examples=False, description="Bought")},
)
async def buy_frame(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    frame_id: FromPath[int],
    data: JSONBody[BuyFrame | None] = None,
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Buy a frame's days, behind those that are left of it. Needs an Idempotency-Key.

    It is not put on by that. 403 `frame.vip_required`, `frame.level_required`; 409
    `frame.inactive`, `frame.owned_forever`, `frame.lasts_too_long`, `wallet.insufficient_coins`.
    """
    wanted = data or BuyFrame()

    async def work(tx: Transaction) -> FrameBought:
        return await frames.buy(tx, caller.user_id, frame_id, wanted.quantity)

    answer = await idempotency.once(database, request, caller.user_id, key, wanted, work)
    return answer.response()


@get("/me/frames")
async def list_my_frames(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[OwnedFrame]:
    """The frames that the caller has or had, the newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[OwnedFrame]:
        rows = await frames.list_mine(tx, caller.user_id, before_id=before_id, limit=limit + 1)
        return pages.page(rows, limit, wearing.owned_view, lambda row: (row.id,))

    return await database.read(work)


@put("/me/frames/{frame_id:int}/active", status_code=204)
async def put_on_frame(
    caller: NamedDependency[Caller], database: NamedDependency[Database], frame_id: FromPath[int]
) -> None:
    """Wear a frame that one has, in place of any other; the room one is in sees it at once.

    404 `frame.not_owned`; 409 `frame.expired`; 403 `frame.vip_required` where it needs a VIP
    level that does not hold now.
    """
    await database.run(lambda tx: wearing.put_on(tx, caller.user_id, frame_id))


@delete("/me/frames/{frame_id:int}/active", status_code=204)
async def take_off_frame(
    caller: NamedDependency[Caller], database: NamedDependency[Database], frame_id: FromPath[int]
) -> None:
    """Wear this frame no longer."""
    await database.run(lambda tx: wearing.take_off(tx, caller.user_id, frame_id))


@get(
    "/themes",
    responses={
        200: ResponseSpec(
            pages.Page[ThemeView], generate_examples=False, description="The catalogue"
        )
    },
)
async def list_themes(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The themes that are sold or free. A room whose `theme_id` is null has the default one."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[ThemeView]:
        rows = await themes.list_themes(tx, caller.user_id, after_id=after_id, limit=limit + 1)
        return pages.page(rows, limit, themes.view, lambda row: (row.id,))

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@get("/themes/{theme_id:int}")
async def get_theme(
    caller: NamedDependency[Caller], database: NamedDependency[Database], theme_id: FromPath[int]
) -> ThemeView:
    """A theme, also one that is not sold any more: a room may still have it."""
    return await database.read(lambda tx: themes.show(tx, caller.user_id, theme_id))


@post(
    "/themes/{theme_id:int}/purchase",
    status_code=201,
    responses={201: ResponseSpec(ThemeBought, generate_examples=False, description="Bought")},
)
async def buy_theme(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    theme_id: FromPath[int],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Buy a theme, once and for ever. Needs an Idempotency-Key.

    409 `theme.owned_already`, `theme.free`, `theme.inactive`, `wallet.insufficient_coins`; 403
    `theme.vip_required`.
    """

    async def work(tx: Transaction) -> ThemeBought:
        return await themes.buy(tx, caller.user_id, theme_id)

    answer = await idempotency.once(database, request, caller.user_id, key, {}, work)
    return answer.response()


@get("/me/themes")
async def list_my_themes(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[OwnedTheme]:
    """The themes that the caller bought, newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[OwnedTheme]:
        rows = await themes.list_mine(tx, caller.user_id, before_id=before_id, limit=limit + 1)
        return pages.page(rows, limit, themes.owned_view, lambda row: (row.id,))

    return await database.read(work)


@put("/rooms/{room_id:int}/theme", status_code=200)
async def set_theme(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    data: JSONBody[SetTheme],
) -> RoomView:
    """Set a theme on one's room: bought, or free; null for the default one.

    403 `theme.not_owned`, `theme.vip_required`, `room.owner_only`; 409 `theme.inactive`.
    """
    return await database.run(
        lambda tx: themes.set_on_room(tx, visitor.user_id, room_id, data.theme_id)
    )


ROUTES = [
    list_frames,
    buy_frame,
    list_my_frames,
    put_on_frame,
    take_off_frame,
    list_themes,
    get_theme,
    buy_theme,
    list_my_themes,
    set_theme,
]
