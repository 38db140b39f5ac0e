"""The staff's addresses of gifts that are taken back."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller, audit, staff
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import begin_on, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.gifts.reversals import queries, service
from flylive.gifts.reversals.errors import UnknownGiftTransaction
from flylive.gifts.reversals.schemas import ReversalView
from flylive.http import idempotency, pages
from flylive.http.fields import FieldChecks
from flylive.rankings import scores


def _reason(data: GiveReason) -> str:
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert reason is not None
    return reason


async def _begin(
    tx: Transaction, request: Request[Any, Any, Any], caller: Caller, line_id: int
) -> tuple[audit.Actor, Row[Any]]:
    """The staff's lock, the fold's, then everybody's: who acts, and the gift."""
    await staff.lock(tx)
    await scores.hold(tx)
    line = await queries.find_line(tx, line_id)
    if line is None:
        raise UnknownGiftTransaction
    people = {line.sender_id, line.recipient_id} | ({line.owner_id} - {None})
    actor, _ = await begin_on(tx, request, caller, Right.ADJUST_BALANCES, people)
    return actor, line


async def _view(tx: Reading, line_id: int) -> ReversalView:
    [row] = await queries.list_reversals(tx, limit=1, line_id=line_id)
    return msgspec.convert(row._asdict(), ReversalView)


@get("/gift-reversals", guards=[require(Right.VIEW_LEDGER)])
async def list_reversals(
    database: NamedDependency[Database],
    status: FromQuery[Literal["pending", "reversed"] | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ReversalView]:
    """Gifts that were taken back, and those that wait for a second person."""
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[ReversalView]:
        rows = await queries.list_reversals(
            tx, limit=limit + 1, status=status, before=(before[0], before[1]) if before else None
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), ReversalView),
            lambda row: (row.requested_at, row.gift_transaction_id),
        )

    return await database.read(work)


@post(
    "/gift-transactions/{gift_transaction_id:int}/reverse",
    status_code=201,
    guards=[require(Right.ADJUST_BALANCES)],
    responses={201: ResponseSpec(ReversalView, generate_examples=False, description="Kept")},
)
async def reverse_gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    gift_transaction_id: FromPath[int],
    data: JSONBody[GiveReason],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Take a gift back, one line of it: coins to the sender, diamonds from who earned by it; open
    boards, room sums and the agency's earnings follow. Needs an Idempotency-Key.

    Beyond what one person may give in a day (`FLYLIVE_ADJUSTMENT_LIMIT`) it waits, `status`
    pending, until a second one asks for the same.
    """

    async def work(tx: Transaction) -> ReversalView:
        reason = _reason(data)
        actor, line = await _begin(tx, request, caller, gift_transaction_id)
        is_done = await service.reverse(
            tx, line, actor_id=caller.user_id, reason=reason, settings=settings
        )
        view = await _view(tx, gift_transaction_id)
        shown = msgspec.to_builtins(view)
        about = ("gift_transaction", gift_transaction_id)
        verb = "gift.reverse" if is_done else "gift.ask_reversal"
        await audit.write(tx, actor, verb, about, reason=reason, before={}, after=shown)
        return view

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    return answer.response()


@post(
    "/gift-transactions/{gift_transaction_id:int}/keep",
    status_code=204,
    guards=[require(Right.ADJUST_BALANCES)],
)
async def keep_gift(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    gift_transaction_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Let a gift stand that waits to be taken back; whoever asked may say so too."""
    reason = _reason(data)

    async def work(tx: Transaction) -> None:
        actor, line = await _begin(tx, request, caller, gift_transaction_id)
        asked = await service.keep(tx, line)
        before = {"requested_by": asked.requested_by, "reason": asked.reason}
        about = ("gift_transaction", gift_transaction_id)
        await audit.write(tx, actor, "gift.keep", about, reason=reason, before=before, after={})

    await database.run(work)


ROUTES = [list_reversals, reverse_gift, keep_gift]
