"""Holds on exchange and transfers: what refuses, what goes on, and nobody slips through."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.database import Database
from tests.resellers.hands import act, ask, reseller, transfer
from tests.wallet.test_exchange import balances, earner, exchange
from tests.world import Person, World

WHY = {"reason": "gifts in circles"}


@pytest.fixture(scope="module")
async def clerk(world: World, database: Database) -> Person:
    person = await world.register()
    await database.run(lambda tx: staff.grant(tx, person.id, Role.FINANCE))
    return person


async def hold(world: World, clerk: Person, person: Person, verb: str = "hold") -> httpx.Response:
    return await world.call("POST", f"/admin/users/{person.id}/wallet-{verb}", clerk, json=WHY)


def refusal(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("code")


async def test_exchange_and_transfers_are_refused_and_nothing_moves(
    world: World, clerk: Person
) -> None:
    host, seller = await earner(world), await reseller(world)
    request_id = (await ask(world, host, seller)).json()["id"]
    placed = await hold(world, clerk, host)
    assert placed.status_code == 201, placed.text
    assert placed.json()["reason"] == WHY["reason"]
    ledger = world.sql("SELECT count(*) FROM transactions")
    before = await balances(world, host), await balances(world, seller)
    held = (403, "wallet.held")
    assert refusal(await exchange(world, host, "10.00")) == held
    assert refusal(await transfer(world, seller, host.id, "5.00")) == held
    assert refusal(await act(world, seller, request_id, "approve")) == held
    assert (await balances(world, host), await balances(world, seller)) == before
    assert world.sql("SELECT count(*) FROM transactions") == ledger
    assert world.sql("SELECT status FROM coin_requests WHERE id = %s", request_id) == [("pending",)]
    assert refusal(await hold(world, clerk, host)) == (409, "wallet.already_held")
    lifted = await hold(world, clerk, host, "lift")
    assert lifted.json()["lift_reason"] == WHY["reason"]
    assert (await exchange(world, host, "10.00")).status_code == 201
    assert (await transfer(world, seller, host.id, "5.00")).status_code == 201
    assert (await act(world, seller, request_id, "approve")).status_code == 200
    assert refusal(await hold(world, clerk, host, "lift")) == (409, "wallet.not_held")


async def test_a_held_seller_sells_nothing(world: World, clerk: Person) -> None:
    seller, buyer = await reseller(world), await world.register()
    request_id = (await ask(world, buyer, seller)).json()["id"]
    assert (await hold(world, clerk, seller)).status_code == 201
    for answer in (
        await transfer(world, seller, buyer.id, "5.00"),
        await act(world, seller, request_id, "approve"),
    ):
        assert refusal(answer) == (403, "wallet.held")
    assert (await act(world, seller, request_id, "reject")).status_code == 200


async def test_gifts_and_log_in_go_on(world: World, clerk: Person) -> None:
    giver, other = await world.people(2)
    await world.recharge(giver, 100)
    assert (await hold(world, clerk, giver)).status_code == 201
    assert (await world.send(giver, world.gift("10.00"), [other])).status_code == 201
    credentials = {"login": giver.user["email"], "password": "a long password"}
    assert (await world.call("POST", "/auth/login", json=credentials)).status_code == 200
    await world.recharge(giver, 100)
    assert (await balances(world, giver))[0] == "190.00"


async def test_it_stands_in_the_audit_log_with_its_reason(world: World, clerk: Person) -> None:
    person = await world.register()
    await hold(world, clerk, person)
    await hold(world, clerk, person, "lift")
    rows = world.sql(
        "SELECT action, reason, before ->> 'is_held', after ->> 'is_held', actor_id FROM audit_log"
        " WHERE subject_type = 'user' AND subject_id = %s ORDER BY id",
        person.id,
    )
    assert rows == [
        ("wallet.hold", WHY["reason"], "false", "true", clerk.id),
        ("wallet.lift", WHY["reason"], "true", "false", clerk.id),
    ]
    listed = await world.call(
        "GET", f"/admin/wallet-holds?user_id={person.id}&is_active=false", clerk
    )
    assert [row["user_id"] for row in listed.json()["data"]] == [person.id]
    active = await world.call("GET", f"/admin/wallet-holds?user_id={person.id}", clerk)
    assert active.json()["data"] == []


async def test_raced_an_exchange_is_before_the_hold_or_refused(world: World, clerk: Person) -> None:
    """The hold's moment parts the ledger: no row of his is newer."""
    for _ in range(6):
        host = await earner(world)
        answers = await asyncio.gather(
            *(exchange(world, host, "5.00", uuid.uuid4().hex) for _ in range(6)),
            hold(world, clerk, host),
            *(exchange(world, host, "5.00", uuid.uuid4().hex) for _ in range(6)),
        )
        assert {answer.status_code for answer in answers} <= {201, 403}
        done = [a for a in answers if a.status_code == 201 and "rate" in a.json()]
        assert (await balances(world, host))[1] == f"{100 - 5 * len(done)}.00"
        assert refusal(await exchange(world, host, "5.00")) == (403, "wallet.held")
        [(late,)] = world.sql(
            "SELECT count(*) FROM transactions t JOIN wallet_holds h ON h.user_id = t.user_id"
            " WHERE t.user_id = %s AND t.type = 'exchange' AND t.xmin::text::bigint"
            " > h.xmin::text::bigint AND t.created_at > h.placed_at",
            host.id,
        )
        assert late == 0


async def test_two_who_hold_at_once_hold_once(world: World, clerk: Person) -> None:
    person = await world.register()
    answers = await asyncio.gather(*(hold(world, clerk, person) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert world.sql("SELECT count(*) FROM wallet_holds WHERE user_id = %s", person.id) == [(1,)]
