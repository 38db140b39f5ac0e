"""Diamonds into coins: the quote, the two rows, refusals that change nothing, and races."""

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import httpx
import pytest

from flylive.wallet.proof import verify
from tests.world import Person, World


async def earner(world: World, diamonds: int = 100) -> Person:
    """Somebody who was given gifts worth so many diamonds, half of what they cost."""
    host, guest = await world.people(2)
    await world.recharge(guest, diamonds * 2 + 100)
    answer = await world.send(guest, world.gift(f"{diamonds * 2}.00"), [host])
    assert answer.status_code == 201, answer.text
    return host


async def exchange(
    world: World, person: Person, diamonds: Any, key: str | None = None
) -> httpx.Response:
    return await world.call(
        "POST",
        "/wallet/exchange",
        person,
        json={"diamonds": diamonds},
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


async def balances(world: World, person: Person) -> tuple[str, str]:
    wallet = (await world.call("GET", "/wallet", person)).json()
    return wallet["coin_balance"], wallet["diamond_balance"]


async def test_diamonds_become_coins_in_two_rows(world: World) -> None:
    host = await earner(world)
    answer = await exchange(world, host, "40.50")
    assert answer.status_code == 201
    assert answer.json() == {
        "diamonds": "40.50",
        "rate": "0.50",
        "coins": "20.25",
        "coin_balance": "20.25",
        "diamond_balance": "59.50",
    }
    assert await balances(world, host) == ("20.25", "59.50")
    rows = (await world.call("GET", "/wallet/transactions?type=exchange", host)).json()["data"]
    shown = {(row["direction"], row["currency_type"], row["amount"]) for row in rows}
    assert shown == {(1, 2, "40.50"), (2, 1, "20.25")}
    assert rows[0]["metadata"] == {"rate": "0.50", "diamonds": "40.50", "coins": "20.25"}


@pytest.mark.parametrize(
    ("diamonds", "coins"), [("0.03", "0.01"), ("0.05", "0.02"), ("99.99", "49.99"), ("7", "3.50")]
)
async def test_the_preview_says_what_happens_then(world: World, diamonds: str, coins: str) -> None:
    host = await earner(world)
    quote = await world.call("GET", f"/wallet/exchange/preview?diamonds={diamonds}", host)
    assert quote.status_code == 200
    expected = {"diamonds": f"{Decimal(diamonds):.2f}", "rate": "0.50", "coins": coins}
    assert quote.json() == expected
    assert (await exchange(world, host, diamonds)).json().items() >= expected.items()


@pytest.mark.parametrize(
    "diamonds", ["0", "0.01", "-5", "1e3", "1.234", "", "x", "٥", 0, -3, "100000000000000000"]
)
async def test_what_is_no_amount_is_refused(world: World, diamonds: Any) -> None:
    host = await earner(world)
    before = await balances(world, host)
    answer = await exchange(world, host, diamonds)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "diamonds"
    assert await balances(world, host) == before
    preview = await world.client.get(
        "/v1/wallet/exchange/preview", params={"diamonds": diamonds}, headers=host.headers
    )
    assert preview.status_code == 422


async def test_more_than_is_there_is_refused(world: World) -> None:
    host = await earner(world)
    answer = await exchange(world, host, "100.01")
    assert (answer.status_code, answer.json()["code"]) == (409, "wallet.insufficient_diamonds")
    assert answer.json()["diamond_balance"] == "100.00"
    assert await balances(world, host) == ("0.00", "100.00")


async def test_of_many_at_once_only_what_is_there(world: World) -> None:
    host = await earner(world)
    answers = await asyncio.gather(*(exchange(world, host, "30.00") for _ in range(12)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 3 + [409] * 9
    assert await balances(world, host) == ("45.00", "10.00")


async def test_one_key_exchanges_once(world: World) -> None:
    host = await earner(world)
    key = uuid.uuid4().hex
    answers = await asyncio.gather(*(exchange(world, host, "30.00", key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await balances(world, host) == ("15.00", "70.00")
    assert (await exchange(world, host, "31.00", key)).status_code == 422
    missing = await world.call("POST", "/wallet/exchange", host, json={"diamonds": "1"})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.key_required")


async def test_coins_pay_a_debt_first(world: World) -> None:
    host = await earner(world)
    other = await world.register()
    await world.recharge(host, 10)
    await world.send(host, world.gift("10.00"), [other])
    [(order,)] = world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", host.id)
    refund = {"outcome": "refunded"}
    await world.call("POST", f"/recharge/orders/{order}/sandbox", host, json=refund)
    assert (await world.call("GET", "/wallet", host)).json()["debt"] == "10.00"
    assert (await exchange(world, host, "30.00")).json()["coin_balance"] == "5.00"
    assert (await world.call("GET", "/wallet", host)).json()["debt"] == "0.00"


async def test_the_money_adds_up(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
