"""The catalogue that ships keeps the rules of the product."""

import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from babel import Locale

from flylive.demo.catalogue.badges import BADGES
from flylive.demo.catalogue.frames import FRAMES
from flylive.demo.catalogue.gifts import ARTWORK, GIFTS
from flylive.demo.catalogue.levels import LEVELS, REWARDS_FROM_XP
from flylive.demo.catalogue.packages import PACKAGES
from flylive.demo.catalogue.people import PEOPLE
from flylive.demo.catalogue.themes import THEMES
from flylive.gifts.rules.lucky import OddsTable, within_ceiling

COUNTRIES = set(Locale("en").territories)


def prices(category: str) -> list[Decimal]:
    return [Decimal(gift["price"]) for gift in GIFTS if gift["category"] == category]


def test_gifts_span_every_category_and_purse() -> None:
    assert min(prices("normal")) <= 5
    assert min(prices("lucky")) <= 20
    assert sum(1000 <= price <= 5000 for price in prices("normal")) >= 3
    assert prices("cp")
    assert {gift["vip_level_required"] for gift in GIFTS if gift["category"] == "vip"} == {
        1, 2, 3, 4, 5, 6, 7,
    }  # fmt: skip
    for gift in GIFTS:
        assert (gift["country_specific"] in COUNTRIES) == (gift["category"] == "country")
        assert (gift["lucky_odds"] is not None) == (gift["category"] == "lucky")


def test_no_lucky_gift_is_a_pump() -> None:
    for gift in GIFTS:
        if gift["lucky_odds"]:
            table = msgspec.convert(gift["lucky_odds"], OddsTable)
            assert within_ceiling(table, Fraction(50), Fraction(1, 2), Fraction(95, 100))


@pytest.mark.parametrize(("kind", "count"), [("wealth", 100), ("charm", 100), ("room", 50)])
def test_levels_rise_and_pay_little(kind: str, count: int) -> None:
    levels = [level for level in LEVELS if level["type"] == kind]
    assert [level["level_number"] for level in levels] == list(range(1, count + 1))
    thresholds = [level["required_xp"] for level in levels]
    assert thresholds[0] == 0
    assert thresholds == sorted(set(thresholds))
    paid = 0
    for level in levels:
        reward = level["coin_reward"] + level["diamond_reward"]
        assert reward == 0 or level["required_xp"] >= REWARDS_FROM_XP
        paid += reward
        assert paid <= level["required_xp"] * 0.002
    assert paid > 0


def test_vip_levels_reward_no_money() -> None:
    levels = [level for level in LEVELS if level["type"] == "vip"]
    assert [level["level_number"] for level in levels] == [1, 2, 3, 4, 5, 6, 7]
    assert levels[-1]["name"] == "FLSVIP"
    assert all(level["coin_reward"] == level["diamond_reward"] == 0 for level in levels)
    assert all(level["privileges"] for level in levels)


def test_the_rest_is_in_order() -> None:
    assert [theme["name"] for theme in THEMES if theme["is_default"]] == ["Default"]
    assert Decimal(THEMES[0]["price"]) == 0
    assert max(package["coin_amount"] for package in PACKAGES) >= 10_000
    assert any(package["country_restrictions"] for package in PACKAGES)
    assert any(frame["duration_days"] is None for frame in FRAMES)
    frames = {frame["name"] for frame in FRAMES}
    assert {level["frame"] for level in LEVELS} - {None} <= frames
    assert len(PEOPLE) >= 100
    assert len({person.name for person in PEOPLE}) == len(PEOPLE)
    assert {person.country for person in PEOPLE} <= COUNTRIES
    for rows in (GIFTS, FRAMES, THEMES, BADGES, PACKAGES):
        names = [row["name"] for row in rows]
        assert len(set(names)) == len(names)
        assert max(map(len, names)) <= 100


def addresses(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.startswith("/assets/") else []
    if isinstance(value, dict):
        return [address for part in value.values() for address in addresses(part)]
    return []


def test_every_picture_exists() -> None:
    rows = [*GIFTS, *LEVELS, *FRAMES, *THEMES, *BADGES, *(p._asdict() for p in PEOPLE)]
    for row in rows:
        for address in addresses(row):
            assert (ARTWORK / address.removeprefix("/assets/")).is_file(), address


@pytest.mark.parametrize("path", sorted(ARTWORK.rglob("*.svg")), ids=lambda path: path.stem)
def test_pictures_are_plain(path: Any) -> None:
    text = path.read_text()
    root = ElementTree.fromstring(text)
    assert root.attrib["viewBox"]
    assert len(text) <= 4096
    for element in root.iter():
        assert element.tag.rsplit("}")[-1] not in {"script", "foreignObject", "image", "style"}
        for name, value in element.attrib.items():
            assert not name.rsplit("}")[-1].startswith("on")
            assert "://" not in value or name.endswith("space")
