"""Badges: earned by what happens and by the nightly look, once; progress; new ones for all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from flylive import badge_checks
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.progression import runs
from flylive.progression.badges import award, queries
from flylive.reactions import recharged
from flylive.reactions.gift_sent import GiftAggregator
from tests.agencies.hands import found, join
from tests.patience import eventually
from tests.progression.hands import (
    answer,
    badge,
    edit,
    events,
    frame,
    keeper,
    look_all,
    run_all,
)
from tests.world import Person, World

NEW = {"name": "Kind", "category": "achievement", "icon_url": "/assets/badges/kind.svg"}


@pytest.fixture(scope="module")
async def staff(world: World) -> Person:
    return await keeper(world)


@pytest.fixture
def no_badges(world: World) -> None:
    """The badges of other tests are gone."""
    for table in ("user_badges", "room_badges", "badges"):
        world.sql(f"DELETE FROM {table}")


@pytest.fixture
def aggregator(database: Database, settings: Settings) -> GiftAggregator:
    return GiftAggregator(database, settings)


def has(world: World, person: Person) -> list[int]:
    rows = world.sql("SELECT badge_id FROM user_badges WHERE user_id = %s ORDER BY id", person.id)
    return [badge_id for (badge_id,) in rows]


def earned(world: World, person: Person) -> list[tuple[int, int | None]]:
    """What his stream told of badges: the badge, and the room if it is that one's."""
    return [
        (event["data"]["badge"]["id"], event["data"]["room_id"])
        for event in events(world, person)
        if event["type"] == "badge.earned"
    ]


async def give(world: World, giver: Person, host: Person, times: int = 1, **fields: Any) -> None:
    sent = await world.send(giver, world.gift("2.00"), [host], quantity=times, **fields)
    assert sent.status_code == 201, sent.text


@pytest.mark.usefixtures("no_badges")
async def test_gifts_earn_badges_once_whoever_looks(
    world: World, aggregator: GiftAggregator, database: Database
) -> None:
    first = badge(world, {"metric": "gifts_sent", "gte": 1})
    many = badge(world, {"all": [{"metric": "gifts_sent", "gte": 5},
                                 {"not": {"metric": "gifts_received", "gt": 0}}]})  # fmt: skip
    loved = badge(world, {"metric": "coins_received", "gte": 10})
    retired = badge(world, {"metric": "gifts_sent", "gte": 1}, is_active=False)
    giver, host = await world.people(2)
    await world.recharge(giver, 1000)
    await give(world, giver, host, 4)
    await aggregator.fold()
    await look_all(database)
    assert (has(world, giver), has(world, host)) == ([first], [])
    await give(world, giver, host)
    await aggregator.fold()
    world.sql("INSERT INTO badge_checks SELECT 'user', id FROM users ON CONFLICT DO NOTHING")
    await asyncio.gather(*(award.look(database) for _ in range(6)))
    await look_all(database)
    assert (has(world, giver), has(world, host)) == ([first, many], [loved])
    assert earned(world, giver) == [(first, None), (many, None)]
    assert retired not in has(world, giver)
    # The row of user_badges is told whole, beside the badge that it is about.
    shown = (await answer(world, host, f"/users/{giver.id}/badges"))["data"]
    told = [e["data"]["badge"] for e in events(world, giver) if e["type"] == "badge.earned"]
    assert shown == told[::-1]
    rows = world.sql(
        "SELECT id, user_id, badge_id FROM user_badges WHERE user_id = %s ORDER BY id", giver.id
    )
    assert [(row["earned_id"], row["user_id"], row["badge_id"]) for row in told] == rows
    # Not met any more: what was earned stays.
    await world.recharge(host, 100)
    await give(world, host, giver)
    await aggregator.fold()
    await look_all(database)
    listed = await answer(world, host, f"/users/{giver.id}/badges")
    assert [row["id"] for row in listed["data"]] == [many, first]
    seen = await answer(world, host, f"/users/{giver.id}")
    assert {row["id"] for row in seen["badges"]} == {first, many}


