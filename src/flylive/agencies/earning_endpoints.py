"""The addresses of earnings: the agency's for who runs it, one's own for everybody."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from flylive.accounts import Caller
from flylive.agencies import earnings, rules, service
from flylive.agencies.earnings import GROUP_KEYS, Span
from flylive.agencies.schemas import EarningLine, Earnings, WhatIf
from flylive.config import Settings
from flylive.database import Database, Reading
from flylive.http import export, pages
from flylive.http.fields import FieldChecks, check_times

Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[
    datetime | None, QueryParameter(name="to", description="RFC 3339, itself not in it.")
]
COLUMNS = [name for name in EarningLine.__struct_fields__ if name != "gift"]
GIFT_COLUMNS = ("gift_transaction_id", "gift_id", "name", "quantity", "total_cost")


@get("/agencies/{agency_id:int}/earnings")
async def list_agency_earnings(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    agency_id: FromPath[int],
    since: Since = None,
    until: Until = None,
    group: FromQuery[Literal["day", "member", "none"]] = "none",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Earnings:
    """What the members of the agency that one runs earned: each line opens into its gift."""
    span = asked_span(since, until)._replace(agency_id=agency_id)

    async def work(tx: Reading) -> Earnings:
        await service.require_runner(tx, agency_id, caller.user_id)
        return await earnings_page(tx, span, group, settings, limit, cursor)

    return await database.read(work)


@get("/agencies/{agency_id:int}/earnings.csv", media_type="text/csv")
async def export_agency_earnings(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    agency_id: FromPath[int],
    since: Since = None,
    until: Until = None,
) -> Stream:
    """The same lines as CSV, all of the asked time."""
    span = asked_span(since, until)._replace(agency_id=agency_id)
    await database.read(lambda tx: service.require_runner(tx, agency_id, caller.user_id))
    return _export(database, span)


@get("/me/agency-earnings")
async def list_own_earnings(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    since: Since = None,
    until: Until = None,
    group: FromQuery[Literal["day", "agency", "none"]] = "none",
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Earnings:
    """One's own earnings in agencies, and what went to their owners."""
    span = asked_span(since, until)._replace(user_id=caller.user_id)
    return await database.read(lambda tx: earnings_page(tx, span, group, settings, limit, cursor))


@get("/me/agency-earnings.csv", media_type="text/csv")
async def export_own_earnings(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    since: Since = None,
    until: Until = None,
) -> Stream:
    """The same lines as CSV, all of the asked time."""
    return _export(database, asked_span(since, until)._replace(user_id=caller.user_id))


@get("/me/agency-earnings/what-if")
async def what_if(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    since: Since = None,
    until: Until = None,
    commission_rate: Annotated[str | None, QueryParameter(min_length=1, max_length=6)] = None,
) -> WhatIf:
    """What one's own lines would have left at another rate, or without an agency."""
    span = asked_span(since, until)._replace(user_id=caller.user_id)
    checks = FieldChecks()
    rate = None
    if commission_rate is not None:
        rate = checks.field("commission_rate", rules.commission_rate, commission_rate)
    checks.done()
    return await database.read(lambda tx: earnings.what_if(tx, span, rate))


def asked_span(since: datetime | None, until: datetime | None) -> Span:
    """The time that was asked for. Raises InvalidRequest."""
    check_times(since, until)
    return Span(since=since, until=until)


async def earnings_page(
    tx: Reading, span: Span, group: str, settings: Settings, limit: int, cursor: str | None
) -> Earnings:
    """A page of lines, or of sums by what `group` says, with the sums over all of the span."""
    total = await earnings.totals(tx, span)
    if group == "none":
        before = pages.decode(cursor, datetime, int)
        lines = await earnings.lines(
            tx, span, limit=limit + 1, before=(before[0], before[1]) if before else None
        )
        shown = pages.page(lines, limit, _same, lambda line: (line.earned_at, line.id))
        return Earnings(total=total, data=shown.data, next_cursor=shown.next_cursor)
    (after,) = pages.decode(cursor, date if group == "day" else int) or (None,)
    found = await earnings.groups(
        tx, span, group, timezone=settings.timezone, limit=limit + 1, after=after
    )
    column = GROUP_KEYS[group]
    grouped = pages.page(found, limit, _same, lambda one: (getattr(one, column),))
    return Earnings(total=total, data=grouped.data, next_cursor=grouped.next_cursor)


def _same(one: Any) -> Any:
    return one


def _export(database: Database, span: Span) -> Stream:
    async def rows() -> AsyncIterator[list[list[Any]]]:
        before: tuple[datetime, int] | None = None
        while True:

            async def page(
                tx: Reading, before: tuple[datetime, int] | None = before
            ) -> list[EarningLine]:
                return await earnings.lines(tx, span, limit=export.PAGE, before=before)

            lines = await database.read(page)
            if not lines:
                return
            yield [
                [getattr(line, name) for name in COLUMNS]
                + [getattr(line.gift, name, None) for name in GIFT_COLUMNS]
                for line in lines
            ]
            before = lines[-1].earned_at, lines[-1].id

    return export.csv_file("earnings.csv", [*COLUMNS, *GIFT_COLUMNS], rows())


ROUTES = [
    list_agency_earnings,
    export_agency_earnings,
    list_own_earnings,
    export_own_earnings,
    what_if,
]
