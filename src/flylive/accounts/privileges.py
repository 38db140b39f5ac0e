"""What a user's levels allow him beyond others: a small catalogue of names that mean something.

``levels.privileges`` holds them; a user has those of his wealth and charm level and, while it
holds, of his VIP level. Flags are had if any of them gives it, numbers are the largest, and of
words VIP's goes before wealth's before charm's. What an adopted database brought and is not in
the catalogue counts for nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text

from flylive.accounts.queries import VIP_LEVEL
from flylive.clock import now
from flylive.database import Reading

ENTRY_EFFECTS = ("sparkle", "comet", "dragon", "royal")
MAX_EXTRA_MODERATORS = 50

_COLOR = re.compile(r"#[0-9a-f]{6}")


class Privileges(msgspec.Struct, kw_only=True, frozen=True):
    """What a user is allowed beyond others, or is shown with."""

    name_color: str | None = None
    entry_effect: str | None = None
    kick_immunity: bool = False
    extra_moderators: int = 0


class Rule(NamedTuple):
    """What a privilege may be: `check` gives the value or raises ValueError; `words` explain."""

    check: Callable[[Any], Any]
    words: str


def _name_color(value: Any) -> str:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise ValueError("must be a colour such as #3c78d8")
    return value


def _entry_effect(value: Any) -> str:
    if value not in ENTRY_EFFECTS:
        raise ValueError(f"must be one of {', '.join(ENTRY_EFFECTS)}")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _extra_moderators(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a number")
    if not 0 <= value <= MAX_EXTRA_MODERATORS:
        raise ValueError(f"must be 0–{MAX_EXTRA_MODERATORS}")
    return value


CATALOGUE: dict[str, Rule] = {
    "name_color": Rule(_name_color, "the colour of his name; clients show it"),
    "entry_effect": Rule(
        _entry_effect,
        f"how his coming into a room looks: {', '.join(ENTRY_EFFECTS)}; clients show it",
    ),
    "kick_immunity": Rule(
        _flag, "moderators of a room cannot put him out; its owner and the staff can"
    ),
    "extra_moderators": Rule(
        _extra_moderators, "so many moderators more than the setting in the rooms that he owns"
    ),
}


def clean(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of a level's privileges is in the catalogue and as it says there."""
    kept = {}
    for name, value in (given or {}).items():
        if name in CATALOGUE:
            try:
                kept[name] = CATALOGUE[name].check(value)
            except ValueError:
                continue
    return kept


def merge(levels: Iterable[Mapping[str, Any] | None]) -> Privileges:
    """The privileges of somebody with these levels, the ones that go before others last."""
    words: dict[str, Any] = {}
    for given in levels:
        for name, value in clean(given).items():
            if isinstance(value, int):
                value = max(value, words.get(name, value))
            words[name] = value
    return Privileges(**words)


def check(given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a level's privileges, by name; empty where they may be kept."""
    faults = {}
    for name, value in given.items():
        if name not in CATALOGUE:
            faults[name] = f"is no privilege; there are {', '.join(CATALOGUE)}"
            continue
        try:
            CATALOGUE[name].check(value)
        except ValueError as error:
            faults[name] = str(error)
    return faults


VIP_JOIN = f"""
    LEFT JOIN levels vip ON vip.type = 'vip' AND vip.is_active AND vip.level_number = {VIP_LEVEL}
"""
"""SQL: beside `u`, the row of the VIP level that holds at `:now`."""
COLUMN = "json_build_array(charm.privileges, wealth.privileges, vip.privileges)"
"""SQL: what :func:`merge` takes, beside levels joined as `wealth`, `charm` and `vip`."""

_FIND = text(
    f"""
    SELECT {COLUMN} AS privileges FROM users u
    LEFT JOIN levels wealth ON wealth.id = u.wealth_level_id
    LEFT JOIN levels charm ON charm.id = u.charm_level_id
    {VIP_JOIN}
    WHERE u.id = :user_id
    """
)


async def find(tx: Reading, user_id: int) -> Privileges:
    """What a user is allowed beyond others now."""
    row = await tx.row(_FIND, {"user_id": user_id, "now": now()})
    return merge(row.privileges if row else ())
