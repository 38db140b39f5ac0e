"""VIP by purchases: lifted for 30 days, lowered by time and by refunds, rewards paid once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.progression.rules import VIP_PERIOD, Ladder, Level, vip_at
from flylive.reactions import recharged
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.progression.hands import answer, edit, events, keeper, run_all
from tests.world import Person, World

START = datetime(2026, 1, 1, tzinfo=UTC)
ZERO = datetime.fromtimestamp(0, UTC)
NEEDED = {1: 100, 2: 500, 3: 1000}
LADDER = Ladder(
    [Level(number, "vip", number, f"VIP {number}", xp, 0, 0, (), None, None, {}, ZERO, ZERO)
     for number, xp in NEEDED.items()]
)  # fmt: skip


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.mark.parametrize(
    ("purchases", "at", "level", "expires"),
    [
        ([], 0, 0, None),
        ([(0, 99)], 1, 0, None),
        ([(0, 100)], 0, 1, 30),
        ([(0, 100)], 29.99, 1, 30),
        ([(0, 100)], 30, 0, None),
        ([(0, 60), (10, 40)], 39, 1, 40),
        # Bought again without crossing: the days run on, and are renewed by what counts then.
        ([(0, 500), (20, 499)], 29, 2, 30),
        ([(0, 500), (20, 499)], 30, 1, 60),
        ([(0, 500), (20, 500)], 20, 3, 50),
        ([(0, 500), (20, 500)], 50, 0, None),
        ([(0, 100), (29, 100), (31, 100)], 59, 1, 60),
        ([(0, 1000)], 300, 0, None),
    ],
)
def test_the_level_at_a_moment(
    purchases: list[tuple[float, int]], at: float, level: int, expires: float | None
) -> None:
    bought = [(day(when), coins) for when, coins in purchases]
    found = vip_at(bought, LADDER, day(at))
    assert (found.level, found.expires_at) == (level, None if expires is None else day(expires))


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 600)), max_size=12),
    st.integers(0, 260),
)
def test_a_level_is_never_below_what_30_days_earn(
    purchases: list[tuple[int, int]], at: int
) -> None:
    bought = sorted((day(when), coins) for when, coins in purchases)
    found = vip_at(bought, LADDER, day(at))
    counted = sum(coins for when, coins in bought if day(at) - VIP_PERIOD < when <= day(at))
    assert found.xp == counted
    assert found.level >= max([0, *(number for number, xp in NEEDED.items() if counted >= xp)])
    assert (found.level == 0) == (found.expires_at is None)
    if found.expires_at is not None:
        assert day(at) < found.expires_at <= day(at) + VIP_PERIOD


@pytest.fixture(scope="module")
def ladder(world: World) -> None:
    """Three VIP levels; the second gives a frame and coins."""
    [[frame]] = world.sql(
        "INSERT INTO frames (name, price, static_src, category, duration_days)"
        " VALUES ('Velvet', 10, '/assets/frames/velvet.svg', 'vip', 7) RETURNING id"
    )
    for number, xp in NEEDED.items():
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, coin_reward,"
            " frame_rewards) VALUES (%s, 'vip', %s, %s, %s, %s)",
            f"VIP {number}",
            number,
            xp,
            5 if number == 2 else 0,
            [frame] if number == 2 else [],
        )


async def vip(world: World, person: Person) -> int:
    """The level that the person sees of himself."""
    return int((await world.call("GET", "/me", person)).json()["vip_level"])


async def buy(world: World, person: Person, coins: int) -> int:
    """Buy coins at the sandbox; the order's id."""
    before = world.sql("SELECT COALESCE(max(id), 0) FROM recharge_orders")[0][0]
    await world.recharge(person, coins)
    await recharged.lift(world.database)
    [[order]] = world.sql(
        "SELECT id FROM recharge_orders WHERE id > %s AND user_id = %s", before, person.id
    )
    return int(order)


async def refund(world: World, person: Person, order: int) -> None:
    """Give the order's money back."""
    path = f"/recharge/orders/{order}/sandbox"
    answer = await world.call("POST", path, person, json={"outcome": "refunded"})
    assert answer.status_code == 200
    await recharged.lift(world.database)


def told(world: World, person: Person) -> list[tuple[str, int]]:
    """Level events of the person's stream: type and VIP level."""
    return world.sql(
        "SELECT type, COALESCE(data ->> 'level_number', data ->> 'vip_level')::int"
        " FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND (type = 'level.up' OR"
        " data ->> 'kind' = 'vip_lowered') ORDER BY e.seq",
        f"user:{person.id}",
    )


