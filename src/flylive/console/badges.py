"""The staff's addresses of badges."""

from typing import Any, Literal

import msgspec
from litestar import Request, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, UnsetType

from flylive.accounts import Caller, audit
from flylive.console import catalogue
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import Id
from flylive.progression import catalogue as progression
from flylive.progression.badges import queries, rules, service
from flylive.progression.schemas import BadgeView, RunView

Category = Literal["achievement", "activity", "personal", "room"]
Rarity = Literal["common", "rare", "epic", "legendary"]


class CreateBadge(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/badges: `requirements` in the language of docs/reference/badges.md."""

    reason: str
    name: str
    category: Category
    requirements: dict[str, Any]
    icon_url: str
    description: str | None = None
    rarity: Rarity = "common"


class EditBadge(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/badges/{id}: only the fields that are sent change; `is_active` false retires.

    Whoever has the badge keeps it.
    """

    reason: str
    name: str | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    requirements: dict[str, Any] | UnsetType = UNSET
    icon_url: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    rarity: Rarity | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class GrantBadge(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/badges/{id}/grants: to a user, or, of the category `room`, to a room."""

    reason: str
    user_id: Id | None = None
    room_id: Id | None = None


class BadgeSaved(msgspec.Struct, kw_only=True):
    """The badge, and the run that gives it to whoever has earned it already, if any is."""

    badge: BadgeView
    run: RunView | None


class MetricView(msgspec.Struct, kw_only=True):
    """Something that requirements compare: of a user or of a room, in words.

    `most` is the highest number that it may be compared with; `is_prompt`: looked at within
    seconds, else by night.
    """

    name: str
    subject: str
    words: str
    most: int
    is_prompt: bool


class Metrics(msgspec.Struct, kw_only=True):
    """GET /admin/badge-metrics: the language of requirements; comparisons with their words."""

    metrics: list[MetricView]
    comparisons: dict[str, str]
    max_depth: int
    max_conditions: int


@get("/badge-metrics", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_metrics() -> Metrics:
    """What requirements may say."""
    return Metrics(
        metrics=[
            MetricView(
                name=name,
                subject=metric.subject,
                words=metric.words,
                most=rules.MAX_COUNTED if metric.is_counted else rules.MAX_TARGET,
                is_prompt=metric.is_prompt,
            )
            for name, metric in rules.METRICS.items()
        ],
        comparisons=rules.COMPARISONS,
        max_depth=rules.MAX_DEPTH,
        max_conditions=rules.MAX_CONDITIONS,
    )


@get("/badges", guards=[require(Right.MANAGE_CATALOGUES)])
async def list_badges(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[BadgeView]:
    """Every badge, retired ones too."""
    (after_id,) = pages.decode(cursor, int) or (0,)

    async def work(tx: Reading) -> pages.Page[BadgeView]:
        rows = await queries.list_badges(tx, after_id=after_id, limit=limit + 1, all_of_them=True)
        return pages.page(rows, limit, service.view, lambda row: (row.id,))

    return await database.read(work)


@post("/badges", status_code=201, guards=[require(Right.MANAGE_CATALOGUES)])
async def create_badge(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[CreateBadge],
) -> BadgeSaved:
    """Add a badge; whoever has earned it already gets it by a run.

    422 names the place in `requirements` that is at fault.
    """
    reason, values = catalogue.read(data)
    return await database.run(lambda tx: _save(tx, request, caller, None, reason, values))


@patch("/badges/{badge_id:int}", guards=[require(Right.MANAGE_CATALOGUES)])
async def edit_badge(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    badge_id: FromPath[int],
    data: JSONBody[EditBadge],
) -> BadgeSaved:
    """Change or retire a badge; with other requirements a run gives it to who meets them."""
    reason, values = catalogue.read(data)
    catalogue.something(values)
    return await database.run(lambda tx: _save(tx, request, caller, badge_id, reason, values))


async def _save(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    badge_id: int | None,
    reason: str,
    values: dict[str, Any],
) -> BadgeSaved:
    actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
    before = None if badge_id is None else await progression.lock_badge(tx, badge_id)
    badge, run = await progression.save_badge(tx, caller.user_id, values, before)
    await catalogue.note(tx, actor, "badge", reason, before, badge)
    return BadgeSaved(badge=service.view(badge), run=run)


@post("/badges/{badge_id:int}/grants", status_code=204, guards=[require(Right.MANAGE_CATALOGUES)])
async def grant_badge(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    badge_id: FromPath[int],
    data: JSONBody[GrantBadge],
) -> None:
    """Give a badge by hand, earned or not. 409 `badge.had_already`, `badge.inactive`."""
    reason, _ = catalogue.read(data)

    async def work(tx: Transaction) -> None:
        actor = await act(tx, request, caller, Right.MANAGE_CATALOGUES)
        subject, subject_id = await progression.grant_badge(
            tx, badge_id, user_id=data.user_id, room_id=data.room_id
        )
        await audit.write(
            tx,
            actor,
            "badge.grant",
            (subject, subject_id),
            reason=reason,
            before={},
            after={"badge_id": badge_id},
        )

    await database.run(work)


ROUTES = [list_metrics, list_badges, create_badge, edit_badge, grant_badge]
