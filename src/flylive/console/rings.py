"""The staff's addresses of rings, and of holds on exchange and transfers."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts.audit import Actor
from flylive.console import rules
from flylive.console.guard import act, begin, begin_on, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.rings import service
from flylive.rings.errors import UnknownRun
from flylive.rings.rules import DAYS, MOST_DAYS, Kind
from flylive.rings.schemas import FindingDetail, FindingView, RunView
from flylive.wallet.holds import service as holds
from flylive.wallet.holds.service import HoldView

UserId = Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)]
Decision = Callable[[Transaction, Actor, Row[Any], str], Awaitable[None]]
DecisionOnPeople = Callable[[Transaction, Actor, Row[Any], Sequence[int], str], Awaitable[None]]


class Look(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/ring-runs: look through the gifts of the last `days`."""

    reason: str
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS)] = DAYS


@get("/rings", guards=[require(Right.VIEW_RINGS)])
async def list_findings(
    database: NamedDependency[Database],
    status: FromQuery[Literal["open", "dismissed", "held"] | None] = None,
    kind: FromQuery[Kind | None] = None,
    user_id: UserId = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[FindingView]:
    """Findings, newest first. `user_id`: those that he is in."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[FindingView]:
        rows = await service.list_findings(
            tx, status=status, kind=kind, user_id=user_id, before_id=before, limit=limit + 1
        )
        return pages.page(rows, limit, service.view, lambda row: (row.id,))

    return await database.read(work)


@get("/rings/{finding_id:int}", guards=[require(Right.VIEW_RINGS)])
async def get_finding(
    database: NamedDependency[Database], finding_id: FromPath[int]
) -> FindingDetail:
    """A finding with everybody in it and what it rests on."""
    return await database.read(lambda tx: service.detail(tx, finding_id))


@post("/rings/{finding_id:int}/dismiss", status_code=200, guards=[require(Right.DECIDE_RINGS)])
async def dismiss_finding(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    finding_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> FindingDetail:
    """Say that it is nothing; found again, it stays dismissed. 409 `ring.state`."""
    return await _decide(request, caller, database, finding_id, data, service.dismiss)


@post("/rings/{finding_id:int}/reopen", status_code=200, guards=[require(Right.DECIDE_RINGS)])
async def reopen_finding(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    finding_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> FindingDetail:
    """Take a dismissal back. 409 `ring.state`."""
    return await _decide(request, caller, database, finding_id, data, service.reopen)


@post("/rings/{finding_id:int}/hold", status_code=200, guards=[require(Right.HOLD_WALLETS)])
async def hold_members(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    finding_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> FindingDetail:
    """Hold exchange and transfers of everybody in it; they log in and give as before.

    409 `ring.state`.
    """
    return await _on_people(request, caller, database, finding_id, data, service.hold)


@post("/rings/{finding_id:int}/lift", status_code=200, guards=[require(Right.HOLD_WALLETS)])
async def lift_members(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    finding_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> FindingDetail:
    """Lift the holds that this finding placed; it is open again. 409 `ring.state`."""
    return await _on_people(request, caller, database, finding_id, data, service.lift)


@get("/ring-runs", guards=[require(Right.VIEW_RINGS)])
async def list_runs(
    database: NamedDependency[Database],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RunView]:
    """Looks for rings, newest first, with how far they are."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[RunView]:
        rows = await service.list_runs(tx, before_id=before, limit=limit + 1)
        return pages.page(rows, limit, service.run_view, lambda row: (row.id,))

    return await database.read(work)


@get("/ring-runs/{run_id:int}", guards=[require(Right.VIEW_RINGS)])
async def get_run(database: NamedDependency[Database], run_id: FromPath[int]) -> RunView:
    """A look, and how far it is."""

    async def work(tx: Reading) -> RunView:
        run = await service.find_run(tx, run_id)
        if run is None:
            raise UnknownRun
        return service.run_view(run)

    return await database.read(work)


@post("/ring-runs", status_code=202, guards=[require(Right.DECIDE_RINGS)])
async def look(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    data: JSONBody[Look],
) -> RunView:
    """Look now instead of at night. 409 `ring.run_under_way`."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> RunView:
        actor = await act(tx, request, caller, Right.DECIDE_RINGS)
        return await service.ask(tx, actor, data.days, reason)

    return await database.run(work)


@get("/wallet-holds", guards=[require(Right.VIEW_RINGS)])
async def list_holds(
    database: NamedDependency[Database],
    user_id: UserId = None,
    is_active: FromQuery[bool] = True,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[HoldView]:
    """Holds on exchange and transfers, newest first; `is_active` false: lifted ones too."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[HoldView]:
        rows = await holds.list_holds(
            tx, before_id=before, limit=limit + 1, user_id=user_id, is_active=is_active
        )
        return pages.page(rows, limit, holds.view, lambda row: (row.id,))

    return await database.read(work)


@post("/users/{user_id:int}/wallet-hold", guards=[require(Right.HOLD_WALLETS)])
async def hold_person(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> HoldView:
    """Hold a person's exchange and transfers. 409 `wallet.already_held`."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> HoldView:
        actor, _ = await begin(tx, request, caller, Right.HOLD_WALLETS, user_id)
        return await holds.place(tx, actor, user_id, reason)

    return await database.run(work)


@post("/users/{user_id:int}/wallet-lift", status_code=200, guards=[require(Right.HOLD_WALLETS)])
async def lift_person(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> HoldView:
    """Lift the hold on a person, whatever it came from. 409 `wallet.not_held`."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> HoldView:
        actor, _ = await begin(tx, request, caller, Right.HOLD_WALLETS, user_id)
        return await holds.lift(tx, actor, user_id, reason)

    return await database.run(work)


async def _decide(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    finding_id: int,
    data: GiveReason,
    decision: Decision,
) -> FindingDetail:
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> FindingDetail:
        finding, user_ids = await service.lock(tx, finding_id)
        actor, _ = await begin_on(tx, request, caller, Right.DECIDE_RINGS, user_ids)
        await decision(tx, actor, finding, reason)
        return await service.detail(tx, finding_id)

    return await database.run(work)


async def _on_people(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    finding_id: int,
    data: GiveReason,
    decision: DecisionOnPeople,
) -> FindingDetail:
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> FindingDetail:
        finding, user_ids = await service.lock(tx, finding_id)
        actor, users = await begin_on(tx, request, caller, Right.HOLD_WALLETS, user_ids)
        await decision(tx, actor, finding, sorted(users.keys() & set(user_ids)), reason)
        return await service.detail(tx, finding_id)

    return await database.run(work)


def _reason(text: str) -> str:
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, text)
    checks.done()
    assert reason is not None
    return reason


ROUTES = [
    list_findings,
    get_finding,
    dismiss_finding,
    reopen_finding,
    hold_members,
    lift_members,
    list_runs,
    get_run,
    look,
    list_holds,
    hold_person,
    lift_person,
]
