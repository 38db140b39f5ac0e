"""Until when a frame is owned, and what may stand in a theme's styles. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

LONGEST = timedelta(days=36_525)
"""A hundred years: nobody owns a frame for longer ahead, unless for ever."""
MAX_DURATION_DAYS = 3650


def expiry(
    at: datetime, owned_until: datetime | None, duration_days: int | None, times: int
) -> datetime | None:
    """Until when a frame is owned after it is bought at `at`; None: for ever.

    `owned_until` is until when it was (None: it was not): what is left of that comes first.
    """
    if duration_days is None:
        return None
    begins = at if owned_until is None else max(owned_until, at)
    return begins + timedelta(days=duration_days * times)


class Property(NamedTuple):
    """A custom property: what its value looks like, in words and as an expression."""

    words: str
    pattern: re.Pattern[str]


_NUMBER = r"(?:\d{1,3}(?:\.\d{1,3})?)"
_COLOR = (
    r"(?:#[0-9a-fA-F]{3,4}|#[0-9a-fA-F]{6}|#[0-9a-fA-F]{8}|transparent|white|black"
    rf"|rgba?\({_NUMBER}%?(?:, ?{_NUMBER}%?){{2,3}}\)|hsla?\({_NUMBER}(?:, ?{_NUMBER}%?){{2,3}}\))"
)
_STOP = rf"{_COLOR}(?: {_NUMBER}%)?"
_FILL = rf"(?:{_COLOR}|linear-gradient\({_NUMBER}deg(?:, ?{_STOP}){{2,5}}\))"

COLOR = Property("a colour such as #3c78d8 or rgba(0, 0, 0, 0.5)", re.compile(_COLOR))
FILL = Property(
    "a colour, or a gradient such as linear-gradient(90deg, #fff, #000)", re.compile(_FILL)
)
LENGTH = Property("0–99 px, such as 12px", re.compile(r"\d{1,2}px"))
SHARE = Property("a number from 0 to 1, such as 0.8", re.compile(r"0(?:\.\d{1,3})?|1(?:\.0{1,3})?"))

PROPERTIES: dict[str, Property] = {
    "--room-accent": COLOR,
    "--room-accent-text": COLOR,
    "--room-surface": FILL,
    "--room-text": COLOR,
    "--room-muted-text": COLOR,
    "--room-border": COLOR,
    "--room-seat": FILL,
    "--room-seat-border": COLOR,
    "--room-message": FILL,
    "--room-message-text": COLOR,
    "--room-radius": LENGTH,
    "--room-background-opacity": SHARE,
}
"""The properties that a theme may set; whatever else CSS can do stays out of it."""


def check_styles(given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a theme's styles, by property; empty where they may be kept."""
    faults = {}
    for name, value in given.items():
        allowed = PROPERTIES.get(name)
        if allowed is None:
            faults[name] = f"is no property of themes; there are {', '.join(PROPERTIES)}"
        elif not isinstance(value, str) or not allowed.pattern.fullmatch(value):
            faults[name] = f"must be {allowed.words}"
    return faults


def safe_styles(kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of kept styles may be set: an adopted database can hold anything."""
    styles = dict(kept or {})
    for name in check_styles(styles):
        del styles[name]
    return styles
