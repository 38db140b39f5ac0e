"""Levels by XP: every reward once, whoever races; privileges; and staff who change the ladder."""

import asyncio
from typing import Any

import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.progression import runs
from flylive.reactions import recharged
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.progression.hands import (
    answer,
    edit,
    events,
    frame,
    keeper,
    level,
    rewards,
    run_all,
)
from tests.world import Person, World

Ladder = dict[str, list[int]]


@pytest.fixture(scope="module")
async def staff(world: World) -> Person:
    return await keeper(world)


@pytest.fixture
def ladder(world: World) -> Ladder:
    """Five levels of each type, new for each test: 100 XP apart, rewards from the third on."""
    world.sql("UPDATE users SET wealth_level_id = NULL, charm_level_id = NULL")
    world.sql("DELETE FROM user_levels")
    world.sql("DELETE FROM room_levels")
    world.sql("DELETE FROM levels")
    prize = frame(world, duration_days=7)
    made = {
        kind: [
            level(
                world,
                kind,
                number,
                100 * (number - 1),
                name=f"{kind} {number}",
                coin_reward=number if number > 2 else 0,
                diamond_reward=10 * number if number > 3 else 0,
                frame_rewards=[prize] if number in (3, 4) else [],
            )
            for number in range(1, 6)
        ]
        for kind in ("wealth", "charm", "room")
    }
    # Those of the tests before stand where they belong, and are moved by no run.
    for kind in ("wealth", "charm"):
        world.sql(
            f"UPDATE users SET {kind}_level_id = (SELECT id FROM levels WHERE type = %s"
            f" AND required_xp <= {kind}_xp ORDER BY level_number DESC LIMIT 1)",
            kind,
        )
    return made


async def give(world: World, sender: Person, recipient: Person, coins: int, **fields: Any) -> Any:
    sent = await world.send(sender, world.gift("1.00"), [recipient], quantity=coins, **fields)
    assert sent.status_code == 201, sent.text
    return sent.json()


async def history(world: World, person: Person) -> list[tuple[str, int, bool]]:
    view = await answer(world, person, f"/users/{person.id}/levels")
    rows = sorted(view["history"], key=lambda row: row["id"])
    return [(row["type"], row["level_number"], row["is_active"]) for row in rows]


async def test_a_jump_over_several_levels_gives_each_reward_once(
    world: World, ladder: Ladder, addresses: Addresses
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 1000)
    sent = await give(world, giver, host, 350)
    assert sent["level_up"]["level_number"] == 4
    for person, kind in ((giver, "wealth"), (host, "charm")):
        _, second, third, fourth, _ = ladder[kind]
        assert rewards(world, person) == [(third, 3), (fourth, 4), (fourth, 40)]
        assert await history(world, person) == [
            (kind, 2, False), (kind, 3, False), (kind, 4, True)
        ]  # fmt: skip
        shown = (await answer(world, person, f"/users/{person.id}/levels"))["history"]
        [[kept]] = world.sql("SELECT to_jsonb(l) FROM user_levels l WHERE id = %s", shown[0]["id"])
        assert kept.keys() <= shown[0].keys()
        assert {row["user_id"] for row in shown} == {person.id}
        [owned] = (await answer(world, person, "/me/frames"))["data"]
        assert owned["quantity"] == 2
        told = [event["data"] for event in events(world, person) if event["type"] == "level.up"]
        assert [data["level_id"] for data in told] == [second, third, fourth]
        view = await answer(world, person, f"/users/{person.id}/levels")
        assert view[kind]["level_number"] == 4
        assert (view[kind]["xp"], view[kind]["next"]["required_xp"]) == (350, 400)
    seen = await answer(world, host, f"/users/{giver.id}/levels")
    assert (seen["wealth"]["xp"], seen["wealth"]["next"], seen["history"]) == (None, None, None)
    await give(world, giver, host, 1)
    assert len(rewards(world, giver)) == 3
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_of_many_gifts_at_once_each_level_is_crossed_by_one(
    world: World, ladder: Ladder, settings: Settings
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 5000)
    room = await world.room(host, giver)
    await asyncio.gather(*(give(world, giver, host, 45, room_id=room) for _ in range(12)))
    paid = [(i, c) for n, i in enumerate(ladder["wealth"], 1)
            for c in ([n] if n > 2 else []) + ([10 * n] if n > 3 else [])]  # fmt: skip
    assert rewards(world, giver) == paid
    aggregators = [GiftAggregator(world.database, settings) for _ in range(4)]
    await asyncio.gather(*(one.fold() for one in aggregators))
    while await aggregators[0].fold():
        pass
    of_room = [(i, c) for i, c in rewards(world, host) if i in ladder["room"]]
    assert [c for _, c in of_room] == [3, 4, 40, 5, 50]
    view = await answer(world, giver, f"/rooms/{room}/levels")
    assert (view["level"]["level_number"], view["level"]["next"]) == (5, None)
    assert [row["level_number"] for row in view["history"]] == [5, 4, 3, 2]
    ups = [e for e in events(world, host) if e["type"] == "level.up" and e["data"]["room_id"]]
    assert [event["data"]["level_number"] for event in ups] == [2, 3, 4, 5]


