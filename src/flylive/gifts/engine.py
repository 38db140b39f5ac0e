"""The engine: gifts that arrive while a group is being committed form the next group.

A gift that is a transaction of its own pays a commit, and a popular host's row lets only one
through at a time; a group pays both once. Each sender gets his own answer after the commit.

Several groups may be under way at once, as many as there are lanes. They share no people and no
room, so none waits for another's locks, and one core of the database is not all that gifts can use.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from prometheus_client import Histogram

from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Problem, Unavailable
from flylive.gifts.errors import QueueFull
from flylive.gifts.facts import GiftRequest, StaleOwners
from flylive.gifts.group import GroupCommitter
from flylive.gifts.turns import Turns
from flylive.http.idempotency import Answer

log = structlog.get_logger(__name__)

GROUP_SIZE = Histogram(
    "flylive_gift_group_size", "Gifts committed together.", buckets=(1, 4, 16, 64, 128, 256, 512)
)
OWNER_RETRIES = 5
LEAST_LINES = 24
"""Lines that make a group worth beginning beside another: a small one costs nearly as much."""
PATIENCE_SECONDS = 0.02
"""How long fewer lines than that wait for more, or for the other group's end."""
HOLD_SECONDS = 0.02
"""The longest that an answer waits for the next group to be on its way."""


class Entry(NamedTuple):
    """A gift that waits for its answer."""

    request: GiftRequest
    future: asyncio.Future[Answer]
    keys: frozenset[int]

    @property
    def sender_id(self) -> int:
        """Whose turn it needs."""
        return self.request.sender_id

    @property
    def lines(self) -> int:
        """How many recipients it has."""
        return len(self.request.body.recipient_ids)


class GiftEngine:
    """One per API process; :meth:`send` and :meth:`submit` within its event loop."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database.for_bursts(settings.gift_lanes)
        self.group_lines = settings.gift_group_size
        self.lanes = settings.gift_lanes
        self.committer = GroupCommitter(settings)
        self._waiting: Turns[Entry] = Turns(settings.gift_queue_size)
        self._groups = 0
        self._locked: set[int] = set()
        self._may_begin = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self._is_impatient = False
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False
        self._held: list[tuple[asyncio.Future[Answer], Answer]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Begin to commit groups, as many at once as there are lanes."""
        self._tasks = [
            asyncio.create_task(self._commit_forever(), name=f"gift-engine-{lane}")
            for lane in range(self.lanes)
        ]

    async def stop(self) -> None:
        """Take no more, commit what waits, then end."""
        self._is_stopping = True
        self._may_begin.set()
        await asyncio.gather(*self._tasks)
        await self.database.close()

    async def send(self, request: GiftRequest) -> Answer:
        """The answer to a gift, after its commit. Raises QueueFull (503) rather than grow."""
        return await self.submit(request)

    def submit(self, request: GiftRequest) -> asyncio.Future[Answer]:
        """The answer that :meth:`send` waits for."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._is_stopping:
            future.set_exception(QueueFull())
            return future
        keys = self.committer.keys(request)
        loser = self._waiting.put(Entry(request, future, keys))
        if loser is not None and not loser.future.done():
            loser.future.set_exception(QueueFull())
        if self._locked.isdisjoint(keys):
            self._call_a_lane()
        return future

    def _call_a_lane(self) -> None:
        if self._is_worth_a_group():
            self._may_begin.set()
        elif self._patience is None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(PATIENCE_SECONDS, self._be_impatient)

    def _is_worth_a_group(self) -> bool:
        return self._groups == 0 or self._waiting.lines >= LEAST_LINES or self._is_impatient

    def _be_impatient(self) -> None:
        self._patience = None
        self._is_impatient = True
        self._may_begin.set()

    def _take(self) -> list[Entry]:
        if not self._is_worth_a_group():
            return []
        self._is_impatient = False
        return self._waiting.take(self.group_lines, self._locked)

    async def _commit_forever(self) -> None:
        while self._waiting or not self._is_stopping:
            entries = self._take()
            if not entries:
                self._may_begin.clear()
                await self._may_begin.wait()
                continue
            GROUP_SIZE.observe(len(entries))
            keys = frozenset[int]().union(*(entry.keys for entry in entries))
            self._locked |= keys
            self._groups += 1
            try:
                await self._commit(entries)
            finally:
                self._locked -= keys
                self._groups -= 1
                self._call_a_lane()

    async def _commit(self, entries: Sequence[Entry]) -> None:
        """Commit a group; one that fails is split until the culprit is alone."""
        try:
            answers = await self._run([entry.request for entry in entries])
        except Exception as error:
            if len(entries) > 1 and not isinstance(error, Unavailable):
                log.warning("gifts.group_split", size=len(entries), reason=repr(error))
                middle = len(entries) // 2
                await self._commit(entries[:middle])
                await self._commit(entries[middle:])
                return
            if not isinstance(error, Problem):
                log.error("gifts.gift_failed", exc_info=error)
            for entry in entries:
                if not entry.future.done():
                    entry.future.set_exception(error)
            return
        self._hold([entry.future for entry in entries], answers)

    async def _run(self, requests: Sequence[GiftRequest]) -> list[Answer]:
        async def work(tx: Transaction) -> list[Answer]:
            answers = await self.committer.process(tx, requests, is_last=True)
            asyncio.get_running_loop().call_soon(self._hand_out)
            return answers

        for _ in range(OWNER_RETRIES):
            try:
                return await self.database.run(work)
            except StaleOwners:
                continue
        raise Unavailable("Agencies are changing hands; try again")

    def _hold(self, futures: Sequence[asyncio.Future[Answer]], answers: Sequence[Answer]) -> None:
        """Answer what was committed; where others wait, once their group is on its way.

        Writing a hundred answers and reading the requests that follow takes this thread longer
        than the database takes to lock and read: it would wait for us, to wait for it afterwards.
        With another group under way it has something to do meanwhile.
        """
        self._held += zip(futures, answers, strict=True)
        if not self._waiting or self._groups > 1:
            self._hand_out()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._hand_out)

    def _hand_out(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, []
        for future, answer in held:
            if not future.done():
                future.set_result(answer)
