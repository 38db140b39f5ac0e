"""Resellers and coin requests as staff see them; the right to sell, given and taken."""

import asyncio
import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import httpx

from flylive.clock import now, turned_to
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World

REASON = "He passed the checks"


async def staff(world: World, role: str = "finance") -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def appoint(
    world: World, actor: Person, person: Person, reason: str = REASON, **body: Any
) -> httpx.Response:
    path = f"/admin/resellers/{person.id}"
    return await world.call("PUT", path, actor, json={"reason": reason} | body)


async def dismiss(world: World, actor: Person, person: Person) -> httpx.Response:
    path = f"/admin/resellers/{person.id}"
    return await world.call("DELETE", path, actor, json={"reason": "He was late too often"})


async def seller(world: World, actor: Person, coins: int = 1000) -> Person:
    person = await world.register()
    world.prove_email(person)
    await world.recharge(person, coins)
    assert (await appoint(world, actor, person)).status_code == 200
    return person


async def sell(world: World, who: Person, buyer: Person, amount: int, **request: Any) -> int:
    """A request that is approved; its id."""
    body = {"requested_from": who.id, "amount": amount, "type": "purchase"} | request
    asked = await world.call("POST", "/coin-requests", buyer, json=body)
    assert asked.status_code == 201, asked.text
    path = f"/coin-requests/{asked.json()['id']}/approve"
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    done = await world.call("POST", path, who, json={}, headers=headers)
    assert done.status_code == 200, done.text
    return int(asked.json()["id"])


def kept(world: World) -> list[Any]:
    return [
        world.sql("SELECT to_jsonb(t) FROM resellers t ORDER BY user_id"),
        world.sql("SELECT to_jsonb(t) FROM audit_log t ORDER BY id"),
    ]


async def test_the_right_to_sell_needs_a_verified_email_and_is_audited(world: World) -> None:
    actor, person = await staff(world), await world.register()
    before = kept(world)
    assert refusal(await appoint(world, actor, person)) == (409, "reseller.email_not_verified")
    assert refusal(await appoint(world, actor, person, " ")) == (422, "request.invalid")
    assert refusal(await appoint(world, actor, person, max_credit_days=366)) == (
        422,
        "request.invalid",
    )
    assert refusal(await dismiss(world, actor, person)) == (404, "reseller.not_found")
    assert refusal(await appoint(world, actor, actor)) == (403, "staff.not_oneself")
    support = await staff(world, "support")
    assert refusal(await appoint(world, support, person)) == (403, "staff.right_missing")
    assert kept(world) == before
    world.prove_email(person)
    made = await appoint(world, actor, person, max_credit_days=7)
    assert (made.status_code, made.json()["max_credit_days"]) == (200, 7)
    assert (await appoint(world, actor, person, max_credit_days=0)).status_code == 200
    assert (await dismiss(world, actor, person)).status_code == 204
    audited = world.sql(
        "SELECT action, before, after FROM audit_log WHERE subject_id = %s AND subject_type ="
        " 'user' ORDER BY id",
        person.id,
    )
    assert audited == [
        ("reseller.grant", {}, {"max_credit_days": 7}),
        ("reseller.edit", {"max_credit_days": 7}, {"max_credit_days": 0}),
        ("reseller.revoke", {"max_credit_days": 0}, {"max_credit_days": None}),
    ]


async def test_stock_sales_credit_and_what_is_late(world: World) -> None:
    actor, viewer = await staff(world), await staff(world, "read_only")
    who, other = await seller(world, actor), await seller(world, actor, 10)
    buyer, friend = await world.people(2)
    bought = await sell(world, who, buyer, 100)
    credit = await sell(world, who, friend, 200, type="credit", credit_days=5)
    waiting = await world.call(
        "POST",
        "/coin-requests",
        buyer,
        json={"requested_from": who.id, "amount": 7, "type": "purchase"},
    )
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"to_user_id": friend.id, "amount": 50}
    assert (
        await world.call("POST", "/wallet/transfers", who, json=body, headers=headers)
    ).status_code == 201

    async def rows(query: str = "") -> dict[int, Any]:
        answer = await world.call("GET", f"/admin/resellers?limit=100&{query}", viewer)
        assert answer.status_code == 200, answer.text
        return {row["user_id"]: row for row in answer.json()["data"]}

    row = (await rows())[who.id]
    wanted = {
        "stock": "650.00",
        "sold_30_days": "350.00",
        "on_credit": "200.00",
        "overdue": "0.00",
        "open_credits": 1,
        "overdue_credits": 0,
        "pending": 1,
    }
    assert {name: row[name] for name in wanted} == wanted
    assert other.id in await rows()
    assert set(await rows(f"user_id={who.id}")) == {who.id}
    assert await rows("overdue=true") == {}
    with turned_to(now() + timedelta(days=6)):
        late = await rows("overdue=true")
        assert set(late) == {who.id}
        assert (late[who.id]["overdue"], late[who.id]["overdue_credits"]) == ("200.00", 1)
        answer = await world.call("GET", "/admin/coin-requests?overdue=true", viewer)
        assert [one["id"] for one in answer.json()["data"]] == [credit]
        assert answer.json()["data"][0]["is_overdue"] is True

    async def found(query: str) -> list[int]:
        answer = await world.call("GET", f"/admin/coin-requests?{query}", viewer)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["data"]]

    assert await found(f"user_id={who.id}") == [waiting.json()["id"], credit, bought]
    assert await found(f"user_id={buyer.id}&status=approved") == [bought]
    assert await found(f"reseller_id={who.id}&type=credit") == [credit]
    assert await found(f"reseller_id={who.id}&to=2020-01-01T00:00:00Z") == []
    one = await world.call("GET", f"/admin/coin-requests/{credit}", viewer)
    assert (one.json()["reseller"]["id"], one.json()["user"]["id"]) == (who.id, friend.id)
    missing = await world.call("GET", "/admin/coin-requests/999999", viewer)
    assert refusal(missing) == (404, "coin_request.not_found")
    mine = (await world.call("GET", "/resellers/me/statement", who)).json()
    path = f"/admin/resellers/{who.id}/statement"
    assert (await world.call("GET", path, viewer)).json() == mine
    lines = (await world.call("GET", f"{path}.csv", viewer)).text
    assert [row["amount"] for row in csv.DictReader(io.StringIO(lines))] == [
        "50.00",
        "200.00",
        "100.00",
    ]
    # Who sells no more is still owed, and it is still seen.
    assert (await dismiss(world, actor, who)).status_code == 204
    kept_statement = (await world.call("GET", path, viewer)).json()
    assert kept_statement["summary"]["on_credit"] == "200.00"
    nobody = await world.call("GET", "/admin/resellers/999999/statement", viewer)
    assert refusal(nobody) == (404, "user.not_found")


async def test_a_sale_races_with_the_end_of_the_right(world: World) -> None:
    actor = await staff(world)
    who, [buyer] = await seller(world, actor), await crowd(world, 1)

    async def transfer() -> httpx.Response:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"to_user_id": buyer.id, "amount": 10}
        return await world.call("POST", "/wallet/transfers", who, json=body, headers=headers)

    *sold, ended = await asyncio.gather(*(transfer() for _ in range(8)), dismiss(world, actor, who))
    assert ended.status_code == 204
    made = [answer for answer in sold if answer.status_code == 201]
    refused = [answer for answer in sold if answer.status_code != 201]
    assert {refusal(answer) for answer in refused} <= {(403, "reseller.required")}
    assert (await world.wallet(buyer))["coin_balance"] == f"{10 * len(made)}.00"
    assert refusal(await transfer()) == (403, "reseller.required")
