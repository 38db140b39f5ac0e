"""Reading the machine and the database before and after a measurement."""

import os
import resource
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

CORES = os.cpu_count() or 1
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """Counters at one moment; processor times in seconds since their processes began."""

    moment: float
    api_seconds: float
    postgres_seconds: float
    load_seconds: float
    machine_seconds: float
    wal_bytes: int
    updates: int
    hot_updates: int


@dataclass(frozen=True)
class Spent:
    """What happened between two readings: seconds of processor time, bytes, rows of `users`."""

    seconds: float
    api_seconds: float
    postgres_seconds: float
    load_seconds: float
    others_share: float
    """Of all cores' time, what processes took that are no part of the benchmark."""
    wal_bytes: int
    updates: int
    hot_updates: int


class Gauges:
    """Reads the counters of the database's processes and, where there are any, the API's."""

    def __init__(self, owner_url: str, postgres_pid: int, api_pid: int | None = None) -> None:
        self.postgres_pid = postgres_pid
        self.api_pid = api_pid
        self._connection = psycopg.connect(owner_url, autocommit=True)

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def read(self) -> Reading:
        """All counters, now."""
        row = self._connection.execute(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, n_tup_upd, n_tup_hot_upd"
            " FROM pg_stat_user_tables WHERE relname = 'users'"
        ).fetchone()
        assert row is not None
        mine, children = (
            resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        return Reading(
            moment=time.perf_counter(),
            api_seconds=tree_seconds(self.api_pid) if self.api_pid else 0.0,
            postgres_seconds=tree_seconds(self.postgres_pid),
            load_seconds=mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime,
            machine_seconds=machine_seconds(),
            wal_bytes=int(row[0]),
            updates=row[1],
            hot_updates=row[2],
        )


def spent(before: Reading, after: Reading) -> Spent:
    """The difference of two readings."""
    seconds = after.moment - before.moment
    api = after.api_seconds - before.api_seconds
    postgres = after.postgres_seconds - before.postgres_seconds
    load = after.load_seconds - before.load_seconds
    others = after.machine_seconds - before.machine_seconds - api - postgres - load
    return Spent(
        seconds=seconds,
        api_seconds=api,
        postgres_seconds=postgres,
        load_seconds=load,
        others_share=max(others, 0.0) / (seconds * CORES),
        wal_bytes=after.wal_bytes - before.wal_bytes,
        updates=after.updates - before.updates,
        hot_updates=after.hot_updates - before.hot_updates,
    )


def tree_seconds(pid: int) -> float:
    """Processor time of a process, its main thread's children, and those that have ended."""
    ticks = sum(_ticks(pid))
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            ticks += sum(_ticks(int(child)))
        except FileNotFoundError:
            # Ended meanwhile; its time is in its parent's from now on.
            continue
    return ticks / _TICKS


def _ticks(pid: int) -> tuple[int, ...]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return tuple(map(int, fields[11:15]))


def machine_seconds() -> float:
    """Processor time that all of the machine's processes took since it started."""
    user, nice, system, _idle, _wait, irq, soft_irq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + irq + soft_irq) / _TICKS


def sync_milliseconds(folder: Path) -> float:
    """Median milliseconds of writing 8 KiB to the disk below `folder` and waiting for it."""
    path = folder / "sync.probe"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(100):
            begin = time.perf_counter()
            file.seek(0)
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begin)
    path.unlink()
    return statistics.median(taken) * 1000
