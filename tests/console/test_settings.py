"""Settings of the economy: they hold at once and everywhere, never make a pump, and say before
they are saved what last week would have been by them."""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flylive import economy
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.console import effects
from flylive.database import Transaction
from flylive.economy import rules, service
from flylive.economy.errors import CoinsCouldBePumped
from flylive.gifts import draws, editing
from flylive.gifts.errors import PaysTooMuch
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.product import Product
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World

REASON = "The summer's rates"


@pytest.fixture
async def finance(world: World) -> AsyncIterator[Person]:
    """Somebody who may; afterwards the environment's settings hold again."""
    person = await staff(world, "finance")
    yield person
    changes = dict.fromkeys(rules.NAMES)
    put_back = await change(world, person, **changes)
    if put_back.status_code == 202:
        # Raising a limit that was lowered takes two.
        put_back = await change(world, await staff(world, "finance"), **changes)
    assert put_back.status_code in (200, 422), put_back.text
    assert (await shown(world, person))["share"] == "50.00"


async def staff(world: World, role: str) -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def shown(world: World, person: Person) -> dict[str, Any]:
    """The settings: their version, and each value; `share` for short."""
    answer = await world.call("GET", "/admin/settings", person)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    values = {one["name"]: one["value"] for one in document["data"]}
    return {"version": document["version"], "share": values["recipient_share_percent"]} | values


async def change(
    world: World, person: Person, *, version: int | None = None, **changes: Any
) -> httpx.Response:
    if version is None:
        version = (await shown(world, person))["version"]
    body = {"version": version, "changes": changes, "reason": REASON}
    return await world.call("PATCH", "/admin/settings", person, json=body)


async def preview(world: World, person: Person, **changes: Any) -> httpx.Response:
    return await world.call("POST", "/admin/settings/preview", person, json={"changes": changes})


def kept(world: World) -> list[Any]:
    return [
        world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
        for table in ("platform_settings", "audit_log", "gifts")
    ]


def odds(*entries: tuple[int, str]) -> dict[str, Any]:
    return {
        "entries": [{"weight": weight, "multiplier": times} for weight, times in entries],
        "total": sum(weight for weight, _ in entries),
    }


async def test_a_change_holds_from_its_commit_on_and_is_told(world: World, finance: Person) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 1000)
    gift = world.gift("10.01")
    assert (await world.send(giver, gift, [host])).status_code == 201
    saved = await change(world, finance, recipient_share_percent="41.5", exchange_rate="0.37")
    assert saved.status_code == 200, saved.text
    sent = await world.send(giver, gift, [host])
    assert sent.json()["lines"][0]["recipient_earnings"] == "4.15"
    quote = await world.call("GET", "/wallet/exchange/preview?diamonds=9.15", host)
    assert (quote.json()["rate"], quote.json()["coins"]) == ("0.37", "3.38")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    done = await world.call(
        "POST", "/wallet/exchange", host, json={"diamonds": "9.15"}, headers=headers
    )
    assert (done.json()["rate"], done.json()["coins"]) == ("0.37", "3.38")
    rows = world.sql(
        "SELECT metadata->>'share' FROM transactions WHERE type = 'gift' AND user_id = %s"
        " ORDER BY id",
        giver.id,
    )
    assert rows == [("50.00",), ("41.50",)]
    document = saved.json()
    one = next(one for one in document["data"] if one["name"] == "exchange_rate")
    assert {name: one[name] for name in ("value", "default", "is_overridden", "changed_by")} == {
        "value": "0.37",
        "default": "0.50",
        "is_overridden": True,
        "changed_by": finance.id,
    }
    assert (one["minimum"], one["maximum"], one["reason"]) == ("0", "1", REASON)
    history = (await world.call("GET", "/admin/settings/history", finance)).json()["data"]
    assert history[0]["before"] == {"recipient_share_percent": "50.00", "exchange_rate": "0.50"}
    assert history[0]["after"] == {"recipient_share_percent": "41.50", "exchange_rate": "0.37"}
    [audited] = world.sql(
        "SELECT action, subject_id, reason, before, after FROM audit_log WHERE actor_id = %s",
        finance.id,
    )
    assert audited == (
        "settings.change",
        history[0]["id"],
        REASON,
        history[0]["before"],
        history[0]["after"],
    )
    back = await change(world, finance, recipient_share_percent=None)
    values = {one["name"]: one for one in back.json()["data"]}
    assert values["recipient_share_percent"]["value"] == "50.00"
    assert values["recipient_share_percent"]["is_overridden"] is False
    assert values["exchange_rate"]["value"] == "0.37"
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


