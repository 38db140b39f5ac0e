"""Boards as the staff see them: closed once and only when over, prizes, made anew as a job."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import procrastinate
import pytest

from flylive import clock, jobs
from flylive.accounts.staff import Role
from flylive.clock import business_day
from flylive.config import Settings
from flylive.database import Database
from flylive.rankings import rebuild, rebuilds
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.console.hands import WHY, log, refusal, team
from tests.world import Person, World


@pytest.fixture(scope="module")
async def staff(world: World, database: Database) -> dict[Role, Person]:
    return await team(world, database)


@pytest.fixture(scope="module")
async def queue(
    addresses: Addresses, database: Database, settings: Settings
) -> AsyncIterator[procrastinate.App]:
    queue = jobs.create_queue(addresses.serving)
    jobs.register(queue, rebuilds.TASKS, rebuilds.Context(database, settings))
    async with queue.open_async():
        yield queue


@pytest.fixture(scope="module")
async def pair(world: World) -> list[Person]:
    giver, host = await world.people(2)
    await world.recharge(giver, 10_000)
    return [giver, host]


async def gave(
    world: World, database: Database, settings: Settings, pair: list[Person], price: str = "100.00"
) -> None:
    giver, host = pair
    room = world.sql("SELECT id FROM rooms WHERE user_id = %s", host.id)
    room_id = room[0][0] if room else await world.room(host, giver)
    answer = await world.send(giver, world.gift(price), [host], room_id=room_id)
    assert answer.status_code == 201, answer.text
    aggregator = GiftAggregator(database, settings)
    while await aggregator.fold():
        pass


async def prize(world: World, person: Person, **fields: Any) -> Any:
    body = {"category": "charm", "period": "daily", "rank_from": 1, "rank_to": 1} | WHY | fields
    return await world.call("POST", "/admin/ranking-prizes", person, json=body)


async def test_boards_as_they_stand_and_a_period_closed_once_by_hand(
    world: World,
    database: Database,
    settings: Settings,
    staff: dict[Role, Person],
    pair: list[Person],
) -> None:
    boss, host = staff[Role.ADMIN], pair[1]
    await gave(world, database, settings, pair)
    assert (await prize(world, boss, coins="250.50", diamonds=3)).status_code == 201
    shown = (await world.call("GET", "/admin/rankings", staff[Role.SUPPORT])).json()
    [charm] = [
        one for one in shown["running"] if (one["category"], one["period"]) == ("charm", "daily")
    ]
    assert (charm["subjects"], charm["score"], charm["user"]["id"]) == (1, "100.00", host.id)
    assert shown["due"] == []
    board = await world.call("GET", "/admin/rankings/boards/charm", staff[Role.SUPPORT])
    assert [one["user"]["id"] for one in board.json()["data"]] == [host.id]

    today = business_day(clock.now(), settings.timezone)
    body = {"category": "charm", "period": "daily", "period_start": f"{today}"} | WHY
    early = await world.call("POST", "/admin/rankings/close", boss, json=body)
    assert refusal(early) == (409, "ranking.not_over")
    assert early.json()["closes_at"] > clock.render(clock.now())
    for wrong in ({"period_start": "2019-01-01"}, {"period": "all_time"}, {"category": "agency"}):
        answer = await world.call("POST", "/admin/rankings/close", boss, json=body | wrong)
        assert refusal(answer) == (404, "ranking.period_not_found"), wrong
    assert log(world, "ranking.close") == []

    before = world.sql("SELECT coin_balance, diamond_balance FROM users WHERE id = %s", host.id)
    with clock.turned_to(clock.now() + timedelta(days=1, minutes=5)):
        due = (await world.call("GET", "/admin/rankings", boss)).json()["due"]
        assert body["category"] in {one["category"] for one in due}
        world.sql("INSERT INTO gift_groups (folds, created_at) VALUES ('[]', now())")
        waits = await world.call("POST", "/admin/rankings/close", boss, json=body)
        assert refusal(waits) == (409, "ranking.gifts_waiting")
        world.sql("DELETE FROM gift_groups")
        answers = await asyncio.gather(
            *(world.call("POST", "/admin/rankings/close", boss, json=body) for _ in range(6))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert {refusal(one) for one in answers if one.status_code == 409} == {
        (409, "ranking.closed_already")
    }
    closed = next(answer for answer in answers if answer.status_code == 200).json()
    assert (closed["places"], closed["winners"]) == (1, 1)
    assert (closed["coins"], closed["diamonds"]) == ("250.50", "3.00")
    [entry] = log(world, "ranking.close")
    assert entry["after"]["coins"] == "250.50"
    assert (entry["actor_id"], entry["reason"]) == (boss.id, "because")
    after = world.sql("SELECT coin_balance, diamond_balance FROM users WHERE id = %s", host.id)
    assert [new - old for new, old in zip(after[0], before[0], strict=True)] == [
        Decimal("250.50"),
        3,
    ]
    listed = await world.call("GET", "/admin/rankings/periods", staff[Role.READ_ONLY])
    assert listed.json()["data"] == [closed]
    places = await world.call(
        "GET",
        "/admin/rankings/places",
        boss,
        params={"category": "charm", "period": "daily", "period_start": f"{today}"},
    )
    [place] = places.json()["data"]
    assert (place["rank_position"], place["user"]["id"]) == (1, host.id)
    [kept] = world.sql("SELECT to_jsonb(r) - 'subject' FROM rankings r WHERE id = %s", place["id"])
    assert kept[0].keys() <= place.keys()
    assert {name: place[name] for name in ("user_id", "room_id", "agency_id", "period_end")} == {
        name: kept[0][name] for name in ("user_id", "room_id", "agency_id", "period_end")
    }
    assert place["prizes"] == [
        {
            "winner_id": host.id,
            "coins": "250.50",
            "diamonds": "3.00",
            "frame_id": None,
            "badge_id": None,
        }
    ]
    assert verify(settings.serving_dsn, lambda _words: None) == 0


async def test_closed_periods_come_page_by_page(world: World, staff: dict[Role, Person]) -> None:
    world.sql(
        "INSERT INTO ranking_periods (category, subcategory, period, period_start, closed_at)"
        " SELECT category, '', 'daily', DATE '2020-01-01' + day, TIMESTAMPTZ '2020-03-01Z'"
        " FROM unnest(ARRAY['wealth', 'room']) AS category, generate_series(1, 7) AS day"
    )
    seen: list[tuple[str, str]] = []
    cursor = None
    while True:
        params = {"limit": 4, "period": "daily"} | ({"cursor": cursor} if cursor else {})
        page = await world.call("GET", "/admin/rankings/periods", staff[Role.ADMIN], params=params)
        seen += [(one["category"], one["period_start"]) for one in page.json()["data"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    [(count,)] = world.sql("SELECT count(*) FROM ranking_periods WHERE period = 'daily'")
    assert len(seen) == len(set(seen)) == count
    world.sql("DELETE FROM ranking_periods WHERE closed_at = TIMESTAMPTZ '2020-03-01Z'")


async def test_prizes_are_made_changed_and_taken_away(
    world: World, staff: dict[Role, Person]
) -> None:
    keeper = staff[Role.CATALOGUE]
    world.sql("DELETE FROM ranking_prizes")
    made = (await prize(world, keeper, rank_from=1, rank_to=3, coins=100)).json()
    entries = world.sql("SELECT count(*) FROM audit_log")
    for fields, expected in (
        ({"rank_from": 3, "rank_to": 9, "coins": 1}, (409, "ranking.prizes_overlap")),
        ({"rank_from": 5, "rank_to": 4, "coins": 1}, (422, "request.invalid")),
        ({"rank_from": 5, "rank_to": 5}, (422, "request.invalid")),
        ({"rank_from": 5, "rank_to": 5, "coins": "-1"}, (422, "request.invalid")),
        ({"category": "game", "coins": 1}, (422, "request.invalid")),
        ({"subcategory": "teen_patti", "coins": 1}, (422, "request.invalid")),
        ({"rank_from": 5, "rank_to": 5, "frame_id": 999_999}, (422, "request.invalid")),
        ({"rank_from": 5, "rank_to": 5, "badge_id": 999_999}, (422, "request.invalid")),
        ({"rank_from": 5, "rank_to": 1001, "coins": 1}, (422, "request.invalid")),
    ):
        assert refusal(await prize(world, keeper, **fields)) == expected, fields
    path = f"/admin/ranking-prizes/{made['id']}"
    assert world.sql("SELECT count(*) FROM audit_log") == entries
    for fields, code in (({"rank_to": 0}, 422), ({"coins": 0}, 422), ({}, 422)):
        answer = await world.call("PATCH", path, keeper, json=WHY | fields)
        assert answer.status_code == code, fields
    assert world.sql("SELECT count(*) FROM ranking_prizes") == [(1,)]
    edited = await world.call("PATCH", path, keeper, json=WHY | {"rank_to": 5, "diamonds": "2.5"})
    assert (edited.json()["rank_to"], edited.json()["diamonds"]) == (5, "2.50")
    assert log(world, "ranking_prize.edit")[-1]["before"] == {"rank_to": 3, "diamonds": "0.00"}
    second = await prize(world, keeper, category="game", subcategory="teen_patti", coins=1)
    assert second.status_code == 201, second.text
    listed = (await world.call("GET", "/admin/ranking-prizes", staff[Role.SUPPORT])).json()
    assert [one["subcategory"] for one in listed["data"]] == [None, "teen_patti"]
    gone = await world.call("DELETE", path, keeper, json=WHY)
    assert gone.status_code == 204
    assert log(world, "ranking_prize.delete")[-1]["before"]["rank_to"] == 5
    again = await world.call("DELETE", path, keeper, json=WHY)
    assert refusal(again) == (404, "ranking.prize_not_found")


async def test_of_prizes_made_at_once_one_has_the_place(
    world: World, staff: dict[Role, Person]
) -> None:
    world.sql("DELETE FROM ranking_prizes")
    answers = await asyncio.gather(
        *(prize(world, staff[Role.ADMIN], coins=1 + number) for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert world.sql("SELECT count(*) FROM ranking_prizes") == [(1,)]


async def test_boards_are_made_anew_as_a_job_that_says_how_far_it_is(
    world: World,
    database: Database,
    settings: Settings,
    staff: dict[Role, Person],
    pair: list[Person],
    queue: procrastinate.App,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss = staff[Role.ADMIN]
    await gave(world, database, settings, pair)
    right = world.sql("SELECT * FROM ranking_scores WHERE score > 0 ORDER BY 1, 2, 3, 4, 5")
    world.sql("UPDATE ranking_scores SET score = score + 1 WHERE category = 'wealth'")
    path = "/admin/rankings/rebuilds"
    answers = await asyncio.gather(*(world.call("POST", path, boss, json=WHY) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 4
    asked = next(answer for answer in answers if answer.status_code == 202).json()
    busy = next(answer for answer in answers if answer.status_code == 409).json()
    assert (busy["code"], busy["rebuild_id"]) == ("ranking.rebuild_running", asked["id"])
    assert (asked["status"], asked["step"], asked["steps"]) == ("waiting", 0, rebuild.STEPS)
    [entry] = log(world, "ranking.rebuild")
    assert (entry["subject_id"], entry["after"]) == (asked["id"], {"job_id": asked["job_id"]})

    held = asyncio.Event()
    fill, steps = rebuild._fill, 0

    async def slow(*arguments: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 3:
            await held.wait()
        await fill(*arguments)

    monkeypatch.setattr(rebuild, "_fill", slow)
    running = asyncio.create_task(jobs.run(queue, database, wait=False))

    async def seen() -> dict[str, Any]:
        answer = await world.call("GET", f"{path}/{asked['id']}", staff[Role.READ_ONLY])
        view: dict[str, Any] = answer.json()
        return view

    for _ in range(1_200):
        view = await seen()
        if view["step"] == 2:
            break
        await asyncio.sleep(0.05)
    assert (view["status"], view["progress"]) == ("running", "[2/20] charm, daily")
    held.set()
    await running
    view = await seen()
    assert (view["status"], view["step"], view["failure"]) == ("done", rebuild.STEPS, None)
    assert right == world.sql("SELECT * FROM ranking_scores WHERE score > 0 ORDER BY 1, 2, 3, 4, 5")
    listed = (await world.call("GET", path, boss)).json()["data"]
    assert [one["id"] for one in listed] == [asked["id"]]


async def test_what_broke_a_rebuild_is_told_and_it_can_be_tried_again(
    world: World,
    database: Database,
    staff: dict[Role, Person],
    queue: procrastinate.App,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    boss = staff[Role.ADMIN]

    async def broken(*_arguments: Any) -> None:
        raise RuntimeError("the disk is full")

    asked = (await world.call("POST", "/admin/rankings/rebuilds", boss, json=WHY)).json()
    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "_fill", broken)
        await jobs.run(queue, database, wait=False)
    view = (await world.call("GET", f"/admin/rankings/rebuilds/{asked['id']}", boss)).json()
    assert (view["status"], view["failure"]) == ("failed", "RuntimeError: the disk is full")
    job = (await world.call("GET", f"/admin/jobs/{view['job_id']}", boss)).json()
    assert (job["state"], job["task"]) == ("failed", "rankings.rebuild")
    again = await world.call("POST", f"/admin/jobs/{view['job_id']}/retry", boss, json=WHY)
    assert again.status_code == 200
    await jobs.run(queue, database, wait=False)
    view = (await world.call("GET", f"/admin/rankings/rebuilds/{asked['id']}", boss)).json()
    assert (view["status"], view["failure"]) == ("done", None)
