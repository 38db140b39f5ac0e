"""The staff's addresses of what goes on in a room, seen without being in it.

Nobody inside is told, nobody is counted, and no place is taken: staff read the same stream that
the room's people hear, from behind the position that came with the state. The browser asks every
two seconds; a socket's ticket belongs to an access token, which a session of the console has not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller, audit
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import act, begin, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.gifts import catalogue
from flylive.gifts.schemas import RoomGiftView
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.messaging import queries as messages
from flylive.messaging import service as messaging
from flylive.messaging.schemas import MessageView
from flylive.messaging.views import views as message_views
from flylive.realtime import room_stream
from flylive.realtime.service import EventPage, events_after, find_position
from flylive.rooms import rules as room_rules
from flylive.rooms import seats, service, stays
from flylive.rooms.moderation import by_staff
from flylive.rooms.moderation import queries as moderation
from flylive.rooms.moderation import service as moderating
from flylive.rooms.schemas import (
    BanView,
    EditSeat,
    ModeratorView,
    ParticipantView,
    RoomView,
    SeatView,
)
from flylive.screens.room import MESSAGES, StreamPosition

GIFTS = 20


class WatchedRoom(msgspec.Struct, kw_only=True):
    """A room as it is at `stream`: folding the events behind it keeps it fresh.

    `participants` is the first page, in the order of coming; `messages` are the newest 50, oldest
    first; `gifts` the newest 20. `stream` is null where nothing ever happened.
    """

    room: RoomView
    moderators: list[ModeratorView]
    seats: list[SeatView]
    participants: pages.Page[ParticipantView]
    messages: list[MessageView]
    gifts: list[RoomGiftView]
    stream: StreamPosition | None


class PutOut(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """DELETE …/participants/{user_id}: `ban_minutes` 0 lets him come back at once."""

    reason: str
    ban_minutes: Annotated[int, msgspec.Meta(ge=0, le=room_rules.MAX_BAN_MINUTES)] = 0


class MuteSomebody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH …/participants/{user_id}."""

    is_muted: bool
    reason: str


class EditSeatAsStaff(EditSeat, kw_only=True, forbid_unknown_fields=True):
    """PATCH …/seats/{number}: only the fields that are sent change."""

    reason: str


@get("/rooms/{room_id:int}/live", guards=[require(Right.WATCH_ROOMS)])
async def watch_room(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
) -> WatchedRoom:
    """Who is in a room, its seats, chat and gifts, at one position of its stream."""

    async def work(tx: Reading) -> WatchedRoom:
        room = await service.find(tx, room_id)
        position = await find_position(tx, room_stream(room_id))
        return WatchedRoom(
            room=await service.view(tx, room),
            moderators=await moderating.moderators(tx, room_id),
            seats=await seats.views(tx, await seats.load(tx, room)),
            participants=await stays.page(tx, room_id, after=0, limit=pages.MAX_LIMIT),
            messages=await messaging.newest(tx, room_id, MESSAGES, settings),
            gifts=_gifts(await catalogue.list_room_gifts(tx, room_id, limit=GIFTS, before=None)),
            stream=StreamPosition(**position._asdict()) if position else None,
        )

    return await database.read(work)


def _gifts(rows: Sequence[Row[Any]]) -> list[RoomGiftView]:
    return [msgspec.convert(row._asdict(), RoomGiftView) for row in rows]


@get("/rooms/{room_id:int}/events", guards=[require(Right.WATCH_ROOMS)])
async def list_events(
    database: NamedDependency[Database],
    room_id: FromPath[int],
    after: Annotated[
        int, QueryParameter(name="after", ge=0, le=MAX_ID, description="The last seq one has.")
    ] = 0,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
) -> EventPage:
    """What happened in a room behind `after`; 410 `stream.too_old`: look at it anew."""

    async def work(tx: Reading) -> EventPage:
        await service.find(tx, room_id)
        return await events_after(tx, room_stream(room_id), after, limit)

    return await database.read(work)


