"""The queue: deferred with the caller's commit, failures kept in words, dead workers' jobs back."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import procrastinate
import pytest
from sqlalchemy import text

from flylive import jobs
from flylive.database import Database, Transaction
from tests.conftest import Addresses
from tests.world import World

done: list[str] = []


@pytest.fixture(scope="module")
async def queue(addresses: Addresses) -> AsyncIterator[procrastinate.App]:
    queue = jobs.create_queue(addresses.serving)

    @queue.task(name="test.note")
    async def note(word: str) -> None:
        done.append(word)

    @queue.task(name="test.fail")
    async def fail() -> None:
        raise ValueError("this job does not work")

    async with queue.open_async():
        yield queue


async def test_a_job_exists_only_if_the_transaction_commits(
    queue: procrastinate.App, database: Database, world: World
) -> None:
    async def work(tx: Transaction, word: str) -> None:
        task = queue.configure_task("test.note", connection=await tx.driver())
        await task.defer_async(word=word)
        [count] = await tx.rows(text("SELECT count(*) FROM jobs"))
        assert count[0] == 1
        if word == "never":
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError):
        await database.run(lambda tx: work(tx, "never"))
    assert world.sql("SELECT count(*) FROM jobs") == [(0,)]
    await database.run(lambda tx: work(tx, "kept"))
    await jobs.run(queue, database, wait=False)
    assert done == ["kept"]
    assert world.sql("SELECT count(*) FROM jobs") == [(0,)]


async def test_a_failed_job_is_kept_with_its_words(
    queue: procrastinate.App, database: Database, world: World
) -> None:
    await queue.configure_task("test.fail").defer_async()
    await jobs.run(queue, database, wait=False)
    [(said,)] = world.sql("SELECT exception FROM failed_jobs")
    assert "this job does not work" in said


KILLED = """
import asyncio, sys
from flylive import jobs
from flylive.database import Database

async def main():
    queue = jobs.create_queue(sys.argv[1])

    @queue.task(name="test.note")
    async def note(word):
        print("begun", flush=True)
        await asyncio.sleep(60)

    async with queue.open_async():
        await jobs.run(queue, Database(sys.argv[1]))

asyncio.run(main())
"""


async def test_the_job_of_a_killed_worker_is_put_back(
    queue: procrastinate.App,
    database: Database,
    addresses: Addresses,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await queue.configure_task("test.note").defer_async(word="again")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, addresses.serving, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"begun\n"
    process.kill()
    await process.wait()
    assert await jobs.retry_stalled(queue) == 0  # its heartbeat is not silent for long enough
    monkeypatch.setattr("flylive.jobs.queue.SILENT_SECONDS", 0.2)
    await asyncio.sleep(0.5)
    assert await jobs.retry_stalled(queue) == 1
    await jobs.run(queue, database, wait=False)
    assert done[-1] == "again"


async def test_a_job_that_keeps_killing_workers_is_given_up(
    queue: procrastinate.App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await queue.configure_task("test.note").defer_async(word="poison")
    world.sql(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = 4, worker_id = NULL"
        " WHERE id = %s",
        job,
    )
    monkeypatch.setattr("flylive.jobs.queue.SILENT_SECONDS", 0.0)
    assert await jobs.retry_stalled(queue) == 1
    assert world.sql("SELECT status FROM procrastinate_jobs WHERE id = %s", job) == [("failed",)]


@pytest.mark.parametrize("attempts", [0, 4])
async def test_a_job_that_another_sweep_put_back_is_left_to_who_runs_it_by_now(
    queue: procrastinate.App, world: World, monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    """Between finding a stalled job and dealing with it, another did, and a third runs it."""
    job = await queue.configure_task("test.note").defer_async(word="once")
    world.sql(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s, worker_id = NULL"
        " WHERE id = %s",
        attempts,
        job,
    )
    living = await queue.job_manager.register_worker()
    find = queue.job_manager.get_stalled_jobs
    overtakes = True

    async def overtaken(**given: Any) -> Any:
        nonlocal overtakes
        found = list(await find(**given))
        if overtakes:
            overtakes = False
            assert await jobs.retry_stalled(queue) == 1
            world.sql(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s",
                living,
                job,
            )
        return found

    monkeypatch.setattr(queue.job_manager, "get_stalled_jobs", overtaken)
    assert await jobs.retry_stalled(queue) == 0
    running = "SELECT status, attempts, worker_id FROM procrastinate_jobs WHERE id = %s"
    assert world.sql(running, job) == [("doing", attempts + 1, living)]
    world.sql("DELETE FROM procrastinate_jobs WHERE id = %s", job)
