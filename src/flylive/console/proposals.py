"""The staff's addresses of what waits for a second person."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts.audit import Actor
from flylive.accounts.proposals import service
from flylive.accounts.proposals.schemas import ProposalView, Status
from flylive.config import Settings
from flylive.console import catalogue, levels, packages, prizes, reasons
from flylive.console import settings as economy
from flylive.console.guard import act, check, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID

CarryOut = Callable[[Transaction, Actor, Settings, Row[Any], str], Awaitable[Any]]


class Verb(NamedTuple):
    """Something that may be proposed: the right it takes, and the same request once more."""

    right: Right
    carry_out: CarryOut


def _sent(kind: type[msgspec.Struct], row: Row[Any], *amounts: str) -> tuple[str, dict[str, Any]]:
    return catalogue.read(msgspec.convert(row.body | {"reason": "as proposed"}, kind), *amounts)


def _level(kind: type[msgspec.Struct]) -> Verb:
    async def carry_out(
        tx: Transaction, actor: Actor, settings: Settings, row: Row[Any], reason: str
    ) -> None:
        await levels.save(tx, actor, settings, row.subject_id, reason, _sent(kind, row)[1])

    return Verb(Right.MANAGE_CATALOGUES, carry_out)


def _prize(kind: type[msgspec.Struct]) -> Verb:
    async def carry_out(
        tx: Transaction, actor: Actor, settings: Settings, row: Row[Any], reason: str
    ) -> None:
        _, values = _sent(kind, row, "coins", "diamonds")
        await prizes.save(tx, actor, settings, row.subject_id, reason, values)

    return Verb(Right.MANAGE_PRIZES, carry_out)


def _package(kind: type[msgspec.Struct]) -> Verb:
    async def carry_out(
        tx: Transaction, actor: Actor, settings: Settings, row: Row[Any], reason: str
    ) -> None:
        await packages.save(tx, actor, row.subject_id, reason, _sent(kind, row, "price")[1])

    return Verb(Right.MANAGE_CATALOGUES, carry_out)


async def _change_settings(
    tx: Transaction, actor: Actor, settings: Settings, row: Row[Any], reason: str
) -> None:
    await economy.save(tx, actor, settings, reason, row.body)


VERBS = {
    "level.create": _level(levels.CreateLevel),
    "level.edit": _level(levels.EditLevel),
    "ranking_prize.create": _prize(prizes.CreatePrize),
    "ranking_prize.edit": _prize(prizes.EditPrize),
    "package.create": _package(packages.CreatePackage),
    "package.edit": _package(packages.EditPackage),
    "settings.change": Verb(Right.CHANGE_ECONOMY, _change_settings),
}
"""Every verb of a proposal."""


@get("/proposals", guards=[require(Right.VIEW_PROPOSALS)])
async def list_proposals(
    database: NamedDependency[Database],
    status: FromQuery[Status | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ProposalView]:
    """What waits, or waited, for a second person; newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[ProposalView]:
        rows = await service.list_proposals(tx, before_id=before, limit=limit + 1, status=status)
        return pages.page(rows, limit, service.view, lambda row: (row.id,))

    return await database.read(work)


@post(
    "/proposals/{proposal_id:int}/agree",
    status_code=200,
    guards=[require(Right.DECIDE_PROPOSALS)],
)
async def agree(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    proposal_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> ProposalView:
    """Carry out what somebody else proposed, as the same request once more would.

    403 `proposal.second_person`; and what that request refuses.
    """
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> ProposalView:
        actor, row = await _begin(tx, request, caller, proposal_id)
        await service.check_second(tx, actor, row)
        await VERBS[row.verb].carry_out(tx, actor, settings, row, reason)
        return service.view(await service.find(tx, proposal_id))

    return await database.run(work)


@post(
    "/proposals/{proposal_id:int}/decline",
    status_code=200,
    guards=[require(Right.DECIDE_PROPOSALS)],
)
async def decline(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    proposal_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> ProposalView:
    """Let it not be done; whoever proposed it may do so too."""
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> ProposalView:
        actor, row = await _begin(tx, request, caller, proposal_id)
        return await service.decide(tx, actor, row, "declined", reason)

    return await database.run(work)


async def _begin(
    tx: Transaction, request: Request[Any, Any, Any], caller: Caller, proposal_id: int
) -> tuple[Actor, Row[Any]]:
    """Lock the staff; who acts, with the right that the proposal's own verb takes, and it."""
    actor = await act(tx, request, caller, Right.DECIDE_PROPOSALS)
    row = await service.find_pending(tx, proposal_id)
    await check(tx, caller.user_id, VERBS[row.verb].right)
    return actor, row


ROUTES = [list_proposals, agree, decline]
