"""Gifts that staff take back: once, whole, by a reason, with every board and balance following."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from flylive import clock
from flylive.clock import business_day
from flylive.config import Settings
from flylive.database import Database
from flylive.progression.badges import award
from flylive.rankings import closing
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet.proof import verify
from tests.agencies.hands import found, join
from tests.progression.hands import events
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World

REASON = "Sent by a stolen account"
MOVED = ("coins_returned", "recipient_diamonds", "recipient_coins", "recipient_owed",
         "owner_diamonds", "owner_coins", "owner_owed")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def limit(settings: Settings) -> Iterator[None]:
    """What one person may take back in a day: more than these tests do, but for one of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "adjustment_limit", 1_000_000)
        yield


async def staff(world: World, role: str = "finance") -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def reverse(world: World, actor: Person, line: int, **options: Any) -> httpx.Response:
    key = options.pop("key", uuid.uuid4().hex)
    body = {"reason": REASON} | options
    path = f"/admin/gift-transactions/{line}/reverse"
    return await world.call("POST", path, actor, json=body, headers={"Idempotency-Key": key})


async def give(world: World, sender: Person, to: Person, price: str = "10.00", **f: Any) -> int:
    sent = await world.send(sender, world.gift(price, **f.pop("gift", {})), [to], **f)
    assert sent.status_code == 201, sent.text
    return int(sent.json()["lines"][0]["gift_transaction_id"])


async def balances(world: World, *people: Person) -> list[tuple[str, str, str]]:
    wallets = [await world.wallet(person) for person in people]
    return [(w["coin_balance"], w["diamond_balance"], w["debt"]) for w in wallets]


async def score(world: World, category: str, subject: int, person: Person) -> list[str]:
    path = f"/rankings/{category}/explain?subject_id={subject}"
    page = (await world.call("GET", path, person)).json()
    return [page["score"], *(row["amount"] for row in page["data"])]


async def fold(database: Database, settings: Settings) -> None:
    aggregator = GiftAggregator(database, settings)
    while await aggregator.fold():
        pass


