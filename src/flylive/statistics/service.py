"""The dashboard: figures of periods, series, countries. Reads sums of periods and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Reading
from flylive.errors import InvalidRequest
from flylive.money import to_decimal
from flylive.statistics import queries
from flylive.statistics.rules import NAMES, Figures, Side, figures
from flylive.statistics.schemas import (
    CountriesView,
    CountryFigures,
    DashboardView,
    Debts,
    FiguresView,
    Now,
    Point,
    Ranked,
    SeriesView,
)

Unit = Literal["hour", "day", "week", "month"]
GAUGES = ("new", "active", "in_rooms", "rooms")
MOST_POINTS = 800
DEFAULT_POINTS: dict[Unit, int] = {"hour": 48, "day": 31, "week": 26, "month": 24}
BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Sums(NamedTuple):
    """The sums that are shown: which generation, its zone, when it last moved."""

    generation: int
    timezone: str
    folded_at: datetime | None


async def find_sums(tx: Reading, settings: Settings) -> Sums:
    """The current sums; before the first fold there are none, in the zone of the settings."""
    row = await queries.find_mark(tx)
    if row is None:
        return Sums(0, settings.timezone, None)
    return Sums(row.generation, row.timezone, row.updated_at)


class Held(NamedTuple):
    """Hundredths of coins and of diamonds."""

    coins: int
    diamonds: int

    def less(self, moved: Figures) -> "Held":
        """What was held before that moved."""
        return Held(self.coins - moved.coins_change, self.diamonds - moved.diamonds_change)


class Looker:
    """Reads the figures of a country, or with '' of everybody."""

    def __init__(self, tx: Reading, sums: Sums, country: str) -> None:
        self.tx = tx
        self.sums = sums
        self.country = country

    async def by_unit(
        self, unit: Unit, since: datetime, until: datetime
    ) -> tuple[dict[datetime, Figures], dict[datetime, dict[str, int]]]:
        """Figures and gauges by the beginnings of their hours, days, weeks or months."""
        span = {"since": since, "until": until, "country": self.country}
        span |= {"unit": unit, "timezone": self.sums.timezone}
        base = "day" if unit == "week" else unit
        rows = await queries.sums(self.tx, generation=self.sums.generation, period=base, **span)
        found = _by(rows, "starts_at", bool(self.country))
        base = "hour" if unit == "hour" else "day"
        counted: dict[datetime, dict[str, int]] = defaultdict(dict)
        for row in await queries.gauges(self.tx, period=base, **span):
            counted[row.starts_at][row.name] = row.value
        return found, counted

    async def total(self, unit: Unit, since: datetime, until: datetime) -> Figures:
        """All figures of a stretch of whole units."""
        found, _ = await self.by_unit(unit, since, until)
        return _sum(found.values())


async def dashboard(
    tx: Reading, settings: Settings, country: str, hosts: list[Ranked], senders: list[Ranked]
) -> DashboardView:
    """Everything at one look; boards are the caller's to read."""
    await queries.by_index(tx)
    sums, at = await find_sums(tx, settings), now()
    looker = Looker(tx, sums, country)
    today = business_day(at, sums.timezone)
    begins = [midnight(day, sums.timezone) for day in (today - timedelta(days=1), today)]
    tomorrow = midnight(today + timedelta(days=1), sums.timezone)
    month = midnight(today.replace(day=1), sums.timezone)
    months, _ = await looker.by_unit("month", BEGINNING, END)
    days, counted = await looker.by_unit("day", min(month, begins[0]), tomorrow)
    ever = _sum(months.values())
    held = Held(ever.coins_change, ever.diamonds_change)
    this_day = days.get(begins[1], Figures())
    this_month = {name: value for name, value in _merged(counted, month).items() if name == "new"}
    new_ever = await queries.gauges(
        tx, period="day", country=country, since=BEGINNING, until=END, unit="month",
        timezone=sums.timezone,
    )  # fmt: skip
    everybody = {"new": sum(row.value for row in new_ever if row.name == "new")}
    present = await queries.read_now(tx, country)
    return DashboardView(
        at=at,
        folded_at=sums.folded_at,
        timezone=sums.timezone,
        country=country or None,
        now=Now(active=present.active, in_rooms=present.in_rooms, rooms=present.rooms),
        today=FiguresView(**_shown(this_day, held, counted.get(begins[1], {}))),
        yesterday=FiguresView(
            **_shown(
                days.get(begins[0], Figures()), held.less(this_day), counted.get(begins[0], {})
            )
        ),
        month=FiguresView(**_shown(months.get(month, Figures()), held, this_month)),
        ever=FiguresView(**_shown(ever, held, everybody)),
        debts=Debts(**await queries.read_debts(tx, country, at)),
        top_hosts=hosts,
        top_senders=senders,
    )


