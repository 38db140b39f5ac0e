"""The wallet's addresses."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from flylive.accounts import Caller
from flylive.database import Database, Reading
from flylive.http import pages
from flylive.http.fields import check_times
from flylive.wallet import exchange, queries
from flylive.wallet.errors import UnknownTransaction
from flylive.wallet.movements import Movement
from flylive.wallet.recharge import endpoints as recharge
from flylive.wallet.recharge import webhooks
from flylive.wallet.schemas import TransactionView, WalletView


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
    check_times(since, until)
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


ROUTES = [
    get_wallet,
    list_transactions,
    get_transaction,
    *exchange.ROUTES,
    *recharge.ROUTES,
    *webhooks.ROUTES,
]
