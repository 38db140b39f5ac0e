"""Lists of rooms to go to: popular, newest, by coins, by people; filtered and searched.

Every list is walked by an index that ends with the id (keyset pagination), so that the
hundredth page costs what the first does. What a name contains is found by trigrams; one or
two letters have none, and are looked for where a word begins.
"""

import re
from typing import Annotated, Any, Literal, cast

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from sqlalchemy import Boolean, Row, Select, Table, literal_column, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from flylive.accounts import Caller
from flylive.accounts import rules as account_rules
from flylive.database import Database, Reading
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.rooms import rules, service
from flylive.rooms.models import LISTED, Room, RoomFollower
from flylive.rooms.schemas import FollowedRoomView, RoomType, RoomView

Sort = Literal["popular", "newest", "coins", "participants"]

TRIGRAM = 3

_ROOMS = cast("Table", Room.__table__)
_COLUMNS = _ROOMS.columns

_SORT_KEYS: dict[Sort, Any] = {
    "popular": _COLUMNS.popularity_index,
    "newest": None,
    "coins": _COLUMNS.total_coins_spent,
    "participants": _COLUMNS.participant_count,
}


def sort_key(row: Row[Any], sort: Sort) -> tuple[Any, ...]:
    """Where a room stands in a list: the sorted column, if it is not the id, and the id."""
    column = _SORT_KEYS[sort]
    return (row.id,) if column is None else (row._mapping[column.name], row.id)


def sort_key_types(sort: Sort) -> tuple[type, ...]:
    """The types of :func:`sort_key`."""
    column = _SORT_KEYS[sort]
    return (int,) if column is None else (column.type.python_type, int)


def _has_words(words: str) -> ColumnElement[bool]:
    if len(max(re.findall(r"\w+", words), key=len, default="")) >= TRIGRAM:
        return _COLUMNS.name.icontains(words, autoescape=True)
    return or_(
        _COLUMNS.name.istartswith(words, autoescape=True),
        _COLUMNS.name.icontains(f" {words}", autoescape=True),
    )


def listed(
    caller_id: int,
    *,
    sort: Sort,
    limit: int,
    after: tuple[Any, ...] | None = None,
    country: str | None = None,
    type: str | None = None,
    is_featured: bool | None = None,
    is_followed: bool | None = None,
    words: str | None = None,
) -> Select[Any]:
    """Up to `limit` open and visible rooms behind `after`, the highest sort key first."""
    # The words of the lists' indexes themselves: what only means the same is not recognised.
    wanted: list[ColumnElement[bool]] = [literal_column(LISTED, Boolean)]
    if country is not None:
        wanted.append(_COLUMNS.country == country)
    if type is not None:
        wanted.append(_COLUMNS.type == type)
    if is_featured is not None:
        wanted.append(_COLUMNS.is_featured if is_featured else ~_COLUMNS.is_featured)
    if is_followed is not None:
        followed = select(RoomFollower.room_id).where(RoomFollower.user_id == caller_id)
        wanted.append(_COLUMNS.id.in_(followed) if is_followed else _COLUMNS.id.not_in(followed))
    if words is not None:
        wanted.append(_has_words(words))
    key = _SORT_KEYS[sort]
    order = [_COLUMNS.id.desc()] if key is None else [key.desc(), _COLUMNS.id.desc()]
    if after is not None:
        if key is None:
            wanted.append(_COLUMNS.id < after[0])
        else:
            wanted.append(tuple_(key, _COLUMNS.id) < tuple_(after[0], after[1]))
    return select(_ROOMS).where(*wanted).order_by(*order).limit(limit)


@get("/rooms")
async def list_rooms(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    sort: FromQuery[Sort] = "popular",
    country: FromQuery[str | None] = None,
    type: FromQuery[RoomType | None] = None,
    featured: FromQuery[bool | None] = None,
    followed: FromQuery[bool | None] = None,
    q: Annotated[
        str | None,
        QueryParameter(
            name="q",
            min_length=1,
            max_length=rules.MAX_NAME,
            description="Part of the name; one or two letters: the beginning of a word in it.",
        ),
    ] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RoomView]:
    """Open rooms, without the hidden ones. `followed`: those that the caller follows."""
    checks = FieldChecks()
    wanted = None if country is None else checks.field("country", account_rules.country, country)
    checks.done()
    words = None if q is None else q.strip()
    if words == "":
        raise InvalidRequest.field("q", "must not be blank")
    after = pages.decode(cursor, *sort_key_types(sort))

    statement = listed(
        caller.user_id,
        sort=sort,
        limit=limit + 1,
        after=after,
        country=wanted,
        type=type,
        is_featured=featured,
        is_followed=followed,
        words=words,
    )

    async def work(tx: Reading) -> pages.Page[RoomView]:
        rows = await tx.rows(statement)
        shown = {view.id: view for view in await service.views(tx, rows[:limit])}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: sort_key(row, sort))

    return await database.read(work)


_FOLLOWED = (
    select(RoomFollower.id.label("follow_id"), RoomFollower.followed_at, _ROOMS)
    .join(_ROOMS, _COLUMNS.id == RoomFollower.room_id)
    .where(_COLUMNS.deleted_at.is_(None), _COLUMNS.status == "active")
    .order_by(RoomFollower.id.desc())
)


@get("/me/rooms/followed")
async def list_followed(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FollowedRoomView]:
    """The open rooms that the caller follows, the one followed last first; hidden ones too."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)
    statement = _FOLLOWED.where(
        RoomFollower.user_id == caller.user_id, RoomFollower.id < before
    ).limit(limit + 1)

    async def work(tx: Reading) -> pages.Page[FollowedRoomView]:
        rows = await tx.rows(statement)
        shown = {view.id: view for view in await service.views(tx, rows[:limit])}
        return pages.page(
            rows,
            limit,
            lambda row: FollowedRoomView(
                id=row.follow_id,
                user_id=caller.user_id,
                room_id=row.id,
                followed_at=row.followed_at,
                room=shown[row.id],
            ),
            lambda row: (row.follow_id,),
        )

    return await database.read(work)


ROUTES = [list_rooms, list_followed]
