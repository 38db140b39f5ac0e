"""The language of badges' requirements: read, checked, decided, and how far somebody is. Pure.

A requirement is one of

- ``{"metric": "gifts_sent", "gte": 100}``: a metric compared with a whole number;
- ``{"all": […]}``, ``{"any": […]}``: every one of them, or at least one;
- ``{"not": {…}}``: the opposite.

Badges of the category `room` are about rooms and their metrics, all others about users.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

Subject = Literal["user", "room"]
Value = int | Decimal
Cause = Literal["gifts", "ties"]

MAX_DEPTH = 6
MAX_CONDITIONS = 50
MAX_TARGET = 10**15
MAX_COUNTED = 100_000
"""Rows that are counted one by one for a user: nobody is asked for more."""


class Metric(NamedTuple):
    """Something that is measured. `words` explain it to whoever writes requirements.

    `is_counted`: rows are counted at the moment of looking, up to :data:`MAX_COUNTED`.
    `cause`: what changes it and lets badges be looked at within seconds; `gifts` with levels and
    VIP, or `ties` to people, rooms, an agency, frames. The others, and what changed otherwise,
    wait for the night.
    """

    subject: Subject
    words: str
    is_counted: bool = False
    cause: Cause | None = None

    @property
    def is_prompt(self) -> bool:
        """Whether badges that ask for it are looked at as soon as it changes."""
        return self.cause is not None


METRICS: dict[str, Metric] = {
    "gifts_sent": Metric("user", "gifts given, each as often as it was given", cause="gifts"),
    "gifts_received": Metric("user", "gifts received, likewise", cause="gifts"),
    "coins_given": Metric("user", "coins spent on gifts", cause="gifts"),
    "coins_received": Metric("user", "what the gifts received had cost, in coins", cause="gifts"),
    "coins_spent": Metric("user", "coins ever spent, whatever for", cause="gifts"),
    "diamonds_earned": Metric("user", "diamonds ever earned (`total_received`)", cause="gifts"),
    "wealth_level": Metric("user", "number of the wealth level", cause="gifts"),
    "charm_level": Metric("user", "number of the charm level", cause="gifts"),
    "vip_level": Metric("user", "VIP level that holds now; 0: none", cause="gifts"),
    "wealth_xp": Metric("user", "wealth XP", cause="gifts"),
    "charm_xp": Metric("user", "charm XP", cause="gifts"),
    "agency_member": Metric("user", "1 for whoever is in an agency, else 0", cause="ties"),
    "days_since_signup": Metric("user", "whole days since sign-up"),
    "followers": Metric("user", "users who follow him", is_counted=True, cause="ties"),
    "following": Metric("user", "users he follows", is_counted=True, cause="ties"),
    "friends": Metric(
        "user", "users who follow each other with him", is_counted=True, cause="ties"
    ),
    "messages_sent": Metric(
        "user", "messages he wrote, in rooms and to people, that are not deleted", is_counted=True
    ),
    "rooms_joined": Metric("user", "different rooms he was in", is_counted=True),
    "rooms_followed": Metric("user", "rooms he follows", is_counted=True, cause="ties"),
    "frames_owned": Metric("user", "frames he has or had", is_counted=True, cause="ties"),
    "room_level": Metric("room", "the room's level", cause="gifts"),
    "room_xp": Metric("room", "the room's XP", cause="gifts"),
    "room_coins_spent": Metric("room", "coins of the gifts given in the room", cause="gifts"),
    "room_followers": Metric("room", "users who follow the room", is_counted=True),
    "room_days": Metric("room", "whole days since the room was opened"),
}

COMPARISONS: dict[str, str] = {
    "gte": "at least",
    "gt": "more than",
    "lte": "at most",
    "lt": "less than",
    "eq": "exactly",
}


class Fault(ValueError):
    """Requirements that cannot be kept: where in them, and what would be right."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Compare:
    """A metric compared with a number."""

    metric: str
    comparison: str
    target: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of them."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of them."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """Not this."""

    part: "Rule"