async def test_lower_thresholds_lift_everybody_by_a_run_and_pay_once(
    world: World, ladder: Ladder, staff: Person, database: Database, addresses: Addresses
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 1000)
    await give(world, giver, host, 250)
    fourth = ladder["wealth"][3]
    saved = await edit(world, staff, "PATCH", f"/levels/{fourth}", required_xp=240)
    assert saved.status_code == 200, saved.text
    run = saved.json()["run"]
    assert (run["kind"], run["subject"], run["status"]) == ("levels", "wealth", "waiting")
    before = rewards(world, giver)
    # Two workers, tiny batches: nobody is gone through twice.
    await run_all(database, 3, 3)
    assert rewards(world, giver) == [*before, (fourth, 4), (fourth, 40)]
    done = await answer(world, staff, f"/admin/catalogue-runs/{run['id']}")
    assert (done["status"], done["progress_percent"], done["failed"]) == ("done", 100, 0)
    assert done["changed"] == 1
    assert done["done"] == world.sql("SELECT count(*) FROM users WHERE deleted_at IS NULL")[0][0]
    assert (await answer(world, giver, "/me"))["wealth_level"]["level_number"] == 4
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_who_falls_keeps_what_he_was_given_and_is_not_given_it_again(
    world: World, ladder: Ladder, staff: Person, database: Database, settings: Settings
) -> None:
    giver, host = await world.people(2)
    await world.recharge(giver, 5000)
    room = await world.room(host, giver)
    await give(world, giver, host, 350, room_id=room)
    await GiftAggregator(world.database, settings).fold()
    paid = [rewards(world, person) for person in (giver, host)]
    for kind in ("wealth", "room"):
        for number, xp in ((5, 40_000), (4, 30_000), (3, 20_000)):
            path = f"/levels/{ladder[kind][number - 1]}"
            assert (await edit(world, staff, "PATCH", path, required_xp=xp)).status_code == 200
    await run_all(database)
    assert (await answer(world, giver, "/me"))["wealth_level"]["level_number"] == 2
    assert (await answer(world, giver, f"/rooms/{room}/levels"))["level"]["level_number"] == 2
    for person, place in ((giver, None), (host, room)):
        lowered = [e["data"] for e in events(world, person)
                   if e["data"].get("kind") == "level_lowered"]  # fmt: skip
        assert [data["standing"]["level_number"] for data in lowered] == [2]
        assert lowered[0]["room_id"] == place
    assert (await history(world, giver))[0] == ("wealth", 2, True)
    for kind in ("wealth", "room"):
        for number, xp in ((3, 200), (4, 300), (5, 400)):
            path = f"/levels/{ladder[kind][number - 1]}"
            await edit(world, staff, "PATCH", path, required_xp=xp)
    await run_all(database)
    assert [rewards(world, person) for person in (giver, host)] == paid
    # What was never reached before still pays, by gifts.
    await give(world, giver, host, 100, room_id=room)
    await GiftAggregator(world.database, settings).fold()
    fifth = ladder["wealth"][4]
    assert rewards(world, giver) == [*paid[0], (fifth, 5), (fifth, 50)]
    of_room = [c for i, c in rewards(world, host) if i == ladder["room"][4]]
    assert of_room == [5, 50]


