"""Periods of boards. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

Category = Literal["wealth", "charm", "room", "agency", "game"]
Period = Literal["daily", "weekly", "monthly", "all_time"]
GAMES = ("teen_patti", "fruit_loop")
CATEGORIES: tuple[Category, ...] = ("wealth", "charm", "room", "agency", "game")
PERIODS: tuple[Period, ...] = ("daily", "weekly", "monthly", "all_time")
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9999, 12, 31)
"""What stands for the beginning and the end of all time."""
NEIGHBOURS = 2
"""So many above and below me."""
FROZEN_PLACES = 1000
"""Of a closed board, the places that are kept in ``rankings``."""
GRACE = timedelta(minutes=2)
"""How long after its end a period is closed: longer than any gift's transaction."""


class Span(NamedTuple):
    """A period by its first and last day, in the platform's zone."""

    period: Period
    first: date
    last: date


def span_of(period: Period, day: date) -> Span:
    """The period that holds this day; weeks begin on Monday (ISO 8601)."""
    if period == "daily":
        return Span(period, day, day)
    if period == "weekly":
        first = day - timedelta(days=day.weekday())
        return Span(period, first, first + timedelta(days=6))
    if period == "monthly":
        first = day.replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return Span(period, first, following - timedelta(days=1))
    return Span(period, FIRST_DAY, LAST_DAY)


def moments(span: Span, timezone: str) -> tuple[datetime, datetime]:
    """When the period begins, and when it is over."""
    if span.period == "all_time":
        return datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    zone = ZoneInfo(timezone)
    begins = datetime.combine(span.first, time(), zone)
    ends = datetime.combine(span.last + timedelta(days=1), time(), zone)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def band(score: int) -> int:
    """The band of a score: what the function `ranking_band` of the database says too."""
    if score < 64:
        return score
    bits = score.bit_length()
    return (bits - 6) * 64 + ((score >> (bits - 7)) & 63)


def ceiling(score: int) -> int:
    """The first score of the next band."""
    if score < 64:
        return score + 1
    shift = score.bit_length() - 7
    return ((score >> shift) + 1) << shift
