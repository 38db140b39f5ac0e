"""The staff's addresses of levels, and of the runs that follow a change of the catalogue."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from flylive import economy
from flylive.accounts import Caller
from flylive.accounts.audit import Actor
from flylive.accounts.proposals.schemas import ProposalView
from flylive.accounts.proposals.service import Wish
from flylive.config import Settings
from flylive.console import catalogue, rules, second
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, Id
from flylive.progression import catalogue as progression
from flylive.progression import runs, standings
from flylive.progression.errors import UnknownRun
from flylive.progression.schemas import LevelView, RunView

Xp = Annotated[int, Meta(ge=0, le=10**15)]
Reward = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Frames = Annotated[list[Id], Meta(max_length=20)]
LevelType = Literal["wealth", "charm", "room", "vip"]


class CreateLevel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/levels. Privileges are those of docs/reference/badges.md."""

    reason: str
    type: LevelType
    level_number: Annotated[int, Meta(ge=1, le=10_000)]
    name: str
    required_xp: Xp
    coin_reward: Reward = 0
    diamond_reward: Reward = 0
    frame_rewards: Frames = msgspec.field(default_factory=list)
    privileges: dict[str, Any] = msgspec.field(default_factory=dict)
    icon_url: str | None = None
    badge_url: str | None = None


class EditLevel(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/levels/{id}: only the fields that are sent change.

    `is_active` false retires a level. Another reward holds for whoever reaches the level from
    then on.
    """

    reason: str
    name: str | UnsetType = UNSET
    required_xp: Xp | UnsetType = UNSET
    coin_reward: Reward | UnsetType = UNSET
    diamond_reward: Reward | UnsetType = UNSET
    frame_rewards: Frames | UnsetType = UNSET
    privileges: dict[str, Any] | UnsetType = UNSET
    icon_url: str | UnsetType | None = UNSET
    badge_url: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class LevelSaved(msgspec.Struct, kw_only=True):
    """The level, and the run that brings everybody to where his XP puts him now, if any is."""

    level: LevelView
    run: RunView | None


@get("/levels", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_levels(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    type: FromQuery[LevelType | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[LevelView]:
    """Every level, retired ones too, by type and number."""
    after = pages.decode(cursor, str, int) or ("", 0)

    async def work(tx: Reading) -> pages.Page[LevelView]:
        behind = (after[0], min(after[1], 2**31 - 1))
        rows = await standings.list_levels(
            tx, limit=limit + 1, kind=type, after=behind, all_of_them=True
        )
        return pages.page(
            rows, limit, standings.level_view, lambda row: (row.type, row.level_number)
        )

    return await database.read(work)


@post(
    "/levels",
    status_code=201,
    guards=[require(Right.MANAGE_CATALOGUES)],
    responses=second.shown(LevelSaved, 201),
)
async def create_level(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[CreateLevel],
) -> Response[Any]:
    """Add a level; whoever has the XP for it reaches it by a run. 409 `level.number_taken`.

    202 where its reward is beyond `FLYLIVE_ADJUSTMENT_LIMIT`: it waits for a second person.
    """
    read = catalogue.read(data)

    async def work(tx: Transaction) -> LevelSaved | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
        return await save(tx, actor, settings, None, *read)

    return second.answered(await database.run(work), 201)


@patch(
    "/levels/{level_id:int}",
    guards=[require(Right.MANAGE_CATALOGUES)],
    responses=second.shown(LevelSaved),
)
async def edit_level(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    level_id: FromPath[int],
    data: JSONBody[EditLevel],
) -> Response[Any]:
    """Change a level. Where it needs other XP, or is retired, a run goes through everybody.

    By that run who has the XP rises and is rewarded, once; who has no longer falls, keeps what
    he was given, and is not given it again. 409 `level.first_needed`.

    202 where its reward is beyond `FLYLIVE_ADJUSTMENT_LIMIT` and more people get it, or more of
    it: it waits for a second person.
    """
    read = catalogue.read(data)
    catalogue.something(read[1])

    async def work(tx: Transaction) -> LevelSaved | ProposalView:
        actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
        return await save(tx, actor, settings, level_id, *read)

    return second.answered(await database.run(work))


async def save(
    tx: Transaction,
    actor: Actor,
    settings: Settings,
    level_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> LevelSaved | ProposalView:
    """Make a level, or change it; or let that wait for a second person."""

    async def work(by: int) -> tuple[LevelSaved, bool]:
        before = None if level_id is None else await progression.lock_level(tx, level_id)
        level, run = await progression.save_level(tx, by, values, before)
        await catalogue.note(tx, actor, "level", reason, before, level)
        limit = (await economy.current(tx, settings)).adjustment_limit
        saved = LevelSaved(level=standings.level_view(level), run=run)
        return saved, rules.level_takes_two(before, level, limit)

    verb = "level.create" if level_id is None else "level.edit"
    return await second.by_two(tx, actor, Wish(verb, "level", level_id, values, reason), work)


@get("/catalogue-runs", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_runs(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RunView]:
    """What goes, or went, through all users or rooms, and how far it is; newest first."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[RunView]:
        rows = await runs.list_runs(tx, before_id=before_id, limit=limit + 1)
        return pages.page(rows, limit, runs.view, lambda row: (row.id,))

    return await database.read(work)


@get("/catalogue-runs/{run_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def get_run(
    caller: NamedDependency[Caller], database: NamedDependency[Database], run_id: FromPath[int]
) -> RunView:
    """How far a run is."""

    async def work(tx: Reading) -> RunView:
        row = await runs.find(tx, run_id)
        if row is None:
            raise UnknownRun
        return runs.view(row)

    return await database.read(work)


ROUTES = [list_levels, create_level, edit_level, list_runs, get_run]
