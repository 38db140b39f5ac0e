"""The catalogue of packages: what is sold where, and what staff may not save."""

from typing import Any

import httpx
import pytest

from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World

PURSE: dict[str, Any] = {
    "reason": "for the feast",
    "name": " Purse ",
    "coin_amount": 500,
    "price": "4.99",
}


@pytest.fixture
async def editor(world: World) -> Person:
    """Somebody of the staff who keeps the catalogue."""
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'catalogue')", person.id)
    return person


async def save(
    world: World, editor: Person, package_id: int | None = None, **fields: Any
) -> httpx.Response:
    if package_id is None:
        return await world.call("POST", "/admin/packages", editor, json=PURSE | fields)
    body = {"reason": "better so"} | fields
    return await world.call("PATCH", f"/admin/packages/{package_id}", editor, json=body)


def kept(world: World) -> list[Any]:
    return [
        world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
        for table in ("recharge_packages", "audit_log")
    ]


async def sold(world: World, person: Person) -> set[int]:
    answer = await world.call("GET", "/recharge/packages", person)
    return {package["id"] for package in answer.json()["data"]}


async def test_a_package_is_made_restricted_and_retired(world: World, editor: Person) -> None:
    here, there = await world.register(country="AE"), await world.register(country="PK")
    made = await save(
        world, editor, bonus_coins=50, country_restrictions=["PAK", "sa", "PK"], currency="usd"
    )
    assert made.status_code == 201, made.text
    package = made.json()
    assert (package["name"], package["currency"]) == ("Purse", "USD")
    assert package["country_restrictions"] == ["PK", "SA"]
    number = package["id"]
    assert number not in await sold(world, here)
    assert number in await sold(world, there)
    order = {"package_id": number, "provider": "sandbox"}
    headers = {"Idempotency-Key": "a"}
    refused = await world.call("POST", "/recharge/orders", here, json=order, headers=headers)
    assert refusal(refused) == (403, "recharge.package_not_in_country")
    taken = await world.call("POST", "/recharge/orders", there, json=order, headers=headers)
    assert taken.status_code == 201
    edited = await save(world, editor, number, country_restrictions=None, price="5.49")
    assert (edited.json()["country_restrictions"], edited.json()["price"]) == (None, "5.49")
    assert number in await sold(world, here)
    # What was ordered keeps its terms.
    kept_order = await world.call("GET", f"/recharge/orders/{taken.json()['id']}", there)
    assert kept_order.json()["price"] == "4.99"
    assert (await save(world, editor, number, is_active=False)).json()["is_active"] is False
    assert number not in await sold(world, here)
    query = "/admin/packages?limit=100"
    listed = (await world.call("GET", query, editor)).json()["data"]
    assert number in [one["id"] for one in listed]
    active = (await world.call("GET", f"{query}&is_active=true", editor)).json()["data"]
    assert number not in [one["id"] for one in active]
    audited = world.sql(
        "SELECT action, before, after FROM audit_log WHERE subject_type = 'package'"
        " AND subject_id = %s ORDER BY id",
        number,
    )
    assert [action for action, _, _ in audited] == ["package.create", *["package.edit"] * 2]
    assert audited[2][1:] == ({"is_active": True}, {"is_active": False})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price": "0"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"price": "9.99", "currency": "JPY"}, "price"),
        ({"currency": "dollars"}, "currency"),
        ({"coin_amount": 0}, "coin_amount"),
        ({"country_restrictions": []}, "country_restrictions"),
        ({"country_restrictions": ["XX"]}, "country_restrictions"),
        ({"name": " "}, "name"),
        ({"reason": " "}, "reason"),
    ],
)
async def test_what_cannot_be_sold_is_not_saved(
    world: World, editor: Person, fields: dict[str, Any], field: str
) -> None:
    number = (await save(world, editor)).json()["id"]
    before = kept(world)
    for package in (None, number):
        answer = await save(world, editor, package, **fields)
        assert refusal(answer) == (422, "request.invalid"), answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept(world) == before


async def test_unknown_packages_and_changes_of_nothing(world: World, editor: Person) -> None:
    before = kept(world)
    assert refusal(await save(world, editor, 999_999, price="1")) == (
        404,
        "recharge.package_not_found",
    )
    number = world.package(500)
    assert refusal(await save(world, editor, number)) == (422, "request.invalid")
    assert kept(world)[1] == before[1]
