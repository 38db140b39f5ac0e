"""SQL of the staff's lists of rooms: deleted, hidden and suspended ones too."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.rooms.models import LISTED, UNLISTED

State = Literal["active", "inactive", "suspended", "hidden", "deleted"]
_STATES = {
    "active": "status = 'active' AND deleted_at IS NULL",
    "inactive": "status = 'inactive' AND deleted_at IS NULL",
    "suspended": "status = 'suspended' AND deleted_at IS NULL",
    "hidden": "is_hidden AND deleted_at IS NULL AND status = 'active'",
    "deleted": "deleted_at IS NOT NULL",
}
_FIND = text("SELECT * FROM rooms WHERE id = :room_id")


class Search(NamedTuple):
    """What is looked for; None stands for anything. `q` is a part of the name, or an id."""

    q: str | None = None
    owner_id: int | None = None
    country: str | None = None
    state: State | None = None
    is_featured: bool | None = None
    is_live: bool = False


async def find_rooms(
    tx: Reading, search: Search, *, limit: int, before: tuple[int, int] | None
) -> Sequence[Row[Any]]:
    """Up to `limit` rooms: the newest first, of the live ones those with most people.

    `before` is the last one's count of people and id.
    """
    count, room_id = before if before else (None, None)
    values: dict[str, Any] = {"limit": limit, "before_count": count, "before_id": room_id}
    conditions = []
    if search.q is not None:
        escaped = search.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values["pattern"] = f"%{escaped}%"
    for name, value in (("user_id", search.owner_id), ("country", search.country)):
        if value is not None:
            conditions.append(f"{name} = :{name}")
            values[name] = value
    if search.state is not None:
        conditions.append(_STATES[search.state])
    if search.is_featured is not None:
        conditions.append("is_featured" if search.is_featured else "NOT is_featured")
    if search.is_live:
        conditions.append("participant_count > 0")
        if before:
            conditions.append("(participant_count, id) < (:before_count, :before_id)")
        order = "ORDER BY participant_count DESC, id DESC LIMIT :limit"
        # Nobody is in a room that is closed; each of the two has an index in this order.
        parts = [LISTED, "is_hidden AND deleted_at IS NULL AND status = 'active'"]
    else:
        if before:
            conditions.append("id < :before_id")
        order = "ORDER BY id DESC LIMIT :limit"
        parts = [f"({part})" for part in (LISTED, UNLISTED)] if search.q is not None else ["true"]
    branches = [_branch(part, conditions, order, search) for part in parts]
    if search.q is not None and search.q.isascii() and search.q.isdigit() and len(search.q) < 19:
        values["asked_id"] = int(search.q)
        by_id = [*conditions, "id = :asked_id", "NOT name ILIKE :pattern"]
        branches.append(f"(SELECT * FROM rooms WHERE {' AND '.join(by_id)})")
    union = " UNION ALL ".join(branches)
    sql = f"SELECT * FROM ({union}) AS found {order}"
    return await tx.rows(text(sql), {name: v for name, v in values.items() if f":{name}" in sql})


def _branch(part: str, conditions: Sequence[str], order: str, search: Search) -> str:
    named = ["name ILIKE :pattern"] if search.q is not None else []
    return f"(SELECT * FROM rooms WHERE {' AND '.join([part, *named, *conditions])} {order})"


async def find_room(tx: Reading, room_id: int) -> Row[Any] | None:
    """A room, deleted or not, with every column."""
    return await tx.row(_FIND, {"room_id": room_id})
