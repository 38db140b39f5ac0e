"""The bus: after a commit, tell the gateways which streams moved.

PostgreSQL's NOTIFY, never inside the transaction that writes (it would queue every commit
behind one lock: measured at 48 % of the write throughput), from one connection of its own
per process, many hints in one statement. A hint names the stream, never the body; a hint
that is lost costs a second, not an event.

A hint is ``e|{stream}|{seq}`` (events up to `seq` are committed) or ``v|{stream}|{type}``
(a value changed); a payload holds many, one a line.
"""

import asyncio
from functools import partial
from typing import Protocol

import psycopg
import structlog

from flylive.database import Database, Transaction
from flylive.database.burst import Statement, burst

log = structlog.get_logger(__name__)

CHANNEL_STREAMS = "flylive_streams"
CHANNEL_CONTROL = "flylive_control"
"""Revoked tokens and blocked users, for every process."""

PAYLOAD_BYTES = 7_900
"""NOTIFY takes less than 8000 bytes."""
RETRY_SECONDS = 0.5
MAX_WAITING = 100_000
"""Hints kept for another try while the database is away."""


_NOTIFY = Statement("SELECT pg_notify(%s::text, %s::text)")


class Bus(Protocol):
    """Where hints go. NATS can stand behind it as well as PostgreSQL."""

    def publish(self, channel: str, line: str) -> None:
        """Send one line soon; never blocks, never raises."""


class PostgresBus:
    """NOTIFY over a connection of its own, batched: a flush takes whatever has gathered."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._lines: dict[tuple[str, str], None] = {}
        self._sending: dict[tuple[str, str], None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def publish(self, channel: str, line: str) -> None:
        """Send one line soon; the same line twice in a batch goes once."""
        self._lines[(channel, line)] = None
        self._wake.set()

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send_forever(), name="bus")

    async def stop(self) -> None:
        """Send what has gathered, then end."""
        if self._task is None:
            return
        for _ in range(20):
            if not self._lines and not self._sending:
                break
            await asyncio.sleep(0.05)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _send_forever(self) -> None:
        connection: psycopg.AsyncConnection[object] | None = None
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._sending, self._lines = self._lines, {}
                try:
                    if connection is None or connection.closed:
                        connection = await self.database.connect(
                            autocommit=True, is_for_bursts=True
                        )
                    await burst(connection, [_NOTIFY(*one) for one in _payloads(self._sending)])
                except (psycopg.Error, OSError) as error:
                    log.warning("bus.send_failed", error=str(error).strip())
                    if connection is not None:
                        await connection.close()
                        connection = None
                    await asyncio.sleep(RETRY_SECONDS)
                    # A hint twice does no harm. One that is dropped here costs a second:
                    # every gateway sweeps the counters.
                    if len(self._lines) < MAX_WAITING:
                        self._lines = self._sending | self._lines
                        self._wake.set()
                self._sending = {}
        finally:
            if connection is not None:
                await connection.close()


def _payloads(batch: dict[tuple[str, str], None]) -> list[tuple[str, str]]:
    payloads: list[tuple[str, str]] = []
    open_: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for channel, line in batch:
        size = len(line.encode()) + 1
        if sizes.get(channel, 0) + size > PAYLOAD_BYTES:
            payloads.append((channel, "\n".join(open_.pop(channel))))
            sizes[channel] = 0
        open_.setdefault(channel, []).append(line)
        sizes[channel] = sizes.get(channel, 0) + size
    payloads.extend((channel, "\n".join(lines)) for channel, lines in open_.items())
    return payloads


_bus: Bus | None = None
_AFTER = "realtime.bus"


def install(bus: Bus | None) -> None:
    """Make `bus` this process's bus; without one, hints go nowhere and the sweep finds all."""
    global _bus
    _bus = bus


def publish(channel: str, line: str) -> None:
    """Send one line over this process's bus."""
    if _bus is not None:
        _bus.publish(channel, line)


def publish_after_commit(tx: Transaction, channel: str, line: str) -> None:
    """Send one line over this process's bus once `tx` is committed; never after a rollback."""
    lines: list[tuple[str, str]] | None = tx.attached.get(_AFTER)
    if lines is None:
        lines = tx.attached[_AFTER] = []
        tx.after_commit(partial(_publish_all, lines))
    lines.append((channel, line))


def _publish_all(lines: list[tuple[str, str]]) -> None:
    for channel, line in lines:
        publish(channel, line)


def hint_after_commit(
    tx: Transaction, stream: str, *, seq: int | None = None, value_type: str | None = None
) -> None:
    """After the commit, hint that `stream` reached `seq`, or that its value changed."""
    line = f"e|{stream}|{seq}" if seq is not None else f"v|{stream}|{value_type}"
    publish_after_commit(tx, CHANNEL_STREAMS, line)