@pytest.mark.usefixtures("no_badges")
async def test_progress_shows_each_condition(
    world: World, aggregator: GiftAggregator, database: Database
) -> None:
    both = badge(world, {"all": [{"metric": "gifts_sent", "gte": 3},
                                 {"metric": "following", "gte": 2}]})  # fmt: skip
    badge(world, {"metric": "room_level", "gte": 2}, category="room")
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    await give(world, giver, host, 2)

    async def progress() -> tuple[Any, ...]:
        page = await answer(world, giver, "/me/badges/progress")
        [one] = page["data"]
        assert one["badge"]["id"] == both
        conditions = [(c["current"], c["target"], c["is_met"]) for c in one["conditions"]]
        return one["is_met"], one["earned_at"] is not None, conditions

    # What still waits to be folded is not counted yet, nor counted twice afterwards.
    assert await progress() == (False, False, [(0, 3, False), (0, 2, False)])
    await aggregator.fold()
    assert await progress() == (False, False, [(2, 3, False), (0, 2, False)])
    await look_all(database)
    await give(world, giver, host)
    await aggregator.fold()
    for person in (host, await world.register(), await world.register()):
        assert (await world.call("PUT", f"/users/{person.id}/follow", giver)).is_success
    # No further than any badge asks.
    assert await progress() == (True, False, [(3, 3, True), (3, 2, True)])
    await look_all(database)
    assert await progress() == (True, True, [(3, 3, True), (3, 2, True)])


@pytest.mark.usefixtures("no_badges")
async def test_ties_earn_badges_as_soon_as_they_are_made(world: World, database: Database) -> None:
    star = badge(world, {"metric": "followers", "gte": 2})
    friend = badge(world, {"metric": "friends", "gte": 1})
    fan = badge(world, {"any": [{"metric": "following", "gte": 2},
                                {"metric": "messages_sent", "gte": 100}]})  # fmt: skip
    listener = badge(world, {"metric": "rooms_followed", "gte": 1})
    member = badge(world, {"metric": "agency_member", "eq": 1})
    framed = badge(world, {"metric": "frames_owned", "gte": 1})
    host, guest, other = await world.people(3)

    async def follow(who: Person, path: str) -> None:
        assert (await world.call("PUT", f"{path}/follow", who)).is_success

    await follow(guest, f"/users/{host.id}")
    await look_all(database)
    assert (has(world, host), has(world, guest)) == ([], [])
    await follow(other, f"/users/{host.id}")
    await follow(host, f"/users/{guest.id}")
    await look_all(database)
    assert (has(world, host), has(world, guest)) == ([star, friend], [friend])
    # Again is nothing new, and nothing waits.
    await follow(host, f"/users/{guest.id}")
    assert world.sql("SELECT count(*) FROM badge_checks") == [(0,)]
    await follow(host, f"/users/{other.id}")
    await follow(guest, f"/rooms/{await world.room(host)}")
    agency = await found(world, host)
    await join(world, agency, host, guest)
    await world.recharge(guest, 100)
    bought = await world.call(
        "POST", f"/frames/{frame(world)}/purchase", guest, headers={"Idempotency-Key": "1"}
    )
    assert bought.status_code == 201, bought.text
    await look_all(database)
    assert has(world, host) == [star, friend, fan, member]
    assert has(world, guest) == [friend, listener, member, framed]
    assert [one for one, _ in earned(world, guest)] == [friend, listener, member, framed]


