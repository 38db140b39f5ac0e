"""The staff's addresses of a person's VIP level: given for some days, or ended."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.clock import now, render
from flylive.console import reasons
from flylive.console.guard import begin, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.progression import vip
from flylive.progression.errors import VipNotGiven
from flylive.reactions import recharged


class GiveVip(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /admin/users/{id}/vip: the level, for so many days from now, and why."""

    reason: str
    vip_level: Annotated[int, Meta(ge=1, le=7)]
    days: Annotated[int, Meta(ge=1, le=365)]


class VipStanding(msgspec.Struct, kw_only=True):
    """What a person has after that; `vip_expires_at` is null where he has none."""

    user_id: int
    vip_level: int
    vip_expires_at: datetime | None


async def _standing(tx: Reading, user_id: int) -> VipStanding:
    user = await accounts.find_user(tx, user_id)
    assert user is not None, "his row is held"
    return VipStanding(
        user_id=user_id, vip_level=user.vip_level, vip_expires_at=user.vip_expires_at
    )


def _shown(standing: VipStanding) -> dict[str, Any]:
    at = standing.vip_expires_at
    return {
        "vip_level": standing.vip_level,
        "vip_expires_at": None if at is None else render(at),
    }


@put("/users/{user_id:int}/vip", guards=[require(Right.GIVE_VIP)])
async def give_vip(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveVip],
) -> VipStanding:
    """Give a person a VIP level, until its days are over or his purchases earn a higher one.

    It pays no rewards. 409 `vip.held` where he has a higher one, or the same for longer.
    """
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> VipStanding:
        actor, _ = await begin(tx, request, caller, Right.GIVE_VIP, user_id)
        before = await _standing(tx, user_id)
        await vip.give(tx, user_id, data.vip_level, now() + timedelta(days=data.days))
        after = await _standing(tx, user_id)
        await _write(tx, actor, "vip.give", reason, before, after)
        return after

    return await database.run(work)


@delete("/users/{user_id:int}/vip", status_code=200, guards=[require(Right.GIVE_VIP)])
async def end_vip(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> VipStanding:
    """End a VIP level that was given: he then has what his purchases of the last 30 days earn.

    409 `vip.not_given` where purchases earned the one he has, or he has none.
    """
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> VipStanding:
        actor, _ = await begin(tx, request, caller, Right.GIVE_VIP, user_id)
        before = await _standing(tx, user_id)
        if not await recharged.end_given(tx, user_id):
            raise VipNotGiven
        after = await _standing(tx, user_id)
        await _write(tx, actor, "vip.end", reason, before, after)
        return after

    return await database.run(work)


async def _write(
    tx: Transaction,
    actor: audit.Actor,
    action: str,
    reason: str,
    before: VipStanding,
    after: VipStanding,
) -> None:
    subject = ("user", before.user_id)
    states = {"before": _shown(before), "after": _shown(after)}
    await audit.write(tx, actor, action, subject, reason=reason, **states)


ROUTES = [give_vip, end_vip]
