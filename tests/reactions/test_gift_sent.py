"""What follows gifts: rooms' sums, levels and popularity, agencies' totals; once, whoever dies."""

import asyncio
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flylive import clock
from flylive.config import Settings
from flylive.database import Database
from flylive.reactions.gift_sent import GiftAggregator
from flylive.reactions.room_popularity import update_popularity
from flylive.wallet.proof import verify
from tests.world import Person, World

SUMS = "total_coins_spent, daily_coins_spent, weekly_coins_spent, monthly_coins_spent, room_xp"


@pytest.fixture
def aggregator(database: Database, settings: Settings) -> GiftAggregator:
    return GiftAggregator(database, settings)


async def lively_room(world: World) -> tuple[Person, Person, int]:
    host, guest = await world.people(2)
    await world.recharge(guest, 1_000_000)
    return host, guest, await world.room(host, guest)


def sums(world: World, room: int) -> tuple[Any, ...]:
    [row] = world.sql(f"SELECT {SUMS} FROM rooms WHERE id = %s", room)
    return tuple(row)


async def test_sums_and_xp_are_those_of_the_gifts(world: World, aggregator: GiftAggregator) -> None:
    host, guest, room = await lively_room(world)
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, member_count) VALUES (%s, %s, 2) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        guest.id,
    )[0][0]
    world.sql(
        "UPDATE users SET agency_id = %s, agency_joined_at = now() WHERE id = %s", agency, host.id
    )
    for price in ("10.00", "2.55"):
        assert (await world.send(guest, world.gift(price), [host], room_id=room)).status_code == 201
    while await aggregator.fold():
        pass
    spent = Decimal("12.55")
    assert sums(world, room) == (spent, spent, spent, spent, 12)
    # 10 % of 5.00 and of 1.27, rounded down.
    [(earned,)] = world.sql("SELECT total_earnings FROM agencies WHERE id = %s", agency)
    assert earned == Decimal("0.62")
    assert await aggregator.fold() == 0
    assert sums(world, room)[0] == spent


async def test_a_fold_that_dies_folds_nothing_twice(
    world: World, aggregator: GiftAggregator, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, guest, room = await lively_room(world)
    await world.send(guest, world.gift("7.00"), [host], room_id=room)

    async def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(aggregator, "_write_rooms", die)
        with pytest.raises(RuntimeError):
            await aggregator.fold()
    assert sums(world, room)[0] == 0
    await asyncio.gather(*(aggregator.fold() for _ in range(4)))
    while await aggregator.fold():
        pass
    assert sums(world, room)[0] == 7


async def test_sums_turn_over_at_midnight_on_monday_and_on_the_first(
    world: World, aggregator: GiftAggregator, database: Database
) -> None:
    host, guest, room = await lively_room(world)
    gift = world.gift("10.00")

    async def give_at(moment: datetime) -> tuple[Any, ...]:
        with clock.turned_to(moment):
            answer = await world.send(guest, gift, [host], room_id=room)
            assert answer.status_code == 201, answer.text
            while await aggregator.fold():
                pass
        return tuple(int(value) for value in sums(world, room)[:4])

    saturday = datetime(2027, 1, 30, 23, 59, tzinfo=UTC)
    assert await give_at(saturday) == (10, 10, 10, 10)
    assert await give_at(saturday + timedelta(minutes=2)) == (20, 10, 20, 20)
    monday = datetime(2027, 2, 1, 0, 1, tzinfo=UTC)
    assert await give_at(monday) == (30, 10, 10, 10)
    with clock.turned_to(monday + timedelta(days=1)):
        await aggregator.turn_over()
    assert tuple(map(int, sums(world, room)[:4])) == (30, 0, 10, 10)
    with clock.turned_to(monday + timedelta(days=40)):
        await aggregator.turn_over()
    assert tuple(map(int, sums(world, room)[:4])) == (30, 0, 0, 0)


async def test_a_group_of_yesterday_does_not_count_for_today(
    world: World, aggregator: GiftAggregator
) -> None:
    host, guest, room = await lively_room(world)
    late = datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC)
    with clock.turned_to(late):
        await world.send(guest, world.gift("10.00"), [host], room_id=room)
    with clock.turned_to(late + timedelta(minutes=1)):
        while await aggregator.fold():
            pass
    assert tuple(map(int, sums(world, room)[:4])) == (10, 0, 10, 0)


