"""Statements in bursts, and those that are sent ahead of one."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import psycopg
import pytest

from flylive.database import Database, Transaction
from flylive.database.burst import Statement, burst
from flylive.errors import Unavailable
from tests.conftest import Addresses

INSERT = Statement(
    "INSERT INTO ranking_inputs (category, subject_id, amount, at)"
    " SELECT 'game', id, 1, now() FROM unnest(%s::bigint[]) AS n (id) RETURNING subject_id"
)
FAIL = Statement("SELECT 1 / %s::integer")
ECHO = Statement("SELECT %s::text")
LENGTH = Statement("SELECT length(%s::text)")
COUNT = Statement("SELECT count(*) FROM ranking_inputs WHERE subject_id = ANY(%s::bigint[])")


_numbers = count(1, 100)


@pytest.fixture
def base() -> int:
    """The first of a hundred subjects that no other test has."""
    return next(_numbers)


def ids(first: int, number: int = 1) -> str:
    return "{" + ",".join(str(n) for n in range(first, first + number)) + "}"


@pytest.fixture(params=[True, False], ids=["prepared", "unprepared"])
async def one(addresses: Addresses, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A pool of one connection."""
    database = Database(addresses.serving, size=1, is_for_bursts=request.param)
    yield database
    await database.close()


async def found(database: Database, base: int) -> int:
    [[number]] = await database.look_up(COUNT(ids(base, 100)))
    return int(number)


async def test_a_burst_waits_for_what_was_sent_ahead_and_gives_its_own_rows(
    one: Database, base: int
) -> None:
    async def work(tx: Transaction) -> object:
        await tx.send_ahead([INSERT(ids(base, 2)), INSERT(ids(base + 2, 2))])
        await tx.send_ahead([])
        await tx.send_ahead([INSERT(ids(base + 4))])
        return await burst(await tx.driver(), [INSERT(ids(base + 5, 2)), COUNT(ids(base, 100))])

    for times in (1, 2):
        assert await one.run(work) == [[(base + 5,), (base + 6,)], [(7 * times,)]]
    assert await found(one, base) == 14


async def test_more_than_a_socket_takes_can_be_sent_ahead(one: Database) -> None:
    async def work(tx: Transaction) -> object:
        await tx.send_ahead([ECHO("x" * 30_000_000)])
        return await burst(await tx.driver(), [LENGTH("x" * 20_000_000)])

    assert await one.run(work) == [[(20_000_000,)]]


async def test_an_error_in_what_was_sent_ahead_comes_with_the_burst(
    one: Database, base: int
) -> None:
    async def work(tx: Transaction) -> None:
        await tx.send_ahead([INSERT(ids(base)), FAIL(0)])
        await burst(await tx.driver(), [INSERT(ids(base + 1))])

    with pytest.raises(psycopg.errors.DivisionByZero):
        await one.run(work)
    assert await found(one, base) == 0


async def test_an_error_in_what_was_sent_ahead_of_the_commit_commits_nothing(
    one: Database, base: int
) -> None:
    told: list[object] = []

    async def work(tx: Transaction) -> None:
        await tx.send_ahead([INSERT(ids(base)), FAIL(0)])
        tx.commit_with([INSERT(ids(base + 1))], told.append)

    with pytest.raises(psycopg.errors.DivisionByZero):
        await one.run(work)
    assert told == []
    assert await found(one, base) == 0


async def test_who_fails_before_the_burst_leaves_nothing_and_the_next_one_is_served(
    one: Database, base: int
) -> None:
    async def failing(tx: Transaction) -> None:
        await tx.send_ahead([INSERT(ids(base))])
        raise KeyError("nobody foresaw this")

    async def good(tx: Transaction) -> object:
        await burst(await tx.driver(), [INSERT(ids(base + 1))])
        return await tx.driver()

    used = {await one.run(good)}
    for _ in range(3):
        with pytest.raises(KeyError):
            await one.run(failing)
        used.add(await one.run(good))
    assert await found(one, base) == 4
    assert len(used) == 1, "the connection is as good as before"


async def test_who_is_cancelled_before_the_burst_leaves_nothing_and_the_next_one_is_served(
    one: Database, base: int
) -> None:
    ahead = asyncio.Event()

    async def waiting(tx: Transaction) -> None:
        await tx.send_ahead([INSERT(ids(base))])
        ahead.set()
        await asyncio.sleep(60)

    async def good(tx: Transaction) -> None:
        await burst(await tx.driver(), [INSERT(ids(base + 1))])

    task = asyncio.create_task(one.run(waiting))
    await ahead.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await one.run(good)
    assert await found(one, base) == 1


@pytest.mark.parametrize("fails", [False, True], ids=["goes on", "fails itself"])
async def test_a_server_that_is_gone_after_something_was_sent_ahead_commits_nothing(
    one: Database, base: int, addresses: Addresses, fails: bool
) -> None:
    async def cut_off(tx: Transaction) -> None:
        await tx.send_ahead([INSERT(ids(base))])
        pid = (await tx.driver()).info.backend_pid
        async with await psycopg.AsyncConnection.connect(addresses.serving) as other:
            await other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        if fails:
            raise KeyError("nobody foresaw this")
        tx.commit_with([INSERT(ids(base + 1))], lambda rows: None)

    async def good(tx: Transaction) -> None:
        await burst(await tx.driver(), [INSERT(ids(base + 2))])

    with pytest.raises(Unavailable):
        await one.run(cut_off)
    await one.run(good)
    assert await found(one, base) == 1