def assert_proved(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


def everything(world: World) -> list[Any]:
    """What a refusal must leave alone."""
    tables = ("transactions", "gift_reversals", "gift_reversal_requests", "agency_earnings",
              "gift_groups", "audit_log", "stream_events")  # fmt: skip
    rows = [world.sql(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1") for table in tables]
    people = "SELECT id, coin_balance, diamond_balance, coin_debt FROM users ORDER BY id"
    return [*rows, world.sql(people)]


@pytest.mark.parametrize("is_folded", [True, False])
async def test_everything_goes_back(
    world: World, database: Database, settings: Settings, is_folded: bool
) -> None:
    actor = await staff(world)
    owner, host, giver = await crowd(world, 3)
    await world.recharge(giver, 1000)
    agency = await found(world, owner, commission_rate="20")
    await join(world, agency, owner, host)
    room = await world.room(host, giver)
    kept = await give(world, giver, host, "30.00", room_id=room)
    line = await give(world, giver, host, "10.00", quantity=2, room_id=room)
    if is_folded:
        await fold(database, settings)
    assert await balances(world, giver, host, owner) == [
        ("950.00", "0.00", "0.00"), ("0.00", "20.00", "0.00"), ("0.00", "5.00", "0.00"),
    ]  # fmt: skip
    answer = await reverse(world, actor, line)
    assert answer.status_code == 201, answer.text
    if not is_folded:
        # Counted between: what then is folded goes on upon it.
        await award.recount(database, [giver.id, host.id])
    view = answer.json()
    assert (view["status"], view["frozen"], view["reason"]) == ("reversed", [], REASON)
    moved = ["20.00", "8.00", "0.00", "0.00", "2.00", "0.00", "0.00"]
    assert [view[name] for name in MOVED] == moved
    assert await balances(world, giver, host, owner) == [
        ("970.00", "0.00", "0.00"), ("0.00", "12.00", "0.00"), ("0.00", "3.00", "0.00"),
    ]  # fmt: skip
    # Scores say so at once in what they are made of, and on the boards behind the fold.
    rows = ["30.00", "-20.00", "20.00", "30.00"]
    for category, subject in (
        ("wealth", giver.id), ("charm", host.id), ("room", room), ("agency", agency)
    ):  # fmt: skip
        assert await score(world, category, subject, giver) == rows
    await fold(database, settings)
    for category, subject in (
        ("wealth", giver.id), ("charm", host.id), ("room", room), ("agency", agency)
    ):  # fmt: skip
        assert await score(world, category, subject, giver) == rows
        scores = world.sql(
            "SELECT score FROM ranking_scores WHERE category = %s AND subject_id = %s", category,
            subject,
        )  # fmt: skip
        assert scores == [(3000,)] * 4
    sums = world.sql(
        "SELECT total_coins_spent, daily_coins_spent, weekly_coins_spent, monthly_coins_spent,"
        " room_xp FROM rooms WHERE id = %s",
        room,
    )
    assert sums == [(*[Decimal(30)] * 4, 50)]
    assert world.sql("SELECT total_earnings FROM agencies WHERE id = %s", agency) == [(Decimal(3),)]
    # The earnings hold both rows and their sum; the XP that was gained stays.
    earned = (await world.call("GET", f"/agencies/{agency}/earnings", owner)).json()
    assert [one["commission_amount"] for one in earned["data"]] == ["-2.00", "2.00", "3.00"]
    assert (earned["total"]["commission_amount"], earned["total"]["amount"]) == ("3.00", "15.00")
    if_none = await world.call("GET", "/me/agency-earnings/what-if?rate=10", host)
    assert if_none.json()["without_agency"] == "15.00"
    assert world.sql("SELECT wealth_xp FROM users WHERE id = %s", giver.id) == [(50,)]
    counters = (
        "SELECT gifts_sent, gifts_received, coins_given, coins_received FROM user_counters"
        " WHERE user_id = ANY(%s)"
    )
    counted = [(3, 0, Decimal(30), Decimal(0)), (0, 3, Decimal(0), Decimal(30))]
    assert sorted(world.sql(counters, [giver.id, host.id])) == sorted(counted)
    # By night they are counted anew, and come to the same.
    world.sql("UPDATE user_counters SET coins_given = 1, coins_received = 2")
    await award.recount(database, [giver.id, host.id])
    assert sorted(world.sql(counters, [giver.id, host.id])) == sorted(counted)
    history = (await world.call("GET", "/gifts/transactions?box=sent", giver)).json()["data"]
    assert [(row["id"], row["reversed_at"] is None) for row in history] == [
        (line, False), (kept, True),
    ]  # fmt: skip
    [told] = [
        (event["data"]["coins"], event["data"]["diamonds"])
        for event in events(world, giver)
        if event["data"].get("kind") == "gift_reversed"
    ]
    assert told == ("20.00", "0.00")
    audited = world.sql(
        "SELECT action, subject_id, reason FROM audit_log WHERE actor_id = %s", actor.id
    )
    assert audited == [("gift.reverse", line, REASON)]
    assert_proved(world)


async def test_what_was_spent_is_owed(world: World) -> None:
    """The diamonds are exchanged, the coins given away: what is missing is a debt in coins."""
    actor = await staff(world)
    owner, host, giver, other = await crowd(world, 4)
    await world.recharge(giver, 1000)
    agency = await found(world, owner, commission_rate="20")
    await join(world, agency, owner, host)
    line = await give(world, giver, host, "100.00")
    for person, diamonds in ((host, 30), (owner, 10)):
        exchanged = await world.call(
            "POST", "/wallet/exchange", person, json={"diamonds": diamonds},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )  # fmt: skip
        assert exchanged.status_code == 201, exchanged.text
    await give(world, host, other, "12.00")
    view = (await reverse(world, actor, line)).json()
    # Of 40 diamonds 10 were left; 30 are 15 coins, of which 3 were left. The owner had 5 coins.
    assert [view[name] for name in MOVED] == [
        "100.00", "10.00", "3.00", "12.00", "0.00", "5.00", "0.00"
    ]  # fmt: skip
    assert await balances(world, giver, host, owner) == [
        ("1000.00", "0.00", "0.00"), ("0.00", "0.00", "12.00"), ("0.00", "0.00", "0.00"),
    ]  # fmt: skip
    assert_proved(world)
    await world.recharge(host, 100)
    assert await balances(world, host) == [("88.00", "0.00", "0.00")]
    assert_proved(world)


async def test_of_many_at_once_one_takes_it_back(world: World, settings: Settings) -> None:
    actors = [await staff(world) for _ in range(3)]
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 1000)
    line = await give(world, giver, host)
    aggregators = [GiftAggregator(world.database, settings) for _ in range(3)]
    answers, *_ = await asyncio.gather(
        asyncio.gather(*(reverse(world, actor, line) for actor in actors * 4)),
        *(one.fold() for one in aggregators),
        *(world.send(giver, world.gift("1.00"), [host]) for _ in range(8)),
    )
    refused = [refusal(answer) for answer in answers if answer.status_code != 201]
    assert refused == [(409, "gift.already_reversed")] * 11
    await fold(world.database, settings)
    assert (await balances(world, giver, host)) == [
        ("992.00", "0.00", "0.00"), ("0.00", "4.00", "0.00"),
    ]  # fmt: skip
    assert (await score(world, "wealth", giver.id, giver))[0] == "8.00"
    assert_proved(world)


async def test_the_same_key_is_answered_alike(world: World) -> None:
    actor = await staff(world)
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 100)
    line = await give(world, giver, host)
    answers = await asyncio.gather(*(reverse(world, actor, line, key="same") for _ in range(5)))
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].status_code == 201
    assert await balances(world, giver) == [("100.00", "0.00", "0.00")]


