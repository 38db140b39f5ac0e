"""The staff's addresses of the ledger: search, export, adjustments and their second person."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream

from flylive import economy, money
from flylive.accounts import Caller, audit
from flylive.config import Settings
from flylive.console import rules
from flylive.console.guard import begin, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.console.times import Since, Until
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import export, idempotency, pages
from flylive.http.fields import MAX_ID, FieldChecks, Id, check_times
from flylive.money import Currency
from flylive.wallet import search as ledger
from flylive.wallet.adjustments import queries, service
from flylive.wallet.adjustments.errors import UnknownAdjustment
from flylive.wallet.adjustments.schemas import AdjustmentView
from flylive.wallet.movements import Movement
from flylive.wallet.search import LedgerRow, Search

UserId = Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)]
SourceType = Annotated[str | None, QueryParameter(min_length=1, max_length=100)]


class Adjust(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/adjustments: `amount` as ``"250.00"`` to give, ``"-250.00"`` to take."""

    user_id: Id
    currency: Literal["coins", "diamonds"]
    amount: str | int
    reason: str


def signed_amount(given: object) -> int:
    """Hundredths, negative where it is taken; never 0. Raises ValueError."""
    words = str(given)
    hundredths = money.parse(words.removeprefix("-"))
    if hundredths == 0:
        raise ValueError("must not be zero")
    return -hundredths if words.startswith("-") else hundredths


def _search(
    user_id: int | None,
    type: Movement | None,
    currency_type: int | None,
    since: datetime | None,
    until: datetime | None,
    source_type: str | None,
    source_id: int | None,
) -> Search:
    check_times(since, until)
    if source_type is not None and "\0" in source_type:
        raise InvalidRequest.field("source_type", "must not contain control characters")
    return Search(user_id, type, currency_type, since, until, source_type, source_id)


@get("/transactions", guards=[require(Right.VIEW_LEDGER)])
async def list_transactions(
    database: NamedDependency[Database],
    user_id: UserId = None,
    type: FromQuery[Movement | None] = None,
    currency_type: FromQuery[Literal[1, 2] | None] = None,
    since: Since = None,
    until: Until = None,
    source_type: SourceType = None,
    source_id: UserId = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[LedgerRow]:
    """Ledger rows, newest first. `user_id`: on either side; `source_type`, `source_id`: what
    moved them, such as `GiftTransaction` 17.
    """
    wanted = _search(user_id, type, currency_type, since, until, source_type, source_id)
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[LedgerRow]:
        rows = await ledger.find_rows(
            tx, wanted, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), LedgerRow),
            lambda row: (row.created_at, row.id),
        )

    return await database.read(work)


@get("/transactions.csv", media_type="text/csv", guards=[require(Right.VIEW_LEDGER)])
async def export_transactions(
    database: NamedDependency[Database],
    user_id: UserId = None,
    type: FromQuery[Movement | None] = None,
    currency_type: FromQuery[Literal[1, 2] | None] = None,
    since: Since = None,
    until: Until = None,
    source_type: SourceType = None,
    source_id: UserId = None,
) -> Stream:
    """The same rows as CSV, all of them."""
    wanted = _search(user_id, type, currency_type, since, until, source_type, source_id)
    names = [name for name in LedgerRow.__struct_fields__ if name != "metadata"]

    async def rows() -> AsyncIterator[list[list[Any]]]:
        before: tuple[datetime, int] | None = None
        while True:

            async def page(
                tx: Reading, before: tuple[datetime, int] | None = before
            ) -> list[list[Any]]:
                found = await ledger.find_rows(tx, wanted, limit=export.PAGE, before=before)
                return [[row._mapping[name] for name in names] for row in found]

            lines = await database.read(page)
            if not lines:
                return
            yield lines
            before = lines[-1][names.index("created_at")], lines[-1][0]

    return export.csv_file("transactions.csv", names, rows())


