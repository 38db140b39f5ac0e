"""The worker: an explicit list of everything that happens without a request.

Loops run every few seconds and hold no state, so that a killed worker loses nothing; jobs
come from the queue.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import procrastinate
import psycopg
import structlog

from flylive import jobs
from flylive.accounts import notices
from flylive.accounts.contacts import queries as contacts
from flylive.accounts.contacts import tasks as contact_tasks
from flylive.accounts.recovery import queries as recovery
from flylive.accounts.recovery import tasks as recovery_tasks
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.database.partitions import ensure_partitions
from flylive.http import idempotency, limits, origins
from flylive.outbox import Outbox
from flylive.reactions import recharged
from flylive.reactions.gift_sent import GiftAggregator
from flylive.reactions.room_popularity import update_popularity
from flylive.realtime import bus, tickets
from flylive.realtime import service as streams
from flylive.rooms.requests.tasks import end_overdue
from flylive.rooms.requests.tasks import prune as prune_requests
from flylive.rooms.tasks import Watch, prune_bans
from flylive.uploads.service import delete_discarded
from flylive.uploads.storage import Storage
from flylive.wallet.recharge import checking
from flylive.wallet.recharge import consumption as recharge_tasks
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.tasks import VoidedPurchases

log = structlog.get_logger(__name__)

LETTERS: list[jobs.Task[Outbox, ...]] = [
    *recovery_tasks.TASKS,
    *contact_tasks.TASKS,
    *notices.TASKS,
]
"""Every task that writes to people; its context is the outbox."""


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


def loops(
    database: Database, queue: procrastinate.App, settings: Settings, providers: Providers
) -> list[Loop]:
    """Everything that is done again and again."""
    voided = VoidedPurchases(database, providers)
    aggregator = GiftAggregator(database, settings)
    storage = Storage(settings)
    watch = Watch(database, settings.presence_timeout_seconds)

    async def make_partitions() -> None:
        await asyncio.to_thread(_make_partitions, settings.owner_dsn)

    return [
        Loop("fold gifts", 0.5, aggregator.fold),
        Loop("lift VIP", 1, lambda: recharged.lift(database)),
        Loop("lower VIP", 5, lambda: recharged.lower(database)),
        Loop("check orders", 5, lambda: checking.check_due(database, providers)),
        Loop("voided purchases", 900, voided.poll),
        Loop("take out the absent", 3, watch.look),
        Loop("end requests for seats", 2, lambda: end_overdue(database)),
        Loop("room popularity", 15, lambda: update_popularity(database)),
        Loop("stalled jobs", 15, lambda: jobs.retry_stalled(queue)),
        Loop("turn over room sums", 20, aggregator.turn_over),
        Loop("forget limits", 300, lambda: database.run(limits.delete_expired)),
        Loop("forget bans", 600, lambda: prune_bans(database)),
        Loop("forget requests for seats", 600, lambda: prune_requests(database)),
        Loop("forget tickets", 60, lambda: database.run(tickets.prune)),
        Loop("forget events", 600, lambda: streams.prune(database, settings.event_retention_hours)),
        Loop("forget answers", 600, lambda: idempotency.prune(database, settings.idempotency_days)),
        Loop("forget addresses", 3600, lambda: origins.forget(database, settings.origin_days)),
        Loop("forget codes", 600, lambda: database.run(_delete_expired_codes)),
        Loop("forget jobs", 3600, lambda: jobs.delete_finished(queue)),
        Loop("delete files", 600, lambda: delete_discarded(database, storage)),
        Loop("partitions", 3600, make_partitions),
        # Runs on until it fails, say because the database is away for long.
        Loop("queue", 1, lambda: jobs.run(queue, database)),
    ]


async def _delete_expired_codes(tx: Transaction) -> None:
    await recovery.delete_expired(tx)
    await contacts.delete_expired(tx)


def _make_partitions(owner_dsn: str) -> None:
    """Keep three months ahead. Only the owner may: without his address (then `owner_dsn` is the
    serving role's) a missing month is an error in the log each hour, and its rows go to DEFAULT.
    """
    with psycopg.connect(owner_dsn, application_name="flylive-partitions") as connection:
        ensured = ensure_partitions(connection)
    for name in ensured.made:
        log.info("partition.made", partition=name)
    for name in ensured.blocked:
        log.error("partition.blocked", partition=name, reason="its rows lie in DEFAULT")


async def work(settings: Settings) -> None:
    """Run every loop and the queue until SIGTERM or SIGINT; running jobs are finished."""
    database = Database(
        settings.serving_dsn, size=settings.database_pool_size, application_name="flylive-worker"
    )
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    queue = jobs.create_queue(settings.serving_dsn)
    jobs.register(queue, LETTERS, Outbox(database, settings))
    providers = Providers(settings)
    context = recharge_tasks.Recharge(database, settings, providers)
    jobs.register(queue, recharge_tasks.TASKS, context)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with queue.open_async():
        tasks = [
            asyncio.create_task(loop.run(), name=loop.name)
            for loop in loops(database, queue, settings, providers)
        ]
        log.info("worker.ready")
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    bus.install(None)
    await sender.stop()
    await providers.close()
    await database.close()