@pytest.mark.usefixtures("ladder")
async def test_lifted_by_purchases_lowered_by_refunds_and_rewarded_once(
    world: World, addresses: Addresses
) -> None:
    person = await world.register()
    await buy(world, person, 99)
    assert await vip(world, person) == 0
    world.sql("UPDATE users SET updated_at = '2020-01-01' WHERE id = %s", person.id)
    order = await buy(world, person, 500)
    assert await vip(world, person) == 2
    changed = (await world.call("GET", "/me", person)).json()["updated_at"]
    assert changed > "2026", "a level of VIP is a change of the user"
    assert told(world, person) == [("level.up", 1), ("level.up", 2)]
    assert (await world.wallet(person))["coin_balance"] == "604.00"
    await refund(world, person, order)
    assert await vip(world, person) == 0
    assert told(world, person)[-1] == ("notice", 0)
    await buy(world, person, 401)
    assert await vip(world, person) == 2
    assert (await world.wallet(person))["coin_balance"] == "505.00"
    [[frames]] = world.sql("SELECT count(*) FROM frame_user WHERE user_id = %s", person.id)
    assert frames == 1
    [[active]] = world.sql(
        "SELECT count(*) FROM user_levels WHERE user_id = %s AND type = 'vip' AND is_active",
        person.id,
    )
    assert active == 1
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


@pytest.mark.usefixtures("ladder")
async def test_he_has_his_level_when_he_hears_that_he_has_paid(world: World) -> None:
    person = await world.register()
    # No worker runs here.
    await world.recharge(person, 500)
    assert await vip(world, person) == 2
    assert told(world, person) == [("level.up", 1), ("level.up", 2)]
    [[order]] = world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", person.id)
    path = f"/recharge/orders/{order}/sandbox"
    await asyncio.gather(
        *(world.call("POST", path, person, json={"outcome": "refunded"}) for _ in range(4)),
        *(recharged.lift(world.database) for _ in range(2)),
    )
    assert await vip(world, person) == 0
    assert world.sql("SELECT FROM recharge_changes WHERE user_id = %s", person.id) == []


@pytest.mark.usefixtures("ladder")
async def test_over_after_30_days_and_lowered_by_the_worker(world: World) -> None:
    person = await world.register()
    moment = now()
    await buy(world, person, 500)
    with turned_to(moment + timedelta(days=20)):
        await buy(world, person, 150)
        assert await vip(world, person) == 2
    with turned_to(moment + timedelta(days=30, seconds=60)):
        # No right is left from that second, whether or not anybody has looked.
        assert await vip(world, person) == 0
        assert await recharged.lower(world.database) >= 1
        assert await vip(world, person) == 1
        assert told(world, person)[-1] == ("notice", 1)
        assert await recharged.lower(world.database) == 0
    with turned_to(moment + timedelta(days=61)):
        assert await recharged.lower(world.database) >= 1
        assert await vip(world, person) == 0
        [[level, expires_at]] = world.sql(
            "SELECT vip_level, vip_expires_at FROM users WHERE id = %s", person.id
        )
        assert (level, expires_at) == (0, None)


@pytest.mark.usefixtures("ladder")
async def test_a_level_that_was_given_stands_until_more_is_earned_or_it_is_over(
    world: World,
) -> None:
    person = await world.register()
    world.sql(
        "UPDATE users SET vip_level = 2, vip_expires_at = now() + interval '3 days' WHERE id = %s",
        person.id,
    )
    moment = now()
    await buy(world, person, 150)
    assert await vip(world, person) == 2
    with turned_to(moment + timedelta(days=4)):
        await recharged.lower(world.database)
        assert await vip(world, person) == 1
        await buy(world, person, 900)
        assert await vip(world, person) == 3


@pytest.mark.usefixtures("ladder")
async def test_bonus_coins_do_not_count(world: World) -> None:
    person = await world.register()
    order = await world.call(
        "POST",
        "/recharge/orders",
        person,
        json={"package_id": world.package(99, bonus=1000), "provider": "sandbox"},
        headers={"Idempotency-Key": "bonus"},
    )
    path = f"/recharge/orders/{order.json()['id']}/sandbox"
    await world.call("POST", path, person, json={"outcome": "paid"})
    await recharged.lift(world.database)
    assert await vip(world, person) == 0
    [[xp]] = world.sql("SELECT vip_xp FROM vip_standings WHERE user_id = %s", person.id)
    assert xp == 99


