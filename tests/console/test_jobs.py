"""Jobs as the staff see them, and what they decide: again exactly once, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import procrastinate
import pytest

from flylive import jobs
from flylive.accounts.staff import Role
from flylive.database import Database
from flylive.jobs.masking import MASK, mask, mask_text
from tests.conftest import Addresses
from tests.console.hands import WHY, log, refusal, team
from tests.world import Person, World

ran: list[int] = []


@pytest.fixture(scope="module")
async def queue(addresses: Addresses) -> AsyncIterator[procrastinate.App]:
    queue = jobs.create_queue(addresses.serving)

    @queue.task(name="test.fail")
    async def fail(user_id: int, password: str = "") -> None:
        ran.append(user_id)
        raise ValueError("the provider said: password=hunter2 for 12|" + "a1" * 20)

    @queue.task(name="test.note")
    async def note(user_id: int) -> None:
        ran.append(user_id)

    async with queue.open_async():
        yield queue


@pytest.fixture(scope="module")
async def staff(world: World, database: Database) -> dict[Role, Person]:
    return await team(world, database)


@pytest.fixture(autouse=True)
def empty(world: World) -> None:
    world.sql("DELETE FROM procrastinate_jobs")
    world.sql("DELETE FROM procrastinate_workers")
    ran.clear()


async def listed(world: World, person: Person, **params: Any) -> list[dict[str, Any]]:
    answer = await world.call("GET", "/admin/jobs", person, params=params)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def failed(queue: procrastinate.App, database: Database, user_id: int = 7) -> int:
    job = await queue.configure_task("test.fail").defer_async(user_id=user_id, password="hunter2")
    await jobs.run(queue, database, wait=False)
    return int(job)


async def test_each_state_is_told_apart_and_found(
    world: World, queue: procrastinate.App, database: Database, staff: dict[Role, Person]
) -> None:
    reader = staff[Role.READ_ONLY]
    broken = await failed(queue, database)
    waiting = await queue.configure_task("test.note").defer_async(user_id=8)
    retrying = await queue.configure_task("test.note").defer_async(user_id=9)
    world.sql("UPDATE procrastinate_jobs SET attempts = 2 WHERE id = %s", retrying)
    made = []
    for silent in ("0 s", "5 minutes"):
        job = await queue.configure_task("test.note").defer_async(user_id=10)
        [(worker,)] = world.sql(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            f" VALUES (now() - interval '{silent}') RETURNING id"
        )
        world.sql(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s",
            worker,
            job,
        )
        made.append(job)
    running, stalled = made
    poison = await queue.configure_task("test.note").defer_async(user_id=11)
    world.sql("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", poison)
    world.sql(
        "INSERT INTO job_exceptions (job_id, exception, is_poison) VALUES (%s, 'Given up.', true)",
        poison,
    )
    expected = {
        "waiting": waiting, "retrying": retrying, "running": running, "stalled": stalled,
        "failed": broken, "dead": poison,
    }  # fmt: skip
    for state, job in expected.items():
        assert [row["id"] for row in await listed(world, reader, state=state)] == [job], state
    everything = [row["id"] for row in await listed(world, reader)]
    assert everything == sorted(expected.values(), reverse=True)
    seen: list[int] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await world.call("GET", "/admin/jobs", reader, params=params)).json()
        seen += [row["id"] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == everything
    for q, found in (
        ("8", [waiting]), (str(broken), [broken]), ("fail", [broken]), ("nothing", []),
        ("9" * 30, []),
    ):  # fmt: skip
        assert set(found) <= {row["id"] for row in await listed(world, reader, q=q)}, q
    assert [row["id"] for row in await listed(world, reader, task="test.fail")] == [broken]

    summary = (await world.call("GET", "/admin/jobs/summary", reader)).json()
    assert {(one["task"], one["state"]): one["jobs"] for one in summary["tasks"]} == {
        ("test.fail", "failed"): 1,
        **{("test.note", state): 1 for state in expected if state != "failed"},
    }
    assert [worker["is_alive"] for worker in summary["workers"]] == [True, False]
    assert [worker["running"] for worker in summary["workers"]] == [1, 1]
    assert datetime.fromisoformat(summary["oldest_waiting_at"])


async def test_what_failed_says_so_and_gives_no_secret_away(
    world: World, queue: procrastinate.App, database: Database, staff: dict[Role, Person]
) -> None:
    job = await failed(queue, database)
    answer = await world.call("GET", f"/admin/jobs/{job}", staff[Role.SUPPORT])
    shown = answer.json()
    assert shown["arguments"] == {"user_id": 7, "password": MASK}
    assert "ValueError: the provider said" in shown["exception"]
    assert "hunter2" not in answer.text
    assert "a1a1a1" not in answer.text
    assert [event["type"] for event in shown["events"]] == ["failed", "started", "deferred"]
    assert [shown["state"], shown["task"], shown["ended_at"] is not None] == [
        "failed",
        "test.fail",
        True,
    ]
    unknown = await world.call("GET", "/admin/jobs/999999", staff[Role.SUPPORT])
    assert refusal(unknown) == (404, "job.not_found")


def test_masks() -> None:
    given = {
        "email": "a@b.example", "token": "x", "token_id": 5, "access_token": ["x"], "api_key": "x",
        "deep": {"client_secret": "x", "code": 123456, "country": "AE"},
    }  # fmt: skip
    assert mask(given) == {
        "email": "a@b.example", "token": MASK, "token_id": 5, "access_token": [MASK],
        "api_key": MASK, "deep": {"client_secret": MASK, "code": MASK, "country": "AE"},
    }  # fmt: skip
    for secret in (
        "7|Zx81kkqPzLmVtRwY3nB5cD7fG9hJ2kL4", "Bearer abcdefgh12345678", "sk_live_51Habcdefgh",
        "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "$argon2id$v=19$m=64$c2FsdA$aGFzaA",
    ):  # fmt: skip
        assert secret not in mask_text(f"it said {secret} and left"), secret
        assert mask_text(f"it said {secret} and left").endswith("and left")
    assert "hunter2" not in mask_text("postgresql://me:hunter2@db/x, password: 'hunter2'")
    assert mask_text("ValueError: no user 12 in room 9") == "ValueError: no user 12 in room 9"


async def test_a_job_is_run_again_once_however_many_ask(
    world: World, queue: procrastinate.App, database: Database, staff: dict[Role, Person]
) -> None:
    job = await failed(queue, database)
    boss = staff[Role.ADMIN]
    before = len(log(world, "job.retry"))
    answers = await asyncio.gather(
        *(world.call("POST", f"/admin/jobs/{job}/retry", boss, json=WHY) for _ in range(12))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert {refusal(answer) for answer in answers if answer.status_code == 409} == {
        (409, "job.not_retryable")
    }
    [entry] = log(world, "job.retry")[before:]
    assert (entry["subject_type"], entry["subject_id"]) == ("job", job)
    assert (entry["reason"], entry["actor_id"]) == ("because", boss.id)
    assert (entry["before"]["state"], entry["after"]["state"]) == ("failed", "waiting")
    assert world.sql("SELECT id, attempts FROM jobs") == [(job, 0)]
    assert ran == [7]
    await jobs.run(queue, database, wait=False)
    assert ran == [7, 7]
    assert world.sql("SELECT id FROM failed_jobs") == [(job,)]


async def test_what_was_given_up_never_runs_until_it_is_retried(
    world: World, queue: procrastinate.App, database: Database, staff: dict[Role, Person]
) -> None:
    helper = staff[Role.SUPPORT]
    waiting = await queue.configure_task("test.note").defer_async(user_id=3)
    broken = await failed(queue, database)
    assert ran == [3, 7]
    waiting = await queue.configure_task("test.note").defer_async(user_id=3)
    ran.clear()
    for job, state in ((waiting, "waiting"), (broken, "failed")):
        answers = await asyncio.gather(
            *(world.call("POST", f"/admin/jobs/{job}/give-up", helper, json=WHY) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
        given_up = next(answer for answer in answers if answer.status_code == 200).json()
        assert (given_up["state"], given_up["events"][0]["type"]) == ("dead", "cancelled")
        assert log(world, "job.give_up")[-1]["before"]["state"] == state
    await jobs.run(queue, database, wait=False)
    assert ran == []
    assert world.sql("SELECT id FROM jobs UNION ALL SELECT id FROM failed_jobs") == []
    again = await world.call("POST", f"/admin/jobs/{waiting}/retry", helper, json=WHY)
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    assert again.json()["events"][0]["type"] == "retried"
    await jobs.run(queue, database, wait=False)
    assert ran == [3]


async def test_of_retry_and_give_up_at_once_each_sees_the_others(
    world: World, queue: procrastinate.App, database: Database, staff: dict[Role, Person]
) -> None:
    job = await failed(queue, database)
    boss = staff[Role.ADMIN]
    before = len(log(world, "job.retry")) + len(log(world, "job.give_up"))
    verbs = ["retry", "give-up"] * 4
    answers = await asyncio.gather(
        *(world.call("POST", f"/admin/jobs/{job}/{verb}", boss, json=WHY) for verb in verbs)
    )
    done = [answer for answer in answers if answer.status_code == 200]
    entries = len(log(world, "job.retry")) + len(log(world, "job.give_up")) - before
    assert entries == len(done) >= 1
    [(status,)] = world.sql("SELECT status::text FROM procrastinate_jobs WHERE id = %s", job)
    assert status in ("todo", "cancelled")


async def test_a_running_job_is_neither_retried_nor_given_up(
    world: World, queue: procrastinate.App, staff: dict[Role, Person]
) -> None:
    job = await queue.configure_task("test.note").defer_async(user_id=1)
    world.sql("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", job)
    entries = world.sql("SELECT count(*) FROM audit_log")
    for verb, code in (("retry", "job.not_retryable"), ("give-up", "job.not_given_up")):
        answer = await world.call("POST", f"/admin/jobs/{job}/{verb}", staff[Role.ADMIN], json=WHY)
        assert refusal(answer) == (409, code)
        assert answer.json()["state"] == "stalled"
        for wrong in ("", " ", "x" * 501):
            answer = await world.call(
                "POST", f"/admin/jobs/{job}/{verb}", staff[Role.ADMIN], json={"reason": wrong}
            )
            assert refusal(answer) == (422, "request.invalid")
    assert world.sql("SELECT status::text FROM procrastinate_jobs") == [("doing",)]
    assert world.sql("SELECT count(*) FROM audit_log") == entries