async def test_beyond_the_limit_it_takes_two(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "adjustment_limit", 100)
    actor, second = await staff(world), await staff(world, "admin")
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 1000)
    small, large, other = [await give(world, giver, host, price) for price in ("60", "60", "500")]
    assert (await reverse(world, actor, small)).json()["status"] == "reversed"
    # What was taken back, and what was adjusted, is added up: many small ones are a large one.
    adjusted = await world.call(
        "POST", "/admin/adjustments", actor, headers={"Idempotency-Key": uuid.uuid4().hex},
        json={"user_id": host.id, "currency": "coins", "amount": 50, "reason": REASON},
    )  # fmt: skip
    assert adjusted.json()["status"] == "pending"
    asked = await reverse(world, actor, large)
    assert (asked.status_code, asked.json()["status"]) == (201, "pending")
    before = everything(world)
    assert refusal(await reverse(world, actor, large)) == (403, "adjustment.second_person")
    gave = "UPDATE staff_members SET granted_by = %s WHERE user_id = %s"
    for one, by in ((actor, second), (second, actor)):
        world.sql(gave, by.id, one.id)
        assert refusal(await reverse(world, second, large)) == (403, "adjustment.second_person")
        world.sql(gave, None, one.id)
    assert everything(world) == before
    assert (await balances(world, giver)) == [("440.00", "0.00", "0.00")]
    done = (await reverse(world, second, large, reason="Looked at it")).json()
    assert (done["status"], done["requested_by"], done["reversed_by"], done["reason"]) == (
        "reversed", actor.id, second.id, REASON
    )  # fmt: skip
    # What waits may be let go, by whoever asked too; then it begins anew.
    assert (await reverse(world, actor, other)).json()["status"] == "pending"
    listed = await world.call("GET", "/admin/gift-reversals?status=pending", actor)
    assert [one["gift_transaction_id"] for one in listed.json()["data"]] == [other]
    path = f"/admin/gift-transactions/{other}/keep"
    assert (await world.call("POST", path, actor, json={"reason": "No"})).status_code == 204
    gone = await world.call("POST", path, second, json={"reason": "No"})
    assert refusal(gone) == (404, "gift.reversal_not_asked")
    first = await world.call("GET", "/admin/gift-reversals?limit=1", actor)
    cursor = first.json()["next_cursor"]
    rest = await world.call("GET", f"/admin/gift-reversals?limit=1&cursor={cursor}", actor)
    numbers = [page.json()["data"][0]["gift_transaction_id"] for page in (first, rest)]
    assert numbers == [large, small]
    assert_proved(world)


