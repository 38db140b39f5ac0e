"""A token that ends while a request of its is still on its way: nothing comes of that request."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest

from tests.accounts.postman import email_of, log_in
from tests.world import Person, World


async def slowly(body: dict[str, object], rest: asyncio.Event) -> AsyncIterator[bytes]:
    data = json.dumps(body).encode()
    yield data[:1]
    await rest.wait()
    yield data[1:]


@pytest.mark.parametrize("end", ["log out", "end the others", "change the password"])
async def test_a_body_that_ends_after_its_token_moves_nothing(world: World, end: str) -> None:
    seller, thief = await world.people(2)
    await world.recharge(seller, 1_000)
    world.sql("INSERT INTO resellers (user_id, max_credit_days) VALUES (%s, 0)", seller.id)
    again = await log_in(world, email_of(seller), "a long password")
    owner = Person(seller.id, again.json()["token"], seller.user)
    rest = asyncio.Event()
    held = asyncio.create_task(
        world.call(
            "POST",
            "/wallet/transfers",
            seller,
            content=slowly({"to_user_id": thief.id, "amount": "900.00"}, rest),
            headers={"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"},
        )
    )
    await asyncio.sleep(0.1)
    words = {"current_password": "a long password", "password": "another long password"}
    ended = {
        "log out": lambda: world.call("POST", "/auth/logout", seller),
        "end the others": lambda: world.call("DELETE", "/auth/tokens", owner),
        "change the password": lambda: world.call(
            "POST", "/auth/password/change", owner, json=words
        ),
    }
    assert (await ended[end]()).status_code == 204
    rest.set()
    answer = await held
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    assert (await world.wallet(owner))["coin_balance"] == "1000.00"
