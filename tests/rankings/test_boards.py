"""Boards: live, right, explained, closed once, paid once, and the same when made anew."""

import asyncio
import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive import clock
from flylive.clock import business_day
from flylive.config import Settings
from flylive.database import Database
from flylive.rankings import closing, rules, scores
from flylive.rankings.rebuild import rebuild
from flylive.rankings.rules import Category
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet.proof import verify
from tests.agencies.hands import found, join
from tests.rooms.crowd import crowd
from tests.world import Person, World

KEYS = {"wealth": "user", "charm": "user", "room": "room", "agency": "agency", "game": "user"}


async def fold(database: Database, settings: Settings) -> None:
    aggregator = GiftAggregator(database, settings)
    while await aggregator.fold():
        pass


async def board(world: World, category: str, person: Person, query: str = "") -> dict[str, Any]:
    answer = await world.call("GET", f"/rankings/{category}?{query}", person)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def places(shown: dict[str, Any]) -> list[tuple[int, str, int]]:
    key = KEYS[shown["category"]]
    return [(one["rank_position"], one["score"], one[key]["id"]) for one in shown["data"]]


def stored(world: World) -> list[Any]:
    return world.sql(
        "SELECT category, subcategory, period, period_start, subject_id, country, score, band"
        " FROM ranking_scores WHERE score > 0 ORDER BY 1, 2, 3, 4, 5"
    ), world.sql(
        "SELECT * FROM ranking_bands WHERE subjects > 0 AND band > 0 ORDER BY 1, 2, 3, 4, 5, 6"
    )


def assert_counted(world: World) -> None:
    """Bands are those of the scores, and Python's bands are the database's."""
    counted = world.sql(
        "SELECT category, subcategory, period, period_start, country, band, count(*) FROM ("
        " SELECT category, subcategory, period, period_start, '' AS country, band"
        " FROM ranking_scores UNION ALL"
        " SELECT category, subcategory, period, period_start, country, band"
        " FROM ranking_scores WHERE country <> '') AS s GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2,"
        " 3, 4, 5, 6"
    )
    kept = world.sql("SELECT * FROM ranking_bands WHERE subjects <> 0 ORDER BY 1, 2, 3, 4, 5, 6")
    assert counted == kept
    for score, band in world.sql("SELECT DISTINCT score, band FROM ranking_scores"):
        assert rules.band(score) == band