async def test_gifts_race_with_a_run_and_nobody_is_paid_twice(
    world: World, ladder: Ladder, staff: Person, database: Database, addresses: Addresses
) -> None:
    people = await world.people(6)
    for person in people:
        await world.recharge(person, 2000)
    host = await world.register()
    await asyncio.gather(*(give(world, person, host, 150) for person in people))
    for number, xp in ((3, 120), (4, 130), (5, 140)):
        path = f"/levels/{ladder['wealth'][number - 1]}"
        await edit(world, staff, "PATCH", path, required_xp=xp)
    await asyncio.gather(
        run_all(database, 2, 3),
        *(give(world, person, host, 300) for person in people),
    )  # fmt: skip
    _, _, third, fourth, fifth = ladder["wealth"]
    for person in people:
        assert rewards(world, person) == [
            (third, 3), (fourth, 4), (fourth, 40), (fifth, 5), (fifth, 50)
        ]  # fmt: skip
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def test_a_newer_run_follows_an_older_one(
    world: World, ladder: Ladder, staff: Person, database: Database
) -> None:
    path = f"/levels/{ladder['charm'][4]}"
    first = (await edit(world, staff, "PATCH", path, required_xp=401)).json()["run"]["id"]
    second = (await edit(world, staff, "PATCH", path, required_xp=402)).json()["run"]["id"]
    unmoved = await edit(world, staff, "PATCH", path, name="Another name", coin_reward=9)
    assert unmoved.json()["run"] is None
    await run_all(database)
    page = await answer(world, staff, "/admin/catalogue-runs?limit=2")
    assert [(run["id"], run["status"]) for run in page["data"]] == [
        (second, "done"), (first, "superseded")
    ]  # fmt: skip


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"required_xp": 300}, 422, "required_xp"),
    ({"required_xp": 100}, 422, "required_xp"),
    ({"frame_rewards": [9_999_999]}, 422, "frame_rewards"),
    ({"icon_url": "https://elsewhere.example/i.png"}, 422, "icon_url"),
    ({"privileges": {"flies": True}}, 422, "privileges.flies"),
    ({"privileges": {"kick_immunity": 1}}, 422, "privileges.kick_immunity"),
    ({"privileges": {"extra_moderators": 51}}, 422, "privileges.extra_moderators"),
    ({"privileges": {"name_color": "red; background: url(x)"}}, 422, "privileges.name_color"),
    ({}, 422, ""),
]


@pytest.mark.parametrize(("fields", "status", "field"), WRONG)
async def test_a_level_that_makes_no_ladder_is_refused(
    world: World, ladder: Ladder, staff: Person, fields: dict[str, Any], status: int, field: str
) -> None:
    before = world.sql("SELECT to_jsonb(l) FROM levels l ORDER BY id"), log_of(world)
    refused = await edit(world, staff, "PATCH", f"/levels/{ladder['wealth'][2]}", **fields)
    assert refused.status_code == status, refused.text
    if field:
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (world.sql("SELECT to_jsonb(l) FROM levels l ORDER BY id"), log_of(world)) == before


def log_of(world: World) -> list[Any]:
    """What a refusal must not add to."""
    return world.sql("SELECT (SELECT count(*) FROM audit_log), count(*) FROM catalogue_runs")


async def test_the_first_level_and_taken_numbers(
    world: World, ladder: Ladder, staff: Person
) -> None:
    before = log_of(world)
    for fields in ({"required_xp": 1}, {"coin_reward": 1}, {"is_active": False}):
        refused = await edit(world, staff, "PATCH", f"/levels/{ladder['charm'][0]}", **fields)
        assert (refused.status_code, refused.json()["code"]) == (409, "level.first_needed")
    new = {"type": "charm", "level_number": 5, "name": "Again", "required_xp": 900}
    taken = await edit(world, staff, "POST", "/levels", **new)
    assert (taken.status_code, taken.json()["code"]) == (409, "level.number_taken")
    eighth = {"type": "vip", "level_number": 8, "name": "Eight", "required_xp": 900}
    assert (await edit(world, staff, "POST", "/levels", **eighth)).status_code == 422
    assert log_of(world) == before
    made = await edit(world, staff, "POST", "/levels", **(new | {"level_number": 6}))
    assert made.status_code == 201, made.text
    assert made.json()["run"]["subject"] == "charm"


