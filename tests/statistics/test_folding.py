"""Sums of the ledger: right to the hundredth, whatever moves and whoever is killed."""

import asyncio
import contextlib
import itertools
import json
import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.clock import turned_to
from flylive.config import Settings
from flylive.database import Database
from flylive.statistics import folding, gauges
from flylive.wallet.seals.sealing import read_closed_id
from tests.conftest import Addresses
from tests.gifts.test_fairness import ODDS as LUCKY
from tests.patience import PATIENCE_SECONDS, eventually
from tests.world import Person, World

ZONE = "Asia/Kathmandu"
"""Three quarters off the whole hour, so that hours are the wall's."""


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"timezone": ZONE})


@pytest.fixture(scope="module")
async def admin(world: World, database: Database) -> Person:
    person = await world.register(name="Somebody who looks")
    await database.run(lambda tx: staff.grant(tx, person.id, Role.READ_ONLY))
    return person


LEDGER = """
    WITH sides AS (
        SELECT created_at, user_id, type, direction, currency_type, quantity, amount
        FROM transactions WHERE NOT is_adopted
        UNION ALL
        SELECT created_at, beneficiary_id, type, 2::smallint, beneficiary_currency_type, quantity,
               beneficiary_amount
        FROM transactions WHERE NOT is_adopted AND beneficiary_id IS NOT NULL)
    SELECT p.period, c.country,
           (date_trunc(p.period, s.created_at AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s)
               AS starts_at,
           type, direction::int, currency_type::int, count(*), sum(quantity)::bigint,
           (sum(amount) * 100)::bigint
    FROM sides s JOIN users u ON u.id = s.user_id, (VALUES ('hour'), ('day'), ('month'))
         AS p (period), LATERAL (VALUES (''), (u.country)) AS c (country)
    GROUP BY 1, 2, 3, 4, 5, 6
"""
SUMS = """
    SELECT period, country, starts_at, type, direction::int, currency_type::int, movements,
           quantity, amount
    FROM ledger_statistics WHERE generation = (SELECT generation FROM statistics_marks
                                               WHERE is_current)
"""


def wrong(addresses: Addresses, zone: str = ZONE) -> list[Any]:
    """Sums that the ledger does not have, and the other way round, said by another query."""
    with psycopg.connect(addresses.owner) as connection:
        ledger = set(connection.execute(LEDGER, {"zone": zone}).fetchall())
        sums = connection.execute(SUMS).fetchall()
    assert len(sums) == len(set(sums))
    assert ledger
    return sorted(ledger ^ set(sums))


async def acts(world: World, dice: random.Random, count: int) -> None:
    """People of three countries buy, give, exchange, sell, are refunded, at random."""
    people = [await world.register(country=dice.choice(["AE", "PK", "DE"])) for _ in range(6)]
    seller = await world.register(country="SA")
    await world.recharge(seller, 50_000)
    world.sql("INSERT INTO resellers (user_id, max_credit_days) VALUES (%s, 30)", seller.id)
    for person in people:
        await world.recharge(person, dice.randint(1_000, 9_000))
    gifts = [world.gift(price) for price in ("10.00", "3.33", "99.99")]
    gifts.append(world.gift("5.00", category="lucky", lucky_odds=json.dumps(LUCKY)))
    for _ in range(count):
        one, other, third = dice.sample(people, 3)
        key = {"headers": {"Idempotency-Key": uuid.uuid4().hex}}
        match dice.randint(0, 6):
            case 0 | 1 | 2:
                await world.send(
                    one, dice.choice(gifts), [other, third], quantity=dice.randint(1, 7)
                )
            case 3:
                body = {"diamonds": f"{dice.randint(1, 999) / 100:.2f}"}
                await world.call("POST", "/wallet/exchange", one, json=body, **key)
            case 4:
                body = {"to_user_id": one.id, "amount": f"{dice.randint(1, 9999) / 100:.2f}"}
                await world.call("POST", "/wallet/transfers", seller, json=body, **key)
            case 5:
                await world.recharge(one, dice.randint(100, 900))
            case _:
                [(order,)] = world.sql(
                    "SELECT COALESCE(max(id), 0) FROM recharge_orders WHERE user_id = %s"
                    " AND status = 'paid'",
                    one.id,
                )
                await world.call(
                    "POST", f"/recharge/orders/{order}/sandbox", one, json={"outcome": "refunded"}
                )


async def test_random_acts_add_up_to_the_hundredth(world: World, addresses: Addresses) -> None:
    dice = random.Random(20)
    begin = datetime.now(UTC)
    for hours in (0, 5, 30):
        with turned_to(begin - timedelta(hours=hours)):
            await acts(world, dice, 40)
        await asyncio.to_thread(
            folding.fold_new, addresses.serving, ZONE, batch=dice.randint(3, 50)
        )
        assert wrong(addresses) == []
    kinds = {row[0] for row in world.sql("SELECT DISTINCT type FROM transactions")}
    assert kinds >= {"gift", "recharge", "recharge_refund", "exchange", "transfer", "lucky_win"}