@pytest.mark.usefixtures("no_badges")
async def test_a_new_badge_is_given_to_who_has_earned_it_already(
    world: World, aggregator: GiftAggregator, staff: Person, database: Database
) -> None:
    giver, host, stranger = await world.people(3)
    await world.recharge(giver, 100)
    await give(world, giver, host, 7)
    await aggregator.fold()
    requirements = {"metric": "gifts_sent", "gte": 7}
    made = await edit(world, staff, "POST", "/badges", requirements=requirements, **NEW)
    assert made.status_code == 201, made.text
    badge_id, run = made.json()["badge"]["id"], made.json()["run"]
    assert (run["kind"], run["subject_id"], run["status"]) == ("badge", badge_id, "waiting")
    world.sql("INSERT INTO badge_checks SELECT 'user', id FROM users ON CONFLICT DO NOTHING")
    await asyncio.gather(run_all(database, 4, 3), look_all(database))
    assert has(world, giver) == [badge_id]
    assert earned(world, giver) == [(badge_id, None)]
    assert has(world, stranger) == has(world, host) == []
    done = await answer(world, staff, f"/admin/catalogue-runs/{run['id']}")
    assert (done["status"], done["progress_percent"]) == ("done", 100)
    assert done["done"] == world.sql("SELECT count(*) FROM users WHERE deleted_at IS NULL")[0][0]
    # Easier requirements give it to more; a retired badge is given to nobody, and kept.
    easier = {"metric": "gifts_received", "gte": 7}
    path = f"/badges/{badge_id}"
    again = await edit(world, staff, "PATCH", path, requirements=easier)
    assert again.json()["run"] is not None
    assert (await edit(world, staff, "PATCH", path, is_active=False)).json()["run"] is None
    await run_all(database)
    assert (has(world, giver), has(world, host)) == ([badge_id], [])
    assert (await edit(world, staff, "PATCH", path, is_active=True)).json()["run"] is not None
    await run_all(database)
    assert (has(world, giver), has(world, host)) == ([badge_id], [badge_id])
    [log] = world.sql(
        "SELECT count(*) FROM audit_log WHERE subject_type = 'badge' AND subject_id = %s", badge_id
    )
    assert log == (4,)


