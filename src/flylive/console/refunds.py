"""The staff's addresses of refunds: asked for, approved by a second person, rejected."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive import economy
from flylive.accounts import Caller, audit
from flylive.config import Settings
from flylive.console import reasons
from flylive.console.guard import begin, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import idempotency, pages
from flylive.http.fields import MAX_ID
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.refunds import carrying, service
from flylive.wallet.recharge.refunds.schemas import RefundView

Status = Literal["pending", "asked", "done", "refused", "rejected"]


def _view(row: Row[Any]) -> RefundView:
    return msgspec.convert(row._asdict(), RefundView)


@get("/refunds", guards=[require(Right.VIEW_ORDERS)])
async def list_refunds(
    database: NamedDependency[Database],
    status: FromQuery[Status | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[RefundView]:
    """What staff refunded, and what waits for a second person or the provider; newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[RefundView]:
        rows = await service.list_refunds(tx, before=before, limit=limit + 1, status=status)
        return pages.page(rows, limit, _view, lambda row: (row.id,))

    return await database.read(work)


@post(
    "/orders/{order_id:int}/refund",
    status_code=201,
    guards=[require(Right.MANAGE_ORDERS)],
    responses={201: ResponseSpec(RefundView, generate_examples=False, description="Asked for")},
)
async def refund_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    providers: NamedDependency[Providers],
    order_id: FromPath[int],
    data: JSONBody[GiveReason],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Give the buyer back what is left of the order, through its provider. Needs an
    Idempotency-Key.

    `status` in the answer: done; asked while the provider is away (the worker goes on); refused
    with the provider's words; pending where the coins are beyond what one person may refund in a
    day, `FLYLIVE_REFUND_LIMIT`. 409 `refund.by_apple`: no merchant refunds App Store purchases.
    """
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> RefundView:
        order = await service.lock_order(tx, order_id)
        actor, _ = await begin(tx, request, caller, Right.MANAGE_ORDERS, order.user_id)
        limit = (await economy.current(tx, settings)).refund_limit
        made = await service.ask(
            tx, order, providers, reason=reason, requested_by=caller.user_id, limit=limit
        )
        before = {"status": order.status, "refunded_coins": order.refunded_coins}
        await _write_audit(tx, actor, "order.refund", made, reason, before)
        return _view(made)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    if answer.status == 201:
        # It is kept with its key before the provider hears of it, so that no transaction waits
        # for the provider and a repeated request never asks for a second refund.
        first = msgspec.json.decode(answer.body, type=RefundView)
        shown = await _carry_out(database, providers, first.id)
        answer = answer._replace(body=msgspec.json.encode(shown))
    return answer.response()


@post("/refunds/{refund_id:int}/approve", status_code=200, guards=[require(Right.MANAGE_ORDERS)])
async def approve_refund(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    refund_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> RefundView:
    """Ask the provider for what somebody else wanted. 403 `refund.second_person`."""
    await _decide(request, caller, database, providers, refund_id, data, "approve")
    return await _carry_out(database, providers, refund_id)


@post("/refunds/{refund_id:int}/reject", status_code=200, guards=[require(Right.MANAGE_ORDERS)])
async def reject_refund(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    refund_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> RefundView:
    """Let what waits not be asked for."""
    return await _decide(request, caller, database, providers, refund_id, data, "reject")


async def _decide(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    providers: Providers,
    refund_id: int,
    data: GiveReason,
    verb: Literal["approve", "reject"],
) -> RefundView:
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> RefundView:
        asked = await service.find(tx, refund_id)
        order = await service.lock_order(tx, asked.order_id)
        actor, _ = await begin(tx, request, caller, Right.MANAGE_ORDERS, order.user_id)
        if verb == "approve":
            decided = await service.approve(
                tx, order, refund_id, providers, decided_by=caller.user_id, decision=reason
            )
        else:
            decided = await service.reject(
                tx, refund_id, decided_by=caller.user_id, decision=reason
            )
        before = {"status": "pending"}
        await _write_audit(tx, actor, f"refund.{verb}", decided, reason, before)
        return _view(decided)

    return await database.run(work)


async def _carry_out(database: Database, providers: Providers, refund_id: int) -> RefundView:
    await carrying.carry_out_now(database, providers, refund_id)
    return _view(await database.read(lambda tx: service.find(tx, refund_id)))


async def _write_audit(
    tx: Transaction,
    actor: audit.Actor,
    action: str,
    refund: Row[Any],
    reason: str,
    before: dict[str, Any],
) -> None:
    after = {"refund_id": refund.id, "status": refund.status, "coins": refund.coins}
    subject = ("order", refund.order_id)
    await audit.write(tx, actor, action, subject, reason=reason, before=before, after=after)


ROUTES = [list_refunds, refund_order, approve_refund, reject_refund]
