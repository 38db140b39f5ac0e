"""The addresses of levels, VIP and badges."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery

from flylive.accounts import Caller
from flylive.database import Database, Reading
from flylive.http import etags, pages
from flylive.http.fields import MAX_ID
from flylive.progression import standings
from flylive.progression.badges import queries as badges
from flylive.progression.badges import service
from flylive.progression.badges.rules import Subject
from flylive.progression.schemas import (
    BadgeBrief,
    BadgeView,
    LevelView,
    ProgressView,
    RoomLevelsView,
    UserLevelsView,
    VipView,
)
from flylive.rooms import service as rooms
from flylive.social.service import require_user

LevelType = Literal["wealth", "charm", "room", "vip"]
Category = Literal["achievement", "activity", "personal", "room"]
Rarity = Literal["common", "rare", "epic", "legendary"]


@get(
    "/levels",
    responses={
        200: ResponseSpec(
            pages.Page[LevelView], generate_examples=False, description="The catalogue"
        )
    },
)
async def list_levels(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    type: FromQuery[LevelType | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """Levels by type and number: the XP they need, what they give. Has an ETag."""
    after = pages.decode(cursor, str, int) or ("", 0)

    async def work(tx: Reading) -> pages.Page[LevelView]:
        rows = await standings.list_levels(
            tx, limit=limit + 1, kind=type, after=(after[0], min(after[1], 2**31 - 1))
        )
        return pages.page(
            rows, limit, standings.level_view, lambda row: (row.type, row.level_number)
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@get("/users/{user_id:int}/levels")
async def get_user_levels(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> UserLevelsView:
    """Where a user stands: wealth, charm, VIP. XP, what comes next and history are his own."""
    is_own = user_id == caller.user_id
    return await database.read(lambda tx: standings.of_user(tx, user_id, is_own=is_own))


@get("/rooms/{room_id:int}/levels")
async def get_room_levels(
    visitor: NamedDependency[Caller], database: NamedDependency[Database], room_id: FromPath[int]
) -> RoomLevelsView:
    """Where a room stands, what the next level needs, and the levels it reached."""
    return await database.read(lambda tx: standings.of_room(tx, room_id))


@get("/vip", responses={200: ResponseSpec(VipView, generate_examples=False, description="VIP")})
async def get_vip(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
) -> Response[bytes]:
    """The caller's VIP level, the coins that count towards it, and all VIP levels. Has an ETag."""
    view = await database.read(lambda tx: standings.of_vip(tx, caller.user_id))
    return etags.answer(request, msgspec.json.encode(view), "application/json", etags.PRIVATE)


@get(
    "/badges",
    responses={
        200: ResponseSpec(
            pages.Page[BadgeView], generate_examples=False, description="The catalogue"
        )
    },
)
async def list_badges(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    category: FromQuery[Category | None] = None,
    rarity: FromQuery[Rarity | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The badges that there are, and what earns them. Has an ETag."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[BadgeView]:
        rows = await badges.list_badges(
            tx, after_id=after_id, limit=limit + 1, category=category, rarity=rarity
        )
        return pages.page(rows, limit, service.view, lambda row: (row.id,))

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@get("/users/{user_id:int}/badges")
async def list_user_badges(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BadgeBrief]:
    """The badges that a user earned, newest first; retired ones stay his."""

    async def work(tx: Reading) -> pages.Page[BadgeBrief]:
        await require_user(tx, user_id)
        return await _earned(tx, "user", user_id, limit, cursor)

    return await database.read(work)


@get("/rooms/{room_id:int}/badges")
async def list_room_badges(
    visitor: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BadgeBrief]:
    """The badges that a room earned, newest first."""

    async def work(tx: Reading) -> pages.Page[BadgeBrief]:
        await rooms.find(tx, room_id)
        return await _earned(tx, "room", room_id, limit, cursor)

    return await database.read(work)


async def _earned(
    tx: Reading, subject: Subject, subject_id: int, limit: int, cursor: str | None
) -> pages.Page[BadgeBrief]:
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)
    rows = await badges.list_of(tx, subject, subject_id, before_id=before_id, limit=limit + 1)
    return pages.page(rows, limit, service.brief, lambda row: (row.earned_id,))


@get("/me/badges/progress")
async def list_progress(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ProgressView]:
    """How far the caller is from each badge, condition by condition."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[ProgressView]:
        rows = await badges.list_active(tx, "user", after_id=after_id, limit=limit + 1)
        shown = rows[:limit]
        return pages.Page(
            data=await service.progress(tx, caller.user_id, shown),
            next_cursor=pages.encode(shown[-1].id) if len(rows) > limit else None,
        )

    return await database.read(work)


ROUTES = [
    list_levels,
    get_user_levels,
    get_room_levels,
    get_vip,
    list_badges,
    list_user_badges,
    list_room_badges,
    list_progress,
]