@pytest.mark.usefixtures("no_badges")
async def test_the_night_looks_at_all_and_counts_the_gifts_themselves(
    world: World, aggregator: GiftAggregator, database: Database, settings: Settings
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    await give(world, giver, host, 3)
    await aggregator.fold()
    await look_all(database)
    await give(world, giver, host, 2)
    # Sums that went wrong, and a group that still waits to be folded.
    world.sql("UPDATE user_counters SET gifts_sent = 99 WHERE user_id = %s", giver.id)
    friends = badge(world, {"metric": "friends", "gte": 1}, category="personal")
    old = badge(world, {"metric": "days_since_signup", "gte": 2}, category="personal")
    three = badge(world, {"metric": "gifts_sent", "eq": 3})
    # Follows that nobody noted.
    for one, other in ((giver, host), (host, giver)):
        world.sql(
            "INSERT INTO user_followers (follower_id, following_id) VALUES (%s, %s)",
            one.id,
            other.id,
        )
    await look_all(database)
    assert (has(world, giver), has(world, host)) == ([], [])
    noon = (now() + timedelta(days=3)).replace(hour=12, minute=0)
    with turned_to(noon):
        await asyncio.gather(*(runs.begin_nightly(database, settings) for _ in range(4)))
        await run_all(database, 3, 5)
        await runs.begin_nightly(database, settings)
        assert await run_all(database) == 0
    assert has(world, giver) == [friends, old, three]
    assert has(world, host) == [friends, old]
    await aggregator.fold()
    sums = "SELECT gifts_sent, coins_given FROM user_counters WHERE user_id = %s"
    assert world.sql(sums, giver.id) == [(5, 10)]
    planned = world.sql("SELECT kind, count(*) FROM catalogue_runs WHERE day IS NOT NULL GROUP BY 1"
                        " ORDER BY 1")  # fmt: skip
    assert planned == [("badges", 1), ("room_badges", 1)]


@pytest.mark.usefixtures("no_badges")
async def test_a_look_does_not_take_the_check_of_what_is_still_to_be_committed(
    world: World, aggregator: GiftAggregator, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody waits to be looked at already, and is looked at while his next gifts are folded."""
    five = badge(world, {"metric": "gifts_sent", "gte": 5})
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    await give(world, giver, host, 4)
    await aggregator.fold()
    await give(world, giver, host, 1)
    fold = queries.fold

    async def looked_at(tx: Transaction, sums: Any) -> None:
        await look_all(database)
        await fold(tx, sums)

    monkeypatch.setattr(queries, "fold", looked_at)
    await aggregator.fold()
    assert has(world, giver) == []
    await look_all(database)
    assert has(world, giver) == [five]


@pytest.mark.usefixtures("no_badges")
async def test_a_check_that_is_taken_meanwhile_is_asked_for_anew(
    world: World, database: Database
) -> None:
    [person] = await world.people(1)
    waiting = "SELECT count(*) FROM badge_checks WHERE kind = 'ties' AND subject_id = %s"
    await database.run(lambda tx: badge_checks.add(tx, "ties", [person.id]))

    async def take(tx: Transaction) -> asyncio.Task[None]:
        # A claim holds what it takes before it deletes it.
        await tx.execute(text("SELECT FROM badge_checks FOR UPDATE"))
        adding = asyncio.create_task(
            database.run(lambda other: badge_checks.add(other, "ties", [person.id]))
        )
        await eventually(world.waiting_for_locks)
        assert await badge_checks.claim(tx, 500)
        return adding

    await (await database.run(take))
    assert world.sql(waiting, person.id) == [(1,)]


@pytest.mark.usefixtures("no_badges")
async def test_a_night_that_others_moved_on_counts_who_comes_next(
    world: World, aggregator: GiftAggregator, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between counting a batch and looking at it, another worker may have carried that one out."""
    await run_all(database)
    people = await world.people(4)
    giver, host = people[2:]
    await world.recharge(giver, 100)
    await give(world, giver, host, 3)
    await aggregator.fold()
    await look_all(database)
    world.sql("UPDATE user_counters SET gifts_sent = 99 WHERE user_id = %s", giver.id)
    three = badge(world, {"metric": "gifts_sent", "eq": 3})
    await database.run(lambda tx: runs.begin(tx, "badge", subject_id=three))
    world.sql("UPDATE catalogue_runs SET last_id = %s WHERE finished_at IS NULL", people[0].id - 1)
    recount = award.recount
    calls: list[list[int]] = []

    async def overtaken(database: Database, ids: list[int]) -> None:
        await recount(database, ids)
        calls.append(ids)
        if len(calls) == 1:
            assert await runs.Runner(database, recharged.recount).advance(2)

    monkeypatch.setattr(award, "recount", overtaken)
    while await runs.Runner(database, recharged.recount).advance(2):
        pass
    first, second = [one.id for one in people[:2]], [giver.id, host.id]
    # Whom it counted first, whom the other worker counted then, and those at the new place.
    assert calls[:3] == [first, first, second]
    assert has(world, giver) == [three]


@pytest.mark.usefixtures("no_badges")
async def test_rooms_earn_badges_and_their_owners_are_told(
    world: World, aggregator: GiftAggregator, staff: Person, database: Database
) -> None:
    lively = badge(world, {"metric": "room_coins_spent", "gte": 10}, category="room")
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    room = await world.room(host, giver)
    await give(world, giver, host, 5, room_id=room)
    await aggregator.fold()
    await asyncio.gather(*(award.look(database) for _ in range(4)))
    listed = await answer(world, giver, f"/rooms/{room}/badges")
    assert [row["id"] for row in listed["data"]] == [lively]
    assert earned(world, host) == [(lively, room)]
    followed = await edit(
        world, staff, "POST", "/badges",
        **(NEW | {"category": "room", "requirements": {"metric": "room_followers", "gte": 1}}),
    )  # fmt: skip
    await world.call("PUT", f"/rooms/{room}/follow", giver)
    await run_all(database)
    assert earned(world, host)[1:] == [(followed.json()["badge"]["id"], room)]


@pytest.mark.usefixtures("no_badges")
async def test_by_hand_to_the_right_one_and_once(
    world: World, staff: Person, database: Database
) -> None:
    host, other = await world.people(2)
    room = await world.room(host)
    of_user = badge(world, {"metric": "gifts_sent", "gte": 10**9})
    of_room = badge(world, {"metric": "room_xp", "gte": 10**9}, category="room")
    retired = badge(world, {"metric": "gifts_sent", "gte": 10**9}, is_active=False)

    async def grant(badge_id: int, **to: int) -> tuple[int, str]:
        got = await edit(world, staff, "POST", f"/badges/{badge_id}/grants", **to)
        return got.status_code, "" if got.is_success else got.json()["code"]

    log = "SELECT count(*) FROM audit_log"
    before = world.sql(log)
    assert await grant(of_user, room_id=room) == (422, "request.invalid")
    assert await grant(of_room, user_id=host.id) == (422, "request.invalid")
    assert await grant(of_user) == (422, "request.invalid")
    assert await grant(of_user, user_id=10**9) == (404, "user.not_found")
    assert await grant(of_room, room_id=10**9) == (404, "room.not_found")
    assert await grant(10**9, user_id=host.id) == (404, "badge.not_found")
    assert await grant(retired, user_id=host.id) == (409, "badge.inactive")
    assert world.sql(log) == before
    at_once = await asyncio.gather(*(grant(of_user, user_id=host.id) for _ in range(5)))
    assert sorted(at_once) == [(204, ""), *[(409, "badge.had_already")] * 4]
    assert await grant(of_room, room_id=room) == (204, "")
    assert earned(world, host) == [(of_user, None), (of_room, room)]
    assert has(world, other) == []


@pytest.mark.usefixtures("no_badges")
async def test_what_cannot_be_kept_is_refused_by_its_place(world: World, staff: Person) -> None:
    kept = badge(world, {"metric": "gifts_sent", "gte": 1})
    before = world.sql("SELECT to_jsonb(b), (SELECT count(*) FROM audit_log) FROM badges b")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"requirements": {"any": [{"metric": "height", "gte": 1}]}}, "requirements.any[0].metric"),
        ({"requirements": {"metric": "gifts_sent", "gte": -1}}, "requirements.gte"),
        ({"category": "room"}, "category"),
        ({"icon_url": "https://elsewhere.example/b.png"}, "icon_url"),
        ({"name": " "}, "name"),
    ]
    for fields, field in wrong:
        refused = await edit(world, staff, "PATCH", f"/badges/{kept}", **fields)
        assert refused.status_code == 422, refused.text
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    refused = await edit(
        world, staff, "POST", "/badges", **NEW, requirements={"metric": "room_xp", "gte": 1}
    )
    assert refused.json()["errors"][0]["field"] == "requirements.metric"
    assert world.sql("SELECT to_jsonb(b), (SELECT count(*) FROM audit_log) FROM badges b") == before


@pytest.mark.usefixtures("no_badges")
async def test_requirements_that_an_adopted_database_brought_earn_nothing_and_stop_nothing(
    world: World, aggregator: GiftAggregator, database: Database
) -> None:
    badge(world, {"gifts": 1})
    ours = badge(world, {"metric": "gifts_sent", "gte": 1})
    giver, host = await world.people(2)
    await world.recharge(giver, 100)
    await give(world, giver, host)
    await aggregator.fold()
    await look_all(database)
    assert has(world, giver) == [ours]
    page = await answer(world, giver, "/me/badges/progress")
    assert [row["badge"]["id"] for row in page["data"]] == [ours]
    assert len((await answer(world, giver, "/badges"))["data"]) == 2