async def test_room_levels_reward_the_owner_once(world: World, aggregator: GiftAggregator) -> None:
    world.sql("DELETE FROM levels WHERE type = 'room'")
    for number, xp, reward in ((1, 0, 0), (2, 100, 11), (3, 200, 22), (4, 1000, 33)):
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, diamond_reward)"
            " VALUES (%s, 'room', %s, %s, %s)",
            f"Room {number}",
            number,
            xp,
            reward,
        )
    aggregator.levels._until = 0
    host, guest, room = await lively_room(world)
    await world.send(guest, world.gift("250.00"), [host], room_id=room)
    while await aggregator.fold():
        pass
    await world.send(guest, world.gift("1.00"), [host], room_id=room)
    while await aggregator.fold():
        pass
    assert world.sql("SELECT room_level, room_xp FROM rooms WHERE id = %s", room) == [(3, 251)]
    # 125.50 from the gifts, 33 from two levels.
    assert (await world.wallet(host))["diamond_balance"] == "158.50"
    history = world.sql(
        "SELECT l.level_number, r.is_active FROM room_levels r JOIN levels l ON l.id = r.level_id"
        " WHERE r.room_id = %s ORDER BY 1",
        room,
    )
    assert history == [(2, False), (3, True)]
    told = world.sql(
        "SELECT e.type FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND e.type = 'room.level_up'",
        f"room:{room}",
    )
    assert len(told) == 2


async def test_popularity_rises_with_people_coins_and_followers_and_decays(
    world: World, database: Database, aggregator: GiftAggregator
) -> None:
    host, guest, room = await lively_room(world)

    async def popularity() -> float:
        while await aggregator.fold():
            pass
        await update_popularity(database)
        [(value,)] = world.sql("SELECT popularity_index FROM rooms WHERE id = %s", room)
        return float(value)

    assert await popularity() == 20
    await world.send(guest, world.gift("100.00"), [host], room_id=room)
    assert await popularity() == 30
    await world.call("PUT", f"/rooms/{room}/follow", guest)
    assert await popularity() == pytest.approx(30.69)
    for person in (host, guest):
        assert (await world.call("POST", f"/rooms/{room}/leave", person)).status_code == 204
    with clock.turned_to(clock.now() + timedelta(hours=2)):
        assert await popularity() == 0


async def test_days_are_those_of_the_platforms_zone(
    world: World, database: Database, settings: Settings
) -> None:
    """Midnight in Karachi is 19:00 UTC."""
    aggregator = GiftAggregator(database, settings.model_copy(update={"timezone": "Asia/Karachi"}))
    host, guest, room = await lively_room(world)
    gift = world.gift("10.00")
    for moment, daily in (
        (datetime(2027, 5, 5, 18, 59, tzinfo=UTC), 10),
        (datetime(2027, 5, 5, 19, 1, tzinfo=UTC), 10),
        (datetime(2027, 5, 6, 18, 58, tzinfo=UTC), 20),
    ):
        with clock.turned_to(moment):
            await world.send(guest, gift, [host], room_id=room)
            while await aggregator.fold():
                pass
        assert sums(world, room)[1] == daily
    with clock.turned_to(datetime(2027, 5, 6, 19, 0, tzinfo=UTC)):
        await aggregator.turn_over()
    assert sums(world, room)[1] == 0


async def test_popularity_counts_the_gifts_of_the_last_hour_exactly(
    world: World, database: Database, aggregator: GiftAggregator
) -> None:
    """Against the gifts themselves, minute by minute, over a fold now and then."""
    chance = random.Random(4)
    host, guest, room = await lively_room(world)
    gifts = [world.gift(price) for price in ("1.00", "7.77", "30.10")]
    start = datetime(2027, 6, 1, 11, 30, tzinfo=UTC)
    for minute in range(0, 150, 5):
        at = start + timedelta(minutes=minute, seconds=chance.randrange(60))
        with clock.turned_to(at):
            for _ in range(chance.randrange(3)):
                await world.send(guest, chance.choice(gifts), [host], room_id=room)
            while await aggregator.fold():
                pass
            await update_popularity(database)
        [(popularity, expected)] = world.sql(
            """
            SELECT popularity_index,
                   round(20 + sqrt(COALESCE(
                       (SELECT sum(total_cost) FROM gift_transactions WHERE room_id = r.id
                        AND sent_at >= date_trunc('minute', %s::timestamptz)
                                       - interval '59 minutes'), 0)), 2)
            FROM rooms r WHERE id = %s
            """,
            at,
            room,
        )
        assert popularity == expected, at
    assert world.sql("SELECT count(*) FROM room_coin_minutes WHERE room_id = %s", room)[0][0] <= 60


async def test_the_money_adds_up(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
