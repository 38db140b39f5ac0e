"""Hands for resellers: making one, asking him, answering, transferring."""

import uuid
from typing import Any

import httpx

from tests.world import Person, World


async def reseller(world: World, coins: int = 10_000, days: int = 30) -> Person:
    person = await world.register()
    if coins:
        await world.recharge(person, coins)
    world.sql("INSERT INTO resellers (user_id, max_credit_days) VALUES (%s, %s)", person.id, days)
    return person


async def ask(
    world: World, person: Person, seller: Person, amount: Any = "100.00", **fields: Any
) -> httpx.Response:
    body = {"requested_from": seller.id, "amount": amount, "type": "purchase"} | fields
    return await world.call("POST", "/coin-requests", person, json=body)


async def act(
    world: World, person: Person, request_id: int, verb: str, key: str | None = None, **body: Any
) -> httpx.Response:
    options: dict[str, Any] = {"json": body} if verb in {"approve", "reject"} else {}
    if verb == "approve":
        options["headers"] = {"Idempotency-Key": key or uuid.uuid4().hex}
    return await world.call("POST", f"/coin-requests/{request_id}/{verb}", person, **options)


async def transfer(
    world: World, seller: Person, to: int, amount: Any, key: str | None = None
) -> httpx.Response:
    return await world.call(
        "POST",
        "/wallet/transfers",
        seller,
        json={"to_user_id": to, "amount": amount},
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


async def coins(world: World, *people: Person) -> list[str]:
    return [(await world.call("GET", "/wallet", one)).json()["coin_balance"] for one in people]


def expect(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    body: dict[str, Any] = answer.json()
    return body
