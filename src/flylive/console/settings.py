"""The staff's addresses of the economy's settings: what holds, its history, another's effect."""

from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from flylive.accounts import Caller, audit
from flylive.accounts.audit import Actor
from flylive.accounts.proposals.schemas import ProposalView
from flylive.accounts.proposals.service import Wish
from flylive.config import Settings as Environment
from flylive.console import effects, rules, second
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.economy import Economy, current, service
from flylive.economy.rules import NAMES, PERCENTS, of, read
from flylive.errors import InvalidRequest
from flylive.gifts import draws
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks

Changes = dict[str, str | int | None]
"""Settings by name; None takes the environment's value again."""


class Setting(msgspec.Struct, kw_only=True):
    """One setting: what holds, what the environment says, and who changed it last.

    `kind`: ``decimal`` to 0.01, or ``integer``. `changed_by` is null where nobody ever did.
    """

    name: str
    kind: str
    value: str
    default: str
    is_overridden: bool
    description: str
    minimum: str | None
    maximum: str | None
    changed_by: int | None
    changed_at: datetime | None
    reason: str | None


class SettingsView(msgspec.Struct, kw_only=True):
    """All settings; `version` goes with the next change. `highest_return` is what a lucky gift
    may pay back of its cost now, `lucky_return` what the most generous one does; exact fractions.
    """

    version: int
    data: list[Setting]
    highest_return: str
    lucky_return: str


class ChangeView(msgspec.Struct, kw_only=True):
    """A change that was saved."""

    id: int
    overrides: dict[str, str]
    before: dict[str, str]
    after: dict[str, str]
    reason: str
    changed_by: int
    created_at: datetime


class ChangeSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /admin/settings: `version` is the one that was seen."""

    version: int
    changes: Changes
    reason: str


class PreviewSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/settings/preview."""

    changes: Changes


async def _view(tx: Reading, environment: Environment) -> SettingsView:
    version, overrides = await service.read_overrides(tx)
    holds, default = of(environment, version, overrides), of(environment)
    last = await service.last_changes(tx)
    lucky = await draws.list_lucky(tx)
    data = []
    for name in NAMES:
        field = Environment.model_fields[name]
        bounds = {
            kind: next((getattr(one, kind) for one in field.metadata if hasattr(one, kind)), None)
            for kind in ("ge", "le", "lt")
        }
        most = bounds["le"] if bounds["le"] is not None else bounds["lt"]
        change = last.get(name)
        data.append(
            Setting(
                name=name,
                kind="decimal" if name in PERCENTS else "integer",
                value=str(getattr(holds, name)),
                default=str(getattr(default, name)),
                is_overridden=name in overrides,
                description=field.description or "",
                minimum=None if bounds["ge"] is None else str(bounds["ge"]),
                maximum=None if most is None else str(most),
                changed_by=change.changed_by if change else None,
                changed_at=change.created_at if change else None,
                reason=change.reason if change else None,
            )
        )
    most_generous = lucky[0].returns if lucky else Fraction(0)
    return SettingsView(
        version=version,
        data=data,
        highest_return=str(holds.highest_return),
        lucky_return=str(most_generous),
    )


def _read(checks: FieldChecks, changes: Changes) -> dict[str, str | None]:
    """The changes as they are kept; notes each that is at fault."""
    made: dict[str, str | None] = {}
    if not changes:
        checks.refuse("changes", "must name at least one setting")
    for name, value in changes.items():
        field = f"changes.{name}"
        if name not in NAMES:
            checks.refuse(field[:100], f"is no setting; there are {', '.join(NAMES)}")
        elif value is None:
            made[name] = None
        else:
            try:
                made[name] = read(name, value)
            except ValueError as error:
                checks.refuse(field, str(error))
    return made


@get("/settings", guards=[require(Right.VIEW_ECONOMY)])
async def get_settings(
    database: NamedDependency[Database], settings: NamedDependency[Environment]
) -> SettingsView:
    """What holds now, with what the environment says and who changed it last."""
    return await database.read(lambda tx: _view(tx, settings))


@get("/settings/history", guards=[require(Right.VIEW_ECONOMY)])
async def list_changes(
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ChangeView]:
    """Every change, newest first: who, when, why, before and after."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[ChangeView]:
        rows = await service.list_changes(tx, before_id=before_id, limit=limit + 1)
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), ChangeView),
            lambda row: (row.id,),
        )

    return await database.read(work)


@post("/settings/preview", status_code=200, guards=[require(Right.VIEW_ECONOMY)])
async def preview_settings(
    database: NamedDependency[Database],
    settings: NamedDependency[Environment],
    data: JSONBody[PreviewSettings],
) -> effects.Preview:
    """What these changes would have made of last week's real gifts and exchanges; saves nothing.

    409 `settings.pump` where they could not be saved. Of a week with too many gifts to be counted
    in some seconds the newest hours are: `since` says how far back.
    """
    checks = FieldChecks()
    changes = _read(checks, data.changes)
    checks.done()

    async def work(tx: Reading) -> tuple[Economy, Economy, list[draws.LuckyGift]]:
        version, overrides = await service.read_overrides(tx)
        holds = of(settings, version, overrides)
        _, then = service.changed(settings, holds, overrides, changes)
        lucky = await draws.list_lucky(tx)
        draws.refuse_pump(lucky, then)
        return holds, then, lucky

    holds, then, lucky = await database.read(work)
    most = lucky[0].returns if lucky else Fraction(0)
    return await effects.preview(database, settings.timezone, holds, then, most)


@patch(
    "/settings",
    guards=[require(Right.CHANGE_ECONOMY)],
    responses=second.shown(SettingsView),
)
async def change_settings(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Environment],
    data: JSONBody[ChangeSettings],
) -> Response[Any]:
    """Make these hold, from the commit on and in every process.

    409 `settings.pump` where some lucky gift would then return, with share × rate, more than the
    ceiling; 409 `settings.changed` where another version holds. 202 where it raises what one
    person may give or refund alone: it waits for a second person.
    """
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    changes = _read(checks, data.changes)
    checks.done()
    assert reason is not None

    async def work(tx: Transaction) -> SettingsView | ProposalView:
        actor = await act(tx, request, caller, Right.CHANGE_ECONOMY)
        return await save(tx, actor, settings, reason, changes, data.version)

    return second.answered(await database.run(work))


async def save(
    tx: Transaction,
    actor: Actor,
    settings: Environment,
    reason: str,
    changes: dict[str, str | None],
    seen: int | None = None,
) -> SettingsView | ProposalView:
    """Make these hold, or let that wait for a second person. `seen`: the version that was."""
    await service.lock(tx)
    version, overrides = await service.read_overrides(tx)
    if seen is not None:
        service.check_version(version, seen)

    async def work(_: int) -> tuple[SettingsView, bool]:
        assert actor.user_id is not None
        holds = await current(tx, settings)
        made, then = service.changed(settings, holds, overrides, changes)
        difference = service.difference(holds, then)
        if made == overrides:
            raise InvalidRequest.field("changes", "changes nothing")
        draws.refuse_pump(await draws.list_lucky(tx), then)
        saved = await service.save(tx, made, difference, reason=reason, changed_by=actor.user_id)
        await audit.write(
            tx,
            actor,
            "settings.change",
            ("settings", saved.id),
            reason=reason,
            before=saved.before,
            after=saved.after,
        )
        return await _view(tx, settings), rules.settings_take_two(holds, then)

    wish = Wish("settings.change", "settings", None, changes, reason)
    return await second.by_two(tx, actor, wish, work)


ROUTES = [get_settings, list_changes, preview_settings, change_settings]
