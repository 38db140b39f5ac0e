"""What staff give and take: by the ledger, with a reason, and beyond a limit by two of them."""

import asyncio
import csv
import io
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from flylive.config import Settings
from flylive.wallet.proof import verify
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World

REASON = "Coins were lost in the move"


@pytest.fixture(scope="module", autouse=True)
def limit(settings: Settings) -> Iterator[None]:
    """A small limit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "adjustment_limit", 1000)
        yield


async def staff(world: World, role: str) -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def adjust(
    world: World, actor: Person, person: Person, amount: str | int, **body: Any
) -> httpx.Response:
    key = body.pop("key", uuid.uuid4().hex)
    body = {"user_id": person.id, "currency": "coins", "amount": amount, "reason": REASON} | body
    return await world.call(
        "POST", "/admin/adjustments", actor, json=body, headers={"Idempotency-Key": key}
    )


async def decide(world: World, actor: Person, number: int, verb: str) -> httpx.Response:
    path = f"/admin/adjustments/{number}/{verb}"
    return await world.call("POST", path, actor, json={"reason": "Looked at it"})


def assert_proved(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


def money(world: World) -> list[Any]:
    """Everything that a refusal must leave alone."""
    return [
        world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
        for table in ("adjustments", "transactions", "audit_log")
    ] + world.sql("SELECT id, coin_balance, diamond_balance FROM users ORDER BY id")


async def test_small_ones_are_posted_at_once(world: World) -> None:
    actor, [person] = await staff(world, "finance"), await crowd(world, 1)
    made = await adjust(world, actor, person, "250.50")
    assert made.status_code == 201, made.text
    assert {k: made.json()[k] for k in ("amount", "status", "needs_second", "decided_by")} == {
        "amount": "250.50",
        "status": "posted",
        "needs_second": False,
        "decided_by": actor.id,
    }
    taken = await adjust(world, actor, person, "-50.50")
    diamonds = await adjust(world, actor, person, 7, currency="diamonds")
    assert (taken.json()["amount"], diamonds.json()["currency_type"]) == ("-50.50", 2)
    wallet = await world.wallet(person)
    assert (wallet["coin_balance"], wallet["diamond_balance"]) == ("200.00", "7.00")
    assert (wallet["total_spent"], wallet["total_received"]) == ("0.00", "0.00")
    rows = (await world.call("GET", "/wallet/transactions", person)).json()["data"]
    assert [(r["type"], r["direction"], r["amount"], r["transactionable_id"]) for r in rows] == [
        ("adjustment", 2, "7.00", diamonds.json()["id"]),
        ("adjustment", 1, "50.50", taken.json()["id"]),
        ("adjustment", 2, "250.50", made.json()["id"]),
    ]
    audited = world.sql(
        "SELECT action, subject_id, reason FROM audit_log WHERE actor_id = %s", actor.id
    )
    assert audited == [("adjustment.post", person.id, REASON)] * 3
    assert_proved(world)


async def test_large_ones_wait_for_a_second_person(world: World) -> None:
    actor, other = await staff(world, "finance"), await staff(world, "admin")
    [person] = await crowd(world, 1)
    asked = await adjust(world, actor, person, "1000.01")
    assert (asked.status_code, asked.json()["status"]) == (201, "pending")
    assert (await world.wallet(person))["coin_balance"] == "0.00"
    number = asked.json()["id"]
    before = money(world)
    answer = await decide(world, actor, number, "approve")
    assert refusal(answer) == (403, "adjustment.second_person")
    assert money(world) == before
    answers = await asyncio.gather(
        *(decide(world, other, number, verb) for verb in ("approve", "reject") * 4)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    [(rows,)] = world.sql(
        "SELECT count(*) FROM transactions WHERE transactionable_type = 'Adjustment'"
        " AND transactionable_id = %s",
        number,
    )
    assert rows == (won["status"] == "posted")
    listed = await world.call("GET", f"/admin/adjustments?user_id={person.id}", other)
    assert listed.json()["data"] == [won]
    # Whoever asked may take it back.
    second = (await adjust(world, actor, person, "5000")).json()["id"]
    assert (await decide(world, actor, second, "reject")).json()["status"] == "rejected"
    assert_proved(world)


async def test_who_gave_the_role_is_no_second_person(world: World) -> None:
    """An admin who makes somebody staff, asks by him and approves would be one person as two."""
    admin, third = await staff(world, "admin"), await staff(world, "finance")
    [puppet, person] = await crowd(world, 2)
    body = {"role": "finance", "reason": "A colleague"}
    given = await world.call("PUT", f"/admin/users/{puppet.id}/role", admin, json=body)
    assert given.status_code == 200, given.text
    for asker, approver in ((admin, puppet), (puppet, admin)):
        number = (await adjust(world, asker, person, 5000)).json()["id"]
        before = money(world)
        answer = await decide(world, approver, number, "approve")
        assert refusal(answer) == (403, "adjustment.second_person")
        assert money(world) == before
        assert (await decide(world, third, number, "approve")).json()["status"] == "posted"
    assert (await world.wallet(person))["coin_balance"] == "10000.00"
    assert_proved(world)


async def test_many_small_ones_are_a_large_one(world: World) -> None:
    actor, people = await staff(world, "finance"), await crowd(world, 8)
    answers = await asyncio.gather(*(adjust(world, actor, person, 300) for person in people))
    assert sorted(one.json()["status"] for one in answers) == ["pending"] * 5 + ["posted"] * 3
    # Taking counts like giving; diamonds have a measure of their own.
    [person] = await crowd(world, 1)
    assert (await adjust(world, actor, person, 200)).json()["status"] == "pending"
    mine = await adjust(world, actor, person, 200, currency="diamonds")
    assert mine.json()["status"] == "posted"
    assert_proved(world)


async def test_what_is_refused_moves_nothing(world: World) -> None:
    actor, [person] = await staff(world, "finance"), await crowd(world, 1)
    colleague = await staff(world, "support")
    gone = 999_999_999
    before = money(world)
    for amount in ("0", "-0", "1.001", "x", "", "1e3", "--1", "-", "99999999999999999999"):
        answer = await adjust(world, actor, person, amount)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "amount")
    answer = await adjust(world, actor, person, 1, reason="  ")
    assert answer.json()["errors"][0]["field"] == "reason"
    assert refusal(await adjust(world, actor, person, -1)) == (409, "wallet.insufficient_coins")
    assert refusal(await adjust(world, actor, actor, 1)) == (403, "staff.not_oneself")
    assert refusal(await adjust(world, actor, colleague, 1)) == (403, "staff.not_above")
    assert (await adjust(world, actor, person, 1, user_id=gone)).status_code == 404
    assert refusal(await adjust(world, colleague, person, 1)) == (403, "staff.right_missing")
    assert refusal(await decide(world, actor, gone, "approve")) == (404, "adjustment.not_found")
    assert money(world) == before


async def test_the_same_key_posts_once(world: World) -> None:
    actor, [person] = await staff(world, "finance"), await crowd(world, 1)
    answers = await asyncio.gather(
        *(adjust(world, actor, person, 10, key="the-same") for _ in range(6))
    )
    assert len({answer.text for answer in answers}) == 1
    assert (await world.wallet(person))["coin_balance"] == "10.00"


async def test_the_ledger_is_searched_and_exported(world: World) -> None:
    actor, [anna, bilal] = await staff(world, "read_only"), await crowd(world, 2)
    await world.recharge(anna, 1000)
    await world.send(anna, world.gift("10.00"), [bilal], quantity=3)
    await world.send(anna, world.gift("5.00"), [bilal])
    mine = (await world.call("GET", f"/admin/transactions?user_id={bilal.id}", actor)).json()
    assert [(r["type"], r["amount"]) for r in mine["data"]] == [("gift", "5.00"), ("gift", "30.00")]
    assert mine["data"][0]["user_balance_after"] == "965.00"
    assert mine["data"][0]["updated_at"] == mine["data"][0]["created_at"]
    [[kept]] = world.sql(
        "SELECT to_jsonb(t) FROM transactions t WHERE user_id = %s LIMIT 1", anna.id
    )
    assert kept.keys() <= mine["data"][0].keys() | {"created_month"}
    assert mine["data"][0]["beneficiary_balance_after"] is not None
    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        path = f"/admin/transactions?user_id={anna.id}&limit=1{cursor}"
        page = (await world.call("GET", path, actor)).json()
        found += page["data"]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert [r["type"] for r in found] == ["gift", "gift", "recharge"]
    for query, types in (
        ("type=recharge", ["recharge"]),
        ("type=gift&currency_type=2", []),
        (f"source_type=GiftTransaction&source_id={found[0]['transactionable_id']}", ["gift"]),
        ("to=2020-01-01T00:00:00Z", []),
    ):
        path = f"/admin/transactions?user_id={anna.id}&{query}"
        assert [r["type"] for r in (await world.call("GET", path, actor)).json()["data"]] == types
    answer = await world.call("GET", "/admin/transactions?from=2026-01-01T00:00:00", actor)
    assert answer.status_code in (400, 422)
    exported = await world.call("GET", f"/admin/transactions.csv?user_id={anna.id}", actor)
    lines = list(csv.DictReader(io.StringIO(exported.text)))
    assert [line["type"] for line in lines] == ["gift", "gift", "recharge"]
    assert lines[0]["user_balance_after"] == "965.00"
    assert kept.keys() - lines[0].keys() == {"metadata"}
    assert (lines[0]["updated_at"], lines[0]["deleted_at"]) == (lines[0]["created_at"], "")
    everything = await world.call("GET", "/admin/transactions?type=recharge&limit=100", actor)
    assert {r["type"] for r in everything.json()["data"]} == {"recharge"}
