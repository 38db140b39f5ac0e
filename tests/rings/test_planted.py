"""Planted rings are found, with their evidence; what the staff decide holds."""

import asyncio
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.database import Database
from flylive.rings import looking
from tests.rings.hands import (
    NOW,
    Given,
    around,
    behind,
    exchanged,
    findings,
    give,
    look,
    people,
    sold,
)
from tests.world import Person, World

WHY = {"reason": "looks made"}
DICE = random.Random(4)


@pytest.fixture(scope="module")
async def clerk(world: World, database: Database) -> Person:
    person = await world.register()
    await database.run(lambda tx: staff.grant(tx, person.id, Role.MODERATOR))
    return person


@pytest.fixture(scope="module")
async def planted(world: World, database: Database, clerk: Person) -> dict[str, list[int]]:
    """One of each kind, in the midst of people who give to a host; found in small pieces."""
    crowd, [host] = people(world, 60), people(world, 1)
    given = [
        Given(fan, host, DICE.randint(50, 3_000), NOW - timedelta(days=DICE.uniform(1, 9)))
        for fan in crowd
        for _ in range(4)
    ]
    rings: dict[str, list[int]] = {}
    for length in (3, 4, 5):
        rings[f"circle of {length}"] = path = people(world, length)
        given += around(path, 500, 6, DICE)
        given += [Given(path[0], host, 40, NOW - timedelta(days=2))]
    rings["pair"] = pair = people(world, 2)
    given += around(pair, 400, 8, DICE)
    rings["recycling pair"] = washing = people(world, 2)
    given += around(washing, 1_000, 4, DICE)
    for user_id in washing:
        exchanged(world, user_id, 2_000, NOW - timedelta(days=3))
    farm, [puppet] = people(world, 9, age_days=3.1), people(world, 1, age_days=30)
    rings["burst"] = [*farm, puppet]
    begin = NOW - timedelta(days=3)
    given += [Given(one, puppet, 250, begin + timedelta(hours=n)) for n, one in enumerate(farm)]
    behind(world, farm, "203.0.113.50")
    rings["shared"] = [owner, second] = people(world, 2)
    given += [Given(second, owner, 900, NOW - timedelta(days=d)) for d in (1, 2, 3)]
    behind(world, [owner, second], "203.0.113.9")
    rings["reseller"] = [seller, own] = people(world, 2)
    sold(world, seller, own, 5_000, NOW - timedelta(days=4))
    given += [Given(own, seller, 1_500, NOW - timedelta(days=d)) for d in (2, 3)]
    rings["reseller at home"] = [other_seller, himself] = people(world, 2)
    sold(world, other_seller, himself, 3_000, NOW - timedelta(days=4))
    behind(world, [other_seller, himself], "203.0.113.10")
    DICE.shuffle(given)
    give(world, given)
    await look(world, database)
    return rings


def test_every_planted_ring_is_found_and_nobody_else(
    world: World, planted: dict[str, list[int]]
) -> None:
    kinds = {"recycling pair": "pair", "reseller at home": "reseller"}
    wanted = {
        (kinds.get(name, name.split(" of ")[0]), tuple(sorted(members)))
        for name, members in planted.items()
    }
    found = {(one["kind"], tuple(one["members"])) for one in findings(world)}
    assert found == wanted


