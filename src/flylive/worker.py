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
from flylive.accounts import notices, staff_sessions
from flylive.accounts.contacts import queries as contacts
from flylive.accounts.contacts import tasks as contact_tasks
from flylive.accounts.recovery import queries as recovery
from flylive.accounts.recovery import tasks as recovery_tasks
from flylive.announcements import telling as announcing
from flylive.config import Settings
from flylive.couples import service as couples
from flylive.database import Database, Transaction
from flylive.database.partitions import ensure_partitions
from flylive.database.strays import count_strays
from flylive.games import tasks as games
from flylive.http import idempotency, limits, origins
from flylive.messaging.conversations import gifts as gift_messages
from flylive.messaging.conversations import tasks as conversation_tasks
from flylive.outbox import Outbox
from flylive.progression import runs
from flylive.progression.badges import award
from flylive.rankings import closing, rebuilds
from flylive.reactions import recharged
from flylive.reactions.gift_sent import GiftAggregator
from flylive.reactions.room_popularity import update_popularity
from flylive.realtime import bus, tickets
from flylive.realtime import service as streams
from flylive.rings import looking as rings
from flylive.rooms import opening as room_opening
from flylive.rooms.requests.tasks import end_overdue
from flylive.rooms.requests.tasks import prune as prune_requests
from flylive.rooms.tasks import Watch, prune_bans
from flylive.shop import wearing
from flylive.statistics import folding, gauges
from flylive.uploads.service import delete_discarded, sweep_daily
from flylive.uploads.storage import Storage
from flylive.wallet import months
from flylive.wallet.proving import asked
from flylive.wallet.proving.watch import prove_due
from flylive.wallet.recharge import checking
from flylive.wallet.recharge import consumption as recharge_tasks
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.refunds import carrying
from flylive.wallet.recharge.tasks import VoidedPurchases
from flylive.wallet.seals import sealing

log = structlog.get_logger(__name__)