async def test_folding_twice_and_by_two_at_once_changes_nothing(
    world: World, addresses: Addresses
) -> None:
    await acts(world, random.Random(21), 20)
    await asyncio.gather(
        *(asyncio.to_thread(folding.fold_new, addresses.serving, ZONE, batch=7) for _ in range(4))
    )
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    assert wrong(addresses) == []
    assert await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE) == 0
    assert wrong(addresses) == []


async def test_while_people_go_on_nothing_is_left_out(world: World, addresses: Addresses) -> None:
    """Rows with lower ids become visible after higher ones; none is passed over."""
    done = asyncio.Event()

    async def fold() -> None:
        while not done.is_set():
            await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE, batch=5)

    folder = asyncio.create_task(fold())
    await asyncio.gather(*(acts(world, random.Random(n), 12) for n in range(4)))
    done.set()
    await folder
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    assert wrong(addresses) == []


@pytest.mark.parametrize("killed_at", ["INSERT INTO ledger_statistics", "UPDATE statistics_marks"])
async def test_killed_between_statements_it_folds_nothing_twice(
    world: World, addresses: Addresses, killed_at: str
) -> None:
    await acts(world, random.Random(22), 10)
    program = f"""
import os, psycopg
from flylive.statistics import folding
execute = psycopg.Connection.execute
def dying(self, query, *arguments, **options):
    result = execute(self, query, *arguments, **options)
    words = query if isinstance(query, str) else query.decode()
    if {killed_at!r} in words:
        os.kill(os.getpid(), 9)
    return result
psycopg.Connection.execute = dying
folding.fold_new({addresses.serving!r}, {ZONE!r})
"""
    before = world.sql("SELECT last_id FROM statistics_marks WHERE is_current")
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=False)
    assert ended.returncode == -9
    assert world.sql("SELECT last_id FROM statistics_marks WHERE is_current") == before
    assert wrong(addresses) != []
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    assert wrong(addresses) == []


async def test_a_rebuild_comes_to_the_same_in_another_zone_and_survives_a_kill(
    world: World, addresses: Addresses
) -> None:
    await acts(world, random.Random(23), 20)
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    world.sql("UPDATE ledger_statistics SET amount = amount + 1 WHERE type = 'gift'")
    assert wrong(addresses) != []

    def broken(line: str) -> None:
        raise KeyboardInterrupt(line)

    for zone in ("America/New_York", ZONE):
        said: list[str] = []
        # Between two batches, as if the machine went.
        with contextlib.suppress(KeyboardInterrupt):
            folding.rebuild(addresses.serving, zone, broken, batch=40)
        half = world.sql("SELECT last_id FROM statistics_marks WHERE NOT is_current")
        assert half == [(40,)]
        folding.rebuild(addresses.serving, zone, said.append, batch=40)
        assert said[0].startswith("ledger: 80 of ")
        assert wrong(addresses, zone) == []
        assert world.sql("SELECT count(*) FROM statistics_marks") == [(1,)]
        generations = world.sql("SELECT count(DISTINCT generation) FROM ledger_statistics")
        assert generations == [(1,)]
    new = world.sql(
        "SELECT sum(value)::bigint FROM statistics_gauges WHERE name = 'new' AND country = ''"
        " AND period = 'day'"
    )
    assert new == world.sql("SELECT count(*) FROM users")


async def test_a_rebuild_waits_for_one_that_is_at_work(world: World, addresses: Addresses) -> None:
    """It would throw away what the other one has made, in another zone, and that one install it."""
    await acts(world, random.Random(25), 5)
    begun, goes_on = threading.Event(), threading.Event()

    def hesitate(_: str) -> None:
        begun.set()
        goes_on.wait()

    def rebuild(zone: str, say: Callable[[str], None]) -> asyncio.Task[int]:
        args = addresses.serving, zone, say
        return asyncio.create_task(asyncio.to_thread(folding.rebuild, *args, batch=40))

    first = rebuild("America/New_York", hesitate)
    assert await asyncio.to_thread(begun.wait, PATIENCE_SECONDS)
    said: list[str] = []
    second = rebuild(ZONE, said.append)
    await eventually(lambda: second.done() or world.waiting_for_locks())
    goes_on.set()
    assert await second > await first
    assert wrong(addresses) == []
    assert world.sql("SELECT is_current FROM statistics_marks") == [(True,)]


