"""The staff's addresses of boards: as they stand, closed periods, closing, making them anew."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from flylive.accounts import Caller, audit, staff
from flylive.accounts.audit import Actor
from flylive.accounts.schemas import UserCard
from flylive.config import Settings
from flylive.console import catalogue
from flylive.console.guard import act, check, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID
from flylive.http.requests import peer
from flylive.money import to_decimal
from flylive.rankings import closing, overview, rebuilds, rules, service
from flylive.rankings.endpoints import Subcategory, asked_for
from flylive.rankings.errors import UnknownPeriod
from flylive.rankings.queries import Board
from flylive.rankings.rules import Category, Period
from flylive.rankings.schemas import BoardView, RankedAgency, RankedRoom

Day = Annotated[date | None, QueryParameter(name="date", description="A day of the period.")]
Start = Annotated[date, QueryParameter(description="The period's first day.")]


class RunningBoard(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A board that runs: how many stand on it, and who leads with which score."""

    category: str
    subcategory: str | None
    period: str
    period_start: date
    period_end: date
    subjects: int
    score: Decimal
    user: UserCard | None = None
    room: RankedRoom | None = None
    agency: RankedAgency | None = None


class DuePeriod(msgspec.Struct, kw_only=True):
    """A period that is over and not closed: the worker closes it from `closes_at` on."""

    category: str
    subcategory: str | None
    period: str
    period_start: date
    period_end: date
    closes_at: datetime


class Boards(msgspec.Struct, kw_only=True):
    """GET /admin/rankings."""

    running: list[RunningBoard]
    due: list[DuePeriod]


class ClosedPeriod(msgspec.Struct, kw_only=True):
    """A closed period: places frozen, places with a prize, and what was paid in all."""

    category: str
    subcategory: str | None
    period: str
    period_start: date
    period_end: date
    closed_at: datetime
    places: int
    winners: int
    coins: Decimal
    diamonds: Decimal


class PaidPrize(msgspec.Struct, kw_only=True):
    """What a place was given, and to whom: a room's owner, an agency's owner, or the user."""

    winner_id: int
    coins: Decimal
    diamonds: Decimal
    frame_id: int | None
    badge_id: int | None


