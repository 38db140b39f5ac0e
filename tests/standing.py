"""A clock that stands: for rules whose answer is a number of seconds, on whatever machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from flylive import clock


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let the clock stand inside the block: no pause of the machine's moves it.

    ``clock.turned_to`` inside it turns the clock, which then stands there.
    """
    standing = SimpleNamespace(now=lambda zone: moment, combine=datetime.combine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "datetime", standing)
        patch.setattr(clock, "_offset", timedelta())
        yield
