"""The addresses of follows and of one's blocks; blocking itself, which empties rooms, is there."""

from typing import Any, Literal

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import MAX_ID
from flylive.social import queries, service
from flylive.social.schemas import BlockView, FollowView, FriendView


@put("/users/{user_id:int}/follow", status_code=204)
async def follow_user(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> None:
    """Follow a user; again does nothing more."""
    await database.run(lambda tx: service.follow(tx, caller.user_id, user_id))


@delete("/users/{user_id:int}/follow", status_code=204)
async def unfollow_user(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> None:
    """Follow a user no longer."""
    await database.run(lambda tx: service.unfollow(tx, caller.user_id, user_id))


@get("/users/{user_id:int}/followers")
async def list_followers(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FollowView]:
    """Who follows a user, newest first."""
    return await _follows(database, user_id, "followers", limit, cursor)


@get("/users/{user_id:int}/following")
async def list_following(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FollowView]:
    """Whom a user follows, newest first."""
    return await _follows(database, user_id, "following", limit, cursor)


async def _follows(
    database: Database,
    user_id: int,
    side: Literal["followers", "following"],
    limit: int,
    cursor: str | None,
) -> pages.Page[FollowView]:
    (before,) = pages.decode(cursor, int) or (MAX_ID,)
    other = "follower_id" if side == "followers" else "following_id"

    async def work(tx: Reading) -> pages.Page[FollowView]:
        await service.require_user(tx, user_id)
        rows = await queries.list_follows(tx, user_id, side, before=before, limit=limit + 1)
        cards = await accounts.cards(tx, {getattr(row, other) for row in rows})

        def view(row: Row[Any]) -> FollowView:
            user: UserCard = cards[getattr(row, other)]
            return msgspec.convert(row._asdict() | {"user": user}, FollowView)

        return pages.page(rows, limit, view, lambda row: (row.id,))

    return await database.read(work)


@get("/me/friends")
async def list_friends(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FriendView]:
    """Who follows the caller and is followed by him, the newest friendship first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[FriendView]:
        rows = await queries.list_friends(tx, caller.user_id, before=before, limit=limit + 1)
        cards = await accounts.cards(tx, {row.friend_id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: FriendView(friends_since=row.friends_since, user=cards[row.friend_id]),
            lambda row: (row.id,),
        )

    return await database.read(work)


@delete("/users/{user_id:int}/block", status_code=204)
async def unblock_user(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> None:
    """Block a user no longer."""
    await database.run(lambda tx: service.unblock(tx, caller.user_id, user_id))


@get("/me/blocks")
async def list_blocks(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BlockView]:
    """Whom the caller blocked, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[BlockView]:
        rows = await queries.list_blocks(tx, caller.user_id, before=before, limit=limit + 1)
        cards = await accounts.cards(tx, {row.blocked_id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict() | {"user": cards[row.blocked_id]}, BlockView),
            lambda row: (row.id,),
        )

    return await database.read(work)


ROUTES = [
    follow_user,
    unfollow_user,
    list_followers,
    list_following,
    list_friends,
    unblock_user,
    list_blocks,
]
