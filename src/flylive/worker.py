"""The worker: an explicit list of everything that happens without a request.

Loops run every few seconds and hold no state, so that a killed worker loses nothing; jobs
come from the queue, some of them put there by the clock.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import procrastinate
import structlog

from flylive.config import Settings
from flylive.database import Database
from flylive.jobs import create_queue, retry_stalled
from flylive.reactions.gift_sent import GiftAggregator
from flylive.reactions.room_popularity import update_popularity
from flylive.realtime import bus

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Loop:
    """Work done again `pause_seconds` after it was done; a failure is logged and tried again."""

    name: str
    pause_seconds: float
    work: Callable[[], Awaitable[object]]

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.work()
            except Exception:
                log.exception("loop.failed", loop=self.name)
            await asyncio.sleep(self.pause_seconds)


def loops(database: Database, queue: procrastinate.App, settings: Settings) -> list[Loop]:
    """Everything that is done every few seconds."""
    aggregator = GiftAggregator(database, settings)
    return [
        Loop("fold gifts", 0.5, aggregator.fold),
        Loop("turn over room sums", 20, aggregator.turn_over),
        Loop("room popularity", 15, lambda: update_popularity(database)),
        Loop("stalled jobs", 15, lambda: retry_stalled(queue)),
    ]


async def work(settings: Settings) -> None:
    """Run every loop and the queue until SIGTERM or SIGINT; running jobs are finished."""
    database = Database(
        settings.serving_dsn, size=settings.database_pool_size, application_name="flylive-worker"
    )
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    queue = create_queue(settings.serving_dsn)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with queue.open_async():
        tasks = [
            asyncio.create_task(loop.run(), name=loop.name)
            for loop in loops(database, queue, settings)
        ]
        tasks.append(
            asyncio.create_task(
                queue.run_worker_async(install_signal_handlers=False, delete_jobs="successful"),
                name="queue",
            )
        )
        log.info("worker.ready")
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    bus.install(None)
    await sender.stop()
    await database.close()
