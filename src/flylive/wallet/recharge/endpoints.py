"""Recharge's addresses: packages, orders, and how a client says that he has paid."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody
from sqlalchemy import Row

from flylive.accounts import Caller
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.errors import NotFound
from flylive.http import etags, idempotency, pages
from flylive.http.requests import is_loopback, origin
from flylive.wallet.recharge import checking, queries, service
from flylive.wallet.recharge.errors import PurchaseMismatch, PurchaseUsed, UnknownOrder
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.schemas import (
    ConfirmOrder,
    CreateOrder,
    OrderView,
    PackageView,
    SettleSandboxOrder,
)
from flylive.wallet.recharge.service import USED

AfterPurchase = Callable[[int], Awaitable[None]]
"""What follows for a buyer whose order was settled; it stands in a layer above."""


def order_view(row: Row[Any], providers: Providers) -> OrderView:
    """An order with how to pay it."""
    return msgspec.convert(row._asdict() | {"checkout": providers.checkout(row)}, OrderView)


def require_sandbox(request: Request[Any, Any, Any], settings: Settings) -> None:
    """The sandbox provider exists in development and for loopback peers only."""
    if settings.env != "development" or not is_loopback(request):
        raise NotFound


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
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[bytes]:
    """The packages sold in the caller's country, popular first, then by price. Has an ETag."""
    after = pages.decode(cursor, bool, Decimal, int)

    async def work(tx: Reading) -> pages.Page[PackageView]:
        rows = await service.list_packages(
            tx,
            caller.user_id,
            after=(after[0], after[1], after[2]) if after else None,
            limit=limit + 1,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), PackageView),
            lambda row: (row.is_popular, row.price, row.id),
        )

    body = msgspec.json.encode(await database.read(work))
    return etags.answer(request, body, "application/json", etags.PRIVATE)


async def _open(database: Database, providers: Providers, order_id: int) -> Row[Any]:
    """The order, waiting for its payer at its provider. Raises Unavailable."""
    order = await database.read(lambda tx: queries.read_order(tx, order_id))
    if order.provider == "sandbox" or order.status != "pending" or order.provider_reference:
        return order
    opened = await providers.get(order.provider).open(order)
    if opened is None:
        return order

    async def work(tx: Transaction) -> Row[Any]:
        await queries.open_order(tx, order_id, opened.reference, opened.url)
        return await queries.read_order(tx, order_id)

    return await database.run(work)


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
    providers: NamedDependency[Providers],
    data: JSONBody[CreateOrder],
    key: idempotency.Key = None,
) -> Response[bytes]:
    """Order a package at a payment provider. Needs an Idempotency-Key.

    While the provider does not answer: 503, and the same key goes on with the same order.
    """

    async def work(tx: Transaction) -> OrderView:
        if data.provider == "sandbox":
            require_sandbox(request, settings)
        else:
            providers.get(data.provider)
        order = await service.create_order(
            tx, caller.user_id, data.package_id, data.provider, origin(request)
        )
        return order_view(order, providers)

    answer = await idempotency.once(database, request, caller.user_id, key, data, work)
    if answer.status == 201 and data.provider != "sandbox":
        # The order is kept with its key before its provider hears of it, so that no transaction
        # waits for the provider and a repeated request never makes a second payment.
        first = msgspec.json.decode(answer.body, type=OrderView)
        order = await _open(database, providers, first.id)
        first.checkout = providers.checkout(order)
        answer = answer._replace(body=msgspec.json.encode(first))
    return answer.response()


@get("/recharge/orders/{order_id:int}")
async def get_order(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    order_id: FromPath[int],
) -> OrderView:
    """An order of the caller's."""

    async def work(tx: Reading) -> OrderView:
        order = await queries.find_order(tx, order_id, caller.user_id)
        if order is None:
            raise UnknownOrder
        return order_view(order, providers)

    return await database.read(work)


@post("/recharge/orders/{order_id:int}/confirm", status_code=200)
async def confirm_order(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    after_purchase: NamedDependency[AfterPurchase],
    order_id: FromPath[int],
    data: JSONBody[ConfirmOrder],
) -> OrderView:
    """Say that the order was paid; its provider is asked, and the order is as it then stands.

    `pending` in the answer: the provider has no money yet. 503: it does not answer; nothing has
    changed, ask again after `Retry-After`.
    """
    order = await database.read(lambda tx: queries.find_order(tx, order_id, caller.user_id))
    if order is None:
        raise UnknownOrder
    if order.provider == "sandbox":
        return order_view(order, providers)
    provider = providers.get(order.provider)
    reference = await provider.reference(order, data)
    settled = await checking.check(database, provider, order.id, reference)
    if settled.outcome == "refused":
        raise PurchaseUsed if settled.detail == USED else PurchaseMismatch(settled.detail)
    await after_purchase(caller.user_id)
    return order_view(settled.order, providers)


@post("/recharge/orders/{order_id:int}/sandbox", status_code=200)
async def settle_sandbox_order(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    providers: NamedDependency[Providers],
    after_purchase: NamedDependency[AfterPurchase],
    order_id: FromPath[int],
    data: JSONBody[SettleSandboxOrder],
) -> OrderView:
    """Play the provider: report the order paid, failed or refunded. Development only."""
    require_sandbox(request, settings)

    async def work(tx: Transaction) -> OrderView:
        order = await service.settle_sandbox(tx, caller.user_id, order_id, data.outcome)
        return order_view(order, providers)

    view = await database.run(work)
    await after_purchase(caller.user_id)
    return view


ROUTES = [
    list_packages,
    create_order,
    get_order,
    confirm_order,
    settle_sandbox_order,
]
