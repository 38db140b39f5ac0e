"""What a hit on a limit costs: its time, its write-ahead log, the row versions it leaves."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psycopg
from sqlalchemy import text

from benchmarks.rig.load import percentile
from benchmarks.rig.platform import Server, checkpoint
from flylive.database import Database
from flylive.http import limits
from flylive.http.limits import Limit

MANY = 1_000_000_000
"""A quota that nobody reaches."""
WARM_UP = 600


@dataclass(frozen=True)
class Cost:
    """One hit: milliseconds one after the other, hits a second over ten connections, bytes of
    write-ahead log, row versions left dead in the end, share of updates that touched no index."""

    kind: str
    hits: int
    p50_ms: float
    p99_ms: float
    at_once_per_second: float
    wal_bytes: float
    dead_rows: int
    hot_share: float


Hit = Callable[[int], Awaitable[object]]


async def measure(server: Server, hits: int) -> list[Cost]:
    """Each kind of hit so many times, and beside it a transaction that only reads."""
    database = Database(server.addresses.serving_url, size=10)
    try:
        kinds: dict[str, Hit] = {
            "(a transaction that reads)": lambda n: database.read(
                lambda tx: tx.scalar(text("SELECT 1"))
            ),
            "bucket, one account": lambda n: limits.take(database, Limit("one", MANY, 3600)),
            "bucket, many accounts": lambda n: limits.take(
                database, Limit(f"many:{n % 500}", MANY, 3600)
            ),
            "bucket, account and address": lambda n: limits.take(
                database, Limit(f"both:{n % 500}", MANY, 3600), Limit("address", MANY, 3600)
            ),
            # A window that is full counts nothing more, so another one follows it.
            "window of 5": lambda n: database.run(
                lambda tx: limits.hit(tx, f"five:{n // 5}", 5, 3600)
            ),
            "window of 50": lambda n: database.run(
                lambda tx: limits.hit(tx, f"fifty:{n // 50}", 50, 3600)
            ),
        }
        return [await _cost(server, kind, hit, hits) for kind, hit in kinds.items()]
    finally:
        await database.close()


async def _cost(server: Server, kind: str, hit: Hit, hits: int) -> Cost:
    number = itertools.count()
    # The rows are there and their pages were logged whole before anything is counted.
    for _ in range(WARM_UP):
        await hit(next(number))
    checkpoint(server)
    for _ in range(WARM_UP):
        await hit(next(number))
    before = _counters(server)
    milliseconds = []
    for _ in range(hits):
        begin = time.perf_counter()
        await hit(next(number))
        milliseconds.append((time.perf_counter() - begin) * 1000)
    after = _counters(server)
    gate = asyncio.Semaphore(10)

    async def one() -> None:
        async with gate:
            await hit(next(number))

    begin = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(hits)))
    seconds = time.perf_counter() - begin
    updates = after[1] - before[1]
    return Cost(
        kind=kind,
        hits=hits,
        p50_ms=percentile(milliseconds, 50),
        p99_ms=percentile(milliseconds, 99),
        at_once_per_second=hits / seconds,
        wal_bytes=(after[0] - before[0]) / hits,
        dead_rows=after[3],
        hot_share=(after[2] - before[2]) / updates if updates else 0.0,
    )


def _counters(server: Server) -> tuple[int, int, int, int]:
    """Write-ahead log in bytes; of ``cache`` updates, those that touched no index, dead rows."""
    time.sleep(1.2)  # Sessions report what they did at most once a second.
    with psycopg.connect(server.addresses.owner_url) as connection:
        row = connection.execute(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, n_tup_upd, n_tup_hot_upd,"
            " n_dead_tup FROM pg_stat_user_tables WHERE relname = 'cache'"
        ).fetchone()
    assert row is not None
    wal, updates, hot, dead = row
    return int(wal), updates, hot, dead
