"""The staff's address of rooms: feature, hide, suspend."""

from typing import Any, Literal

import msgspec
from litestar import Request, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from flylive.accounts import Caller, audit
from flylive.console import rules
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Transaction
from flylive.http.fields import FieldChecks
from flylive.rooms import service, staff
from flylive.rooms.schemas import RoomView


class EditRoomAsStaff(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/rooms/{id}: only the fields that are sent change.

    `suspended` puts everybody out and lets nobody in, `active` opens the room again.
    """

    reason: str
    is_featured: bool | UnsetType = UNSET
    is_hidden: bool | UnsetType = UNSET
    status: Literal["active", "suspended"] | UnsetType = UNSET


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
        actor = await act(tx, request, caller, Right.MANAGE_ROOMS)
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


ROUTES = [edit_room]
