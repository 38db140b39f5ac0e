"""The staff's addresses of orders: found, looked at, asked about anew."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from sqlalchemy import Row

from flylive.accounts import Caller, audit
from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.clock import now
from flylive.console import reasons
from flylive.console.guard import act, require
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.console.times import Since, Until
from flylive.database import Database, Reading, Transaction
from flylive.errors import InvalidRequest, Problem
from flylive.http import export, pages
from flylive.http.fields import MAX_ID, check_times
from flylive.wallet import search as ledger
from flylive.wallet.recharge import checking, search, service
from flylive.wallet.recharge.errors import OrderState, UnknownOrder
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.refunds import service as refunds
from flylive.wallet.recharge.refunds.schemas import RefundView
from flylive.wallet.recharge.schemas import Provider
from flylive.wallet.search import LedgerRow, Search

Status = Literal["pending", "paid", "failed", "refunded"]
UserId = Annotated[int | None, QueryParameter(ge=1, le=MAX_ID)]
Reference = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=1024,
        description="Any name of the payment: at its provider (session, payment intent, purchase"
        " token, order number, transaction), or ours there.",
    ),
]


class OrderRow(msgspec.Struct, kw_only=True):
    """An order as staff see it. `reference` is the payment's name at the provider, of a purchase
    token its SHA-256; `binding` is our name there; `check_at` is when the worker asks again.
    """

    id: int
    user_id: int
    package_id: int
    package_name: str
    provider: str
    reference: str | None
    binding: UUID
    product_id: str | None
    status: str
    coin_amount: int
    bonus_coins: int
    refunded_coins: int
    price: Decimal
    currency: str
    ip_address: str | None
    user_agent: str | None
    revision: int
    checks: int
    check_at: datetime | None
    consumed_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None
    created_at: datetime
    updated_at: datetime
    user: UserCard


class EventView(msgspec.Struct, kw_only=True):
    """Something that the provider said of an order, and what became of it."""

    id: int
    event_id: str
    kind: str
    reference: str | None
    payload: dict[str, Any]
    outcome: str
    detail: str | None
    deliveries: int
    received_at: datetime
    handled_at: datetime | None


class OrderDetail(OrderRow, kw_only=True):
    """An order with what its provider said, its ledger rows and its refunds.

    `refundable_coins`: what a refund would take back, 0 where there can be none; `no_refund` says
    why in words.
    """

    events: list[EventView]
    transactions: list[LedgerRow]
    refunds: list[RefundView]
    refundable_coins: int
    no_refund: str | None


class ProviderView(msgspec.Struct, kw_only=True):
    """How a payment stands at its provider at this moment; nothing was settled by it.

    `status`: open, paid or failed. `taken_back` is the share of the payment that the payer has
    back, as an exact fraction, null where the provider does not tell; `fault` says why the
    payment may not be this order's; `said` is what was answered.
    """

    status: str
    taken_back: str | None
    fault: str | None
    said: dict[str, Any]
    asked_at: datetime


async def _rows(tx: Reading, rows: Any) -> list[OrderRow]:
    people = await accounts.cards(tx, {row.user_id for row in rows})
    return [msgspec.convert(_fields(row, people), OrderRow) for row in rows]


def _fields(row: Row[Any], people: dict[int, UserCard]) -> dict[str, Any]:
    fields = row._asdict()
    named = fields.pop("provider_reference")
    reference = service.shown_reference(row.provider, named)
    return fields | {"reference": reference, "user": people[row.user_id]}


async def detail(tx: Reading, order_id: int, providers: Providers) -> OrderDetail:
    """One order with all that belongs to it. Raises UnknownOrder."""
    order = await search.find_order(tx, order_id)
    if order is None:
        raise UnknownOrder
    moved = Search(source_type=service.SOURCE_ORDER, source_id=order_id)
    words = None
    try:
        refunds.check(order, providers)
    except Problem as refusal:
        words = refusal.detail
    return msgspec.convert(
        _fields(order, await accounts.cards(tx, {order.user_id}))
        | {
            "events": [
                msgspec.convert(row._asdict(), EventView)
                for row in await search.list_events(tx, order_id)
            ],
            "transactions": [
                msgspec.convert(row._asdict(), LedgerRow)
                for row in await ledger.find_rows(tx, moved, limit=100)
            ],
            "refunds": [
                msgspec.convert(row._asdict(), RefundView)
                for row in await refunds.list_of_order(tx, order_id)
            ],
            "refundable_coins": 0 if words else refunds.left(order),
            "no_refund": words,
        },
        OrderDetail,
    )


def _search(
    provider: str | None,
    status: str | None,
    user_id: int | None,
    since: datetime | None,
    until: datetime | None,
    reference: str | None,
) -> search.Search:
    check_times(since, until)
    if reference is not None and "\0" in reference:
        raise InvalidRequest.field("reference", "must not contain control characters")
    return search.Search(provider, status, user_id, since, until, reference)


@get("/orders", guards=[require(Right.VIEW_ORDERS)])
async def list_orders(
    database: NamedDependency[Database],
    provider: FromQuery[Provider | None] = None,
    status: FromQuery[Status | None] = None,
    user_id: UserId = None,
    since: Since = None,
    until: Until = None,
    reference: Reference = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[OrderRow]:
    """Orders, newest first."""
    wanted = _search(provider, status, user_id, since, until, reference)
    before = pages.decode(cursor, datetime, int)

    async def work(tx: Reading) -> pages.Page[OrderRow]:
        rows = await search.find_orders(
            tx, wanted, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        shown = {view.id: view for view in await _rows(tx, rows[:limit])}
        return pages.page(
            rows, limit, lambda row: shown[row.id], lambda row: (row.created_at, row.id)
        )

    return await database.read(work)


@get("/orders.csv", media_type="text/csv", guards=[require(Right.VIEW_ORDERS)])
async def export_orders(
    database: NamedDependency[Database],
    provider: FromQuery[Provider | None] = None,
    status: FromQuery[Status | None] = None,
    user_id: UserId = None,
    since: Since = None,
    until: Until = None,
    reference: Reference = None,
) -> Stream:
    """The same orders as CSV, all of them."""
    wanted = _search(provider, status, user_id, since, until, reference)
    names = [name for name in OrderRow.__struct_fields__ if name != "user"]

    async def rows() -> AsyncIterator[list[list[Any]]]:
        before: tuple[datetime, int] | None = None
        while True:

            async def page(
                tx: Reading, before: tuple[datetime, int] | None = before
            ) -> list[OrderRow]:
                found = await search.find_orders(tx, wanted, limit=export.PAGE, before=before)
                return await _rows(tx, found)

            orders = await database.read(page)
            if not orders:
                return
            yield [[getattr(order, name) for name in names] for order in orders]
            before = orders[-1].created_at, orders[-1].id

    return export.csv_file("orders.csv", names, rows())


@get("/orders/{order_id:int}", guards=[require(Right.VIEW_ORDERS)])
async def get_order(
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    order_id: FromPath[int],
) -> OrderDetail:
    """An order, what its provider said of it, its ledger rows and its refunds."""
    return await database.read(lambda tx: detail(tx, order_id, providers))


@get("/orders/{order_id:int}/provider", guards=[require(Right.VIEW_ORDERS)])
async def ask_provider(
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    order_id: FromPath[int],
) -> ProviderView:
    """How the order's payment stands at its provider, asked now. Settles nothing.

    409 `recharge.order_state` where the provider knows of no payment yet, 503 while it is away.
    """
    order = await database.read(lambda tx: search.find_order(tx, order_id))
    if order is None:
        raise UnknownOrder
    if order.provider == "sandbox":
        said = {"sandbox": "the sandbox keeps nothing of its own: an order is what it was told"}
        taken_back = "1" if order.status == "refunded" else "0"
        status = {"pending": "open", "failed": "failed"}.get(order.status, "paid")
        return ProviderView(
            status=status, taken_back=taken_back, fault=None, said=said, asked_at=now()
        )
    provider = providers.get(order.provider)
    if order.provider_reference is None:
        raise OrderState("the order has no payment at its provider yet", order_status=order.status)
    standing = await provider.look(order, order.provider_reference)
    taken = standing.taken_back
    return ProviderView(
        status=standing.status,
        taken_back=None if taken is None else str(taken),
        fault=standing.fault,
        said=dict(standing.view),
        asked_at=now(),
    )


@post("/orders/{order_id:int}/look", status_code=200, guards=[require(Right.MANAGE_ORDERS)])
async def look_again(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    providers: NamedDependency[Providers],
    order_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> OrderDetail:
    """Ask the provider how the order's payment stands, and settle the order by the answer.

    503 while the provider is away: the worker then goes on asking.
    """
    reason = reasons.read(data.reason)

    async def note(tx: Transaction) -> Row[Any]:
        order = await refunds.lock_order(tx, order_id)
        actor = await act(tx, request, caller, Right.MANAGE_ORDERS)
        if order.provider == "sandbox":
            raise OrderState("nobody is to be asked at the sandbox", order_status=order.status)
        if order.provider_reference is not None:
            providers.get(order.provider)
        before = {"status": order.status, "refunded_coins": order.refunded_coins}
        at = await service.look_soon(tx, order_id)
        after = {"check_at": at}
        subject = ("order", order_id)
        await audit.write(
            tx, actor, "order.look", subject, reason=reason, before=before, after=after
        )
        return order

    order = await database.run(note)
    # Without a payment at the provider there is nothing to be asked, and it need not be set up.
    provider = providers.find(order.provider)
    settled = await checking.check(database, provider, order_id)
    if provider is not None:
        await checking.finish(database, provider, settled.order)
    return await database.read(lambda tx: detail(tx, order_id, providers))


ROUTES = [list_orders, export_orders, get_order, ask_provider, look_again]
