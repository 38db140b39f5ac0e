"""Tasks: put off with the caller's commit, tried again where that may help."""

from collections.abc import AsyncIterator

import procrastinate
import pytest

from flylive import jobs
from flylive.database import Database, Transaction
from tests.conftest import Addresses
from tests.world import World


class Busy(Exception):
    """Passes by itself."""


class Desk:
    """What the tasks work with."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.busy = 0


async def write(desk: Desk, *, word: str) -> None:
    if desk.busy:
        desk.busy -= 1
        raise Busy("come back later")
    if word == "never":
        raise ValueError("this word cannot be written")
    desk.done.append(word)


WRITE = jobs.Task("test.write", write, (Busy,))
WAITING = "SELECT status::text, attempts, scheduled_at > now() FROM procrastinate_jobs"


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
async def queue(addresses: Addresses, desk: Desk) -> AsyncIterator[procrastinate.App]:
    queue = jobs.create_queue(addresses.serving)
    jobs.register(queue, [WRITE], desk)
    async with queue.open_async():
        yield queue


async def defer(database: Database, word: str) -> None:
    await database.run(lambda tx: jobs.defer(tx, WRITE, word=word))


async def test_a_task_is_put_off_with_the_commit(
    queue: procrastinate.App, desk: Desk, database: Database, world: World
) -> None:
    async def work(tx: Transaction) -> None:
        await jobs.defer(tx, WRITE, word="rolled back")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.run(work)
    assert world.sql(WAITING) == []
    await defer(database, "kept")
    assert desk.done == []
    await jobs.run(queue, database, wait=False)
    assert desk.done == ["kept"]
    assert world.sql(WAITING) == []


async def test_what_passes_by_itself_is_tried_again(
    queue: procrastinate.App, desk: Desk, database: Database, world: World
) -> None:
    desk.busy = 2
    await defer(database, "at last")
    for attempts in (1, 2):
        await jobs.run(queue, database, wait=False)
        assert world.sql(WAITING) == [("todo", attempts, True)]
        world.sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
    await jobs.run(queue, database, wait=False)
    assert desk.done[-1] == "at last"
    assert world.sql(WAITING) == []


async def test_tries_come_to_an_end(
    queue: procrastinate.App, desk: Desk, database: Database, world: World
) -> None:
    desk.busy = 100
    await defer(database, "too late")
    for _ in range(10):
        await jobs.run(queue, database, wait=False)
        world.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    desk.busy = 0
    [(said,)] = world.sql("SELECT exception FROM failed_jobs")
    assert "come back later" in said
    assert world.sql("SELECT attempts FROM procrastinate_jobs") == [(jobs.tasks.RETRIES + 1,)]
    world.sql("DELETE FROM procrastinate_jobs")


async def test_any_other_failure_is_final_and_kept_two_weeks(
    queue: procrastinate.App, desk: Desk, database: Database, world: World
) -> None:
    await defer(database, "never")
    await defer(database, "well")
    await jobs.run(queue, database, wait=False)
    assert [status for status, _, _ in world.sql(WAITING)] == ["failed"]
    for days, left in ((13, 1), (15, 0)):
        world.sql("UPDATE procrastinate_events SET at = now() - %s * interval '1 day'", days)
        await jobs.delete_finished(queue)
        assert world.sql("SELECT count(*) FROM failed_jobs") == [(left,)]
    assert world.sql("SELECT count(*) FROM job_exceptions") == [(0,)]