def notices(world: World, person: Person, kind: str) -> list[dict[str, Any]]:
    """What his stream told of this kind."""
    return [e["data"] for e in events(world, person) if e["data"].get("kind") == kind]


@pytest.mark.usefixtures("ladder")
async def test_told_once_before_it_ends_and_again_before_another_end(
    world: World, settings: Settings
) -> None:
    person = await world.register()
    moment = now()
    await buy(world, person, 500)
    days = settings.vip_notice_days
    [ends] = [data["vip_expires_at"] for data in notices(world, person, "vip_renewed")]
    with turned_to(moment + timedelta(days=30 - days, minutes=-5)):
        await recharged.tell_ending(world.database, settings)
        assert notices(world, person, "vip_ending") == []
    with turned_to(moment + timedelta(days=30 - days, minutes=5)):
        at_once = (recharged.tell_ending(world.database, settings) for _ in range(5))
        assert sum(await asyncio.gather(*at_once)) >= 1
        [told] = notices(world, person, "vip_ending")
        assert (told["vip_level"], told["vip_expires_at"]) == (2, ends)
        await buy(world, person, 1000)
        assert await recharged.tell_ending(world.database, settings) == 0
    with turned_to(moment + timedelta(days=55)):
        await recharged.tell_ending(world.database, settings)
        assert [data["vip_level"] for data in notices(world, person, "vip_ending")] == [2, 3]
    quiet = settings.model_copy(update={"vip_notice_days": 0})
    assert await recharged.tell_ending(world.database, quiet) == 0


@pytest.mark.usefixtures("ladder")
async def test_purchases_race_with_the_end_and_each_level_pays_once(
    world: World, addresses: Addresses
) -> None:
    people = await world.people(4)
    moment = now()
    for person in people:
        await world.recharge(person, 500)
    await asyncio.gather(*(recharged.lift(world.database) for _ in range(4)))
    while await recharged.lift(world.database):
        pass
    with turned_to(moment + timedelta(days=30, seconds=60)):
        await asyncio.gather(
            *(world.recharge(person, 600) for person in people),
            *(recharged.lower(world.database) for _ in range(4)),
            *(recharged.lift(world.database) for _ in range(4)),
        )
        while await recharged.lift(world.database):
            pass
        await recharged.lower(world.database)
        for person in people:
            assert await vip(world, person) == 2
            assert (await world.wallet(person))["coin_balance"] == "1105.00"
            [[quantity]] = world.sql(
                "SELECT sum(quantity) FROM frame_user WHERE user_id = %s", person.id
            )
            assert quantity == 1
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


@pytest.mark.usefixtures("ladder")
async def test_the_address_shows_what_counts_and_what_is_next(world: World) -> None:
    person = await world.register()
    view = await answer(world, person, "/vip")
    assert (view["vip_level"], view["vip_xp"], view["next"]["required_xp"]) == (0, 0, 100)
    await buy(world, person, 600)
    view = await answer(world, person, "/vip")
    assert (view["vip_level"], view["vip_xp"], view["next"]["required_xp"]) == (2, 600, 1000)
    assert [row["level_number"] for row in view["levels"]] == [1, 2, 3]
    known = (await world.call("GET", "/vip", person)).headers["etag"]
    again = await world.call("GET", "/vip", person, headers={"If-None-Match": known})
    assert (again.status_code, again.content) == (304, b"")
    with turned_to(now() + timedelta(days=30, seconds=1)):
        view = await answer(world, person, "/vip")
        assert (view["vip_level"], view["vip_expires_at"], view["vip_xp"]) == (0, None, 0)
        levels = await answer(world, person, f"/users/{person.id}/levels")
        assert (levels["vip"], levels["vip_expires_at"]) == (None, None)


@pytest.mark.usefixtures("ladder")
async def test_other_thresholds_move_vips_by_a_run_and_pay_once(world: World) -> None:
    staff = await keeper(world)
    person = await world.register()
    await buy(world, person, 450)
    assert await vip(world, person) == 1
    [(second,)] = world.sql("SELECT id FROM levels WHERE type = 'vip' AND level_number = 2")
    before = (await world.wallet(person))["coin_balance"]
    for needed, level in ((400, 2), (500, 1), (400, 2)):
        saved = await edit(world, staff, "PATCH", f"/levels/{second}", required_xp=needed)
        assert saved.json()["run"]["subject"] == "vip"
        await run_all(world.database, 2, 3)
        assert await vip(world, person) == level
    await edit(world, staff, "PATCH", f"/levels/{second}", required_xp=500)
    await run_all(world.database)
    assert float((await world.wallet(person))["coin_balance"]) == float(before) + 5
