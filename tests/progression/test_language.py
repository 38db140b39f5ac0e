"""The language of requirements: what is refused and where, and that it decides as it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive.accounts import privileges
from flylive.demo.catalogue.badges import BADGES
from flylive.demo.catalogue.levels import LEVELS
from flylive.demo.catalogue.themes import THEMES
from flylive.progression.badges.rules import (
    COMPARISONS,
    METRICS,
    Fault,
    Subject,
    Value,
    caps,
    comparisons,
    is_met,
    parse,
    subject_of,
)
from flylive.shop.rules import check_styles

ONE = {"metric": "gifts_sent", "gte": 1}


def nested(depth: int) -> dict[str, Any]:
    return ONE if depth == 0 else {"not": nested(depth - 1)}


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "requirements"),
        ([], "requirements"),
        (None, "requirements"),
        ("gifts_sent", "requirements"),
        ({"every": [ONE]}, "requirements"),
        ({"all": [ONE], "any": [ONE]}, "requirements"),
        ({"all": []}, "requirements.all"),
        ({"all": ONE}, "requirements.all"),
        ({"all": [ONE] * 51}, "requirements.all"),
        ({"all": [{"any": [ONE] * 30}, {"any": [ONE] * 30}]}, "requirements"),
        ({"all": [ONE, {"metric": "height", "gte": 1}]}, "requirements.all[1].metric"),
        ({"any": [{"not": {"metric": "room_level", "gte": 1}}]}, "requirements.any[0].not.metric"),
        ({"metric": ["gifts_sent"], "gte": 1}, "requirements.metric"),
        ({"metric": "gifts_sent"}, "requirements"),
        ({"metric": "gifts_sent", "gte": 1, "lt": 5}, "requirements"),
        ({"metric": "gifts_sent", "above": 1}, "requirements"),
        ({"metric": "gifts_sent", "gte": "1"}, "requirements.gte"),
        ({"metric": "gifts_sent", "gte": True}, "requirements.gte"),
        ({"metric": "gifts_sent", "gte": -1}, "requirements.gte"),
        ({"metric": "gifts_sent", "gte": 1.5}, "requirements.gte"),
        ({"metric": "gifts_sent", "gte": 10**16}, "requirements.gte"),
        ({"metric": "followers", "gte": 100_001}, "requirements.gte"),
        (nested(6), "requirements" + ".not" * 6),
    ],
)
def test_what_is_no_requirement_is_named_by_its_place(document: Any, path: str) -> None:
    with pytest.raises(Fault) as fault:
        parse(document, "user")
    assert fault.value.path == path


def test_what_is_deep_and_long_but_not_too_much_is_kept() -> None:
    parse(nested(5), "user")
    assert len(list(comparisons(parse({"all": [ONE] * 50}, "user")))) == 50


USERS = sorted(name for name, metric in METRICS.items() if metric.subject == "user")
LEAVES = st.builds(
    lambda metric, word, target: {"metric": metric, word: target},
    st.sampled_from(USERS[:4]),
    st.sampled_from(sorted(COMPARISONS)),
    st.integers(0, 5),
)
RULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


def slowly(document: dict[str, Any], values: dict[str, Value]) -> bool:
    """The document taken at its word, one way after the other."""
    if "all" in document:
        return not [part for part in document["all"] if not slowly(part, values)]
    if "any" in document:
        return [slowly(part, values) for part in document["any"]].count(True) > 0
    if "not" in document:
        return slowly(document["not"], values) is False
    value = values[document["metric"]]
    ways = {
        "gte": lambda target: not value < target,
        "gt": lambda target: value - target > 0,
        "lte": lambda target: not value > target,
        "lt": lambda target: target - value > 0,
        "eq": lambda target: not (value < target or value > target),
    }
    [(word, target)] = [(w, t) for w, t in document.items() if w != "metric"]
    return bool(ways[word](target))


@given(RULES, st.fixed_dictionaries({name: st.integers(0, 7) for name in USERS[:4]}))
def test_it_decides_as_it_reads_also_over_what_is_counted_no_further_than_needed(
    document: dict[str, Any], values: dict[str, Value]
) -> None:
    try:
        rule = parse(document, "user")
    except Fault:
        return
    assert is_met(rule, values) == slowly(document, values)
    most = caps(iter([rule]))
    counted = {name: min(value, most.get(name, 0)) for name, value in values.items()}
    assert is_met(rule, counted) == slowly(document, values)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["all", "any", "not", "metric", "gte", "gifts_sent"]), inner, max_size=3
    ),
    max_leaves=10,
), st.sampled_from(["user", "room"]))  # fmt: skip
def test_anything_else_is_a_fault_and_nothing_worse(document: Any, subject: Subject) -> None:
    place = "requirements"
    try:
        parse(document, subject)
    except Fault as fault:
        place = fault.path
    assert place.startswith("requirements")


def test_what_ships_is_what_staff_could_have_saved() -> None:
    for badge in BADGES:
        parse(badge["requirements"], subject_of(badge["category"]))
    for level in LEVELS:
        assert not privileges.check(level["privileges"] or {}), level["name"]
    for theme in THEMES:
        assert not check_styles(theme["css_styles"]), theme["name"]
