"""What the platform's staff do to rooms; who may, why, and the audit log are the console's."""

from typing import Any

from sqlalchemy import Row

from flylive.database import Transaction
from flylive.realtime import record, room_stream
from flylive.rooms import queries, service
from flylive.rooms.errors import NotSuspended
from flylive.rooms.events import RoomUpdated


async def show(
    tx: Transaction,
    room_id: int,
    *,
    is_featured: bool | None = None,
    is_hidden: bool | None = None,
) -> Row[Any]:
    """Feature a room, or leave it out of every list, or the opposite; None stays as it is.

    Those inside a hidden room go on, and who knows its address comes in. Raises UnknownRoom.
    """
    room = await service.lock(tx, room_id)
    wanted = {"is_featured": is_featured, "is_hidden": is_hidden}
    changes = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != room._mapping[name]
    }
    if not changes:
        return room
    changed = await queries.update_room(tx, room_id, **changes)
    record(tx, room_stream(room_id), RoomUpdated(room=await service.view(tx, changed)))
    return changed


async def suspend(tx: Transaction, room_id: int) -> Row[Any]:
    """Close a room until it is opened again: everybody is out, nobody comes in, its owner too.

    Again does nothing. Raises UnknownRoom.
    """
    room = await service.lock(tx, room_id)
    if room.status == "suspended":
        return room
    return await service.empty(tx, room_id, "suspended", status="suspended")


async def reopen(tx: Transaction, room_id: int) -> Row[Any]:
    """Let people into a suspended room again. Raises UnknownRoom, NotSuspended."""
    room = await service.lock(tx, room_id)
    if room.status != "suspended":
        raise NotSuspended
    return await queries.update_room(tx, room_id, status="active")
