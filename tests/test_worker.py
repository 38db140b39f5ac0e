"""The worker: it outlives what fails in it, and ends when it is told to."""

import asyncio
from pathlib import Path

import psycopg
import pytest
import structlog

from flylive import jobs
from flylive.config import Settings
from flylive.database import Database
from flylive.wallet.recharge.providers import Providers
from flylive.worker import loops
from tests.conftest import Addresses
from tests.product import Product

WORKERS = "SELECT id FROM procrastinate_workers"


async def test_the_queue_is_run_again_when_it_failed(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def run(queue: object, database: object) -> None:
        runs.put_nowait(1)
        raise psycopg.OperationalError("the database is away")

    monkeypatch.setattr(jobs, "run", run)
    queue = jobs.create_queue(settings.serving_dsn)
    [loop] = [
        loop
        for loop in loops(database, queue, settings, Providers(settings))
        if loop.name == "queue"
    ]
    with structlog.testing.capture_logs() as logged:
        task = asyncio.create_task(loop.run())
        async with asyncio.timeout(60):
            await runs.get()
            await runs.get()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert {entry["event"] for entry in logged} == {"loop.failed"}


async def test_sigterm_ends_it(addresses: Addresses, tmp_path: Path) -> None:
    async with Product(addresses, tmp_path, "worker") as product:
        with psycopg.connect(addresses.superuser, autocommit=True) as connection:
            async with asyncio.timeout(60):
                while not connection.execute(WORKERS).fetchone():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        assert await product.stop("worker") == 0
