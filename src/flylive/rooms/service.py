"""Opening, changing and closing rooms, and following them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from flylive import badge_checks
from flylive.accounts import queries as accounts
from flylive.accounts import rules as account_rules
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.errors import InvalidRequest, Unauthenticated
from flylive.http.fields import FieldChecks
from flylive.realtime import record, record_value, room_stream
from flylive.rooms import addresses, queries, rules, seats
from flylive.rooms.errors import (
    CapacityTooSmall,
    NameTaken,
    NotTheOwner,
    RoomLimitReached,
    RoomNotAvailable,
    UnknownRoom,
)
from flylive.rooms.events import ROOM_METRICS, RoomClosed, RoomUpdated
from flylive.rooms.moderation import queries as moderation
from flylive.rooms.requests import ending
from flylive.rooms.schemas import CreateRoom, EditRoom, RoomView
from flylive.social.rules import Action
from flylive.social.service import may


async def views(tx: Reading, rows: Sequence[Row[Any]]) -> list[RoomView]:
    """The rooms as everybody sees them, in the order given."""
    owners = await accounts.cards(tx, {row.user_id for row in rows})
    return [
        msgspec.convert(
            row._asdict()
            | {"owner": owners[row.user_id], "has_password": row.password is not None},
            RoomView,
        )
        for row in rows
    ]


async def view(tx: Reading, row: Row[Any]) -> RoomView:
    """One room as everybody sees it."""
    return (await views(tx, [row]))[0]


async def find(tx: Reading, room_id: int) -> Row[Any]:
    """A room that is not deleted. Raises UnknownRoom."""
    room = await queries.find_room(tx, room_id)
    if room is None:
        raise UnknownRoom
    return room


async def lock(tx: Transaction, room_id: int) -> Row[Any]:
    """A room that is not deleted, locked. Raises UnknownRoom."""
    room = (await queries.lock_rooms(tx, [room_id])).get(room_id)
    if room is None:
        raise UnknownRoom
    return room


def check_fields(data: CreateRoom | EditRoom) -> dict[str, Any]:
    """The columns that the request sets, as they are kept, without the password.

    Raises InvalidRequest that names every field at fault.
    """
    values = {
        field: value for field, value in msgspec.structs.asdict(data).items() if value is not UNSET
    }
    checks = FieldChecks()
    for field, rule in _RULES.items():
        if values.get(field) is not None:
            values[field] = checks.field(field, rule, values[field])
    password = values.pop("password", None)
    if password is not None:
        checks.field("password", rules.password, password)
    if isinstance(data, CreateRoom):
        if data.type == "private" and password is None:
            checks.refuse("password", "a private room needs one")
        if data.type == "public" and password is not None:
            checks.refuse("password", "only a private room has one")
    checks.done()
    return values


_RULES: dict[str, Any] = {
    "name": rules.name,
    "logo": rules.own_address,
    "country": account_rules.country,
    "greetings": lambda text: rules.free_text(text, rules.MAX_GREETINGS),
    "background_music_url": rules.own_address,
}


async def create(
    tx: Transaction,
    user_id: int,
    values: dict[str, Any],
    password_hash: str | None,
    rooms_per_user: int,
) -> Row[Any]:
    """A new room of the user's. `values` are from :func:`check_fields`.

    Raises NameTaken, RoomLimitReached, InvalidRequest (an upload is not his). The owner's row
    and the name are locked, so of many at once exactly as many succeed as may.
    """
    await queries.lock_name(tx, values["name"])
    owner = await accounts.lock_user(tx, user_id)
    if owner is None or owner.is_blocked:
        raise Unauthenticated
    owned = await queries.list_owned(tx, user_id)
    if len(owned) >= rooms_per_user:
        raise RoomLimitReached(limit=rooms_per_user, room_ids=owned)
    if await queries.is_name_taken(tx, values["name"]):
        raise NameTaken
    await addresses.check_own(tx, user_id, values)
    filled = values | {
        "logo": values["logo"] or rules.DEFAULT_LOGO,
        "country": values["country"] or owner.country,
    }
    async with _name_kept_once():
        return await queries.insert_room(tx, user_id=user_id, password=password_hash, **filled)


async def edit(
    tx: Transaction,
    user_id: int,
    room_id: int,
    values: dict[str, Any],
    password_hash: str | None,
) -> Row[Any]:
    """Change a room's settings; `values` are from :func:`check_fields`.

    Fewer seats unseat whoever sits above them. Raises UnknownRoom, NotTheOwner, NameTaken,
    CapacityTooSmall, InvalidRequest (the password does not go with the type, an upload is
    not his).
    """
    if "name" in values:
        await queries.lock_name(tx, values["name"])
    room = await lock(tx, room_id)
    if room.user_id != user_id:
        raise NotTheOwner
    if "name" in values and await queries.is_name_taken(tx, values["name"], but_by=room_id):
        raise NameTaken
    if "max_participants" in values:
        least = rules.least_capacity(room.participant_count, await kept_places(tx, room))
        if values["max_participants"] < least:
            raise CapacityTooSmall(minimum=least)
    changes = _changed(room, values | _password_change(room, values, password_hash))
    if not changes:
        return room
    await addresses.check_own(tx, user_id, changes)
    seat_quantity = changes.get("mic_seat_quantity", room.mic_seat_quantity)
    if seat_quantity < room.mic_seat_quantity:
        await seats.drop_above(tx, room, seat_quantity)
    async with _name_kept_once():
        changed = await queries.update_room(tx, room_id, **changes)
    record(tx, room_stream(room_id), RoomUpdated(room=await view(tx, changed)))
    if seat_quantity > room.mic_seat_quantity:
        await seats.tell(tx, changed, range(room.mic_seat_quantity + 1, seat_quantity + 1))
    return changed


@asynccontextmanager
async def _name_kept_once() -> AsyncIterator[None]:
    """Raises NameTaken where the index, which has the last word, finds another such name."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint == "uq_rooms_name":
            raise NameTaken from error
        raise