async def test_limits_hold_at_once(world: World, finance: Person) -> None:
    [seller, buyer] = await world.people(2)
    await world.recharge(seller, 500)
    world.sql("INSERT INTO resellers (user_id) VALUES (%s)", seller.id)

    async def transfer() -> httpx.Response:
        return await world.call(
            "POST",
            "/wallet/transfers",
            seller,
            json={"to_user_id": buyer.id, "amount": 60},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )

    assert (await transfer()).status_code == 201
    await change(world, finance, reseller_daily_coins=100)
    assert refusal(await transfer()) == (409, "reseller.daily_limit")
    await change(world, finance, reseller_daily_coins=0, buyer_daily_coins="100")
    assert refusal(await transfer()) == (409, "reseller.daily_limit")
    await change(world, finance, buyer_daily_coins=None)
    assert (await transfer()).status_code == 201
    await change(world, finance, adjustment_limit=5)
    body = {"user_id": buyer.id, "currency": "coins", "amount": 6, "reason": REASON}
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    asked = await world.call("POST", "/admin/adjustments", finance, json=body, headers=headers)
    assert (asked.status_code, asked.json()["status"]) == (201, "pending")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"exchange_rate": "1.01"}, "changes.exchange_rate"),
        ({"exchange_rate": "0.505"}, "changes.exchange_rate"),
        ({"exchange_rate": "-0.1"}, "changes.exchange_rate"),
        ({"exchange_rate": "NaN"}, "changes.exchange_rate"),
        ({"recipient_share_percent": "100.01"}, "changes.recipient_share_percent"),
        ({"maximum_return": 1}, "changes.maximum_return"),
        ({"adjustment_limit": "ten"}, "changes.adjustment_limit"),
        ({"adjustment_limit": "1.5"}, "changes.adjustment_limit"),
        ({"adjustment_limit": 10**16}, "changes.adjustment_limit"),
        ({"buyer_daily_coins": -1}, "changes.buyer_daily_coins"),
        ({"timezone": "UTC"}, "changes.timezone"),
        ({}, "changes"),
        ({"exchange_rate": None}, "changes"),
    ],
)
async def test_what_is_no_setting_or_out_of_bounds_changes_nothing(
    world: World, changes: dict[str, Any], field: str
) -> None:
    person = await staff(world, "admin")
    before = kept(world)
    answer = await change(world, person, **changes)
    assert refusal(answer) == (422, "request.invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept(world) == before


async def test_no_reason_and_other_versions_are_refused(world: World, finance: Person) -> None:
    seen = (await shown(world, finance))["version"]
    body = {"version": seen, "changes": {"exchange_rate": "0.4"}, "reason": "  "}
    answer = await world.call("PATCH", "/admin/settings", finance, json=body)
    assert refusal(answer) == (422, "request.invalid")
    assert (await change(world, finance, exchange_rate="0.40")).status_code == 200
    before = kept(world)
    late = await change(world, finance, version=seen, exchange_rate="0.30")
    assert refusal(late) == (409, "settings.changed")
    assert late.json()["version"] == (await shown(world, finance))["version"]
    assert kept(world) == before


async def test_of_changes_made_at_once_on_one_version_one_wins(
    world: World, finance: Person
) -> None:
    seen = (await shown(world, finance))["version"]
    people = [finance, *[await staff(world, "finance") for _ in range(4)]]
    answers = await asyncio.gather(
        *(
            change(world, person, version=seen, exchange_rate=f"0.4{number}")
            for number, person in enumerate(people)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


async def test_a_pump_is_refused_exactly_and_named(world: World, finance: Person) -> None:
    # Returns 0.70, which is just what 50 % × 0.50 leaves below 0.95.
    table = json.dumps(odds((7, "1"), (3, "0")))
    active = world.gift("1.00", category="lucky", lucky_odds=table)
    retired = world.gift("1.00", category="lucky", lucky_odds=table, is_active=False)
    before = kept(world)
    for changes in (
        {"recipient_share_percent": "50.01"},
        {"exchange_rate": "0.51"},
        {"maximum_return": "0.94"},
    ):
        for act in (change, preview):
            answer = await act(world, finance, **changes)
            assert refusal(answer) == (409, "settings.pump"), changes
            problem = answer.json()
            assert Fraction(problem["returns"]) > Fraction(problem["ceiling"])
            assert [gift["id"] for gift in problem["gifts"]] == [active, retired]
            assert [gift["is_active"] for gift in problem["gifts"]] == [True, False]
    assert kept(world) == before
    # Together they are fine: 0.70 + 0.40 × 0.60 = 0.94.
    fine = {"recipient_share_percent": "40", "exchange_rate": "0.60", "maximum_return": "0.94"}
    assert (await change(world, finance, **fine)).status_code == 200
    assert (await shown(world, finance))["share"] == "40.00"
    world.sql("DELETE FROM gifts WHERE id = ANY(%s)", [active, retired])
    # Without any lucky gift, share × rate alone may not be above it.
    alone = await change(
        world, finance, recipient_share_percent="100", exchange_rate="0.96", maximum_return="0.95"
    )
    assert (refusal(alone), alone.json()["gifts"]) == ((409, "settings.pump"), [])


async def test_settings_race_with_odds_and_never_pump_together(
    world: World, settings: Settings, finance: Person
) -> None:
    """Each is fine on what the other found; without the lock both would be saved."""
    gifts = [
        world.gift("1.00", category="lucky", lucky_odds=json.dumps(odds((1, "0"))))
        for _ in range(6)
    ]

    async def save_odds(tx: Transaction, gift: int) -> None:
        kept = await editing.lock_gift(tx, gift)
        values = {"lucky_odds": odds((7, "1"), (3, "0"))}
        await editing.save_gift(tx, finance.id, values, kept, settings)

    async def save_settings(tx: Transaction) -> None:
        await service.lock(tx)
        version, overrides = await service.read_overrides(tx)
        holds = rules.of(settings, version, overrides)
        made, then = service.changed(settings, holds, overrides, {"exchange_rate": "0.60"})
        draws.refuse_pump(await draws.list_lucky(tx), then)
        difference = service.difference(holds, then)
        await service.save(tx, made, difference, reason="race", changed_by=finance.id)

    won = {"odds": 0, "settings": 0}
    for number, gift in enumerate(gifts):
        acts = [lambda tx, gift=gift: save_odds(tx, gift), save_settings]
        done = await asyncio.gather(
            *(world.database.run(act) for act in (acts if number % 2 else reversed(acts))),
            return_exceptions=True,
        )
        failed = [one for one in done if isinstance(one, BaseException)]
        assert len(failed) == 1
        assert isinstance(failed[0], PaysTooMuch | CoinsCouldBePumped), failed
        won["settings" if isinstance(failed[0], PaysTooMuch) else "odds"] += 1
        holds = await world.database.read(lambda tx: economy.current(tx, settings))
        for one in await world.database.read(draws.list_lucky):
            assert one.returns <= holds.highest_return
        await change(world, finance, exchange_rate=None)
        world.sql("DELETE FROM gifts WHERE id = %s", gift)
    world.sql("DELETE FROM gifts WHERE id = ANY(%s)", gifts)
    assert sum(won.values()) == len(gifts)


async def test_each_gift_is_decided_with_one_value_while_settings_change(
    world: World, finance: Person
) -> None:
    """Under changing settings each line is split by the share that its own ledger row names."""
    senders, [host] = await world.people(4), await world.people(1)
    for sender in senders:
        await world.recharge(sender, 10_000)
    gift = world.gift("9.99")
    stop = asyncio.Event()
    made = rounds = 0

    async def turn() -> None:
        nonlocal made
        for share in itertools.cycle(("33.33", "66.67", "12.50")):
            if stop.is_set():
                return
            answer = await change(world, finance, recipient_share_percent=share)
            assert answer.status_code in (200, 422), answer.text
            made += answer.status_code == 200

    turning = asyncio.create_task(turn())
    # As many as it takes until they met several changes: either may be the faster one.
    while rounds < 25 or (made <= 3 and rounds < 500 and not turning.done()):
        rounds += 1
        answers = await asyncio.gather(*(world.send(sender, gift, [host]) for sender in senders))
        assert {answer.status_code for answer in answers} == {201}
    stop.set()
    await turning
    assert made > 3
    lines = world.sql(
        """
        SELECT t.metadata->>'share', g.recipient_earnings, g.total_cost
        FROM gift_transactions g JOIN transactions t
          ON t.transactionable_type = 'GiftTransaction' AND t.transactionable_id = g.id
        WHERE g.recipient_id = %s
        """,
        host.id,
    )
    assert len(lines) == 4 * rounds
    assert len({share for share, _, _ in lines}) > 1
    for share, earned, cost in lines:
        assert earned == Decimal(int(cost * Decimal(share))) / 100
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


async def test_the_preview_is_last_week_s_real_lines_split_anew(
    world: World, finance: Person
) -> None:
    """Against the gifts given again, line by line, by the settings that were asked about."""
    start = now() + timedelta(days=400)
    with turned_to(start):
        giver, host, owner = await world.people(3)
        await world.recharge(giver, 10_000)
        [(agency,)] = world.sql(
            "INSERT INTO agencies (name, owner_id, commission_rate) VALUES ('Stars', %s, 12.50)"
            " RETURNING id",
            owner.id,
        )
        world.sql(
            "UPDATE users SET agency_id = %s, agency_role = 'member', agency_joined_at = now()"
            " WHERE id = %s",
            agency,
            host.id,
        )
        gifts = [world.gift(price) for price in ("0.03", "7.77", "10.01")]
        for gift, quantity in zip(gifts, (3, 5, 2), strict=True):
            for to in (host, owner):
                sent = await world.send(giver, gift, [to], quantity=quantity)
                assert sent.status_code == 201, sent.text
        await world.call(
            "POST",
            "/wallet/exchange",
            owner,
            json={"diamonds": "20.33"},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
    with turned_to(start + timedelta(days=6, hours=20)):
        answer = await preview(
            world, finance, recipient_share_percent="61.23", exchange_rate="0.33",
            exchange_daily_diamonds=20,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        told = answer.json()
    assert told["is_whole"] is True
    assert {one["name"] for one in told["changes"]} == {
        "recipient_share_percent",
        "exchange_rate",
        "exchange_daily_diamonds",
    }
    lines = [
        (Decimal(price) * quantity, rate)
        for price, quantity in (("0.03", 3), ("7.77", 5), ("10.01", 2))
        for rate in (Decimal("12.50"), Decimal(0))
    ]

    def split(share: str) -> tuple[Decimal, Decimal, Decimal]:
        sums = [Decimal(0)] * 3
        for cost, rate in lines:
            gross = Decimal(int(cost * Decimal(share))) / 100
            commission = Decimal(int(gross * rate)) / 100
            for place, part in enumerate((gross - commission, commission, cost - gross)):
                sums[place] += part
        return sums[0], sums[1], sums[2]

    gifts_told = told["gifts"]
    assert (gifts_told["lines"], Decimal(gifts_told["coins"])) == (6, sum(c for c, _ in lines))
    for which, share in (("booked", "50"), ("now", "50"), ("then", "61.23")):
        found = tuple(
            Decimal(gifts_told[part][which]) for part in ("diamonds", "commissions", "platform_fee")
        )
        assert found == split(share), which
    exchanges = told["exchanges"]
    assert (exchanges["exchanges"], exchanges["diamonds"]) == (1, "20.33")
    assert exchanges["coins"] == {"booked": "10.16", "now": "10.16", "then": "6.70"}
    [limit] = told["limits"]
    assert limit == {
        "name": "exchange_daily_diamonds",
        "days": 1,
        "beyond_now": 0,
        "beyond_then": 1,
    }
    assert Fraction(told["returns"]["now"]) == Fraction(1, 4)


async def test_a_preview_that_has_no_time_tells_how_far_it_came(
    world: World, finance: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(0, 4)
    # The clock of this module alone: the event loop goes by its own.
    clock = SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr(effects, "time", clock)
    told = (await preview(world, finance, exchange_rate="0.40")).json()
    assert told["is_whole"] is False
    assert told["since"] < told["until"]


async def test_another_process_honours_a_change_at_once(
    world: World, addresses: Addresses, tmp_path: Path, finance: Person
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    gift = world.gift("10.00")
    async with (
        Product(addresses, tmp_path, "serve") as product,
        httpx.AsyncClient(timeout=60) as client,
    ):
        for share, earned in ((None, "5.00"), ("30", "3.00"), ("44.44", "4.44")):
            if share is not None:
                saved = await change(world, finance, recipient_share_percent=share)
                assert saved.status_code == 200, saved.text
            sent = await client.post(
                f"{product.address}/v1/gifts/send",
                json={"gift_id": gift, "recipient_ids": [host.id], "quantity": 1},
                headers=giver.headers | {"Idempotency-Key": uuid.uuid4().hex},
            )
            assert sent.json()["lines"][0]["recipient_earnings"] == earned
