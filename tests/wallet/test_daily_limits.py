"""Limits by day: the day is the platform's, ends at its midnight, and holds against a crowd."""

import asyncio
import uuid
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from litestar import Litestar

from flylive import clock
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.resellers.hands import expect, reseller, transfer
from tests.world import Person, World

ZONE = "Asia/Riyadh"
LIMIT = 10


@pytest.fixture(autouse=True)
def limits(app: Litestar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten of everything in a day of Riyadh."""
    settings = app.state.settings
    monkeypatch.setattr(settings, "timezone", ZONE)
    for name in ("exchange_daily_diamonds", "reseller_daily_coins", "buyer_daily_coins"):
        monkeypatch.setattr(settings, name, LIMIT)


def midnight() -> datetime:
    """When the next day begins in Riyadh, which is not when it begins in UTC."""
    zone = ZoneInfo(ZONE)
    day = clock.business_day(clock.now(), ZONE) + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def earner(world: World, diamonds: int) -> Person:
    """Somebody who holds so many diamonds."""
    host, guest = await world.people(2)
    await world.recharge(guest, diamonds * 2)
    answer = await world.send(guest, world.gift(f"{diamonds * 2}.00"), [host])
    assert answer.status_code == 201, answer.text
    return host


async def exchange(world: World, person: Person, diamonds: str) -> httpx.Response:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"diamonds": diamonds}
    return await world.call("POST", "/wallet/exchange", person, json=body, headers=headers)


def by_day(world: World, person: Person, kind: str) -> dict[str, Decimal]:
    """What a person gave of one type, by the day in Riyadh."""
    rows = world.sql(
        """
        SELECT (created_at AT TIME ZONE %s)::date::text, sum(amount) FROM transactions
        WHERE user_id = %s AND type = %s AND direction = 1 GROUP BY 1
        """,
        ZONE,
        person.id,
        kind,
    )
    return dict(rows)


async def test_an_exchange_at_each_side_of_midnight(world: World) -> None:
    host, ends = await earner(world, 50), midnight()
    with clock.turned_to(ends - timedelta(minutes=5)):
        assert (await exchange(world, host, "9.99")).status_code == 201
        before = await world.wallet(host)
        refused = expect(await exchange(world, host, "0.02"), 409, "wallet.exchange_limit")
        assert (refused["limit"], refused["used"]) == ("10.00", "9.99")
        assert refused["resets_at"] == clock.render(ends)
        assert await world.wallet(host) == before
    with clock.turned_to(ends):
        assert (await exchange(world, host, "10.00")).status_code == 201
        refused = expect(await exchange(world, host, "0.02"), 409, "wallet.exchange_limit")
        assert refused["resets_at"] == clock.render(ends + timedelta(days=1))


async def test_many_exchanges_while_midnight_passes(world: World) -> None:
    host, ends = await earner(world, 90), midnight()
    with clock.turned_to(ends - timedelta(milliseconds=150)):
        answers = await asyncio.gather(*(exchange(world, host, "1.00") for _ in range(40)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    with clock.turned_to(ends + timedelta(minutes=1)):
        await asyncio.gather(*(exchange(world, host, "1.00") for _ in range(15)))
    days = by_day(world, host, "exchange")
    assert max(days.values()) <= LIMIT
    today = str(clock.business_day(ends, ZONE))
    assert days[today] == LIMIT


async def test_resellers_and_buyers_at_midnight(world: World) -> None:
    seller, other, ends = await reseller(world), await reseller(world), midnight()
    buyer, another = await world.register(), await world.register()
    with clock.turned_to(ends - timedelta(milliseconds=150)):
        works = [transfer(world, seller, buyer.id, "1.00") for _ in range(15)]
        works += [transfer(world, other, buyer.id, "1.00") for _ in range(15)]
        answers = await asyncio.gather(*works)
    assert {answer.status_code for answer in answers} <= {201, 409}
    with clock.turned_to(ends + timedelta(minutes=1)):
        await asyncio.gather(*(transfer(world, seller, another.id, "1.00") for _ in range(15)))
        refused = expect(await transfer(world, seller, another.id, "1.00"), 409,
                         "reseller.daily_limit")  # fmt: skip
        assert refused["resets_at"] == clock.render(ends + timedelta(days=1))
    for one in (seller, other):
        assert max(by_day(world, one, "transfer").values()) <= LIMIT
    got = world.sql(
        """
        SELECT sum(beneficiary_amount) FROM transactions
        WHERE beneficiary_id = %s AND type = 'transfer'
        GROUP BY (created_at AT TIME ZONE %s)::date
        """,
        buyer.id,
        ZONE,
    )
    assert max(amount for (amount,) in got) <= LIMIT


@pytest.mark.parametrize(
    ("moment", "begins", "ends"),
    [
        # Clocks go forward: 23 hours. They go back: 25.
        ("2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-10-25T12:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        # The moment at which a day begins is its own.
        ("2026-06-30T22:00", "2026-06-30T22:00", "2026-07-01T22:00"),
    ],
)
def test_a_day_where_clocks_change(moment: str, begins: str, ends: str) -> None:
    told = clock.day_around(datetime.fromisoformat(moment).replace(tzinfo=UTC), "Europe/Berlin")
    assert [one.replace(tzinfo=None).isoformat(timespec="minutes") for one in told] == [
        begins,
        ends,
    ]


async def test_the_money_adds_up(world: World, addresses: Addresses) -> None:
    said: list[str] = []
    assert verify(addresses.serving, said.append) == 0, said