def _password_change(
    room: Row[Any], values: dict[str, Any], password_hash: str | None
) -> dict[str, Any]:
    room_type = values.get("type", room.type)
    if room_type == "public":
        if password_hash is not None:
            raise InvalidRequest.field("password", "only a private room has one")
        return {"password": None}
    if password_hash is not None:
        return {"password": password_hash}
    if room.password is None:
        raise InvalidRequest.field("password", "a private room needs one")
    return {}


def _changed(room: Row[Any], values: dict[str, Any]) -> dict[str, Any]:
    before = room._mapping
    return {field: value for field, value in values.items() if before[field] != value}


async def kept_places(tx: Reading, room: Row[Any]) -> int:
    """How many of those who run the room are away: a place is kept for each."""
    return await moderation.count_absent(tx, room.id)


async def close(tx: Transaction, user_id: int, room_id: int, *, for_good: bool = False) -> None:
    """Delete a room softly: everybody is out, its name is free again.

    A suspended one stays, or its owner would open the next in its place; it goes only with his
    account (`for_good`). Raises UnknownRoom, NotTheOwner, RoomNotAvailable.
    """
    room = await lock(tx, room_id)
    if room.user_id != user_id:
        raise NotTheOwner
    if room.status == "suspended" and not for_good:
        raise RoomNotAvailable
    await empty(tx, room_id, "deleted", deleted_at=now(), status="inactive")


async def empty(tx: Transaction, room_id: int, reason: str, **changes: Any) -> Row[Any]:
    """Send everybody out of a room that is held, and change it; `reason` is told to all."""
    await ending.end_where(tx, room_id, lambda row: True, "withdrawn")
    await queries.end_all_stays(tx, room_id)
    room = await queries.update_room(tx, room_id, participant_count=0, **changes)
    record(tx, room_stream(room_id), RoomClosed(room_id=room_id, closed_at=now(), reason=reason))
    record_value(tx, room_stream(room_id), ROOM_METRICS)
    return room


async def follow(tx: Transaction, user_id: int, room_id: int) -> None:
    """Let the user follow the room. Raises UnknownRoom, RoomNotAvailable."""
    room = await find(tx, room_id)
    if not await may(tx, user_id, Action.FOLLOW_ROOM, room.user_id):
        raise RoomNotAvailable
    if not await accounts.hold_user(tx, user_id):
        raise Unauthenticated
    if await queries.insert_follower(tx, room_id, user_id):
        await badge_checks.add(tx, "ties", [user_id])


async def unfollow(tx: Transaction, user_id: int, room_id: int) -> None:
    """Let the user no longer follow the room. Raises UnknownRoom."""
    await find(tx, room_id)
    await queries.delete_follower(tx, room_id, user_id)
