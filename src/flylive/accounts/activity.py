"""When a token was last used and its user last active: at most once in five minutes each.

A request pays a look at two moments that were read with its token; what is due gathers and is
written for many at once, every few seconds, from a task of its own.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from flylive.accounts import queries
from flylive.accounts.caller import Caller
from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.errors import Unavailable

log = structlog.get_logger(__name__)

RESOLUTION = timedelta(minutes=5)
FLUSH_SECONDS = 2.0
SLICE = 100
"""Users (and tokens) of one transaction: gifts wait for the rows that it holds."""


Slices = tuple[list[int], list[int]]


class Activity:
    """Gathers who was here, and writes it down now and then."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._tokens: set[int] = set()
        self._users: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def note(
        self, caller: Caller, last_used_at: datetime | None, last_active_at: datetime | None
    ) -> None:
        """Note that `caller` is here, where what is written is five minutes old."""
        stale = now() - RESOLUTION
        if last_used_at is None or last_used_at <= stale:
            self._tokens.add(caller.token_id)
        if last_active_at is None or last_active_at <= stale:
            self._users.add(caller.user_id)

    async def start(self) -> None:
        """Begin to write every few seconds."""
        self._task = asyncio.create_task(self._flush_forever(), name="activity")

    async def stop(self) -> None:
        """Write what has gathered, then end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def flush(self) -> None:
        """Write what has gathered; while the database is away it goes on gathering."""
        tokens, self._tokens = sorted(self._tokens), set()
        users, self._users = sorted(self._users), set()
        moment = now()
        for first in range(0, max(len(tokens), len(users)), SLICE):
            slices = tokens[first : first + SLICE], users[first : first + SLICE]

            async def write(tx: Transaction, slices: Slices = slices) -> None:
                await queries.touch(tx, *slices, moment, moment - RESOLUTION)

            try:
                await self.database.run(write)
            except Unavailable as error:
                self._tokens.update(tokens[first:])
                self._users.update(users[first:])
                log.warning("activity.not_written", error=error.detail)
                return

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception:
                log.exception("activity.failed")
