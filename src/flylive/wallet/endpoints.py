"""The wallet's addresses."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest, NotFound
from flylive.http import etags, idempotency, pages
from flylive.http.requests import is_loopback, origin
from flylive.wallet import exchange, queries, service
from flylive.wallet.errors import ProviderUnavailable, UnknownOrder, UnknownTransaction
from flylive.wallet.movements import Movement
from flylive.wallet.schemas import (
    CreateOrder,
    OrderView,
    PackageView,
    SettleSandboxOrder,
    TransactionView,
    WalletView,
)


def order_view(row: Row[Any]) -> OrderView:
    """An order with how to pay it."""
    checkout: dict[str, Any] = {"provider": row.provider}
    if row.provider == "sandbox":
        checkout["url"] = f"/v1/recharge/orders/{row.id}/sandbox"
    return msgspec.convert(row._asdict() | {"checkout": checkout}, OrderView)


def require_sandbox(request: Request[Any, Any, Any], settings: Settings) -> None:
    """The sandbox provider exists in development and for loopback peers only."""
    if settings.env != "development" or not is_loopback(request):
        raise NotFound


@get("/wallet")
async def get_wallet(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> WalletView:
    """The caller's balances, totals and debt."""

    async def work(tx: Reading) -> WalletView:
        row = await queries.find_wallet(tx, caller.user_id)
        return msgspec.convert(row._asdict(), WalletView)

    return await database.read(work)


@get("/wallet/transactions")
async def list_transactions(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    type: FromQuery[Movement | None] = None,
    currency_type: FromQuery[Literal[1, 2] | None] = None,
    since: Annotated[datetime | None, QueryParameter(name="from")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to")] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[TransactionView]:
    """The ledger rows that the caller is a side of, newest first."""
    for name, moment in (("from", since), ("to", until)):
        if moment is not None and moment.tzinfo is None:
            raise InvalidRequest.field(name, "must carry a time zone, such as a final Z")
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[TransactionView]:
        rows = await queries.list_transactions(
            tx,
            caller.user_id,
            limit=limit + 1,
            type=type,
            currency=currency_type,
            since=since,
            until=until,
            before=(before[0], before[1]) if before else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), TransactionView),
            lambda row: (row.created_at, row.id),
        )

    return await database.read(work)


@get("/wallet/transactions/{transaction_id:int}")
async def get_transaction(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    transaction_id: FromPath[int],
) -> TransactionView:
    """One ledger row that the caller is a side of."""

    async def work(tx: Reading) -> TransactionView:
        row = await queries.find_transaction(tx, caller.user_id, transaction_id)
        if row is None:
            raise UnknownTransaction
        return msgspec.convert(row._asdict(), TransactionView)

    return await database.read(work)


@get(
    "/recharge/packages",
    responses={
        200: ResponseSpec(
            pages.Page[PackageView], generate_examples=False, description="What is sold here"
        )
    },
)
async def list_packages(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
) -> Response[bytes]:
    """The packages sold in the caller's country, popular first. Has an ETag."""

    async def work(tx: Reading) -> pages.Page[PackageView]:
        rows = await service.list_packages(tx, caller.user_id)
        return pages.Page(
            data=[msgspec.convert(row._asdict(), PackageView) for row in rows], next_cursor=None
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


@post(
    "/recharge/orders",
    status_code=201,
    responses={201: ResponseSpec(OrderView, generate_examples=False, description="Ordered")},
)
async def create_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[CreateOrder],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Order a package at a payment provider. Needs an Idempotency-Key."""

    async def work(tx: Transaction) -> OrderView:
        if data.provider != "sandbox":
            raise ProviderUnavailable(f"{data.provider} is not set up on this platform")
        require_sandbox(request, settings)
        order = await service.create_order(
            tx, caller.user_id, data.package_id, data.provider, origin(request)
        )
        return order_view(order)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    return answer.response()


@get("/recharge/orders/{order_id:int}")
async def get_order(
    caller: NamedDependency[Caller], database: NamedDependency[Database], order_id: FromPath[int]
) -> OrderView:
    """An order of the caller's."""

    async def work(tx: Reading) -> OrderView:
        order = await queries.find_order(tx, order_id, caller.user_id)
        if order is None:
            raise UnknownOrder
        return order_view(order)

    return await database.read(work)


@post("/recharge/orders/{order_id:int}/sandbox", status_code=200)
async def settle_sandbox_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    order_id: FromPath[int],
    data: JSONBody[SettleSandboxOrder],
) -> OrderView:
    """Play the provider: report the order paid, failed or refunded. Development only."""
    require_sandbox(request, settings)

    async def work(tx: Transaction) -> OrderView:
        return order_view(await service.settle_order(tx, caller.user_id, order_id, data.outcome))

    return await database.run(work)


ROUTES = [
    get_wallet,
    list_transactions,
    get_transaction,
    list_packages,
    create_order,
    get_order,
    settle_sandbox_order,
    *exchange.ROUTES,
]
