"""Earnings: each opens into its gift, sums are those of the lines, the past stays as it was."""

import asyncio
import csv
import io
import random
from decimal import Decimal
from typing import Any

from flylive.gifts.rules.split import split
from flylive.wallet.proof import verify
from tests.agencies.hands import edit, found, join, refusal
from tests.rooms.crowd import crowd
from tests.world import Person, World


async def pages(world: World, path: str, person: Person) -> tuple[list[dict[str, Any]], Any]:
    """Every line of a list, and its total."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        mark = "&" if "?" in path else "?"
        answer = await world.call("GET", f"{path}{mark}limit=3{cursor}", person)
        assert answer.status_code == 200, answer.text
        found += answer.json()["data"]
        following = answer.json()["next_cursor"]
        cursor = following and f"&cursor={following}"
    return found, answer.json()["total"]


def sums(lines: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("amount", "commission_amount", "kept_amount")
    added = {name: str(sum((Decimal(x[name]) for x in lines), Decimal("0.00"))) for name in names}
    return added | {"earnings": sum(x.get("earnings", 1) for x in lines)}


async def test_lines_sums_and_the_past(world: World) -> None:
    owner, host, other, giver, stranger = await crowd(world, 5)
    await world.recharge(giver, 10_000)
    agency = await found(world, owner, commission_rate="12.34")
    await join(world, agency, owner, host, other)
    chance = random.Random(7)
    gifts = [world.gift(price) for price in ("0.07", "1.11", "9.99", "33.33")]
    for step in range(18):
        if step == 9:
            assert (await edit(world, agency, owner, commission_rate="33.33")).status_code == 200
        sent = await world.send(
            giver,
            chance.choice(gifts),
            chance.sample([host, other, stranger], chance.randint(1, 3)),
            quantity=chance.randint(1, 4),
        )
        assert sent.status_code == 201, sent.text
    path = f"/agencies/{agency}/earnings"
    lines, total = await pages(world, path, owner)
    assert sums(lines) == total
    assert {line["user_id"] for line in lines} == {host.id, other.id}
    assert {line["commission_rate"] for line in lines} == {"12.34", "33.33"}
    for line in lines:
        cost = int(Decimal(line["gift"]["total_cost"]) * 100)
        parts = split(cost, 5000, int(Decimal(line["commission_rate"]) * 100))
        assert int(Decimal(line["commission_amount"]) * 100) == parts.commission
        assert int(Decimal(line["kept_amount"]) * 100) == parts.earnings
    for group in ("day", "member"):
        grouped, again = await pages(world, f"{path}?group={group}", owner)
        assert again == total == sums(grouped)
    mine, own_total = await pages(world, "/me/agency-earnings", host)
    assert mine == [line for line in lines if line["user_id"] == host.id]
    assert own_total == sums(mine)
    grouped, _ = await pages(world, "/me/agency-earnings?group=agency", host)
    assert [(one["agency_id"], one["amount"]) for one in grouped] == [(agency, own_total["amount"])]
    wallet = await world.wallet(owner)
    assert wallet["diamond_balance"] == total["commission_amount"]
    exported = await world.call("GET", f"{path}.csv", owner)
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [row["id"] for row in rows] == [str(line["id"]) for line in lines]
    for line, row in zip(lines, rows, strict=True):
        assert (line["source_type"], line["source_id"]) == (
            "gift",
            line["gift"]["gift_transaction_id"],
        )
        assert row["source_id"] == str(line["source_id"])
    assert rows[0]["gift_transaction_id"] == str(lines[0]["gift"]["gift_transaction_id"])
    own = await world.call("GET", "/me/agency-earnings.csv", host)
    assert len(own.text.splitlines()) == len(mine) + 1
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
    # Another rate, and none at all, from the very lines.
    path = "/me/agency-earnings/what-if"
    asked = (await world.call("GET", f"{path}?commission_rate=20", host)).json()
    expected = sum(
        split(int(Decimal(line["gift"]["total_cost"]) * 100), 5000, 2000).earnings for line in mine
    )
    assert asked == {
        "earnings": len(mine),
        "amount": own_total["amount"],
        "kept_amount": own_total["kept_amount"],
        "commission_rate": "20.00",
        "at_rate": f"{Decimal(expected) / 100:.2f}",
        "without_agency": own_total["amount"],
    }
    plain = (await world.call("GET", path, host)).json()
    assert (plain["at_rate"], plain["commission_rate"]) == (None, None)


async def test_who_sees_them(world: World) -> None:
    owner, member, stranger = await crowd(world, 3)
    agency = await found(world, owner)
    await join(world, agency, owner, member)
    for person in (member, stranger):
        for path in (f"/agencies/{agency}/earnings", f"/agencies/{agency}/earnings.csv"):
            answer = await world.call("GET", path, person)
            assert refusal(answer) == (403, "agency.moderators_only")
    empty = (await world.call("GET", "/me/agency-earnings", stranger)).json()
    assert (empty["data"], empty["total"]["amount"]) == ([], "0.00")
    for query in ("from=2026-01-01T00:00:00", "group=week", "cursor=x"):
        answer = await world.call("GET", f"/agencies/{agency}/earnings?{query}", owner)
        assert answer.status_code in (400, 422), query


async def test_gifts_while_members_come_and_go(world: World) -> None:
    owner, host, giver = await crowd(world, 3)
    await world.recharge(giver, 10_000)
    agency = await found(world, owner)
    gift = world.gift("10.00")

    async def come_and_go() -> None:
        for _ in range(4):
            await join(world, agency, owner, host)
            await edit(world, agency, owner, commission_rate=random.choice([0, 10, 99]))
            assert (await world.call("POST", f"/agencies/{agency}/leave", host)).is_success

    sent, _ = await asyncio.gather(
        asyncio.gather(*(world.send(giver, gift, [host]) for _ in range(40))), come_and_go()
    )
    assert {one.status_code for one in sent} == {201}
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
