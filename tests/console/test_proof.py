"""The ledger's proof for the staff: asked for once, carried out by the worker, row by row."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import procrastinate
import psycopg
import pytest

from flylive import clock, jobs
from flylive.accounts.staff import Role
from flylive.config import Settings
from flylive.database import Database
from flylive.database.partitions import add_months, partition_name
from flylive.wallet import months
from flylive.wallet.proving import asked
from flylive.wallet.seals import sealing
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
    jobs.register(queue, asked.TASKS, asked.Context(database, settings))
    jobs.register(queue, months.TASKS, settings)
    async with queue.open_async():
        yield queue


@pytest.fixture(scope="module")
async def buyer(world: World) -> Person:
    person = await world.register()
    await world.recharge(person, 100)
    return person


async def test_a_proof_is_asked_for_once_and_told_row_by_row(
    world: World,
    database: Database,
    addresses: Addresses,
    staff: dict[Role, Person],
    queue: procrastinate.App,
    buyer: Person,
) -> None:
    finance, path = staff[Role.FINANCE], "/admin/proofs"
    answers = await asyncio.gather(*(world.call("POST", path, finance, json=WHY) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 4
    run = next(answer for answer in answers if answer.status_code == 202).json()
    busy = next(answer for answer in answers if answer.status_code == 409)
    assert (refusal(busy), busy.json()["run_id"]) == ((409, "proof.running"), run["id"])
    assert (run["status"], run["kind"], run["asked_by"]) == ("waiting", "full", finance.id)
    [entry] = log(world, "proof.ask")
    assert (entry["subject_id"], entry["after"]["kind"]) == (run["id"], "full")
    await jobs.run(queue, database, wait=False)
    view = (await world.call("GET", f"{path}/{run['id']}", finance)).json()
    assert (view["status"], view["findings"], view["rows_unfit"]) == ("fits", [], 0)
    assert view["progress"]
    assert {one["name"] for one in view["invariants"]} >= {"balances", "chains", "seals"}

    with psycopg.connect(addresses.superuser) as thief:
        thief.execute("UPDATE users SET coin_balance = coin_balance + 5 WHERE id = %s", [buyer.id])
    second = (await world.call("POST", path, finance, json=WHY)).json()
    await jobs.run(queue, database, wait=False)
    view = (await world.call("GET", f"{path}/{second['id']}", staff[Role.READ_ONLY])).json()
    assert view["status"] == "unfit"
    assert len(view["findings"]) >= 1
    assert any(f"user_id {buyer.id}" in one["row"] for one in view["findings"])
    assert all(one["promise"] for one in view["findings"])
    with psycopg.connect(addresses.superuser) as owner:
        owner.execute("UPDATE users SET coin_balance = coin_balance - 5 WHERE id = %s", [buyer.id])

    listed = (await world.call("GET", f"{path}?limit=1", finance)).json()
    assert [one["id"] for one in listed["data"]] == [second["id"]]
    rest = (await world.call("GET", f"{path}?cursor={listed['next_cursor']}", finance)).json()
    assert [one["id"] for one in rest["data"]] == [run["id"]]


async def test_a_proof_of_what_is_recent(
    world: World,
    database: Database,
    staff: dict[Role, Person],
    queue: procrastinate.App,
    buyer: Person,
) -> None:
    boss, path = staff[Role.ADMIN], "/admin/proofs"
    for wrong in ("2026-11-01T00:00:00", clock.render(clock.now() + timedelta(hours=1))):
        answer = await world.call("POST", path, boss, json=WHY | {"since": wrong})
        assert refusal(answer) == (422, "request.invalid")
    since = clock.render(clock.now() - timedelta(hours=1))
    run = (await world.call("POST", path, boss, json=WHY | {"since": since})).json()
    assert (run["kind"], run["since"]) == ("since", since)
    await jobs.run(queue, database, wait=False)
    view = (await world.call("GET", f"{path}/{run['id']}", boss)).json()
    assert view["status"] == "fits"
    assert refusal(await world.call("GET", f"{path}/999999", boss)) == (404, "proof.not_found")


async def test_a_run_whose_job_was_given_up_is_broken_and_blocks_nobody(
    world: World, staff: dict[Role, Person], buyer: Person
) -> None:
    boss, path = staff[Role.ADMIN], "/admin/proofs"
    run = (await world.call("POST", path, boss, json=WHY)).json()
    given_up = await world.call("POST", f"/admin/jobs/{run['job_id']}/give-up", boss, json=WHY)
    assert given_up.status_code == 200
    view = (await world.call("GET", f"{path}/{run['id']}", boss)).json()
    assert view["status"] == "broken"
    second = await world.call("POST", path, boss, json=WHY)
    assert second.status_code == 202
    world.sql("DELETE FROM procrastinate_jobs")


async def test_seals_are_listed_with_the_last_one_first(
    world: World, settings: Settings, staff: dict[Role, Person], buyer: Person
) -> None:
    for _ in range(2):
        await world.recharge(buyer, 10)
        sealing.seal_closed(settings.serving_dsn, after=timedelta(0))
    page = (await world.call("GET", "/admin/seals?limit=1", staff[Role.FINANCE])).json()
    rest = await world.call(
        "GET", f"/admin/seals?cursor={page['next_cursor']}", staff[Role.FINANCE]
    )
    seals = page["data"] + rest.json()["data"]
    assert [(one["number"], one["seal"]) for one in seals] == world.sql(
        "SELECT number, seal FROM ledger_seals ORDER BY number DESC"
    )
    assert all(
        later["previous_seal"] == earlier["seal"] for later, earlier in itertools.pairwise(seals)
    )


async def test_months_are_listed_made_ahead_and_strays_are_an_alarm(
    world: World,
    database: Database,
    staff: dict[Role, Person],
    queue: procrastinate.App,
    buyer: Person,
) -> None:
    boss, path = staff[Role.ADMIN], "/admin/partitions"
    shown = (await world.call("GET", path, staff[Role.READ_ONLY])).json()
    assert shown["strays"] == []
    assert {one["table"] for one in shown["data"]} == {"transactions", "gift_transactions"}
    defaults = [one for one in shown["data"] if one["month"] is None]
    assert [one["name"] for one in defaults] == [
        "gift_transactions_default",
        "transactions_default",
    ]
    far = partition_name("transactions", add_months(clock.now().date(), 5))
    assert far not in {one["name"] for one in shown["data"]}
    asked_for = await world.call("POST", path, boss, json=WHY | {"ahead": 5})
    assert asked_for.status_code == 202
    assert log(world, "partition.create")[-1]["after"] == {"ahead": 5}
    await jobs.run(queue, database, wait=False)
    shown = (await world.call("GET", path, boss)).json()
    assert far in {one["name"] for one in shown["data"]}
    for ahead in (0, 25, "3"):
        answer = await world.call("POST", path, boss, json=WHY | {"ahead": ahead})
        assert refusal(answer) == (422, "request.invalid")

    moment = clock.now() + timedelta(days=400)
    with clock.turned_to(moment):
        await world.recharge(buyer, 10)
    shown = (await world.call("GET", path, staff[Role.FINANCE])).json()
    month = moment.date().replace(day=1)
    assert [(one["table"], one["month"], one["rows"]) for one in shown["strays"]] == [
        ("transactions", f"{month}", 1)
    ]