async def test_days_turn_at_the_zones_midnight(
    world: World, addresses: Addresses, admin: Person
) -> None:
    """18:15 UTC is midnight in Kathmandu."""
    giver, host = await world.people(2)
    await world.recharge(giver, 1_000)
    gift = world.gift("7.00")
    midnight = datetime(2026, 9, 9, 18, 15, tzinfo=UTC)
    for moment, quantity in ((-1, 1), (1, 2)):
        with turned_to(midnight + timedelta(seconds=moment)):
            assert (await world.send(giver, gift, [host], quantity=quantity)).status_code == 201
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    assert wrong(addresses) == []
    for unit, before in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        answer = await world.call(
            "GET", "/admin/dashboard/series", admin,
            params={"period": unit, "from": (midnight - before).isoformat(),
                    "to": (midnight + timedelta(minutes=1)).isoformat()},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        shown = [(p["starts_at"], p["gifts"], p["gift_coins"]) for p in answer.json()["data"]]
        first = (midnight - before).isoformat().replace("+00:00", "Z")
        assert shown == [(first, 1, "7.00"), ("2026-09-09T18:15:00Z", 2, "14.00")]


async def test_the_dashboard_says_what_the_ledger_says(
    world: World, addresses: Addresses, admin: Person, database: Database, settings: Settings
) -> None:
    await acts(world, random.Random(24), 30)
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    await gauges.look(database, settings)
    answer = await world.call("GET", "/admin/dashboard", admin)
    assert answer.status_code == 200, answer.text
    shown = answer.json()

    def ledger(condition: str, column: str = "amount") -> Decimal:
        query = f"SELECT COALESCE(sum({column}), 0) FROM transactions WHERE {condition}"
        return Decimal(world.sql(query.replace("%", "%%"))[0][0])

    ever = {name: value for name, value in shown["ever"].items() if isinstance(value, str)}
    ever = {name: Decimal(value) for name, value in ever.items()}
    assert ever["coins_bought"] == ledger("type = 'recharge'")
    assert ever["coins_spent"] == Decimal(world.sql("SELECT sum(total_spent) FROM users")[0][0])
    received = world.sql("SELECT sum(total_received) FROM users")[0][0]
    assert ever["diamonds_earned"] == received
    assert ever["coins_refunded"] == ledger("type = 'recharge_refund'")
    held = world.sql("SELECT sum(coin_balance), sum(diamond_balance) FROM users")[0]
    assert (ever["coins_held"], ever["diamonds_held"]) == held
    assert ever["coins_created"] - ever["coins_destroyed"] == held[0]
    assert shown["ever"]["gifts"] == ledger("type = 'gift'", "quantity")
    assert shown["ever"]["new"] == world.sql("SELECT count(*) FROM users")[0][0]
    debts = world.sql("SELECT count(*), sum(coin_debt) FROM users WHERE coin_debt > 0")[0]
    assert (shown["debts"]["people"], Decimal(shown["debts"]["coins"])) == (debts[0], debts[1] or 0)
    for period in ("hour", "day", "week", "month"):
        points = (
            await world.call("GET", f"/admin/dashboard/series?period={period}", admin)
        ).json()["data"]
        assert Decimal(points[-1]["coins_held"]) == held[0]
        for before, after in itertools.pairwise(points):
            moved = Decimal(after["coins_created"]) - Decimal(after["coins_destroyed"])
            assert Decimal(after["coins_held"]) - Decimal(before["coins_held"]) == moved


async def test_countries_add_up_to_what_each_ones_people_hold(
    world: World, addresses: Addresses, admin: Person
) -> None:
    await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE)
    answer = await world.call("GET", "/admin/dashboard/countries", admin)
    assert answer.status_code == 200, answer.text
    held = {
        country: (coins, diamonds)
        for country, coins, diamonds in world.sql(
            "SELECT country, sum(coin_balance), sum(diamond_balance) FROM users GROUP BY 1"
        )
    }
    shown = {
        row["country"]: (Decimal(row["coins_held"]), Decimal(row["diamonds_held"]))
        for row in answer.json()["data"]
    }
    assert {name: value for name, value in shown.items() if name in held} == held
    one = (await world.call("GET", "/admin/dashboard?country=pak", admin)).json()
    assert (Decimal(one["ever"]["coins_held"]), one["country"]) == (held["PK"][0], "PK")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/series?period=year", "period"),
        ("/series?from=2026-01-01T00:00:00", "from"),
        ("/series?from=1950-01-01T00:00:00Z", "from"),
        ("/series?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from"),
        ("/series?period=hour&from=2020-01-01T00:00:00Z", "from"),
        ("?country=XX", "country"),
        ("/countries?from=2026-02-01&to=2026-01-01", "from"),
        ("/countries?from=2020-02-01&to=2026-01-01", "from"),
    ],
)
async def test_what_is_no_stretch_is_refused(
    world: World, admin: Person, path: str, field: str
) -> None:
    answer = await world.call("GET", f"/admin/dashboard{path}", admin)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_whoever_writes_for_long_is_waited_for(
    world: World, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flylive.wallet.seals.sealing.WAIT_SECONDS", 0.2)
    with psycopg.connect(addresses.owner) as writer:
        writer.execute("LOCK TABLE transactions IN ROW EXCLUSIVE MODE")
        with psycopg.connect(addresses.owner, autocommit=True) as reader:
            assert read_closed_id(reader) is None
        before = world.sql("SELECT last_id FROM statistics_marks")
        assert await asyncio.to_thread(folding.fold_new, addresses.serving, ZONE) == 0
        assert world.sql("SELECT last_id FROM statistics_marks") == before
        with pytest.raises(folding.Busy):
            folding.rebuild(addresses.serving, ZONE, lambda _: None)
