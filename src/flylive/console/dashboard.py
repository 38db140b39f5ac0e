"""The staff's addresses of the dashboard. They read sums, whatever the ledger's size."""

from datetime import date, datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from flylive.accounts import queries as accounts
from flylive.accounts import rules as account_rules
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.console.guard import require
from flylive.console.rules import Right
from flylive.database import Database, Reading
from flylive.errors import InvalidRequest
from flylive.http.fields import FieldChecks
from flylive.money import to_decimal
from flylive.rankings import queries as boards
from flylive.rankings.queries import Board
from flylive.statistics import service
from flylive.statistics.schemas import CountriesView, DashboardView, Ranked, SeriesView
from flylive.statistics.service import Unit

TOP = 10

Country = Annotated[str | None, QueryParameter(name="country", min_length=2, max_length=3)]
Since = Annotated[datetime | None, QueryParameter(name="from", description="RFC 3339.")]
Until = Annotated[datetime | None, QueryParameter(name="to", description="RFC 3339.")]
FirstDay = Annotated[date | None, QueryParameter(name="from", description="A day; today.")]
LastDay = Annotated[date | None, QueryParameter(name="to", description="A day, itself in it.")]
FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)


@get("/dashboard", guards=[require(Right.VIEW_DASHBOARD)])
async def show_dashboard(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    country: Country = None,
) -> DashboardView:
    """The platform now, today, yesterday, this month and ever; the day's top hosts and senders.

    Cheap enough to be asked every few seconds. `country`: its people alone.
    """
    where = _country(country)

    async def work(tx: Reading) -> DashboardView:
        hosts, senders = [await _top(tx, settings, name, where) for name in ("charm", "wealth")]
        return await service.dashboard(tx, settings, where, hosts, senders)

    return await database.read(work)


@get("/dashboard/series", guards=[require(Right.VIEW_DASHBOARD)])
async def show_series(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    period: Annotated[Unit, QueryParameter(name="period")] = "day",
    since: Since = None,
    until: Until = None,
    country: Country = None,
) -> SeriesView:
    """Figures by hour, day, week or month, each from its beginning in the platform's zone.

    Without `from`: the last 48 hours, 31 days, 26 weeks or 24 months. At most 800 points.
    """
    where = _country(country)
    for name, moment in (("from", since), ("to", until)):
        if moment is None:
            continue
        if moment.tzinfo is None:
            raise InvalidRequest.field(name, "must carry a time zone, such as a final Z")
        _check_year(name, moment.date())
    return await database.read(lambda tx: service.series(tx, settings, period, since, until, where))


@get("/dashboard/countries", guards=[require(Right.VIEW_DASHBOARD)])
async def show_countries(
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    since: FirstDay = None,
    until: LastDay = None,
) -> CountriesView:
    """Each country's figures of some days, at most a year's."""
    for name, day in (("from", since), ("to", until)):
        if day is not None:
            _check_year(name, day)
    return await database.read(lambda tx: service.countries(tx, settings, since, until))


def _country(given: str | None) -> str:
    if given is None:
        return ""
    checks = FieldChecks()
    country = checks.field("country", account_rules.country, given)
    checks.done()
    assert country is not None
    return country


def _check_year(name: str, day: date) -> None:
    if not FIRST <= day <= LAST:
        raise InvalidRequest.field(name, f"must be from {FIRST} to {LAST}")


async def _top(tx: Reading, settings: Settings, category: str, country: str) -> list[Ranked]:
    """The day's first places of a board."""
    today = business_day(now(), settings.timezone)
    rows = await boards.top(tx, Board(category, "", "daily", today, country), TOP)
    cards = await accounts.cards(tx, [row.subject_id for row in rows])
    return [
        Ranked(
            user_id=row.subject_id,
            name=cards[row.subject_id].name,
            country=cards[row.subject_id].country,
            coins=to_decimal(row.score),
        )
        for row in rows
        if row.subject_id in cards
    ]


ROUTES = [show_dashboard, show_series, show_countries]
