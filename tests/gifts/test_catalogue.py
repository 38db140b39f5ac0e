"""The catalogue: what the staff save and what they may not, and what people find in it."""

import asyncio
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

from flylive.accounts.staff import Role
from flylive.config import Settings
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import GiftRequest
from flylive.gifts.schemas import SendGift
from tests.world import Person, World

ROSE: dict[str, Any] = {
    "reason": "spring",
    "name": " Spring Rose ",
    "price": "12.50",
    "thumbnail_url": "/assets/gifts/rose.svg",
    "category": "normal",
}


def odds(*entries: tuple[int, str]) -> dict[str, Any]:
    return {
        "entries": [{"weight": weight, "multiplier": times} for weight, times in entries],
        "total": sum(weight for weight, _ in entries),
    }


@pytest.fixture
async def editor(world: World) -> Person:
    """Somebody of the staff who keeps the catalogue."""
    person = await world.register()
    world.sql(
        "INSERT INTO staff_members (user_id, role) VALUES (%s, %s)",
        person.id,
        Role.CATALOGUE.value,
    )
    return person


async def save(
    world: World, editor: Person, gift_id: int | None = None, **fields: Any
) -> httpx.Response:
    if gift_id is None:
        return await world.call("POST", "/admin/gifts", editor, json=ROSE | fields)
    body = {"reason": "better so"} | fields
    return await world.call("PATCH", f"/admin/gifts/{gift_id}", editor, json=body)


def kept(world: World) -> list[Any]:
    return [
        world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
        for table in ("gifts", "gift_odds", "audit_log")
    ]


async def test_a_gift_from_its_making_to_its_retirement(world: World, editor: Person) -> None:
    made = await save(world, editor, rarity="rare", wealth_xp_multiplier="1.5", subcategory="roses")
    assert made.status_code == 201, made.text
    gift = made.json()
    assert (gift["name"], gift["price"], gift["rarity"]) == ("Spring Rose", "12.50", "rare")
    assert gift["expected_return"] is None
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    sent = (await world.send(sender, gift["id"], [recipient], quantity=2)).json()
    assert sent["wealth_xp"] == 37
    assert sent["lines"][0]["charm_xp_awarded"] == 25
    edited = await save(world, editor, gift["id"], price=20, charm_xp_multiplier="2")
    assert edited.status_code == 200, edited.text
    dearer = (await world.send(sender, gift["id"], [recipient])).json()
    assert (dearer["total_cost"], dearer["lines"][0]["charm_xp_awarded"]) == ("20.00", 40)
    history = (await world.call("GET", "/gifts/transactions", sender)).json()["data"]
    assert [line["price"] for line in history] == ["20.00", "12.50"]
    assert (await save(world, editor, gift["id"], is_active=False)).status_code == 200
    refused = await world.send(sender, gift["id"], [recipient])
    assert (refused.status_code, refused.json()["code"]) == (409, "gift.inactive")
    assert (await world.wallet(sender))["coin_balance"] == "955.00"
    offered = (await world.call("GET", "/gifts?limit=100", sender)).json()["data"]
    assert gift["id"] not in [one["id"] for one in offered]
    retired = await world.call("GET", "/admin/gifts?is_active=false&limit=100", editor)
    assert gift["id"] in [one["id"] for one in retired.json()["data"]]
    log = world.sql(
        "SELECT action, reason, before, after FROM audit_log"
        " WHERE subject_type = 'gift' AND subject_id = %s ORDER BY id",
        gift["id"],
    )
    assert [row[0] for row in log] == ["gift.create", "gift.edit", "gift.edit"]
    assert log[2][2:] == ({"is_active": True}, {"is_active": False})


async def test_the_return_is_computed_exactly_and_the_ceiling_holds(
    world: World, editor: Person
) -> None:
    """0.95 less 50 % × 0.50 leaves 0.70 of the cost: so much may come back, a hair more not."""
    exactly = odds((7, "1"), (3, "0"))
    lucky = (await save(world, editor, category="lucky", lucky_odds=exactly)).json()
    assert Fraction(lucky["expected_return"]) == Fraction(7, 10)
    assert world.sql("SELECT count(*) FROM gift_odds WHERE odds::text LIKE '%%7%%'")[0][0] >= 1
    before = kept(world)
    hair = odds((700_000_001, "1"), (299_999_999, "0"))
    for gift_id in (None, lucky["id"]):
        refused = await save(world, editor, gift_id, category="lucky", lucky_odds=hair)
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "gift.pays_too_much")
        assert Fraction(problem["expected_return"]) == Fraction(700_000_001, 10**9)
        assert Fraction(problem["highest_return"]) == Fraction(7, 10)
    assert kept(world) == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price": 0}, "price"),
        ({"price": "1.001"}, "price"),
        ({"price": "-1"}, "price"),
        ({"name": " "}, "name"),
        ({"category": "vip"}, "vip_level_required"),
        ({"category": "country"}, "country_specific"),
        ({"category": "country", "country_specific": "XX"}, "country_specific"),
        ({"category": "lucky"}, "lucky_odds"),
        ({"lucky_odds": odds((1, "0.5"))}, "lucky_odds"),
        ({"category": "lucky", "lucky_odds": odds((1, "0.501"))}, "lucky_odds"),
        ({"category": "lucky", "lucky_odds": odds((0, "0.5"))}, "lucky_odds"),
        ({"category": "lucky", "lucky_odds": odds()}, "lucky_odds"),
        ({"category": "lucky", "lucky_odds": odds((1, "0")) | {"total": 2}}, "lucky_odds"),
        ({"category": "lucky", "lucky_odds": odds((1, "0")) | {"more": 2}}, "lucky_odds"),
        ({"thumbnail_url": "https://tracker.example/x.png"}, "thumbnail_url"),
        ({"animation_url": "//tracker.example/x.png"}, "animation_url"),
        ({"sound_url": "https://tracker.example/x.mp3"}, "sound_url"),
        ({"charm_xp_multiplier": "100.01"}, "charm_xp_multiplier"),
        ({"reason": ""}, "reason"),
    ],
)
async def test_what_may_not_be_saved_changes_nothing(
    world: World, editor: Person, fields: dict[str, Any], field: str
) -> None:
    gift = (await save(world, editor)).json()["id"]
    before = kept(world)
    for gift_id in (None, gift):
        refused = await save(world, editor, gift_id, **fields)
        assert (refused.status_code, refused.json()["code"]) == (422, "request.invalid")
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert kept(world) == before