async def series(
    tx: Reading,
    settings: Settings,
    unit: Unit,
    since: datetime | None,
    until: datetime | None,
    country: str,
) -> SeriesView:
    """Points without gaps. Raises InvalidRequest for a stretch that is none, or too long."""
    sums = await find_sums(tx, settings)
    last = until or now()
    first = since or last - _LONG[unit] * (DEFAULT_POINTS[unit] - 1)
    if first > last:
        raise InvalidRequest.field("from", "must be before `to`")
    if (last - first) / _LONG[unit] > MOST_POINTS:
        raise InvalidRequest.field("from", f"there are at most {MOST_POINTS} points at once")
    starts = list(_starts(unit, first, last, sums.timezone))
    looker = Looker(tx, sums, country)
    end = _following(unit, starts[-1], sums.timezone)
    found, counted = await looker.by_unit(unit, starts[0], end)
    held = await _held_at(looker, unit, end)
    points: list[Point] = []
    for start in reversed(starts):
        moved = found.get(start, Figures())
        points.append(Point(starts_at=start, **_shown(moved, held, counted.get(start, {}))))
        held = held.less(moved)
    return SeriesView(
        period=unit, timezone=sums.timezone, country=country or None, data=points[::-1]
    )


async def countries(
    tx: Reading, settings: Settings, since: date | None, until: date | None
) -> CountriesView:
    """Each country's figures from the day `since` through the day `until`; today's by default.

    What is held is of the end of all days. Raises InvalidRequest.
    """
    sums = await find_sums(tx, settings)
    last = until or business_day(now(), sums.timezone)
    first = since or last
    if first > last:
        raise InvalidRequest.field("from", "must not be after `to`")
    if (last - first).days > 366:
        raise InvalidRequest.field("from", "at most a year at once")
    begins = midnight(first, sums.timezone)
    ends = midnight(last + timedelta(days=1), sums.timezone)
    span = {"generation": sums.generation}
    rows = await queries.sums_by_country(tx, period="day", since=begins, until=ends, **span)
    months = await queries.sums_by_country(tx, period="month", since=BEGINNING, until=END, **span)
    found, ever = (_by(some, "country", is_one=True) for some in (rows, months))
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await queries.gauges_by_country(tx, period="day", since=begins, until=ends):
        counted[row.country][row.name] = row.value
    shown = []
    for country in sorted({*found, *counted, *ever}):
        held = Held(0, 0)
        if country in ever:
            held = Held(ever[country].coins_change, ever[country].diamonds_change)
        values = _shown(found.get(country, Figures()), held, counted.get(country, {}))
        shown.append(CountryFigures(country=country, **values))
    shown.sort(key=lambda one: one.coins_spent, reverse=True)
    return CountriesView(since=begins, until=ends, timezone=sums.timezone, data=shown)


def midnight(day: date, timezone: str) -> datetime:
    """When the day begins in that zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


async def _held_at(looker: Looker, unit: Unit, end: datetime) -> Held:
    """What is held at `end`, the beginning of a unit: all that ever moved without what follows."""
    ever = await looker.total("month", BEGINNING, END)
    after = await looker.total("hour" if unit == "hour" else "day", end, END)
    return Held(ever.coins_change, ever.diamonds_change).less(after)


_LONG: dict[Unit, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


def _starts(unit: Unit, first: datetime, last: datetime, timezone: str) -> Iterable[datetime]:
    """Beginnings of every unit that holds a moment from `first` to `last`."""
    start = _start_of(unit, first, timezone)
    while start <= last:
        yield start
        start = _following(unit, start, timezone)


def _start_of(unit: Unit, moment: datetime, timezone: str) -> datetime:
    local = moment.astimezone(ZoneInfo(timezone))
    if unit == "hour":
        # By the clock on the wall, whose hours do not all begin on whole hours of UTC.
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return moment.astimezone(UTC) - past
    day = local.date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    return midnight(day, timezone)


def _following(unit: Unit, start: datetime, timezone: str) -> datetime:
    if unit == "hour":
        return start + timedelta(hours=1)
    day = start.astimezone(ZoneInfo(timezone)).date()
    ahead = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=32)}
    return _start_of(unit, midnight(day + ahead[unit], timezone), timezone)


def _by(rows: Sequence[Row[Any]], name: str, is_one: bool) -> dict[Any, Figures]:
    sides: dict[Any, list[Side]] = defaultdict(list)
    for row in rows:
        sides[row._mapping[name]].append(
            Side(
                row.type, row.direction, row.currency_type, row.movements, row.quantity, row.amount
            )
        )
    return {key: figures(some, of_one_country=is_one) for key, some in sides.items()}


def _sum(some: Iterable[Figures]) -> Figures:
    total = Figures()
    for one in some:
        for name in NAMES:
            setattr(total, name, getattr(total, name) + getattr(one, name))
    return total


def _merged(counted: Mapping[datetime, Mapping[str, int]], since: datetime) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for start, values in counted.items():
        if start >= since:
            for name, value in values.items():
                total[name] += value
    return total


def _shown(moved: Figures, held: Held, counted: Mapping[str, int]) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(moved, name) if name == "gifts" else to_decimal(getattr(moved, name))
        for name in NAMES
    }
    values |= {"coins_held": to_decimal(held.coins), "diamonds_held": to_decimal(held.diamonds)}
    return values | {name: counted.get(name) for name in GAUGES}
