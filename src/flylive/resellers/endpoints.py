"""The addresses of resellers and of asking them for coins."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.accounts import queries as accounts
from flylive.accounts import rules as account_rules
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.http import idempotency, pages
from flylive.http.fields import MAX_ID, FieldChecks, check_times
from flylive.resellers import queries, service, statements
from flylive.resellers.errors import NotAReseller, UnknownRequest
from flylive.resellers.schemas import (
    Act,
    AskForCoins,
    CoinRequestView,
    ResellerView,
    Statement,
    Transfer,
    Transferred,
)

Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[
    datetime | None, QueryParameter(name="to", description="RFC 3339, itself not in it.")
]


@post(
    "/wallet/transfers",
    status_code=201,
    responses={201: ResponseSpec(Transferred, generate_examples=False, description="Moved")},
)
async def transfer(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[Transfer],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Send coins to a user, as a reseller. Needs an Idempotency-Key."""

    async def work(tx: Transaction) -> Transferred:
        return await service.transfer(tx, caller.user_id, data, settings)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    return answer.response()


@post("/coin-requests", status_code=201)
async def ask_for_coins(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[AskForCoins],
) -> CoinRequestView:
    """Ask a reseller for coins, to buy them or on credit."""

    async def work(tx: Transaction) -> CoinRequestView:
        return await service.ask(tx, caller.user_id, data, settings)

    return await database.run(work)


@get("/coin-requests")
async def list_coin_requests(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    box: FromQuery[Literal["sent", "received"]] = "sent",
    status: FromQuery[Literal["pending", "approved", "rejected", "cancelled"] | None] = None,
    overdue: FromQuery[bool] = False,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[CoinRequestView]:
    """What the caller asked for, or was asked for, newest first."""
    before = pages.decode(cursor, int)

    async def work(tx: Reading) -> pages.Page[CoinRequestView]:
        rows = await queries.list_requests(
            tx,
            box,
            caller.user_id,
            before=before[0] if before else MAX_ID,
            limit=limit + 1,
            status=status,
            is_overdue=overdue,
        )
        shown = {view.id: view for view in await service.views(tx, rows[:limit], settings)}
        return pages.page(rows, limit, lambda row: shown[row.id], lambda row: (row.id,))

    return await database.read(work)


@get("/coin-requests/{request_id:int}")
async def get_coin_request(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
) -> CoinRequestView:
    """A request that the caller is a side of."""

    async def work(tx: Reading) -> CoinRequestView:
        row = await queries.find_request(tx, request_id, caller.user_id)
        if row is None:
            raise UnknownRequest
        return (await service.views(tx, [row], settings))[0]

    return await database.read(work)


@post(
    "/coin-requests/{request_id:int}/approve",
    status_code=200,
    responses={200: ResponseSpec(CoinRequestView, generate_examples=False, description="Paid out")},
)
async def approve(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
    data: JSONBody[Act],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Hand the coins out, as the reseller who was asked. Needs an Idempotency-Key."""

    async def work(tx: Transaction) -> CoinRequestView:
        message = data.action_message
        return await service.approve(tx, caller.user_id, request_id, message, settings)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work, status=200)
    return answer.response()


@post("/coin-requests/{request_id:int}/reject", status_code=200)
async def reject(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
    data: JSONBody[Act],
) -> CoinRequestView:
    """Give nothing, as the reseller who was asked."""

    async def work(tx: Transaction) -> CoinRequestView:
        return await service.reject(tx, caller.user_id, request_id, data.action_message, settings)

    return await database.run(work)


@post("/coin-requests/{request_id:int}/cancel", status_code=200)
async def cancel(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
) -> CoinRequestView:
    """Withdraw one's own request while it waits."""
    return await database.run(lambda tx: service.cancel(tx, caller.user_id, request_id, settings))


@post("/coin-requests/{request_id:int}/settle", status_code=200)
async def settle(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    request_id: FromPath[int],
) -> CoinRequestView:
    """Say that credit was paid, as the reseller who gave it."""
    return await database.run(lambda tx: service.settle(tx, caller.user_id, request_id, settings))


@get("/resellers")
async def list_resellers(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    country: FromQuery[str | None] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[ResellerView]:
    """Who sells coins, without those who blocked the caller."""
    checks = FieldChecks()
    wanted = None if country is None else checks.field("country", account_rules.country, country)
    checks.done()
    after = pages.decode(cursor, int)

    async def work(tx: Reading) -> pages.Page[ResellerView]:
        rows = await queries.list_resellers(
            tx, caller.user_id, after=after[0] if after else 0, limit=limit + 1, country=wanted
        )
        people = await accounts.cards(tx, [row.user_id for row in rows])

        def view(row: Row[Any]) -> ResellerView:
            return msgspec.convert(row._asdict() | {"user": people[row.user_id]}, ResellerView)

        return pages.page(rows, limit, view, lambda row: (row.user_id,))

    return await database.read(work)


@get("/resellers/me/statement")
async def get_statement(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    since: Since = None,
    until: Until = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Statement:
    """The reseller's own sales, newest first: stock, sold, on credit, overdue."""
    check_times(since, until)
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> Statement:
        await _require_reseller(tx, caller.user_id)
        at = (before[0], before[1]) if before else None
        return await statements.read(tx, caller.user_id, since, until, limit=limit, before=at)

    return await database.read(work)


@get("/resellers/me/statement.csv", media_type="text/csv")
async def get_statement_csv(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    since: Since = None,
    until: Until = None,
    part: FromQuery[Literal["lines", "summary"]] = "lines",
) -> Stream:
    """The same as CSV in UTF-8: every line of the asked time, newest first; or its sums."""
    check_times(since, until)
    await database.read(lambda tx: _require_reseller(tx, caller.user_id))
    return await statements.export_csv(database, caller.user_id, since, until, part)


async def _require_reseller(tx: Reading, user_id: int) -> None:
    if await queries.find_reseller(tx, user_id) is None:
        raise NotAReseller


ROUTES = [
    transfer,
    ask_for_coins,
    list_coin_requests,
    get_coin_request,
    approve,
    reject,
    cancel,
    settle,
    list_resellers,
    get_statement,
    get_statement_csv,
]