Rule = Compare | Every | Some | Opposite


def subject_of(category: str) -> Subject:
    """Whom badges of this category are about."""
    return "room" if category == "room" else "user"


def parse(document: Any, subject: Subject) -> Rule:
    """The rule that the requirements say. Raises Fault with the path of what is wrong."""
    rule = _parse(document, subject, "requirements", MAX_DEPTH)
    if sum(1 for _ in comparisons(rule)) > MAX_CONDITIONS:
        raise Fault("requirements", f"must compare at most {MAX_CONDITIONS} times")
    return rule


def _parse(document: Any, subject: Subject, path: str, depth: int) -> Rule:
    if not isinstance(document, dict):
        raise Fault(path, 'must be an object: {"metric": …}, {"all": […]}, {"any": […]} or {"not"}')
    if depth == 0:
        raise Fault(path, f"must not be nested deeper than {MAX_DEPTH}")
    if "metric" in document:
        return _compare(document, subject, path)
    if len(document) != 1 or next(iter(document)) not in ("all", "any", "not"):
        raise Fault(path, 'must have exactly one of "metric", "all", "any" and "not"')
    [(word, inner)] = document.items()
    if word == "not":
        return Opposite(_parse(inner, subject, f"{path}.not", depth - 1))
    if not isinstance(inner, list) or not 1 <= len(inner) <= MAX_CONDITIONS:
        raise Fault(f"{path}.{word}", f"must be a list of 1–{MAX_CONDITIONS} requirements")
    parts = tuple(
        _parse(part, subject, f"{path}.{word}[{number}]", depth - 1)
        for number, part in enumerate(inner)
    )
    return Every(parts) if word == "all" else Some(parts)


def _compare(document: dict[str, Any], subject: Subject, path: str) -> Compare:
    name = document["metric"]
    metric = METRICS.get(name) if isinstance(name, str) else None
    if metric is None or metric.subject != subject:
        known = ", ".join(name for name, found in METRICS.items() if found.subject == subject)
        raise Fault(f"{path}.metric", f"must be a metric of a {subject}: {known}")
    given = [word for word in document if word != "metric"]
    if len(given) != 1 or given[0] not in COMPARISONS:
        raise Fault(path, f"must have exactly one of {', '.join(COMPARISONS)} beside the metric")
    [comparison] = given
    target = document[comparison]
    most = MAX_COUNTED if metric.is_counted else MAX_TARGET
    if isinstance(target, bool) or not isinstance(target, int) or not 0 <= target <= most:
        raise Fault(f"{path}.{comparison}", f"must be a whole number from 0 to {most}")
    return Compare(name, comparison, target)


def comparisons(rule: Rule) -> Iterator[Compare]:
    """Every comparison of a rule, from left to right."""
    match rule:
        case Compare():
            yield rule
        case Every(parts) | Some(parts):
            for part in parts:
                yield from comparisons(part)
        case Opposite(part):
            yield from comparisons(part)


def caps(rules: Iterator[Rule]) -> dict[str, int]:
    """The metrics that these rules ask for, and how far each has to be counted to decide them."""
    found: dict[str, int] = {}
    for rule in rules:
        for compare in comparisons(rule):
            found[compare.metric] = max(found.get(compare.metric, 1), compare.target + 1)
    return found


def compare(one: Compare, value: Value) -> bool:
    """Whether a comparison holds for this value."""
    match one.comparison:
        case "gte":
            return value >= one.target
        case "gt":
            return value > one.target
        case "lte":
            return value <= one.target
        case "lt":
            return value < one.target
    return value == one.target


def is_met(rule: Rule, values: Mapping[str, Value]) -> bool:
    """Whether whoever has these values has earned it."""
    match rule:
        case Compare(metric):
            return compare(rule, values[metric])
        case Every(parts):
            return all(is_met(part, values) for part in parts)
        case Some(parts):
            return any(is_met(part, values) for part in parts)
        case Opposite(part):
            return not is_met(part, values)