async def test_what_is_refused_moves_nothing(world: World) -> None:
    actor, support = await staff(world), await staff(world, "support")
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 1000)
    await world.recharge(actor, 100)
    line, mine = await give(world, giver, host), await give(world, actor, host)
    adopted, colleagues = await give(world, giver, host), await give(world, giver, support)
    world.sql("UPDATE gift_transactions SET is_adopted = true WHERE id = %s", adopted)
    before = everything(world)
    for number, code in (
        (999_999_999, (404, "gift.transaction_not_found")),
        (adopted, (409, "gift.adopted")),
        (mine, (403, "staff.not_oneself")),
        (colleagues, (403, "staff.not_above")),
    ):
        assert refusal(await reverse(world, actor, number)) == code
    assert refusal(await reverse(world, support, line)) == (403, "staff.right_missing")
    assert refusal(await reverse(world, giver, line)) == (403, "staff.required")
    for words in ("", "  ", "x" * 501):
        answer = await reverse(world, actor, line, reason=words)
        assert answer.json()["errors"][0]["field"] == "reason"
    path = f"/admin/gift-transactions/{line}/reverse"
    no_key = await world.call("POST", path, actor, json={"reason": REASON})
    assert refusal(no_key) == (400, "idempotency.key_required")
    assert everything(world) == before
    world.sql("UPDATE gift_transactions SET is_adopted = false WHERE id = %s", adopted)


async def test_a_draw_is_not_paid_twice_and_the_deleted_get_nothing(world: World) -> None:
    actor = await staff(world)
    giver, host, leaver = await world.people(3)
    for person in (giver, leaver):
        await world.recharge(person, 100)
    odds = '{"entries": [{"weight": 1, "multiplier": "0.40"}], "total": 1}'
    lucky = {"category": "lucky", "lucky_odds": odds}
    drawn = await give(world, giver, host, "10.00", gift=lucky)
    assert (await reverse(world, actor, drawn)).json()["coins_returned"] == "6.00"
    assert await balances(world, giver) == [("100.00", "0.00", "0.00")]
    line, earned = await give(world, leaver, host), await give(world, giver, leaver)
    gone = await world.call("DELETE", "/me", leaver, json={"password": "a long password"})
    assert gone.status_code == 204, gone.text
    views = [(await reverse(world, actor, number)).json() for number in (line, earned)]
    assert [[view[name] for name in MOVED[:4]] for view in views] == [
        ["0.00", "5.00", "0.00", "0.00"], ["10.00", "0.00", "0.00", "0.00"],
    ]  # fmt: skip
    assert_proved(world)


async def test_a_board_that_closes_meanwhile_keeps_it_or_was_lowered(
    world: World, database: Database, settings: Settings
) -> None:
    actor = await staff(world)
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 1000)
    with clock.turned_to(clock.now() + timedelta(days=60)):
        day = business_day(clock.now(), settings.timezone)
        lines = [await give(world, giver, host) for _ in range(6)]
        await fold(database, settings)
    with clock.turned_to(clock.now() + timedelta(days=61, hours=1)):
        await asyncio.gather(
            *(reverse(world, actor, line) for line in lines[:3]),
            *(closing.close_due(database, settings) for _ in range(2)),
            *(reverse(world, actor, line) for line in lines[3:]),
            fold(database, settings),
        )
        await fold(database, settings)
        await closing.close_due(database, settings)
        for category, subject in (("wealth", giver.id), ("charm", host.id)):
            [(kept,)] = world.sql(
                "SELECT count(*) FROM gift_reversals WHERE gift_transaction_id = ANY(%s)"
                " AND %s = ANY(frozen)",
                lines,
                f"{category} daily",
            )
            frozen = world.sql(
                "SELECT score FROM rankings WHERE category = %s AND period = 'daily'"
                " AND period_start = %s AND user_id = %s",
                category,
                day,
                subject,
            )
            assert frozen == ([(Decimal(10 * kept),)] if kept else [])
            path = f"/rankings/{category}/explain?subject_id={subject}&date={day}"
            page = (await world.call("GET", path, giver)).json()
            assert Decimal(page["score"]) == 10 * kept
            assert sum(Decimal(row["amount"]) for row in page["data"]) == 10 * kept
        assert (await balances(world, giver))[0][0] == "1000.00"
    assert_proved(world)
