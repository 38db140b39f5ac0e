"""Who is here: seen by a socket or a request, written down in bulk every few seconds.

A beat, an open socket or a request about the room that one is in, costs no write: the process
gathers who it saw and when, and writes all in one statement, every FLUSH_SECONDS; whoever was
not written lately within PROMPT_SECONDS, so that what stands in the table is never much older
than the truth where that matters. Each process also writes that it could write: where no beats
come at all, nobody can be told absent.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime

import structlog
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.errors import Problem

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 10.0
PROMPT_SECONDS = 1.0

Sight = tuple[int, int | None]
"""A user, and the room he asked about; None: it counts wherever he is."""

_seen: dict[Sight, datetime] = {}
"""When users showed themselves, as far as that was not written down yet."""
_known: set[Sight] = set()
"""What was written down at the last flush or since."""


def seen(user_id: int, room_id: int | None = None) -> None:
    """This user showed himself to this process just now; in that room, if he is in it."""
    _seen[user_id, room_id] = now()


_MARK = text(
    """
    INSERT INTO presence AS p (user_id, seen_at)
    SELECT user_id, max(seen_at)
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:room_ids AS bigint[]),
                CAST(:seen_at AS timestamptz[])) AS here (user_id, room_id, seen_at)
    WHERE room_id IS NULL
       OR EXISTS (SELECT FROM room_participants s WHERE s.user_id = here.user_id
                  AND s.room_id = here.room_id AND s.is_active)
    GROUP BY user_id ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at
    WHERE p.seen_at < excluded.seen_at
    """
)
_CORRECT = text(
    """
    UPDATE presence p SET seen_at = silent.heard_at
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:heard_at AS timestamptz[]))
         AS silent (user_id, heard_at)
    WHERE p.user_id = silent.user_id AND p.seen_at > silent.heard_at
      AND p.seen_at = ANY(CAST(:ours AS timestamptz[]))
    """
)
_TELL_FLUSH = text(
    """
    INSERT INTO cache (key, value, expiration) VALUES (:key, '', :at)
    ON CONFLICT (key) DO UPDATE SET expiration = excluded.expiration
    """
)
_LAST_FLUSH = text("SELECT expiration FROM cache WHERE key = :key")
_FLUSH_KEY, _KEPT_SECONDS = "presence.flushed", 24 * 3600
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


async def mark(tx: Transaction, seen_at: Mapping[Sight, datetime]) -> None:
    """Write down when these users were seen, unless something later is written."""
    if seen_at:
        values = {
            "user_ids": [user_id for user_id, _ in seen_at],
            "room_ids": [room_id for _, room_id in seen_at],
            "seen_at": list(seen_at.values()),
        }
        await tx.execute(_MARK, values)


async def correct(
    tx: Transaction, heard_at: Mapping[int, datetime], ours: Collection[datetime]
) -> None:
    """Take back what was written too well of sockets that turn out silent.

    Only where what stands there is of `ours`, the moments of this process's own flushes:
    whoever showed himself elsewhere is here.
    """
    if heard_at:
        user_ids = sorted(heard_at)
        moments = [heard_at[user_id] for user_id in user_ids]
        await tx.execute(_CORRECT, {"user_ids": user_ids, "heard_at": moments, "ours": list(ours)})


async def tell_flush(tx: Transaction, moment: datetime) -> None:
    """Write down that a process was able to write what it saw."""
    expiration = int(moment.timestamp()) + _KEPT_SECONDS
    await tx.execute(_TELL_FLUSH, {"key": _FLUSH_KEY, "at": expiration})


async def seconds_since_flush(tx: Reading) -> float | None:
    """For how long no process has written what it saw; None where none ever did."""
    expiration = await tx.scalar(_LAST_FLUSH, {"key": _FLUSH_KEY})
    return None if expiration is None else now().timestamp() - (expiration - _KEPT_SECONDS)


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
    """Writes what was seen every `seconds`, and sooner who is new.

    `also` names whoever is here without beats, `silent` those of whom that was said too long,
    with the moment they were last heard of.
    """

    def __init__(
        self,
        database: Database,
        *,
        also: Callable[[], Iterable[int]] = tuple,
        silent: Callable[[], Mapping[int, datetime]] = dict,
        seconds: float = FLUSH_SECONDS,
    ) -> None:
        self.database = database
        self.also = also
        self.silent = silent
        self.seconds = seconds
        self._ours: deque[datetime] = deque(maxlen=30)
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
        moment = now()
        batch = _seen | dict.fromkeys(((user, None) for user in self.also()), moment)
        heard = {user for user, _ in batch}
        silent = {user: at for user, at in self.silent().items() if user not in heard}
        ours = list(self._ours)
        self._ours.append(moment)

        async def work(tx: Transaction) -> None:
            await mark(tx, batch)
            await correct(tx, silent, ours)
            await tell_flush(tx, moment)

        _known.clear()
        await self._write(batch, work)

    async def flush_new(self) -> None:
        """Write down those whom the last flush did not have, if there are any."""
        batch = {sight: at for sight, at in _seen.items() if sight not in _known}
        if batch:
            await self._write(batch, lambda tx: mark(tx, batch))

    async def _write(
        self, batch: Mapping[Sight, datetime], work: Callable[[Transaction], Awaitable[None]]
    ) -> None:
        for sight in batch:
            _seen.pop(sight, None)
        try:
            await self.database.run(work)
        except Problem as problem:
            for sight, at in batch.items():
                _seen.setdefault(sight, at)
            log.warning("presence.flush_failed", users=len(batch), error=problem.detail)
        else:
            _known.update(batch)

    async def _flush_forever(self) -> None:
        due = time.monotonic() + self.seconds
        while True:
            await asyncio.sleep(min(PROMPT_SECONDS, self.seconds))
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + self.seconds
                    await self.flush()
                else:
                    await self.flush_new()
            except Exception:
                # Were it to end here, everybody would soon be taken for absent.
                log.exception("presence.failed")
