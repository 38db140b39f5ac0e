"""Whoever hangs up in the middle leaves no connection behind that the next one cannot use."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import IsolationLevel
from sqlalchemy import text

from flylive.database import Database, Reading, Transaction
from tests.conftest import Addresses

WRITE = text(
    "INSERT INTO ranking_inputs (category, subject_id, amount, at) VALUES ('game', 1, 1, now())"
)
READ = text("SELECT count(*) FROM generate_series(1, 3000)")


@pytest.fixture
async def one(addresses: Addresses) -> AsyncIterator[Database]:
    """A pool of one connection."""
    database = Database(addresses.serving, size=1)
    yield database
    await database.close()


async def write(database: Database) -> None:
    await database.run(lambda tx: tx.execute(WRITE))


async def driver_of(database: Database) -> psycopg.AsyncConnection[Any]:
    async def work(tx: Transaction) -> psycopg.AsyncConnection[Any]:
        return await tx.driver()

    return await database.run(work)


async def read_only(driver: psycopg.AsyncConnection[Any]) -> None:
    await driver.set_read_only(True)


async def repeatable(driver: psycopg.AsyncConnection[Any]) -> None:
    await driver.set_isolation_level(IsolationLevel.REPEATABLE_READ)


async def in_the_middle(driver: psycopg.AsyncConnection[Any]) -> None:
    await driver.execute("BEGIN")


@pytest.mark.parametrize("spoil", [read_only, repeatable, in_the_middle])
async def test_an_unclean_connection_is_thrown_away(one: Database, spoil: Any) -> None:
    await write(one)
    spoiled = await driver_of(one)
    await spoil(spoiled)
    await write(one)
    assert spoiled.closed
    assert await driver_of(one) is not spoiled


async def test_a_clean_one_is_kept(one: Database) -> None:
    await write(one)
    kept = await driver_of(one)

    async def work(tx: Reading) -> None:
        await tx.rows(READ)

    await one.read(work)
    await write(one)
    assert await driver_of(one) is kept


async def test_after_many_who_hung_up_everybody_is_served(addresses: Addresses) -> None:
    database = Database(addresses.serving, size=4)
    chance = random.Random(4)

    async def call() -> None:
        async def work(tx: Reading) -> None:
            for _ in range(chance.randint(1, 3)):
                await tx.rows(READ)

        asked = database.read(work) if chance.random() < 0.6 else write(database)
        try:
            await asyncio.wait_for(asked, chance.uniform(0, 0.02))
        except TimeoutError:
            return

    for _ in range(20):
        await asyncio.gather(*(call() for _ in range(12)))
        await asyncio.gather(*(write(database) for _ in range(8)))
    await database.close()