async def test_categories_bring_and_drop_what_they_need(world: World, editor: Person) -> None:
    gift = (await save(world, editor, category="country", country_specific="PAK")).json()
    assert gift["country_specific"] == "PK"
    assert (await save(world, editor, gift["id"], country_specific=None)).status_code == 422
    lucky = await save(
        world,
        editor,
        gift["id"],
        category="lucky",
        country_specific=None,
        lucky_odds=odds((1, "0.25"), (1, "1")),
    )
    assert (lucky.status_code, lucky.json()["expected_return"]) == (200, "5/8")
    assert (await save(world, editor, gift["id"], category="normal")).status_code == 422
    plain = await save(world, editor, gift["id"], category="normal", lucky_odds=None)
    assert (plain.status_code, plain.json()["lucky_odds"]) == (200, None)
    missing = await save(world, editor, 999_999_999, price=1)
    assert (missing.status_code, missing.json()["code"]) == (404, "gift.not_found")


async def test_other_settings_make_no_pump_of_a_table_that_was_fine(
    world: World, settings: Settings
) -> None:
    """Share or rate raised over a saved table: it is given no more, and nothing is charged."""
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    table = json.dumps(odds((7, "1"), (3, "0")))
    gift = world.gift("1.00", category="lucky", lucky_odds=table)
    generous = GiftEngine(
        world.database, settings.model_copy(update={"recipient_share_percent": Decimal("50.01")})
    )
    await generous.start()
    try:
        body = SendGift(gift_id=gift, recipient_ids=[recipient.id], quantity=1)
        answer = await generous.send(GiftRequest(sender.id, "k1", b"x" * 32, body))
    finally:
        await generous.stop()
    assert (answer.status, b"gift.pays_too_much" in answer.body) == (409, True)
    assert (await world.wallet(sender))["coin_balance"] == "100.00"
    assert (await world.send(sender, gift, [recipient])).status_code == 201


async def test_two_editors_at_once_leave_one_whole_gift(world: World, editor: Person) -> None:
    """Each change alone is right; together they would be a lucky gift without odds."""
    gift = (await save(world, editor, category="lucky", lucky_odds=odds((1, "0.5")))).json()["id"]
    answers = await asyncio.gather(
        save(world, editor, gift, category="normal", lucky_odds=None),
        save(world, editor, gift, lucky_odds=odds((1, "0.25"))),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 200], [200, 422])
    [(category, table)] = world.sql("SELECT category, lucky_odds FROM gifts WHERE id = %s", gift)
    assert (category == "lucky") == (table is not None)


async def test_people_find_gifts_by_category_rarity_and_price(world: World) -> None:
    person = await world.register(country="EG")
    rows = [
        ("3.00", {"category": "vip", "vip_level_required": 2, "rarity": "epic"}, False),
        ("1.00", {"category": "country", "country_specific": "EG", "rarity": "epic"}, True),
        ("2.00", {"category": "country", "country_specific": "PK", "rarity": "epic"}, False),
        ("1.00", {"category": "cp", "rarity": "epic"}, True),
    ]
    ids = [world.gift(price, **fields) for price, fields, _ in rows]
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/gifts?rarity=epic&sort=price&limit=1{cursor}"
        page = (await world.call("GET", path, person)).json()
        found += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [gift["id"] for gift in found] == [ids[1], ids[3], ids[2], ids[0]]
    assert {g["id"]: g["can_send"] for g in found} == {
        gift: can for gift, (_, _, can) in zip(ids, rows, strict=True)
    }
    page = (await world.call("GET", "/gifts?category=country&limit=100", person)).json()
    assert {ids[1], ids[2]} <= {gift["id"] for gift in page["data"]}
    assert {gift["category"] for gift in page["data"]} == {"country"}