@get("/rooms/{room_id:int}/participants", guards=[require(Right.WATCH_ROOMS)])
async def list_participants(
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ParticipantView]:
    """Who is in a room, in the order of coming."""
    (after,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[ParticipantView]:
        await service.find(tx, room_id)
        return await stays.page(tx, room_id, after=after, limit=limit)

    return await database.read(work)


@get("/rooms/{room_id:int}/messages", guards=[require(Right.WATCH_ROOMS)])
async def list_messages(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[MessageView]:
    """What was written in a room, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[MessageView]:
        await service.find(tx, room_id)
        rows = await messages.list_before(tx, room_id, before=before, limit=limit + 1)
        shown = {one.id: one for one in await message_views(tx, rows, settings)}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.seq,))

    return await database.read(work)


@get("/rooms/{room_id:int}/gifts", guards=[require(Right.WATCH_ROOMS)])
async def list_gifts(
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RoomGiftView]:
    """What was given in a room, newest first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[RoomGiftView]:
        await service.find(tx, room_id)
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


@get("/rooms/{room_id:int}/bans", guards=[require(Right.VIEW_ROOMS)])
async def list_bans(
    database: NamedDependency[Database],
    room_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BanView]:
    """Who may not come into a room until when, newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[BanView]:
        await service.find(tx, room_id)
        rows = await moderation.list_bans(tx, room_id, before=before, limit=limit + 1)
        return await moderating.ban_page(tx, rows, limit, for_staff=True)

    return await database.read(work)


def _reason(text: str) -> str:
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, text)
    checks.done()
    assert reason is not None
    return reason


@delete(
    "/rooms/{room_id:int}/participants/{user_id:int}",
    status_code=204,
    guards=[require(Right.MANAGE_ROOMS)],
)
async def put_out(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[PutOut],
) -> None:
    """Put somebody out of a room, and keep him out for a while; its owner cannot undo that.

    409 `room.owner_not_banned`, `room.user_not_in_room`.
    """
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> None:
        actor, _ = await begin(tx, request, caller, Right.MANAGE_ROOMS, user_id)
        until = await by_staff.put_out(tx, caller.user_id, room_id, user_id, data.ban_minutes)
        shown = {"user_id": user_id, "until": until, "ban_minutes": data.ban_minutes}
        subject = ("room", room_id)
        await audit.write(tx, actor, "room.put_out", subject, reason=reason, before={}, after=shown)

    await database.run(work)


@delete(
    "/rooms/{room_id:int}/bans/{user_id:int}",
    status_code=204,
    guards=[require(Right.MANAGE_ROOMS)],
)
async def let_in(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """End a ban, whoever said so; again does nothing."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> None:
        actor, _ = await begin(tx, request, caller, Right.MANAGE_ROOMS, user_id)
        ban = await by_staff.let_in(tx, room_id, user_id)
        if ban is not None:
            before = {"user_id": user_id, "until": ban.until, "banned_by": ban.banned_by}
            subject = ("room", room_id)
            after = {"until": None}
            await audit.write(
                tx, actor, "room.let_in", subject, reason=reason, before=before, after=after
            )

    await database.run(work)


@patch("/rooms/{room_id:int}/participants/{user_id:int}", guards=[require(Right.MANAGE_ROOMS)])
async def mute(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    user_id: FromPath[int],
    data: JSONBody[MuteSomebody],
) -> ParticipantView:
    """Silence somebody in a room, or the opposite."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> ParticipantView:
        actor, _ = await begin(tx, request, caller, Right.MANAGE_ROOMS, user_id)
        is_changed, shown = await by_staff.silence(
            tx, caller.user_id, room_id, user_id, is_muted=data.is_muted
        )
        if is_changed:
            await audit.write(
                tx,
                actor,
                "room.mute",
                ("room", room_id),
                reason=reason,
                before={"user_id": user_id, "is_muted": not data.is_muted},
                after={"user_id": user_id, "is_muted": data.is_muted},
            )
        return shown

    return await database.run(work)


@delete(
    "/rooms/{room_id:int}/seats/{number:int}",
    status_code=204,
    guards=[require(Right.MANAGE_ROOMS)],
)
async def unseat(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    number: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Free a seat; an empty one stays empty."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> None:
        actor = await act(tx, request, caller, Right.MANAGE_ROOMS)
        user_id = await by_staff.unseat(tx, room_id, number)
        if user_id is not None:
            await audit.write(
                tx,
                actor,
                "room.unseat",
                ("room", room_id),
                reason=reason,
                before={"seat_number": number, "user_id": user_id},
                after={"seat_number": number, "user_id": None},
            )

    await database.run(work)


@patch("/rooms/{room_id:int}/seats/{number:int}", guards=[require(Right.MANAGE_ROOMS)])
async def edit_seat(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    room_id: FromPath[int],
    number: FromPath[int],
    data: JSONBody[EditSeatAsStaff],
) -> SeatView:
    """Lock or mute a seat, or the opposite. Locking unseats who sits there."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> SeatView:
        actor = await act(tx, request, caller, Right.MANAGE_ROOMS)
        before, after = await by_staff.edit_seat(tx, room_id, number, data)
        if (before.is_locked, before.is_muted) != (after.is_locked, after.is_muted):
            await audit.write(
                tx,
                actor,
                "room.seat",
                ("room", room_id),
                reason=reason,
                before={
                    "seat_number": number,
                    "is_locked": before.is_locked,
                    "is_muted": before.is_muted,
                    "user_id": before.user_id,
                },
                after={
                    "seat_number": number,
                    "is_locked": after.is_locked,
                    "is_muted": after.is_muted,
                    "user_id": after.user.id if after.user else None,
                },
            )
        return after

    return await database.run(work)


ROUTES = [
    watch_room,
    list_events,
    list_participants,
    list_messages,
    list_gifts,
    list_bans,
    put_out,
    let_in,
    mute,
    unseat,
    edit_seat,
]