@get("/adjustments", guards=[require(Right.VIEW_LEDGER)])
async def list_adjustments(
    database: NamedDependency[Database],
    status: FromQuery[Literal["pending", "posted", "rejected"] | None] = None,
    user_id: UserId = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[AdjustmentView]:
    """What staff posted, and what waits for a second person; newest first."""
    (before,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[AdjustmentView]:
        rows = await queries.list_adjustments(
            tx, before=before, limit=limit + 1, status=status, user_id=user_id
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), AdjustmentView),
            lambda row: (row.id,),
        )

    return await database.read(work)


@post(
    "/adjustments",
    status_code=201,
    guards=[require(Right.ADJUST_BALANCES)],
    responses={201: ResponseSpec(AdjustmentView, generate_examples=False, description="Kept")},
)
async def adjust(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[Adjust],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Give or take coins or diamonds by the ledger. Needs an Idempotency-Key.

    What one person posts in a day beyond `FLYLIVE_ADJUSTMENT_LIMIT` waits for a second one:
    `status` is then pending.
    """

    async def work(tx: Transaction) -> AdjustmentView:
        checks = FieldChecks()
        reason = checks.field("reason", rules.reason, data.reason)
        amount = checks.field("amount", signed_amount, data.amount)
        checks.done()
        assert reason is not None
        assert amount is not None
        actor, _ = await begin(tx, request, caller, Right.ADJUST_BALANCES, data.user_id)
        made = await service.ask(
            tx,
            user_id=data.user_id,
            currency=Currency.COINS if data.currency == "coins" else Currency.DIAMONDS,
            amount=amount,
            reason=reason,
            requested_by=caller.user_id,
            limit=(await economy.current(tx, settings)).adjustment_limit,
        )
        verb = "post" if made.status == "posted" else "ask"
        await _write_audit(tx, actor, f"adjustment.{verb}", made, reason, {})
        return msgspec.convert(made._asdict(), AdjustmentView)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    return answer.response()


@post(
    "/adjustments/{adjustment_id:int}/approve",
    status_code=200,
    guards=[require(Right.ADJUST_BALANCES)],
)
async def approve_adjustment(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    adjustment_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> AdjustmentView:
    """Post what somebody else asked for. 403 `adjustment.second_person`."""
    return await _decide(request, caller, database, adjustment_id, data, "approve")


@post(
    "/adjustments/{adjustment_id:int}/reject",
    status_code=200,
    guards=[require(Right.ADJUST_BALANCES)],
)
async def reject_adjustment(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    adjustment_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> AdjustmentView:
    """Let what waits go unposted."""
    return await _decide(request, caller, database, adjustment_id, data, "reject")


async def _decide(
    request: Request[Any, Any, Any],
    caller: Caller,
    database: Database,
    adjustment_id: int,
    data: GiveReason,
    verb: Literal["approve", "reject"],
) -> AdjustmentView:
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert reason is not None

    async def work(tx: Transaction) -> AdjustmentView:
        asked = await queries.find(tx, adjustment_id)
        if asked is None:
            raise UnknownAdjustment
        actor, _ = await begin(tx, request, caller, Right.ADJUST_BALANCES, asked.user_id)
        decide = service.approve if verb == "approve" else service.reject
        decided = await decide(tx, adjustment_id, decided_by=caller.user_id, decision=reason)
        before = {"status": "pending"}
        await _write_audit(tx, actor, f"adjustment.{verb}", decided, reason, before)
        return msgspec.convert(decided._asdict(), AdjustmentView)

    return await database.run(work)


async def _write_audit(
    tx: Transaction,
    actor: audit.Actor,
    action: str,
    adjustment: Any,
    reason: str,
    before: dict[str, Any],
) -> None:
    shown = {"adjustment_id": adjustment.id, "status": adjustment.status}
    shown |= {"currency_type": adjustment.currency_type, "amount": str(adjustment.amount)}
    subject = ("user", adjustment.user_id)
    await audit.write(tx, actor, action, subject, reason=reason, before=before, after=shown)


ROUTES = [
    list_transactions,
    export_transactions,
    list_adjustments,
    adjust,
    approve_adjustment,
    reject_adjustment,
]