async def test_privileges_are_served_and_hold(world: World, ladder: Ladder, staff: Person) -> None:
    owner, moderator, giver = await world.people(3)
    await world.recharge(giver, 1000)
    for number, privileges in (
        (2, {"name_color": "#3c78d8", "entry_effect": "comet"}),
        (3, {"kick_immunity": True, "extra_moderators": 2}),
    ):
        saved = await edit(
            world, staff, "PATCH", f"/levels/{ladder['wealth'][number - 1]}", privileges=privileges
        )
        assert saved.status_code == 200, saved.text
    room = await world.room(owner, moderator, giver)
    made = await world.call("PUT", f"/rooms/{room}/moderators/{moderator.id}", owner)
    assert made.is_success, made.text
    none = {"name_color": None, "entry_effect": None, "kick_immunity": False, "extra_moderators": 0}
    assert (await answer(world, giver, "/me"))["privileges"] == none
    await give(world, giver, owner, 110)
    seen = await answer(world, owner, f"/users/{giver.id}")
    assert seen["privileges"] == none | {"name_color": "#3c78d8", "entry_effect": "comet"}
    await give(world, giver, owner, 110)
    assert (await answer(world, giver, "/me"))["privileges"] == none | {
        "kick_immunity": True, "extra_moderators": 2
    }  # fmt: skip
    path = f"/rooms/{room}/participants/{giver.id}?ban_minutes=1"
    refused = await world.call("DELETE", path, moderator)
    assert refused.status_code == 403, refused.text
    people = await answer(world, owner, f"/rooms/{room}/participants")
    assert giver.id in [row["user_id"] for row in people["data"]]
    assert (await world.call("DELETE", path, owner)).is_success


async def test_a_balance_that_cannot_hold_the_reward_is_left_out(
    world: World, ladder: Ladder, staff: Person, database: Database
) -> None:
    poor, rich, host = await world.people(3)
    for person in (poor, rich):
        await world.recharge(person, 1000)
        await give(world, person, host, 280)
    world.sql("UPDATE users SET coin_balance = 9999999999999998 WHERE id = %s", rich.id)
    path = f"/levels/{ladder['wealth'][3]}"
    run = (await edit(world, staff, "PATCH", path, required_xp=270)).json()["run"]["id"]
    await run_all(database, 4)
    done = await answer(world, staff, f"/admin/catalogue-runs/{run}")
    assert (done["status"], done["changed"], done["failed"]) == ("done", 1, 1)
    assert (await answer(world, poor, "/me"))["wealth_level"]["level_number"] == 4
    assert (await answer(world, rich, "/me"))["wealth_level"]["level_number"] == 3


async def test_nobody_is_left_out_in_the_place_of_who_another_worker_left_out(
    world: World,
    ladder: Ladder,
    staff: Person,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two workers find that the same person cannot be paid: one of them leaves him out."""
    rich, poor, host = await world.people(3)
    for person in (rich, poor):
        await world.recharge(person, 1000)
        await give(world, person, host, 280)
    world.sql("UPDATE users SET coin_balance = 9999999999999998 WHERE id = %s", rich.id)
    path = f"/levels/{ladder['wealth'][3]}"
    run = (await edit(world, staff, "PATCH", path, required_xp=270)).json()["run"]["id"]
    world.sql("UPDATE catalogue_runs SET last_id = %s WHERE id = %s", rich.id - 1, run)
    advance = runs.Runner._advance
    others: list[runs.Runner] = []

    async def overtaken(runner: runs.Runner, size: int, *rest: Any, **more: Any) -> bool:
        try:
            return await advance(runner, size, *rest, **more)
        except runs._CannotPay:
            if size == 1 and not others:
                others.append(runs.Runner(database, recharged.recount))
                await others[0].advance(1)
            raise

    monkeypatch.setattr(runs.Runner, "_advance", overtaken)
    await run_all(database, 4)
    assert len(others) == 1
    done = await answer(world, staff, f"/admin/catalogue-runs/{run}")
    assert (done["status"], done["changed"], done["failed"]) == ("done", 1, 1)
    assert (await answer(world, poor, "/me"))["wealth_level"]["level_number"] == 4
    assert (await answer(world, rich, "/me"))["wealth_level"]["level_number"] == 3


async def test_the_catalogue_has_an_etag_and_pages(world: World, ladder: Ladder) -> None:
    person = await world.register()
    first = await world.call("GET", "/levels?type=room&limit=3", person)
    assert [row["level_number"] for row in first.json()["data"]] == [1, 2, 3]
    rest = await answer(
        world, person, f"/levels?type=room&limit=3&cursor={first.json()['next_cursor']}"
    )
    assert [row["level_number"] for row in rest["data"]] == [4, 5]
    again = await world.call(
        "GET", "/levels?type=room&limit=3", person, headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