LETTERS: list[jobs.Task[Outbox, ...]] = [
    *recovery_tasks.TASKS,
    *contact_tasks.TASKS,
    *notices.TASKS,
    *conversation_tasks.TASKS,
    *room_opening.TASKS,
    *announcing.TASKS,
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
    runner = runs.Runner(database, recharged.recount)
    watch = Watch(database, settings.presence_timeout_seconds)

    async def tell_of_gifts() -> int:
        return await gift_messages.tell(database, settings)

    async def announce() -> bool:
        return await announcing.tell(database, online_seconds=settings.presence_timeout_seconds)

    async def make_partitions() -> None:
        await asyncio.to_thread(_make_partitions, settings.owner_dsn)

    async def seal() -> None:
        await asyncio.to_thread(sealing.seal_closed, settings.serving_dsn)

    async def fold_statistics() -> None:
        await asyncio.to_thread(folding.fold_new, settings.serving_dsn, settings.timezone)

    return [
        Loop("fold gifts", 0.5, aggregator.fold),
        Loop("fold statistics", 2, fold_statistics),
        Loop("plan the look for rings", 60, lambda: rings.begin_nightly(database, settings)),
        Loop("look for rings", 1, lambda: _while_any(lambda: rings.advance(database))),
        Loop("tidy after rings", 600, lambda: rings.tidy(database, settings)),
        Loop("count people and rooms", 60, lambda: gauges.look(database, settings)),
        Loop("forget hours", 3600, lambda: gauges.forget_hours(database)),
        Loop("close boards", 30, lambda: closing.close_due(database, settings)),
        Loop("forget boards", 3600, lambda: closing.forget(database, settings)),
        Loop("tell of gifts", 0.5, lambda: _while_any(tell_of_gifts)),
        Loop("announce", 1, lambda: _while_any(announce)),
        Loop("look at badges", 1, lambda: _while_any(lambda: award.look(database))),
        Loop("plan the night", 60, lambda: runs.begin_nightly(database, settings)),
        Loop("catalogue runs", 1, lambda: _while_any(runner.advance)),
        Loop("end frames", 2, lambda: wearing.end_expired(database)),
        Loop("tell of ending VIP", 30, lambda: recharged.tell_ending(database, settings)),
        Loop("forget runs", 3600, lambda: database.run(runs.forget)),
        Loop("lift VIP", 1, lambda: recharged.lift(database)),
        Loop("lower VIP", 5, lambda: recharged.lower(database)),
        Loop("check orders", 5, lambda: checking.check_due(database, providers)),
        Loop("ask for refunds", 5, lambda: carrying.carry_out_due(database, providers)),
        Loop("voided purchases", 900, voided.poll),
        Loop("take out the absent", 3, watch.look),
        Loop("end proposals", 2, lambda: _while_any(lambda: couples.expire(database))),
        Loop("end requests for seats", 2, lambda: end_overdue(database)),
        Loop("room popularity", 15, lambda: update_popularity(database)),
        Loop("stalled jobs", 15, lambda: jobs.retry_stalled(queue)),
        Loop("turn over room sums", 20, aggregator.turn_over),
        Loop("forget limits", 300, lambda: database.run(limits.delete_expired)),
        Loop("forget bans", 600, lambda: prune_bans(database)),
        Loop("forget requests for seats", 600, lambda: prune_requests(database)),
        Loop("forget signatures", 60, lambda: games.forget_signatures(database)),
        Loop("forget tickets", 60, lambda: database.run(tickets.prune)),
        Loop("forget events", 600, lambda: streams.prune(database, settings.event_retention_hours)),
        Loop("forget answers", 600, lambda: idempotency.prune(database, settings.idempotency_days)),
        Loop("forget addresses", 3600, lambda: origins.forget(database, settings.origin_days)),
        Loop(
            "end console sessions",
            600,
            lambda: database.run(lambda tx: staff_sessions.delete_expired(tx, settings)),
        ),
        Loop("forget codes", 600, lambda: database.run(_delete_expired_codes)),
        Loop("forget jobs", 3600, lambda: jobs.delete_finished(queue)),
        Loop("delete files", 600, lambda: delete_discarded(database, storage)),
        Loop("sweep files", 3600, lambda: sweep_daily(database, storage)),
        Loop("partitions", 3600, make_partitions),
        Loop("seal the ledger", 30, seal),
        Loop("prove the money", 60, lambda: prove_due(database, settings)),
        # Runs on until it fails, say because the database is away for long.
        Loop("queue", 1, lambda: jobs.run(queue, database)),
    ]


async def _while_any(work: Callable[[], Awaitable[object]]) -> None:
    """Do it again at once for as long as there was something to do."""
    while await work():
        pass


async def _delete_expired_codes(tx: Transaction) -> None:
    await recovery.delete_expired(tx)
    await contacts.delete_expired(tx)


def _make_partitions(owner_dsn: str) -> None:
    """Keep three months ahead. Only the owner may: without his address (then `owner_dsn` is the
    serving role's) a missing month is an error in the log each hour, and its rows go to DEFAULT.
    """
    with psycopg.connect(owner_dsn, application_name="flylive-partitions") as connection:
        # Whoever waits here for a long reader has every gift waiting behind him.
        connection.execute("SET lock_timeout = '2s'")
        ensured = ensure_partitions(connection)
        strays = count_strays(connection)
    for name in ensured.made:
        log.info("partition.made", partition=name)
    for name in ensured.blocked:
        log.error("partition.blocked", partition=name, reason="its rows lie in DEFAULT")
    for stray in strays:
        log.error("partition.strays", table=stray.table, month=f"{stray.month}", rows=stray.rows)


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
    jobs.register(queue, rebuilds.TASKS, rebuilds.Context(database, settings))
    jobs.register(queue, asked.TASKS, asked.Context(database, settings))
    jobs.register(queue, months.TASKS, settings)
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