@given(st.integers(0, 2**50), st.integers(0, 2**50))
def test_bands_are_in_the_order_of_scores(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert rules.band(low) <= rules.band(high)
    assert rules.band(rules.ceiling(low)) == rules.band(low) + 1
    assert rules.band(rules.ceiling(low) - 1) == rules.band(low)


def test_the_database_has_the_same_bands(world: World) -> None:
    chance = random.Random(3)
    values = [*range(200), *(chance.randrange(2**50) for _ in range(500)), 2**49, 2**49 - 1]
    rows = world.sql("SELECT v, ranking_band(v) FROM unnest(%s::bigint[]) AS v", values)
    assert all(rules.band(value) == band for value, band in rows)


@pytest.fixture(scope="module")
async def played(world: World, database: Database, settings: Settings) -> dict[str, Any]:
    """Some who gave and got, in rooms and an agency, from two countries; and what it comes to."""
    *givers, owner, host, other = await crowd(world, 8)
    for person in givers:
        await world.recharge(person, 100_000)
    world.sql("UPDATE users SET country = 'PK' WHERE id = %s", givers[0].id)
    agency = await found(world, owner)
    await join(world, agency, owner, host)
    room = await world.room(host, *givers, other)
    gifts = {price: world.gift(price) for price in ("0.50", "3.00", "20.00")}
    chance = random.Random(11)
    sums: dict[str, dict[int, Decimal]] = {name: defaultdict(Decimal) for name in KEYS}
    for _ in range(40):
        giver, to = chance.choice(givers), chance.choice([host, other])
        price, quantity = chance.choice([*gifts]), chance.randint(1, 3)
        where = {"room_id": room} if chance.random() < 0.6 else {}
        sent = await world.send(giver, gifts[price], [to], quantity=quantity, **where)
        assert sent.status_code == 201, sent.text
        cost = Decimal(price) * quantity
        sums["wealth"][giver.id] += cost
        sums["charm"][to.id] += cost
        if where:
            sums["room"][room] += cost
        if to is host:
            sums["agency"][agency] += cost
    for number, person in enumerate(givers[:3]):
        won = Decimal(10 + number // 2)
        await database.run(
            lambda tx, i=person.id, w=won: scores.note_win(
                tx, "teen_patti", i, int(w * 100), clock.now()
            )
        )
        sums["game"][person.id] += won
    await fold(database, settings)
    people = {"givers": givers, "host": host, "owner": owner, "other": other}
    return people | {"sums": sums, "room": room, "agency": agency}


@pytest.mark.parametrize("category", [*KEYS])
@pytest.mark.parametrize("period", ["daily", "weekly", "monthly", "all_time"])
async def test_a_board_is_the_sums_in_order(
    world: World, played: dict[str, Any], category: Category, period: str
) -> None:
    query = f"period={period}&limit=100"
    if category == "game":
        query += "&subcategory=teen_patti"
    shown = await board(world, category, played["host"], query)
    expected = played["sums"][category]
    ranked = [
        (1 + sum(more > score for more in expected.values()), f"{score:.2f}", subject)
        for subject, score in sorted(expected.items(), key=lambda one: (-one[1], one[0]))
    ]
    assert places(shown) == ranked
    assert (shown["is_final"], shown["period"], shown["country"]) == (False, period, None)
    assert_counted(world)


async def test_me_and_my_neighbours(world: World, played: dict[str, Any]) -> None:
    whole = places(await board(world, "wealth", played["host"], "limit=100"))
    for person in played["givers"]:
        me = (await board(world, "wealth", person, "limit=1"))["me"]
        place = next(index for index, one in enumerate(whole) if one[2] == person.id)
        assert (me["rank_position"], me["score"]) == whole[place][:2]
        around = [(n["rank_position"], n["score"], n["user"]["id"]) for n in me["neighbours"]]
        assert around == whole[max(0, place - 2) : place] + whole[place + 1 : place + 3]
    assert (await board(world, "wealth", played["owner"]))["me"] is None
    mine = await board(world, "room", played["host"])
    assert mine["me"]["rank_position"] == 1
    assert (await board(world, "agency", played["host"]))["me"]["rank_position"] == 1


async def test_a_country_has_its_own_board(world: World, played: dict[str, Any]) -> None:
    first = played["givers"][0]
    shown = await board(world, "wealth", first, "country=PK")
    assert [(p, who) for p, _, who in places(shown)] == [(1, first.id)]
    assert shown["me"]["rank_position"] == 1
    assert (await board(world, "wealth", played["givers"][1], "country=PK"))["me"] is None


@pytest.mark.parametrize("category", ["wealth", "charm", "room", "agency"])
async def test_every_score_opens_into_its_rows(
    world: World, played: dict[str, Any], category: str
) -> None:
    for subject, score in played["sums"][category].items():
        rows: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            path = f"/rankings/{category}/explain?subject_id={subject}&limit=3{cursor}"
            page = (await world.call("GET", path, played["owner"])).json()
            rows += page["data"]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        assert Decimal(page["score"]) == score == sum(Decimal(row["amount"]) for row in rows)
        # A stranger sees who gave and got in a room, and of a private gift the gift alone.
        for row in rows:
            is_open = row["room_id"] is not None
            assert (row["sender_id"] is not None) == (row["recipient_id"] is not None) == is_open


async def test_a_room_with_a_password_tells_no_names(
    world: World, database: Database, settings: Settings
) -> None:
    host, giver, stranger = await crowd(world, 3)
    await world.recharge(giver, 100)
    room = await world.room(host)
    assert (await world.call("POST", f"/rooms/{room}/join", giver, json={})).status_code == 200
    sent = await world.send(giver, world.gift("1.00"), [host], room_id=room)
    assert sent.status_code == 201, sent.text
    path = f"/rankings/charm/explain?subject_id={host.id}"
    names = ("sender_id", "recipient_id", "room_id")

    async def told(person: Person) -> tuple[int | None, ...]:
        [row] = (await world.call("GET", path, person)).json()["data"]
        assert (row["amount"], row["quantity"]) == ("1.00", 1)
        return tuple(row[name] for name in names)

    assert await told(stranger) == (giver.id, host.id, room)
    closed = {"type": "private", "password": "a secret"}
    assert (await world.call("PATCH", f"/rooms/{room}", host, json=closed)).status_code == 200
    assert await told(stranger) == (None, None, None)
    for side in (giver, host):
        assert await told(side) == (giver.id, host.id, room)
    await fold(database, settings)


async def test_the_board_of_games_is_the_first_game_s(world: World, played: dict[str, Any]) -> None:
    first = await board(world, "game", played["host"], "subcategory=teen_patti")
    assert first["data"]
    assert await board(world, "game", played["host"]) == first
    subject = first["data"][0]["user"]["id"]
    path = f"/rankings/game/explain?subject_id={subject}"
    opened = (await world.call("GET", path, played["host"])).json()
    assert (
        opened == (await world.call("GET", f"{path}&subcategory=teen_patti", played["host"])).json()
    )


async def test_a_day_on_which_nobody_stood_is_final_too(
    world: World, settings: Settings, played: dict[str, Any]
) -> None:
    today = business_day(clock.now(), settings.timezone)
    person = played["host"]
    empty = await board(world, "wealth", person, f"date={today - timedelta(days=900)}")
    assert (empty["is_final"], empty["data"], empty["me"]) == (True, [], None)
    assert not (await board(world, "wealth", person, "period=all_time"))["is_final"]
    with clock.turned_to(clock.now() + timedelta(days=900)):
        day = business_day(clock.now(), settings.timezone)
        assert not (await board(world, "wealth", person))["is_final"]
        _, over = rules.moments(rules.span_of("daily", day), settings.timezone)
    with clock.turned_to(over + timedelta(minutes=1)):
        assert not (await board(world, "wealth", person, f"date={day}"))["is_final"]
    with clock.turned_to(over + timedelta(minutes=3)):
        # What waits to be folded might stand there yet.
        world.sql("INSERT INTO gift_groups (folds, created_at) VALUES ('[]', %s)", over)
        world.sql("UPDATE gift_groups SET created_at = created_at - interval '1 hour'")
        assert not (await board(world, "wealth", person, f"date={day}"))["is_final"]
        world.sql("DELETE FROM gift_groups")
        assert (await board(world, "wealth", person, f"date={day}"))["is_final"]


async def test_made_anew_it_is_the_same(
    world: World, database: Database, settings: Settings, played: dict[str, Any]
) -> None:
    world.sql("DELETE FROM ranking_scores WHERE category = 'game'")
    world.sql("DELETE FROM ranking_bands WHERE category = 'game'")
    giver, host = played["givers"][0], played["host"]
    gift = world.gift("1.00")
    before = stored(world)
    said: list[str] = []
    await rebuild(database, settings, said.append)
    assert stored(world) == before
    assert said[-1].startswith("[20/20]")
    # What waits to be folded is counted once, whether it came before or meanwhile.
    await world.send(giver, gift, [host])
    await asyncio.gather(
        rebuild(database, settings, said.append),
        *(world.send(giver, gift, [host]) for _ in range(6)),
        fold(database, settings),
    )
    await fold(database, settings)
    after = stored(world)
    await rebuild(database, settings, said.append)
    assert stored(world) == after
    [(score,)] = world.sql(
        "SELECT score FROM ranking_scores WHERE category = 'wealth' AND period = 'daily'"
        " AND subject_id = %s",
        giver.id,
    )
    assert score == int(played["sums"]["wealth"][giver.id] * 100) + 700


async def test_what_is_asked_wrongly(world: World, played: dict[str, Any]) -> None:
    for path, status in (
        ("/rankings/beauty", 404),
        ("/rankings/game?subcategory=chess", 400),
        ("/rankings/wealth?subcategory=teen_patti", 422),
        ("/rankings/agency?country=PK", 422),
        ("/rankings/wealth?country=XX9", 422),
        ("/rankings/wealth?period=hourly", 400),
        ("/rankings/wealth?date=2999-01-01", 422),
        ("/rankings/wealth?date=1900-01-01", 422),
        ("/rankings/wealth/explain", 400),
        ("/rankings/wealth/explain?subject_id=1&cursor=x", 422),
    ):
        answer = await world.call("GET", path, played["host"])
        assert answer.status_code in (status, 422, 400), (path, answer.text)
        assert 400 <= answer.status_code < 500


async def test_a_period_is_closed_once_and_paid_once(
    world: World, database: Database, settings: Settings
) -> None:
    one, two, three, host = await crowd(world, 4)
    for person in (one, two, three):
        await world.recharge(person, 1000)
    frame = world.sql(
        "INSERT INTO frames (name, price, static_src, category, rarity, duration_days)"
        " VALUES ('Winner', 5, '/assets/frames/a.svg', 'premium', 'common', 7) RETURNING id"
    )[0][0]
    badge = world.sql(
        "INSERT INTO badges (name, category, requirements, icon_url) VALUES ('Champion',"
        """ 'personal', '{"metric": "friends", "gte": 1000}', '/assets/b.svg') RETURNING id"""
    )[0][0]
    world.sql(
        "INSERT INTO ranking_prizes (category, period, rank_from, rank_to, coins, diamonds,"
        " frame_id, badge_id) VALUES ('wealth', 'daily', 1, 1, 50, 5, %s, NULL),"
        " ('wealth', 'daily', 2, 10, 7, 0, NULL, NULL), ('wealth', 'daily', 1, 3, 0, 0, NULL, %s),"
        " ('room', 'daily', 1, 1, 9, 0, NULL, NULL)",
        frame,
        badge,
    )
    room = await world.room(host, one, two, three)
    gift = world.gift("10.00")
    # A day of their own, after all that happened here before.
    with clock.turned_to(clock.now() + timedelta(days=40)):
        day = business_day(clock.now(), settings.timezone)
        for person, count in ((one, 3), (two, 3), (three, 1)):
            sent = await world.send(person, gift, [host], quantity=count, room_id=room)
            assert sent.status_code == 201, sent.text
        await fold(database, settings)
        assert await closing.close_due(database, settings) >= 0
        live = await board(world, "wealth", one)
    _, over = rules.moments(rules.span_of("daily", day), settings.timezone)
    with clock.turned_to(over + timedelta(hours=1)):
        # One gift that nobody folded yet holds the day open.
        world.sql(
            "INSERT INTO gift_groups (folds, created_at) VALUES"
            ' (\'{"rooms": [], "agencies": []}\', %s)',
            over - timedelta(minutes=1),
        )
        assert await closing.close_due(database, settings) == 0
        await fold(database, settings)
        done = await asyncio.gather(*(closing.close_due(database, settings) for _ in range(4)))
        assert sum(done) > 0
        assert await closing.close_due(database, settings) == 0
        frozen = world.sql(
            "SELECT rank_position, score, user_id FROM rankings WHERE category = 'wealth'"
            " AND period = 'daily' AND period_start = %s ORDER BY rank_position, user_id",
            day,
        )
        assert frozen == [
            (1, Decimal("30.00"), one.id),
            (1, Decimal("30.00"), two.id),
            (3, Decimal("10.00"), three.id),
        ]
        final = await board(world, "wealth", one, f"date={day}")
    assert (live["is_final"], final["is_final"]) == (False, True)
    assert final["data"] == live["data"]
    paid = world.sql(
        "SELECT user_id, currency_type, amount FROM transactions WHERE type = 'ranking_prize'"
        " AND user_id = ANY(%s) ORDER BY user_id, currency_type",
        [one.id, two.id, three.id, host.id],
    )
    assert paid == [
        (one.id, 1, Decimal(50)),
        (one.id, 2, Decimal(5)),
        (two.id, 1, Decimal(50)),
        (two.id, 2, Decimal(5)),
        (three.id, 1, Decimal(7)),
        # A room's prize is its owner's.
        (host.id, 1, Decimal(9)),
    ]
    # Days of other tests may be closed only now, and be given the same prizes.
    badged = "SELECT user_id FROM user_badges WHERE badge_id = %s AND user_id >= %s ORDER BY 1"
    assert world.sql(badged, badge, one.id) == [(one.id,), (two.id,), (three.id,)]
    owned = world.sql(
        "SELECT user_id FROM frame_user WHERE frame_id = %s AND user_id >= %s ORDER BY 1",
        frame,
        one.id,
    )
    assert owned == [(one.id,), (two.id,)]
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


async def test_an_old_board_shows_its_frozen_places(
    world: World, database: Database, settings: Settings
) -> None:
    host, *givers = await crowd(world, 5)
    world.sql("UPDATE users SET country = 'PK' WHERE id = %s", givers[2].id)
    room = await world.room(host, *givers)
    gift = world.gift("1.00")
    for person in givers:
        await world.recharge(person, 100)
    with clock.turned_to(clock.now() + timedelta(days=60)):
        day = business_day(clock.now(), settings.timezone)
        for count, person in zip((9, 5, 5, 1), givers, strict=True):
            sent = await world.send(person, gift, [host], quantity=count, room_id=room)
            assert sent.status_code == 201, sent.text
        await fold(database, settings)
    asked = [
        (category, person, f"date={day}{more}")
        for category, person, more in (
            ("wealth", givers[1], ""),
            ("wealth", givers[3], "&limit=1"),
            ("wealth", host, ""),
            ("wealth", givers[2], "&country=PK"),
            ("room", host, ""),
            ("charm", host, ""),
        )
    ]
    with clock.turned_to(clock.now() + timedelta(days=62)):
        assert await closing.close_due(database, settings) > 0
        young = [await board(world, *one) for one in asked]
    assert [one["rank_position"] for one in young[0]["data"]] == [1, 2, 2, 4]
    assert young[1]["me"]["rank_position"] == 4
    with clock.turned_to(clock.now() + timedelta(days=162)):
        await closing.forget(database, settings)
        [[left]] = world.sql("SELECT count(*) FROM ranking_scores WHERE period_start = %s", day)
        assert left == 0
        assert [await board(world, *one) for one in asked] == young


async def test_places_that_an_adopted_database_brought_are_shown(world: World) -> None:
    first, second = await crowd(world, 2)
    for position, person in enumerate((first, second), 1):
        world.sql(
            "INSERT INTO rankings (category, subcategory, period, period_start, period_end,"
            " user_id, rank_position, score) VALUES ('game', 'fruit_loop', 'daily', '2021-03-04',"
            " '2021-03-04', %s, %s, %s)",
            person.id,
            position,
            100 - position,
        )
    shown = await board(world, "game", second, "subcategory=fruit_loop&date=2021-03-04")
    assert places(shown) == [(1, "99.00", first.id), (2, "98.00", second.id)]
    assert (shown["is_final"], shown["me"]["rank_position"]) == (True, 2)
    assert [one["user"]["id"] for one in shown["me"]["neighbours"]] == [first.id]


async def test_a_period_in_which_a_database_was_adopted_is_closed_like_others(
    world: World, database: Database, settings: Settings
) -> None:
    giver, other, host = await crowd(world, 3)
    await world.recharge(giver, 100)
    with clock.turned_to(clock.now() + timedelta(days=300)):
        day = business_day(clock.now(), settings.timezone)
        for position, person in enumerate((other, giver), 1):
            world.sql(
                "INSERT INTO rankings (category, period, period_start, period_end, user_id,"
                " rank_position, score) VALUES ('wealth', 'daily', %s, %s, %s, %s, 7)",
                day,
                day,
                person.id,
                position,
            )
        assert (await world.send(giver, world.gift("2.00"), [host])).status_code == 201
        await fold(database, settings)
    with clock.turned_to(clock.now() + timedelta(days=302)):
        assert await closing.close_due(database, settings) > 0
        shown = await board(world, "wealth", giver, f"date={day}")
    assert (shown["is_final"], places(shown)) == (True, [(1, "2.00", giver.id)])
    kept = "SELECT user_id FROM rankings WHERE category = 'wealth' AND period_start = %s"
    assert world.sql(f"{kept} AND period = 'daily'", day) == [(giver.id,)]


async def test_made_anew_after_midnight_yesterday_has_what_waited(
    world: World, database: Database, settings: Settings
) -> None:
    giver, host = await crowd(world, 2)
    await world.recharge(giver, 1000)
    gift = world.gift("10.00")

    def scored(day: date) -> dict[tuple[str, str], int]:
        rows = world.sql(
            "SELECT category, period, score FROM ranking_scores WHERE subject_id = ANY(%s)"
            " AND category IN ('wealth', 'charm') AND period_start = ANY(%s)",
            [giver.id, host.id],
            [rules.span_of(period, day).first for period in rules.PERIODS],
        )
        return {(category, period): score for category, period, score in rows}

    everywhere = {(name, period): 1000 for name in ("wealth", "charm") for period in rules.PERIODS}
    # A day of their own, long after all that happens here.
    with clock.turned_to(clock.now() + timedelta(days=400)):
        day = business_day(clock.now(), settings.timezone)
        assert (await world.send(giver, gift, [host])).status_code == 201
    _, over = rules.moments(rules.span_of("daily", day), settings.timezone)
    with clock.turned_to(over + timedelta(seconds=1)):
        await rebuild(database, settings, lambda _: None)
        await fold(database, settings)
        assert scored(day) == everywhere
    assert_counted(world)
    with clock.turned_to(over + timedelta(minutes=3)):
        while await closing.close_due(database, settings):
            pass
        # Closed, it stays as it was frozen, whatever comes late.
        world.sql(
            "INSERT INTO gift_groups (folds, created_at)"
            ' VALUES (\'{"rooms": [], "agencies": []}\', %s)',
            over - timedelta(hours=1),
        )
        world.sql(
            "UPDATE ranking_scores SET score = 999 WHERE subject_id = %s AND period = 'daily'"
            " AND category = 'wealth'",
            giver.id,
        )
        await rebuild(database, settings, lambda _: None)
        await fold(database, settings)
        assert scored(day) == everywhere | {("wealth", "daily"): 999}
