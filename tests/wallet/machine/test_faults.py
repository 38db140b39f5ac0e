"""Whatever breaks, its place in the pool is free again: the next who comes is served."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from flylive.database import Database, Reading, Transaction
from flylive.errors import Unavailable
from tests.conftest import Addresses
from tests.wallet.machine.faults import Fault, Kind

ONE = text("SELECT 1")
STATEMENTS = 8
"""As many as the longest of them has, and then some."""


async def reading(database: Database) -> None:
    async def work(tx: Reading) -> None:
        await tx.execute(ONE)
        await tx.execute(ONE)

    await database.read(work)


async def writing(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await tx.lock("a name")
        async with tx.connection.begin_nested():
            await tx.execute(ONE)
        await tx.execute(ONE)

    await database.run(work)


async def by_driver(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        driver = await tx.driver()
        await driver.execute("SELECT 1")
        await driver.execute("SELECT 1")

    await database.run(work)


@pytest.mark.parametrize("use", [reading, writing, by_driver])
@pytest.mark.parametrize("kind", ["before", "after", "killed"])
async def test_a_broken_connection_leaves_its_place(
    addresses: Addresses, fault: Fault, use: Callable[[Database], Awaitable[Any]], kind: Kind
) -> None:
    database = Database(addresses.serving, size=1)
    fault.hits = 0
    for at in range(STATEMENTS):
        fault.arm(kind, at)
        # The second time finds out what broke while it was put back.
        for _ in range(2):
            with suppress(Unavailable):
                await use(database)
            fault.disarm()
        await use(database)
        assert database.engine.pool.checkedout() == 0, at  # type: ignore[attr-defined]
    assert fault.hits > 2
    await database.close()
