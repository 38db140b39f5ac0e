"""The product over an adopted database: people go on where they were, and the money adds up."""

import uuid
from decimal import Decimal
from typing import Any

import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet.proof import verify
from tests.adoption import data
from tests.adoption.conftest import Adopted
from tests.conftest import Addresses
from tests.world import Person, World


@pytest.fixture(scope="module")
def settings(adopted: Adopted, settings: Settings) -> Settings:
    """The app's settings, once the database is adopted."""
    return settings


@pytest.fixture(scope="module")
async def amal(world: World) -> Person:
    """User 1 with the token that her phone has had since Laravel."""
    mine = await world.client.get(
        "/v1/me", headers={"Authorization": f"Bearer {data.TOKEN['bearer']}"}
    )
    assert mine.status_code == 200, mine.text
    return Person(1, data.TOKEN["bearer"], mine.json())


async def log_in(world: World, name: str, password: str) -> Any:
    return await world.client.post("/v1/auth/login", json={"login": name, "password": password})


async def test_an_old_token_and_an_old_password_open_the_account(
    world: World, amal: Person
) -> None:
    assert amal.user["name"] == "Amal"
    for name in ("amal@example.com", "+971501234567", "100001"):
        entered = await log_in(world, name, data.PASSWORD["plain_password"])
        assert entered.status_code == 200, entered.text
        assert entered.json()["user"]["id"] == 1
    kept = world.sql("SELECT password FROM users WHERE id = 1")
    assert kept[0][0].startswith("$argon2id$")
    assert (await log_in(world, "100001", "wrong")).status_code == 401
    # What was plain text opens nothing, and no blank does.
    for password in ("plain text", "!"):
        assert (await log_in(world, "100004", password)).status_code == 401


async def test_her_history_is_there_in_the_order_of_time(world: World, amal: Person) -> None:
    page = await world.call("GET", "/wallet/transactions?limit=50", amal)
    assert page.status_code == 200, page.text
    rows = page.json()["data"]
    assert [row["type"] for row in rows] == [
        "opening_balance", "opening_balance", "transfer", "gift", "purchase", "tax",
    ]  # fmt: skip
    assert [row["created_at"] for row in rows] == sorted(
        (row["created_at"] for row in rows), reverse=True
    )
    assert rows[4]["created_at"] == "2024-01-01T05:00:00Z"
    assert rows[4]["metadata"] == {"order": "A-1"}
    for row in rows:
        one = await world.call("GET", f"/wallet/transactions/{row['id']}", amal)
        assert one.status_code == 200
        assert one.json() == row
    gifts = await world.call("GET", "/gifts/transactions?limit=50&box=sent", amal)
    assert [line["id"] for line in gifts.json()["data"]] == [3, 2, 1]
    wall = await world.call("GET", "/users/2/gift-wall", amal)
    assert {entry["name"]: entry["quantity"] for entry in wall.json()["data"]} == {
        "Rose": 6,
        "Dice": 1,
    }


async def test_the_old_room_the_gift_and_the_proof(
    world: World, amal: Person, settings: Settings, database: Database, addresses: Addresses
) -> None:
    entered = await log_in(world, "bilal@example.com", data.PASSWORD["plain_password"])
    bilal = Person(2, entered.json()["token"], entered.json()["user"])
    for person, role in ((amal, "moderator"), (bilal, "owner")):
        joined = await world.call("POST", "/rooms/1/join", person, json={})
        assert joined.status_code == 200, joined.text
        mine = [p for p in joined.json()["participants"]["data"] if p["user"]["id"] == person.id]
        assert mine[0]["role"] == role
    messages = await world.call("GET", "/rooms/1/messages", amal)
    assert [m["content"] for m in messages.json()["data"]][-2:] in (
        ["First of all", "Good evening"],
        ["Good evening", "First of all"],
    )
    said = await world.call(
        "POST", "/rooms/1/messages", amal, json={"content": "Still here", "client_id": "c-1"}
    )
    assert said.status_code == 201, said.text
    assert said.json()["seq"] == 3
    seat = await world.call("PUT", "/rooms/1/seats/1", amal, json={})
    assert seat.status_code == 200, seat.text

    sent = await world.send(amal, 1, [bilal], room_id=1, quantity=2)
    assert sent.status_code == 201, sent.text
    assert sent.json()["coin_balance"] == "1214.50"
    assert sent.json()["level_up"] is None
    # 20 coins: 10 diamonds, of which the agency's owner has 1.
    wallets = {
        user: (coins, diamonds)
        for user, coins, diamonds in world.sql(
            "SELECT id, coin_balance, diamond_balance FROM users WHERE id IN (1, 2, 3)"
        )
    }
    assert wallets == {
        1: (Decimal("1214.50"), Decimal("20.00")),
        2: (Decimal("10.00"), Decimal("509.25")),
        3: (Decimal("0.00"), Decimal("51.00")),
    }
    assert await GiftAggregator(database, settings).fold() == 1
    assert world.sql("SELECT total_coins_spent, daily_coins_spent FROM rooms WHERE id = 1") == [
        (Decimal("120.00"), Decimal("20.00"))
    ]
    assert world.sql("SELECT count(*) FROM transactions WHERE type = 'level_reward'") == [(0,)]
    said_so: list[str] = []
    assert verify(addresses.owner, said_so.append) == 0, said_so


async def test_a_private_room_opens_by_its_old_password(world: World) -> None:
    guest = await world.register()
    for password, status in (("wrong", 403), ("open sesame", 200)):
        joined = await world.call("POST", "/rooms/2/join", guest, json={"password": password})
        assert joined.status_code == status, joined.text
    shut = await world.call("POST", "/rooms/3/join", guest, json={"password": "!"})
    assert shut.status_code == 403


async def test_newcomers_join_the_adopted_and_the_proof_holds(
    world: World, addresses: Addresses
) -> None:
    newcomer = await world.register()
    assert newcomer.id > 7
    await world.recharge(newcomer, 500)
    answer = await world.send(newcomer, 1, [Person(1, "", {})], key=uuid.uuid4().hex)
    assert answer.status_code == 201, answer.text
    assert verify(addresses.owner, lambda line: None) == 0
