"""The staff's addresses of resellers and coin requests."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Meta

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.accounts.errors import UnknownUser
from flylive.accounts.schemas import UserCard
from flylive.clock import now
from flylive.config import Settings
from flylive.console import reasons
from flylive.console.guard import begin, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.console.times import Since, Until
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, check_times
from flylive.resellers import search, service, statements
from flylive.resellers.errors import UnknownRequest
from flylive.resellers.schemas import CoinRequestView, Statement

SOLD_WITHIN = timedelta(days=30)
UserId = Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)]


class ResellerRow(msgspec.Struct, kw_only=True):
    """A reseller: `stock` are his coins, `on_credit` what is owed to him, `overdue` the part of it
    that is past its day; `sold_30_days` counts transfers and requests, `pending` what waits.
    """

    user_id: int
    max_credit_days: int
    created_at: datetime
    stock: Decimal
    is_blocked: bool
    deleted_at: datetime | None
    sold_30_days: Decimal
    on_credit: Decimal
    overdue: Decimal
    open_credits: int
    overdue_credits: int
    pending: int
    user: UserCard


class Appoint(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /admin/resellers/{user_id}: longest credit he may give, 0: none, and why."""

    reason: str
    max_credit_days: Annotated[int, Meta(ge=0, le=365)] = 30


@get("/coin-requests", guards=[require(Right.VIEW_RESELLERS)])
async def list_coin_requests(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    status: FromQuery[Literal["pending", "approved", "rejected", "cancelled"] | None] = None,
    type: FromQuery[Literal["purchase", "credit"] | None] = None,
    user_id: UserId = None,
    reseller_id: UserId = None,
    overdue: FromQuery[bool] = False,
    since: Since = None,
    until: Until = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[CoinRequestView]:
    """Coin requests, newest first. `user_id`: on either side; `overdue`: credit past its day."""
    check_times(since, until)
    wanted = search.Search(status, type, user_id, reseller_id, since, until, overdue)
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)

    async def work(tx: Reading) -> pages.Page[CoinRequestView]:
        rows = await search.find_requests(tx, wanted, limit=limit + 1, before_id=before_id)
        shown = {view.id: view for view in await service.views(tx, rows[:limit], settings)}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))

    return await database.read(work)


@get("/coin-requests/{request_id:int}", guards=[require(Right.VIEW_RESELLERS)])
async def get_coin_request(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
) -> CoinRequestView:
    """A coin request with its proofs."""

    async def work(tx: Reading) -> CoinRequestView:
        rows = list((await service.find_requests(tx, [request_id])).values())
        if not rows:
            raise UnknownRequest
        return (await service.views(tx, rows, settings))[0]

    return await database.read(work)


async def _resellers(
    tx: Reading, limit: int, after_id: int = 0, **more: Any
) -> pages.Page[ResellerRow]:
    rows = await search.list_resellers(
        tx, after_id=after_id, limit=limit + 1, since=now() - SOLD_WITHIN, **more
    )
    people = await accounts.cards(tx, {row.user_id for row in rows})

    def view(row: Any) -> ResellerRow:
        return msgspec.convert(row._asdict() | {"user": people[row.user_id]}, ResellerRow)

    return pages.page(rows, limit, view, lambda row: (row.user_id,))


@get("/resellers", guards=[require(Right.VIEW_RESELLERS)])
async def list_resellers(
    database: NamedDependency[Database],
    user_id: UserId = None,
    overdue: FromQuery[bool] = False,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ResellerRow]:
    """Who may sell coins, with what he has, sold and is owed; `overdue`: to whom it is late."""
    (after_id,) = pages.decode(cursor, int) or (0,)
    return await database.read(
        lambda tx: _resellers(tx, limit, after_id, user_id=user_id, is_overdue=overdue)
    )


@put("/resellers/{user_id:int}", guards=[require(Right.MANAGE_RESELLERS)])
async def appoint_reseller(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[Appoint],
) -> ResellerRow:
    """Let a user, whose e-mail is verified, sell coins; or with other days of credit.

    409 `reseller.email_not_verified`.
    """
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> ResellerRow:
        actor, _ = await begin(tx, request, caller, Right.MANAGE_RESELLERS, user_id)
        before = await service.terms(tx, user_id)
        await service.appoint(tx, user_id, data.max_credit_days)
        after = {"max_credit_days": data.max_credit_days}
        verb = "reseller.grant" if before is None else "reseller.edit"
        subject = ("user", user_id)
        await audit.write(tx, actor, verb, subject, reason=reason, before=before or {}, after=after)
        return (await _resellers(tx, 1, user_id=user_id)).data[0]

    return await database.run(work)


@delete("/resellers/{user_id:int}", status_code=204, guards=[require(Right.MANAGE_RESELLERS)])
async def dismiss_reseller(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Let a user sell no more; what is owed to him stays owed."""
    reason = reasons.read(data.reason)

    async def work(tx: Transaction) -> None:
        actor, _ = await begin(tx, request, caller, Right.MANAGE_RESELLERS, user_id)
        before = await service.terms(tx, user_id)
        await service.dismiss(tx, user_id)
        subject = ("user", user_id)
        await audit.write(
            tx,
            actor,
            "reseller.revoke",
            subject,
            reason=reason,
            before=before or {},
            after={"max_credit_days": None},
        )

    await database.run(work)


@get("/resellers/{user_id:int}/statement", guards=[require(Right.VIEW_RESELLERS)])
async def get_statement(
    database: NamedDependency[Database],
    user_id: FromPath[int],
    since: Since = None,
    until: Until = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Statement:
    """A reseller's sales, newest first, and their sums; of somebody who sells no more, too."""
    check_times(since, until)
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> Statement:
        await _require_user(tx, user_id)
        at = (before[0], before[1]) if before else None
        return await statements.read(tx, user_id, since, until, limit=limit, before=at)

    return await database.read(work)


@get(
    "/resellers/{user_id:int}/statement.csv",
    media_type="text/csv",
    guards=[require(Right.VIEW_RESELLERS)],
)
async def get_statement_csv(
    database: NamedDependency[Database],
    user_id: FromPath[int],
    since: Since = None,
    until: Until = None,
    part: FromQuery[statements.Part] = "lines",
) -> Stream:
    """The same as CSV: every line of the asked time, or the sums."""
    check_times(since, until)
    await database.read(lambda tx: _require_user(tx, user_id))
    return await statements.export_csv(database, user_id, since, until, part)


async def _require_user(tx: Reading, user_id: int) -> None:
    if user_id not in await accounts.cards(tx, {user_id}):
        raise UnknownUser


ROUTES = [
    list_coin_requests,
    get_coin_request,
    list_resellers,
    appoint_reseller,
    dismiss_reseller,
    get_statement,
    get_statement_csv,
]
