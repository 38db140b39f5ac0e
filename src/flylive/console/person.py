"""The staff's addresses about one person: his timeline, notes, gifts, rooms, devices, standing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller, audit, staff
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.accounts.notes import queries as notes
from flylive.accounts.schemas import UserCard
from flylive.agencies import earnings
from flylive.agencies import queries as agencies
from flylive.agencies import service as agency_service
from flylive.agencies.earnings import Span
from flylive.clock import now
from flylive.config import Settings
from flylive.console import around, rules, timeline
from flylive.console.errors import RightMissing
from flylive.console.guard import begin, check, require
from flylive.console.person_schemas import (
    AddressView,
    AgencyOf,
    Couples,
    CoupleView,
    Devices,
    DeviceView,
    GiftLine,
    Named,
    NoteView,
    RoomsOf,
    SessionView,
    StayView,
    Timeline,
    TimelineEntry,
    Wardrobe,
    WriteNote,
)
from flylive.console.rules import Right
from flylive.console.timeline import Kind, Position
from flylive.database import Database, Reading, Transaction
from flylive.gifts import catalogue
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.progression import standings
from flylive.progression.schemas import UserLevelsView
from flylive.rooms import queries as rooms
from flylive.rooms import service as room_service
from flylive.rooms.moderation import queries as moderation
from flylive.shop import frames, themes
from flylive.shop.wearing import owned_view


async def person(tx: Reading, user_id: int) -> Row[Any]:
    """A person, deleted or not. Raises UnknownUser."""
    row = await around.find_person(tx, user_id)
    if row is None:
        raise UnknownUser
    return row


def named(rows: Mapping[int, Row[Any]], one: Any) -> Named | None:
    """The room or gift with this id among those that were looked up."""
    return msgspec.convert(rows[one]._asdict(), Named) if one in rows else None


@get("/users/{user_id:int}/timeline", guards=[require(Right.VIEW_PEOPLE)])
async def get_timeline(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    kind: FromQuery[Kind | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Timeline:
    """Everything about a person by time, newest first; of one kind with `kind`.

    Bets, wins, commissions and lucky wins, which come by the thousand, stand in the ledger alone.
    """
    decoded = pages.decode(cursor, datetime, int, int)
    before = Position(*decoded) if decoded else None

    async def work(tx: Reading) -> Timeline:
        role = await check(tx, caller.user_id, Right.VIEW_PEOPLE)
        await person(tx, user_id)
        asked = [one for one in timeline.SOURCES if kind is None or one.kind == kind]
        allowed = [one for one in asked if rules.may(role, one.right)]
        if not allowed:
            raise RightMissing(role=role.value, right=asked[0].right.value)
        rows = await timeline.find_entries(tx, user_id, allowed, limit=limit + 1, before=before)
        shown = await _entries(tx, rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return Timeline(
            data=shown,
            next_cursor=pages.encode(last.at, last.rank, last.id) if last else None,
            left_out=sorted({one.kind for one in asked} - {one.kind for one in allowed}),
        )

    return await database.read(work)


async def _entries(tx: Reading, rows: Sequence[Row[Any]]) -> list[TimelineEntry]:
    cards = await accounts.cards(tx, {row.person_id for row in rows if row.person_id is not None})
    there = await around.rooms(tx, _ids(rows, "room_id"))
    given = await around.gifts(tx, _ids(rows, "gift_id"))
    return [
        TimelineEntry(
            at=row.at,
            kind=timeline.SOURCES[row.rank].kind,
            what=timeline.SOURCES[row.rank].name,
            id=row.id,
            person=cards.get(row.person_id),
            room=named(there, row.data.get("room_id")),
            gift=named(given, row.data.get("gift_id")),
            data=row.data,
        )
        for row in rows
    ]


def _ids(rows: Sequence[Row[Any]], name: str) -> Collection[int]:
    return {row.data[name] for row in rows if row.data.get(name) is not None}


@get("/users/{user_id:int}/notes", guards=[require(Right.VIEW_PEOPLE)])
async def list_notes(
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[NoteView]:
    """What staff wrote about a person, newest first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[NoteView]:
        await person(tx, user_id)
        rows = await notes.list_notes(
            tx, user_id, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        authors = await accounts.cards(tx, {row.author_id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: _note(row, authors[row.author_id]),
            lambda row: (row.created_at, row.id),
        )

    return await database.read(work)


def _note(row: Row[Any], author: UserCard) -> NoteView:
    return msgspec.convert(row._asdict() | {"author": author}, NoteView)


@post("/users/{user_id:int}/notes", status_code=201, guards=[require(Right.NOTE_PEOPLE)])
async def write_note(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[WriteNote],
) -> NoteView:
    """Write something down about a person for the rest of the staff; it cannot be changed."""
    checks = FieldChecks()
    content = checks.field("content", rules.note, data.content)
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert content is not None

    async def work(tx: Transaction) -> NoteView:
        actor, _ = await begin(tx, request, caller, Right.NOTE_PEOPLE, user_id)
        assert actor.role is not None
        row = await notes.add(
            tx, user_id, author_id=caller.user_id, author_role=actor.role, content=content
        )
        subject = ("user", user_id)
        after = {"note_id": row.id, "content": content}
        await audit.write(tx, actor, "user.note", subject, reason=reason, before={}, after=after)
        return _note(row, (await accounts.cards(tx, [caller.user_id]))[caller.user_id])

    return await database.run(work)


@get("/users/{user_id:int}/gifts", guards=[require(Right.VIEW_PEOPLE)])
async def list_gifts_of(
    database: NamedDependency[Database],
    user_id: FromPath[int],
    box: FromQuery[Literal["sent", "received"]] = "sent",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[GiftLine]:
    """The gifts that a person sent or received, newest first."""
    before = pages.decode(cursor, datetime, int)
    other = "recipient_id" if box == "sent" else "sender_id"

    async def work(tx: Reading) -> pages.Page[GiftLine]:
        await person(tx, user_id)
        rows = await catalogue.list_history(
            tx, user_id, box, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        people = await accounts.cards(tx, {row._mapping[other] for row in rows})
        gifts = await around.gifts(tx, {row.gift_id for row in rows})
        there = await around.rooms(tx, {row.room_id for row in rows if row.room_id is not None})

        def view(row: Row[Any]) -> GiftLine:
            more = {"person": people[row._mapping[other]], "gift": named(gifts, row.gift_id)}
            return msgspec.convert(
                row._asdict() | more | {"room": named(there, row.room_id)}, GiftLine
            )

        return pages.page(rows, limit, view, lambda row: (row.sent_at, row.id))

    return await database.read(work)


def _stay(row: Row[Any], there: Mapping[int, Row[Any]]) -> StayView:
    return msgspec.convert(row._asdict() | {"room": named(there, row.room_id)}, StayView)


@get("/users/{user_id:int}/rooms", guards=[require(Right.VIEW_PEOPLE)])
async def get_rooms_of(database: NamedDependency[Database], user_id: FromPath[int]) -> RoomsOf:
    """Where a person is now, and the rooms that he owns or moderates."""

    async def work(tx: Reading) -> RoomsOf:
        await person(tx, user_id)
        current = await rooms.find_current(tx, user_id)
        moderated = await moderation.list_moderated(tx, user_id)
        there = await around.rooms(tx, {*moderated, *([current.room_id] if current else [])})
        owned = [await room_service.find(tx, one) for one in await rooms.list_owned(tx, user_id)]
        return RoomsOf(
            current=_stay(current, there) if current else None,
            owned=await room_service.views(tx, owned),
            moderated=[found for one in moderated if (found := named(there, one)) is not None],
        )

    return await database.read(work)


@get("/users/{user_id:int}/stays", guards=[require(Right.VIEW_PEOPLE)])
async def list_stays(
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[StayView]:
    """The rooms that a person was in, the newest stay first."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[StayView]:
        await person(tx, user_id)
        rows = await around.stays(
            tx, user_id, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        there = await around.rooms(tx, {row.room_id for row in rows})
        return pages.page(
            rows, limit, lambda row: _stay(row, there), lambda row: (row.joined_at, row.id)
        )

    return await database.read(work)


@get("/users/{user_id:int}/devices", guards=[require(Right.VIEW_PEOPLE)])
async def get_devices(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    user_id: FromPath[int],
) -> Devices:
    """A person's devices, console sessions, and the addresses that he came from lately.

    Sessions of another member of the staff are for who may end them.
    """

    async def work(tx: Reading) -> Devices:
        role = await check(tx, caller.user_id, Right.VIEW_PEOPLE)
        is_own_or_may = user_id == caller.user_id or rules.may(role, Right.MANAGE_STAFF_SESSIONS)
        sees = is_own_or_may or await staff.find_kept_role(tx, user_id) is None
        await person(tx, user_id)
        since = now() - timedelta(days=settings.origin_days)
        return Devices(
            devices=[
                msgspec.convert(row._asdict(), DeviceView)
                for row in await around.devices(tx, user_id)
            ],
            sessions=[
                msgspec.convert(row._asdict(), SessionView)
                for row in (await around.sessions(tx, user_id) if sees else ())
            ],
            addresses=[
                msgspec.convert(row._asdict(), AddressView)
                for row in await around.addresses(tx, user_id, since)
            ],
        )

    return await database.read(work)


@get("/users/{user_id:int}/couples", guards=[require(Right.VIEW_PEOPLE)])
async def get_couples(database: NamedDependency[Database], user_id: FromPath[int]) -> Couples:
    """With whom a person is and was a couple, the newest hundred."""

    async def work(tx: Reading) -> Couples:
        await person(tx, user_id)
        rows = await around.couples(tx, user_id)
        cards = await accounts.cards(tx, {row.partner_id for row in rows})
        return Couples(
            data=[
                msgspec.convert(row._asdict() | {"partner": cards[row.partner_id]}, CoupleView)
                for row in rows
            ]
        )

    return await database.read(work)


@get("/users/{user_id:int}/levels", guards=[require(Right.VIEW_PEOPLE)])
async def get_levels_of(
    database: NamedDependency[Database], user_id: FromPath[int]
) -> UserLevelsView:
    """Where a person stands in wealth, charm and VIP, and the levels that he had."""
    return await database.read(lambda tx: standings.of_user(tx, user_id, is_own=True))


@get("/users/{user_id:int}/wardrobe", guards=[require(Right.VIEW_PEOPLE)])
async def get_wardrobe(database: NamedDependency[Database], user_id: FromPath[int]) -> Wardrobe:
    """The frames and themes that a person has or had."""

    async def work(tx: Reading) -> Wardrobe:
        await person(tx, user_id)
        limits = {"before_id": MAX_ID, "limit": pages.MAX_LIMIT}
        return Wardrobe(
            frames=[owned_view(row) for row in await frames.list_mine(tx, user_id, **limits)],
            themes=[
                themes.owned_view(row) for row in await themes.list_mine(tx, user_id, **limits)
            ],
        )

    return await database.read(work)


@get("/users/{user_id:int}/agency", guards=[require(Right.VIEW_PEOPLE)])
async def get_agency_of(database: NamedDependency[Database], user_id: FromPath[int]) -> AgencyOf:
    """A person's agency, his requests to agencies, what his gifts earned there."""

    async def work(tx: Reading) -> AgencyOf:
        row = await person(tx, user_id)
        requests = await agencies.list_requests(
            tx, before=MAX_ID, limit=pages.DEFAULT_LIMIT, user_id=user_id
        )
        return AgencyOf(
            membership=await agencies.find_membership(tx, user_id),
            joined_at=row.agency_joined_at,
            requests=await agency_service.request_views(tx, requests),
            earnings=await earnings.totals(tx, Span(user_id=user_id)),
        )

    return await database.read(work)


ROUTES = [
    get_timeline,
    list_notes,
    write_note,
    list_gifts_of,
    get_rooms_of,
    list_stays,
    get_devices,
    get_couples,
    get_levels_of,
    get_wardrobe,
    get_agency_of,
]
