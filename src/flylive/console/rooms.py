"""The staff's addresses of rooms: find, look at one, feature, hide, suspend."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from flylive.accounts import Caller, audit
from flylive.accounts import rules as account_rules
from flylive.console import room_queries, rules
from flylive.console.guard import begin_on, require
from flylive.console.room_queries import Search, State
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.rooms import service, staff
from flylive.rooms.errors import UnknownRoom
from flylive.rooms.moderation import service as moderation
from flylive.rooms.schemas import ModeratorView, RoomView


class EditRoomAsStaff(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/rooms/{id}: only the fields that are sent change.

    `suspended` puts everybody out and lets nobody in, `active` opens the room again.
    """

    reason: str
    is_featured: bool | UnsetType = UNSET
    is_hidden: bool | UnsetType = UNSET
    status: Literal["active", "suspended"] | UnsetType = UNSET


class RoomDetail(msgspec.Struct, kw_only=True):
    """A room, deleted or not, with who runs it beside its owner."""

    room: RoomView
    moderators: list[ModeratorView]


@get("/rooms", guards=[require(Right.VIEW_ROOMS)])
async def list_rooms(
    database: NamedDependency[Database],
    q: Annotated[
        str | None,
        QueryParameter(name="q", min_length=1, max_length=100, description="Part of a name; id."),
    ] = None,
    owner_id: Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)] = None,
    country: Annotated[str | None, QueryParameter(max_length=3)] = None,
    status: FromQuery[State | None] = None,
    featured: FromQuery[bool | None] = None,
    live: FromQuery[bool] = False,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RoomView]:
    """Rooms of any status, newest first; with `live` those with people, the fullest first."""
    if q is not None and "\0" in q:
        raise InvalidRequest.field("q", "must not contain control characters")
    checks = FieldChecks()
    if country is not None:
        country = checks.field("country", account_rules.country, country)
    checks.done()
    before = pages.decode(cursor, int, int)
    search = Search(q, owner_id, country, status, featured, live)

    async def work(tx: Reading) -> pages.Page[RoomView]:
        rows = await room_queries.find_rooms(
            tx, search, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        shown = {one.id: one for one in await service.views(tx, rows[:limit])}
        return pages.page(
            rows, limit, lambda row: shown[row.id], lambda row: (row.participant_count, row.id)
        )

    return await database.read(work)


@get("/rooms/{room_id:int}", guards=[require(Right.VIEW_ROOMS)])
async def get_room(database: NamedDependency[Database], room_id: FromPath[int]) -> RoomDetail:
    """One room, deleted or not."""

    async def work(tx: Reading) -> RoomDetail:
        row = await room_queries.find_room(tx, room_id)
        if row is None:
            raise UnknownRoom
        return RoomDetail(
            room=await service.view(tx, row), moderators=await moderation.moderators(tx, room_id)
        )

    return await database.read(work)


@patch("/rooms/{room_id:int}", guards=[require(Right.MANAGE_ROOMS)])
async def edit_room(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    data: JSONBody[EditRoomAsStaff],
) -> RoomView:
    """Feature a room, leave it out of every list, suspend it, or the opposite."""
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    wanted = {
        name: value
        for name, value in msgspec.structs.asdict(data).items()
        if name != "reason" and value is not UNSET
    }

    async def work(tx: Transaction) -> RoomView:
        owners = {row.user_id} if (row := await room_queries.find_room(tx, room_id)) else set()
        actor, _ = await begin_on(tx, request, caller, Right.MANAGE_ROOMS, owners)
        before = await service.lock(tx, room_id)
        changed = await staff.show(
            tx,
            room_id,
            is_featured=wanted.get("is_featured"),
            is_hidden=wanted.get("is_hidden"),
        )
        if wanted.get("status", before.status) != before.status:
            end = staff.suspend if wanted["status"] == "suspended" else staff.reopen
            changed = await end(tx, room_id)
        changes = [name for name in wanted if before._mapping[name] != changed._mapping[name]]
        if changes:
            await audit.write(
                tx,
                actor,
                "room.edit",
                ("room", room_id),
                reason=reason,
                before={name: before._mapping[name] for name in changes},
                after={name: changed._mapping[name] for name in changes},
            )
        return await service.view(tx, changed)

    return await database.run(work)


ROUTES = [list_rooms, get_room, edit_room]
