"""What a reseller sold and is owed: sums and lines, for himself and for the staff."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from litestar.response import Stream
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now
from flylive.database import Database, Reading
from flylive.http import export, pages
from flylive.resellers import queries, service
from flylive.resellers.schemas import Statement, StatementLine, Summary
from flylive.wallet import Movement, sales

Part = Literal["lines", "summary"]


async def summary(
    tx: Reading, user_id: int, since: datetime | None, until: datetime | None
) -> Summary:
    """His stock and what is open now, and the sums of the asked time."""
    requests = await queries.summary(tx, user_id, since, until)
    transferred = await sales.total(tx, user_id, since=since, until=until, type=Movement.TRANSFER)
    return Summary(
        stock=await sales.stock(tx, user_id),
        sold=transferred + requests.purchased,
        credited=requests.credited,
        settled=requests.settled,
        on_credit=requests.on_credit,
        overdue=requests.overdue,
        open_credits=requests.open_credits,
        overdue_credits=requests.overdue_credits,
    )


async def read(
    tx: Reading,
    user_id: int,
    since: datetime | None,
    until: datetime | None,
    *,
    limit: int,
    before: tuple[datetime, int] | None,
) -> Statement:
    """A page of his lines, newest first, with the sums of the whole time."""
    rows = await sales.list_sales(
        tx, user_id, since=since, until=until, before=before, limit=limit + 1
    )
    lines = {line.transaction_id: line for line in await _lines(tx, rows[:limit])}
    page = pages.page(rows, limit, lambda row: lines[row.id], lambda row: (row.created_at, row.id))
    return Statement(
        summary=await summary(tx, user_id, since, until),
        data=page.data,
        next_cursor=page.next_cursor,
    )


async def export_csv(
    database: Database,
    user_id: int,
    since: datetime | None,
    until: datetime | None,
    part: Part,
) -> Stream:
    """All of his lines of that time, or their sums, as CSV."""
    if part == "summary":
        found = await database.read(lambda tx: summary(tx, user_id, since, until))

        async def sums() -> AsyncIterator[list[tuple[Any, ...]]]:
            yield [msgspec.structs.astuple(found)]

        return export.csv_file("summary.csv", Summary.__struct_fields__, sums())

    names = [name for name in StatementLine.__struct_fields__ if name != "user"]

    async def rows() -> AsyncIterator[list[list[Any]]]:
        before: tuple[datetime, int] | None = None
        while True:

            async def page(
                tx: Reading, before: tuple[datetime, int] | None = before
            ) -> list[StatementLine]:
                rows = await sales.list_sales(
                    tx, user_id, since=since, until=until, before=before, limit=export.PAGE
                )
                return await _lines(tx, rows)

            lines = await database.read(page)
            if not lines:
                return
            yield [
                [*(getattr(line, name) for name in names), line.user.id, line.user.name]
                for line in lines
            ]
            before = (lines[-1].created_at, lines[-1].transaction_id)

    return export.csv_file("statement.csv", [*names, "user_id", "user_name"], rows())


async def _lines(tx: Reading, rows: Sequence[Row[Any]]) -> list[StatementLine]:
    people = await accounts.cards(tx, {row.beneficiary_id for row in rows})
    asked = await queries.find_requests(
        tx, {row.transactionable_id for row in rows if row.type == Movement.COIN_REQUEST}
    )
    lines, moment = [], now()
    for row in rows:
        is_asked = row.type == Movement.COIN_REQUEST
        request = asked.get(row.transactionable_id) if is_asked else None
        lines.append(
            StatementLine(
                transaction_id=row.id,
                created_at=row.created_at,
                kind=request.type if request else "transfer",
                user=people[row.beneficiary_id],
                amount=row.amount,
                balance_after=row.user_balance_after,
                coin_request_id=request.id if request else None,
                message=request.message if request else row.description,
                due_at=request.due_at if request else None,
                settled_at=request.settled_at if request else None,
                is_overdue=request is not None and service.is_overdue(request, moment),
            )
        )
    return lines