async def test_a_finding_shows_its_people_gifts_and_sums(
    world: World, planted: dict[str, list[int]], clerk: Person
) -> None:
    [circle] = [one for one in findings(world, "circle") if len(one["members"]) == 4]
    shown = (await world.call("GET", f"/admin/rings/{circle['id']}", clerk)).json()
    assert {member["user"]["id"] for member in shown["members"]} == set(circle["members"])
    assert shown["facts"]["points"]["exclusive"] == 20
    for row in shown["evidence"]:
        if row["kind"] == "gift":
            kept = world.sql(
                "SELECT sender_id, recipient_id, total_cost FROM gift_transactions WHERE id = %s",
                row["source_id"],
            )
            assert kept == [(row["user_id"], row["other_id"], Decimal(row["amount"]))]
    sums = [row for row in shown["evidence"] if row["kind"] == "gifts"]
    assert len(sums) == 4
    assert sum(Decimal(row["amount"]) for row in sums) == Decimal(shown["coins"])
    assert sum(row["count"] for row in sums) == shown["facts"]["gifts"]
    washing = next(one for one in findings(world, "pair") if one["facts"]["recycled"] > 0.3)
    kinds = {
        row["kind"]
        for row in (await world.call("GET", f"/admin/rings/{washing['id']}", clerk)).json()[
            "evidence"
        ]
    }
    assert "exchange" in kinds
    [burst] = findings(world, "burst")
    told = (await world.call("GET", f"/admin/rings/{burst['id']}", clerk)).json()
    origins = [row for row in told["evidence"] if row["kind"] == "origin"]
    assert {row["user_id"] for row in origins} == set(planted["burst"][:-1])
    assert "203.0.113" not in str(told)
    pages = await world.call("GET", "/admin/rings?kind=circle&limit=2", clerk)
    assert pages.json()["next_cursor"]
    mine = await world.call("GET", f"/admin/rings?user_id={planted['pair'][0]}", clerk)
    assert [row["kind"] for row in mine.json()["data"]] == ["pair"]


async def test_found_again_it_is_the_same_finding_and_stays_dismissed(
    world: World, planted: dict[str, list[int]], clerk: Person, database: Database
) -> None:
    [pair] = [one for one in findings(world, "pair") if not one["facts"]["recycled"]]
    path = f"/admin/rings/{pair['id']}"
    assert (await world.call("POST", f"{path}/dismiss", clerk, json=WHY)).status_code == 200
    before = [(one["id"], one["kind"], one["members"]) for one in findings(world)]
    give(world, around(planted["pair"], 400, 2, DICE))
    await look(world, database, people_at_once=10_000)
    assert [(one["id"], one["kind"], one["members"]) for one in findings(world)] == before
    [again] = [one for one in findings(world) if one["id"] == pair["id"]]
    assert (again["status"], again["coins"] > pair["coins"]) == ("dismissed", True)
    refused = await world.call("POST", f"{path}/hold", clerk, json=WHY)
    assert (refused.status_code, refused.json()["code"]) == (409, "ring.state")
    assert world.sql("SELECT count(*) FROM wallet_holds") == [(0,)]
    assert (await world.call("POST", f"{path}/reopen", clerk, json=WHY)).status_code == 200


async def test_holding_a_finding_holds_everybody_in_it_until_it_is_lifted(
    world: World, planted: dict[str, list[int]], clerk: Person
) -> None:
    [circle] = [one for one in findings(world, "circle") if len(one["members"]) == 3]
    path, members = f"/admin/rings/{circle['id']}", circle["members"]
    by_hand = await world.call("POST", f"/admin/users/{members[0]}/wallet-hold", clerk, json=WHY)
    assert by_hand.status_code == 201
    held = await world.call("POST", f"{path}/hold", clerk, json=WHY)
    assert (held.status_code, held.json()["status"]) == (200, "held")
    assert all(member["is_held"] for member in held.json()["members"])
    active = "SELECT user_id FROM wallet_holds WHERE lifted_at IS NULL ORDER BY 1"
    assert [row for (row,) in world.sql(active)] == members
    assert (await world.call("POST", f"{path}/dismiss", clerk, json=WHY)).status_code == 409
    lifted = await world.call("POST", f"{path}/lift", clerk, json=WHY)
    assert lifted.json()["status"] == "open"
    # What was held by hand stays held.
    assert world.sql(active) == [(members[0],)]
    log = world.sql(
        "SELECT action, reason FROM audit_log WHERE subject_type = 'ring_finding'"
        " AND subject_id = %s ORDER BY id",
        circle["id"],
    )
    assert log == [("ring.hold", WHY["reason"]), ("ring.lift", WHY["reason"])]
    assert world.sql("SELECT count(*) FROM users WHERE is_blocked") == [(0,)]


