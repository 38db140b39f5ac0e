"""Where tokens and orders came from: kept, shown to their owner, forgotten after 90 days."""

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive import clock
from flylive.config import Settings
from flylive.database import Database
from flylive.http import origins
from flylive.wallet.recharge.providers import Providers
from flylive.worker import loops
from tests.accounts.conftest import From
from tests.world import Person, World

PHONE = {"User-Agent": "FlyLive/1.2 (Pixel 9; Android 16)"}


async def tokens(world: World, person: Person) -> list[dict[str, Any]]:
    answer = await world.call("GET", "/auth/tokens", person)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def order(client: httpx.AsyncClient, world: World, person: Person, agent: str) -> int:
    answer = await client.post(
        "/v1/recharge/orders",
        json={"package_id": world.package(), "provider": "sandbox"},
        headers=person.headers | {"Idempotency-Key": uuid.uuid4().hex, "User-Agent": agent},
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def test_a_token_says_where_it_was_issued_to(world: World, from_address: From) -> None:
    body = {
        "name": "Traveller", "email": f"{uuid.uuid4().hex}@example.com", "gender": 1,
        "password": "a long password", "dob": "1990-05-17", "country": "AE",
    }  # fmt: skip
    home, away = from_address("198.51.100.21"), from_address("2001:db8:5::77")
    first = await home.post("/v1/auth/register", json=body, headers=PHONE)
    assert first.status_code == 201, first.text
    person = Person(first.json()["user"]["id"], first.json()["token"], first.json()["user"])
    login = {"login": body["email"], "password": body["password"]}
    for agent in ("\u00fc" * 600, "", "\x01\x02"):
        entered = await away.post(
            "/v1/auth/login", json=login, headers={"User-Agent": agent.encode()}
        )
        assert entered.status_code == 200, entered.text
    found = [(token["ip_address"], token["user_agent"]) for token in await tokens(world, person)]
    assert found == [
        ("2001:db8:5::77", None),
        ("2001:db8:5::77", None),
        ("2001:db8:5::77", "\u00fc" * 512),
        ("198.51.100.21", PHONE["User-Agent"]),
    ]


async def test_using_a_token_elsewhere_does_not_change_it(world: World, from_address: From) -> None:
    person = await world.register()
    before = await tokens(world, person)
    away = from_address("203.0.113.31")
    assert (await away.get("/v1/me", headers=person.headers | PHONE)).status_code == 200
    after = await tokens(world, person)
    assert [one["ip_address"] for one in after] == [one["ip_address"] for one in before]


async def test_an_order_says_where_it_came_from_to_its_owner_alone(world: World) -> None:
    person, other = await world.people(2)
    order_id = await order(world.client, world, person, "Shop/3 \x7f(TV)")
    shown = (await world.call("GET", f"/recharge/orders/{order_id}", person)).json()
    assert (shown["ip_address"], shown["user_agent"]) == ("127.0.0.1", "Shop/3 (TV)")
    assert (await world.call("GET", f"/recharge/orders/{order_id}", other)).status_code == 404


async def test_both_forget_it_after_ninety_days(
    world: World, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "FORGOTTEN_AT_ONCE", 2)
    people = await world.people(5)
    orders = [await order(world.client, world, person, "Shop/3") for person in people]
    young = people[-1]
    old = [person.id for person in people[:-1]]
    world.sql(
        "UPDATE personal_access_tokens SET created_at = created_at - interval '1 day'"
        " WHERE tokenable_id = ANY(%s)",
        old,
    )
    world.sql(
        "UPDATE recharge_orders SET created_at = created_at - interval '1 day'"
        " WHERE user_id = ANY(%s)",
        old,
    )
    kept = world.sql(
        "SELECT to_jsonb(o) - 'ip_address' - 'user_agent' FROM recharge_orders o ORDER BY id"
    )
    (forget,) = [
        loop
        for loop in loops(database, None, settings, Providers(settings))
        if loop.name == "forget addresses"  # type: ignore[arg-type]
    ]
    with clock.turned_to(clock.now() + timedelta(days=88)):
        assert await forget.work() == 0
    with clock.turned_to(clock.now() + timedelta(days=89, hours=12)):
        assert await forget.work() == 8
        assert await forget.work() == 0
    for person, order_id in zip(people, orders, strict=True):
        [token] = await tokens(world, person)
        shown = (await world.call("GET", f"/recharge/orders/{order_id}", person)).json()
        found = [(one["ip_address"], one["user_agent"]) for one in (token, shown)]
        if person is young:
            assert [address for address, _ in found] == ["127.0.0.1", "127.0.0.1"]
        else:
            assert found == [(None, None), (None, None)]
    # Nothing else of an order moves, and the token still opens.
    assert kept == world.sql(
        "SELECT to_jsonb(o) - 'ip_address' - 'user_agent' FROM recharge_orders o ORDER BY id"
    )
    assert (await world.call("GET", "/me", people[0])).status_code == 200