class FrozenPlace(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A place of a closed period, with what it was given, which `metadata` keeps."""

    id: int
    category: str
    subcategory: str | None
    period: str
    period_start: date
    period_end: date
    user_id: int | None
    room_id: int | None
    agency_id: int | None
    rank_position: int
    score: Decimal
    metadata: dict[str, Any] | None
    calculated_at: datetime
    prizes: list[PaidPrize]
    user: UserCard | None = None
    room: RankedRoom | None = None
    agency: RankedAgency | None = None


class ClosePeriod(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/rankings/close: the board, and the first day of its period."""

    reason: str
    category: Category
    period: Period
    period_start: date
    subcategory: Subcategory | None = None


class RebuildView(msgspec.Struct, kw_only=True):
    """The running boards made anew: `status` is waiting, running, done, failed or broken."""

    id: int
    started_by: str
    asked_by: int | None
    job_id: int | None
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    status: str
    step: int
    steps: int
    progress: str | None
    failure: str | None


def _days(period: Any, start: date) -> dict[str, Any]:
    return {
        "period": period,
        "period_start": start,
        "period_end": rules.span_of(period, start).last,
    }


def _closed(row: Any) -> ClosedPeriod:
    columns = row._asdict() | {"subcategory": row.subcategory or None}
    return msgspec.convert(columns | _days(row.period, row.period_start), ClosedPeriod)


def _rebuild(row: Any) -> RebuildView:
    return msgspec.convert(row._asdict(), RebuildView)


@get("/rankings", guards=[require(Right.VIEW_RANKINGS)])
async def list_boards(
    database: NamedDependency[Database], settings: NamedDependency[Settings]
) -> Boards:
    """Every board on which anybody stands now, and the periods that wait to be closed."""

    async def work(tx: Reading) -> Boards:
        rows = await overview.running(tx, settings)
        shown: dict[str, dict[int, dict[str, Any]]] = {}
        for category in {row.category for row in rows}:
            ids = {row.subject_id for row in rows if row.category == category and row.subject_id}
            shown[category] = await service.subjects(tx, category, ids)
        running = [
            RunningBoard(
                category=row.category,
                subcategory=row.subcategory or None,
                subjects=int(row.subjects),
                score=to_decimal(row.score or 0),
                **_days(row.period, row.period_start),
                **shown[row.category].get(row.subject_id, {}),
            )
            for row in rows
        ]
        due = [
            DuePeriod(
                category=board.category,
                subcategory=board.subcategory or None,
                closes_at=closes_at,
                **_days(board.period, board.period_start),
            )
            for board, closes_at in await overview.due(tx, settings)
        ]
        return Boards(running=running, due=due)

    return await database.read(work)


@get("/rankings/boards/{category:str}", guards=[require(Right.VIEW_RANKINGS)])
async def show_board(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    category: FromPath[str],
    period: FromQuery[Period] = "daily",
    subcategory: FromQuery[Subcategory | None] = None,
    day: Day = None,
    country: FromQuery[str | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
) -> BoardView:
    """A board as everybody sees it."""
    asked = asked_for(category, period, subcategory, day, country, settings.timezone)
    return await database.read(
        lambda tx: service.show(tx, asked, caller.user_id, limit, settings.timezone)
    )


@get("/rankings/periods", guards=[require(Right.VIEW_RANKINGS)])
async def list_closed(
    database: NamedDependency[Database],
    category: FromQuery[Category | None] = None,
    period: FromQuery[Period | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ClosedPeriod]:
    """Closed periods with what they paid, the one that was closed last first."""
    key = pages.decode(cursor, datetime, date, str, str, str)
    before = None if key is None else (key[0], key[1], key[2], key[3], key[4])

    async def work(tx: Reading) -> pages.Page[ClosedPeriod]:
        rows = await overview.list_closed(
            tx, category=category, period=period, before=before, limit=limit + 1
        )
        return pages.page(
            rows,
            limit,
            _closed,
            lambda row: (
                row.closed_at,
                row.period_start,
                row.category,
                row.subcategory,
                row.period,
            ),
        )

    return await database.read(work)


@get("/rankings/places", guards=[require(Right.VIEW_RANKINGS)])
async def list_places(
    database: NamedDependency[Database],
    category: FromQuery[Category],
    period: FromQuery[Period],
    period_start: Start,
    subcategory: FromQuery[Subcategory | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FrozenPlace]:
    """The frozen places of a closed period, and what each was given."""
    rank, row_id = pages.decode(cursor, int, int) or (0, 0)
    after = (min(rank, 2**31 - 1), row_id)
    board = Board(category, subcategory or "", period, period_start)

    async def work(tx: Reading) -> pages.Page[FrozenPlace]:
        if await overview.find_closed(tx, board) is None:
            raise UnknownPeriod
        rows = await overview.list_places(tx, board, after=after, limit=limit + 1)
        shown = await service.subjects(tx, category, {row.subject_id for row in rows})

        def view(row: Any) -> FrozenPlace:
            paid = (row.metadata or {}).get("prizes", [])
            subject = shown.get(row.subject_id, {})
            return msgspec.convert(row._asdict() | {"prizes": paid} | subject, FrozenPlace)

        return pages.page(rows, limit, view, lambda row: (row.rank_position, row.id))

    return await database.read(work)


@post("/rankings/close", status_code=200, guards=[require(Right.MANAGE_RANKINGS)])
async def close_period(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[ClosePeriod],
) -> ClosedPeriod:
    """Freeze a period that is over and pay its prizes, without waiting for the worker.

    404 `ranking.period_not_found`, 409 `ranking.not_over` with `closes_at`,
    `ranking.closed_already`, `ranking.gifts_waiting`.
    """
    reason, _ = catalogue.read(GiveReason(reason=data.reason))
    board = Board(data.category, data.subcategory or "", data.period, data.period_start)

    async def work(tx: Transaction) -> ClosedPeriod:
        # Not by `act`: the winners are locked by id, and the actor may be among them.
        await staff.lock(tx)
        role = await check(tx, caller.user_id, Right.MANAGE_RANKINGS)
        actor = Actor(caller.user_id, role, peer(request))
        await closing.close_now(tx, board, settings)
        row = await overview.find_closed(tx, board)
        assert row is not None
        closed = _closed(row)
        shown = msgspec.to_builtins(closed)
        await audit.write(
            tx,
            actor,
            "ranking.close",
            ("ranking", row.first_id or 0),
            reason=reason,
            before={"closed_at": None},
            after=shown,
        )
        return closed

    return await database.run(work)


@get("/rankings/rebuilds", guards=[require(Right.VIEW_RANKINGS)])
async def list_rebuilds(
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RebuildView]:
    """When the running boards were made anew, by whom, and how far it is; newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[RebuildView]:
        rows = await rebuilds.list_rebuilds(tx, before_id=before_id, limit=limit + 1)
        return pages.page(rows, limit, _rebuild, lambda row: (row.id,))

    return await database.read(work)


@get("/rankings/rebuilds/{rebuild_id:int}", guards=[require(Right.VIEW_RANKINGS)])
async def find_rebuild(
    database: NamedDependency[Database], rebuild_id: FromPath[int]
) -> RebuildView:
    """How far a rebuild is."""
    return await database.read(lambda tx: _found(tx, rebuild_id))


async def _found(tx: Reading, rebuild_id: int) -> RebuildView:
    return _rebuild(await rebuilds.find(tx, rebuild_id))


@post("/rankings/rebuilds", status_code=202, guards=[require(Right.MANAGE_RANKINGS)])
async def rebuild_boards(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[GiveReason],
) -> RebuildView:
    """Let a worker make the running boards anew from gifts and ledger; closed ones stay.

    409 `ranking.rebuild_running`.
    """
    reason, _ = catalogue.read(data)

    async def work(tx: Transaction) -> RebuildView:
        actor = await act(tx, request, caller, Right.MANAGE_RANKINGS)
        row = await rebuilds.ask(tx, caller.user_id)
        await audit.write(
            tx,
            actor,
            "ranking.rebuild",
            ("ranking_rebuild", row.id),
            reason=reason,
            before={},
            after={"job_id": row.job_id},
        )
        return _rebuild(row)

    return await database.run(work)


ROUTES = [
    list_boards,
    show_board,
    list_closed,
    list_places,
    close_period,
    list_rebuilds,
    find_rebuild,
    rebuild_boards,
]