async def test_two_decisions_at_once_are_one(
    world: World, planted: dict[str, list[int]], clerk: Person
) -> None:
    [circle] = [one for one in findings(world, "circle") if len(one["members"]) == 5]
    answers = await asyncio.gather(
        *(
            world.call("POST", f"/admin/rings/{circle['id']}/{verb}", clerk, json=WHY)
            for verb in ("hold", "dismiss") * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    [(status,)] = world.sql("SELECT status FROM ring_findings WHERE id = %s", circle["id"])
    held = world.sql(
        "SELECT count(*) FROM wallet_holds WHERE finding_id = %s AND lifted_at IS NULL",
        circle["id"],
    )
    assert held == [(5 if status == "held" else 0,)]


async def test_one_asks_and_it_says_how_far_it_is(
    world: World, planted: dict[str, list[int]], clerk: Person, database: Database
) -> None:
    asked = await world.call("POST", "/admin/ring-runs", clerk, json=WHY | {"days": 30})
    assert (asked.status_code, asked.json()["progress_percent"]) == (202, 0)
    again = await world.call("POST", "/admin/ring-runs", clerk, json=WHY)
    assert (again.status_code, again.json()["code"]) == (409, "ring.run_under_way")
    path = f"/admin/ring-runs/{asked.json()['id']}"
    seen: list[int] = []
    while await looking.advance(database, 25):
        seen.append((await world.call("GET", path, clerk)).json()["progress_percent"])
    assert seen == sorted(seen)
    assert len(set(seen)) > 10
    assert seen[-1] == 100
    await looking.tidy(database, world_settings())
    assert world.sql("SELECT count(*) FROM ring_edges") == [(0,)]
    assert world.sql("SELECT count(*) FROM ring_devices") == [(0,)]


def world_settings() -> Any:
    """Of settings only how long addresses are kept."""

    class Kept:
        origin_days = 90

    return Kept()


async def test_killed_anywhere_a_run_goes_on_and_finds_the_same(
    world: World, planted: dict[str, list[int]], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every piece is broken off once before its end, and carried out then."""
    whole = [(one["kind"], one["members"]) for one in findings(world)]
    world.sql("UPDATE wallet_holds SET finding_id = NULL")
    world.sql("DELETE FROM ring_findings")
    [(asked_by,)] = world.sql("SELECT min(id) FROM users")
    run = await database.run(lambda tx: looking.begin(tx, asked_by, 14))
    assert run is not None
    piece, is_dying = looking._piece, False

    class Killed(BaseException):
        pass

    async def dying(*arguments: Any) -> None:
        nonlocal is_dying
        await piece(*arguments)
        is_dying = not is_dying
        if is_dying:
            raise Killed

    monkeypatch.setattr(looking, "_piece", dying)
    kills = 0
    while True:
        try:
            if not await looking.advance(database, 50):
                break
        except Killed:
            kills += 1
    assert kills > 10
    assert sorted((one["kind"], one["members"]) for one in findings(world)) == sorted(whole)


async def test_a_run_that_breaks_is_ended_with_its_words(
    world: World, planted: dict[str, list[int]], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ValueError("no such step")

    [(asked_by,)] = world.sql("SELECT min(id) FROM users")
    run = await database.run(lambda tx: looking.begin(tx, asked_by, 14))
    assert run is not None
    monkeypatch.setattr(looking, "_piece", broken)
    assert await looking.advance(database)
    failure = world.sql("SELECT failure FROM ring_runs WHERE id = %s", run.id)
    assert failure == [("ValueError: no such step",)]
    assert not await looking.advance(database)


async def test_the_night_is_planned_once(
    world: World, database: Database, planted: dict[str, list[int]]
) -> None:
    from flylive.config import Settings

    settings = Settings(timezone="Asia/Karachi")
    for _ in range(3):
        await looking.begin_nightly(database, settings)
    planned = world.sql("SELECT count(*), min(starts_at AT TIME ZONE 'Asia/Karachi')::time::text"
                        " FROM ring_runs WHERE day IS NOT NULL")  # fmt: skip
    assert planned == [(1, "04:00:00")]


async def test_a_device_that_changes_hands_is_remembered(world: World) -> None:
    one, other = await world.people(2)
    body = {"token": "the-same-device", "platform": "ios"}
    for person in (one, other):
        assert (await world.call("PUT", "/me/push-tokens", person, json=body)).status_code in (
            200,
            204,
        )
    owners = world.sql("SELECT user_id FROM device_owners ORDER BY user_id")
    assert owners == [(one.id,), (other.id,)]
    assert world.sql("SELECT user_id FROM push_tokens") == [(other.id,)]
