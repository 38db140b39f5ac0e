"""The engine: gifts that arrive while a group is being committed form the next group.

A gift that is a transaction of its own pays a commit, and a popular host's row lets only one
through at a time; a group pays both once. Each sender gets his own answer after the commit.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import structlog
from prometheus_client import Histogram

from flylive.config import Settings
from flylive.database import Database
from flylive.errors import Problem, Unavailable
from flylive.gifts.errors import QueueFull
from flylive.gifts.facts import GiftRequest, StaleOwners
from flylive.gifts.group import GroupCommitter
from flylive.http.idempotency import Answer

log = structlog.get_logger(__name__)

GROUP_SIZE = Histogram(
    "flylive_gift_group_size", "Gifts committed together.", buckets=(1, 4, 16, 64, 128, 256, 512)
)
OWNER_RETRIES = 5


class GiftEngine:
    """One per API process; :meth:`send` from any task of its event loop."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.group_size = settings.gift_group_size
        self.queue_size = settings.gift_queue_size
        self.committer = GroupCommitter(settings)
        self._waiting: deque[tuple[GiftRequest, asyncio.Future[Answer]]] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self) -> None:
        """Begin to commit groups."""
        self._task = asyncio.create_task(self._commit_forever(), name="gift-engine")

    async def stop(self) -> None:
        """Take no more, commit what waits, then end."""
        self._is_stopping = True
        self._arrived.set()
        if self._task is not None:
            await self._task

    async def send(self, request: GiftRequest) -> Answer:
        """The answer to a gift, after its commit. Raises QueueFull (503) rather than grow."""
        if self._is_stopping or len(self._waiting) >= self.queue_size:
            raise QueueFull
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._arrived.set()
        return await future

    async def _commit_forever(self) -> None:
        while self._waiting or not self._is_stopping:
            if not self._waiting:
                self._arrived.clear()
                if not self._is_stopping:
                    await self._arrived.wait()
                continue
            size = min(len(self._waiting), self.group_size)
            entries = [self._waiting.popleft() for _ in range(size)]
            GROUP_SIZE.observe(size)
            await self._commit(entries)

    async def _commit(self, entries: Sequence[tuple[GiftRequest, asyncio.Future[Answer]]]) -> None:
        """Commit a group; one that fails is split until the culprit is alone."""
        try:
            answers = await self._run([request for request, _ in entries])
        except Exception as error:
            if len(entries) > 1 and not isinstance(error, Unavailable):
                log.warning("gifts.group_split", size=len(entries), reason=repr(error))
                middle = len(entries) // 2
                await self._commit(entries[:middle])
                await self._commit(entries[middle:])
                return
            if not isinstance(error, Problem):
                log.error("gifts.gift_failed", exc_info=error)
            for _, future in entries:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), answer in zip(entries, answers, strict=True):
            if not future.done():
                future.set_result(answer)

    async def _run(self, requests: Sequence[GiftRequest]) -> list[Answer]:
        for _ in range(OWNER_RETRIES):
            try:
                return await self.database.run(lambda tx: self.committer.process(tx, requests))
            except StaleOwners:
                continue
        raise Unavailable("Agencies are changing hands; try again")
