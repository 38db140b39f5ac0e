"""The time, from one place, so that tests can turn it.

Every rule that asks what time it is calls :func:`now`; business days are those of
``FLYLIVE_TIMEZONE`` (see :func:`business_day`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta()


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def business_day(moment: datetime, timezone: str) -> date:
    """The calendar day of `moment` in the platform's time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def day_around(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """When the business day of `moment` began, and when it ends and limits by day are new."""
    zone = ZoneInfo(timezone)
    day = business_day(moment, timezone)
    begins, ends = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return begins.astimezone(UTC), ends.astimezone(UTC)


def render(moment: datetime) -> str:
    """RFC 3339 in UTC with a ``Z``, microseconds kept where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@contextmanager
def turned_to(moment: datetime) -> Iterator[None]:
    """Let :func:`now` run on from `moment` inside the block, in this process only.

    For tests, and for the past of the demo world.
    """
    global _offset
    before = _offset
    _offset = moment - datetime.now(UTC)
    try:
        yield
    finally:
        _offset = before
