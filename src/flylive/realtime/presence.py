"""Who is here: seen by a socket or a request, written down in bulk every few seconds.

A beat costs no write: the process gathers user ids and flushes them in one statement.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import structlog
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.errors import Problem

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 10.0

_seen: set[int] = set()


def seen(user_id: int) -> None:
    """This user showed himself to this process just now."""
    _seen.add(user_id)


_MARK = text(
    """
    INSERT INTO presence AS p (user_id, seen_at)
    SELECT user_id, :at FROM unnest(CAST(:user_ids AS bigint[])) AS here (user_id)
    ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at
    WHERE p.seen_at < excluded.seen_at
    """
)
_ENSURE = text(
    """
    INSERT INTO presence (user_id, seen_at)
    SELECT user_id, :at FROM unnest(CAST(:user_ids AS bigint[])) AS here (user_id)
    ORDER BY user_id
    ON CONFLICT (user_id) DO NOTHING
    """
)
_FORGET = text(
    "DELETE FROM presence WHERE user_id = ANY(CAST(:user_ids AS bigint[])) AND seen_at < :before"
)


_DROP = text("DELETE FROM presence WHERE user_id = :user_id")


async def drop(tx: Transaction, user_id: int) -> None:
    """Forget when a user was last here; of nobody's concern once he has no account."""
    await tx.execute(_DROP, {"user_id": user_id})


async def mark(tx: Transaction, user_ids: Collection[int]) -> None:
    """Write down that these users are here now."""
    if user_ids:
        await tx.execute(_MARK, {"user_ids": sorted(user_ids), "at": now()})


async def ensure(tx: Transaction, user_ids: Collection[int]) -> None:
    """Let the time of those of whom nothing is known begin now.

    For participants without a row: whoever was marked by a process that was killed before
    its flush, and everybody after a crash of the database, which empties the table.
    """
    if user_ids:
        await tx.execute(_ENSURE, {"user_ids": sorted(user_ids), "at": now()})


async def forget(tx: Transaction, user_ids: Collection[int], before: datetime) -> None:
    """Drop the expired once they have been dealt with, unless they came back meanwhile."""
    if user_ids:
        await tx.execute(_FORGET, {"user_ids": sorted(user_ids), "before": before})


class Flusher:
    """Writes what was seen every `seconds`; `also` names whoever is here without beats."""

    def __init__(
        self,
        database: Database,
        *,
        also: Callable[[], Iterable[int]] = tuple,
        seconds: float = FLUSH_SECONDS,
    ) -> None:
        self.database = database
        self.also = also
        self.seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to flush."""
        self._task = asyncio.create_task(self._flush_forever(), name="presence")

    async def stop(self) -> None:
        """Flush once more, then end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write down everybody seen since the last time; kept for the next if that fails."""
        batch = _seen.union(self.also())
        _seen.clear()
        try:
            await self.database.run(lambda tx: mark(tx, batch))
        except Problem as problem:
            _seen.update(batch)
            log.warning("presence.flush_failed", users=len(batch), error=problem.detail)

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            try:
                await self.flush()
            except Exception:
                # Were it to end here, everybody would soon be taken for absent.
                log.exception("presence.failed")
