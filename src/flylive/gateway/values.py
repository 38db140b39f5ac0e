"""Values: the newest state of what changes often, conflated to a few frames a second.

A value is read from its tables when somebody begins to follow, when a hint says that it
changed, and every other second in case a hint was lost; it goes out only if it is another
than the last one. Between two readings of one value lies at least INTERVAL_SECONDS, so that
nobody gets more than five a second, and a change in between makes the next reading due:
the newest always wins.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from itertools import groupby, islice
from typing import Any, NamedTuple

import structlog

from flylive.clock import business_day, now
from flylive.errors import Unavailable
from flylive.gateway import frames, queries
from flylive.gateway.channels import Channel, Subscription, subject_of
from flylive.gateway.reader import Reader
from flylive.money import render
from flylive.rooms.events import ROOM_METRICS
from flylive.wallet.book import WALLET_VALUE

log = structlog.get_logger(__name__)

INTERVAL_SECONDS = 0.22
SWEEP_SECONDS = 2.0
CELLS_AT_ONCE = 1_000
RETRY_SECONDS = 0.5


class ValueType(NamedTuple):
    """A type of value: its name, on which streams it goes, how it is read and shown.

    `load` gets ids of rooms or users and the business day; its rows begin with the id.
    """

    name: str
    kind: str
    load: Callable[[Reader, list[int], date], Awaitable[list[Any]]]
    show: Callable[[Any], dict[str, Any]]


def _show_wallet(row: Any) -> dict[str, Any]:
    return {
        "coin_balance": render(row.coin_balance),
        "diamond_balance": render(row.diamond_balance),
        "total_spent": render(row.total_spent),
        "total_received": render(row.total_received),
        "wealth_xp": row.wealth_xp,
        "charm_xp": row.charm_xp,
        "debt": render(row.debt),
    }


def _show_room_metrics(row: Any) -> dict[str, Any]:
    """`coins` and `popularity` are the seed's columns once more, by the names of the interface."""
    return {
        "participant_count": row.participant_count,
        "coins": render(row.total_coins_spent),
        "popularity": render(row.popularity_index),
        "total_coins_spent": render(row.total_coins_spent),
        "daily_coins_spent": render(row.daily_coins_spent),
        "weekly_coins_spent": render(row.weekly_coins_spent),
        "monthly_coins_spent": render(row.monthly_coins_spent),
        "popularity_index": render(row.popularity_index),
        "room_level": row.room_level,
        "room_xp": row.room_xp,
    }


TYPES = [
    ValueType(WALLET_VALUE, "user", queries.list_wallets, _show_wallet),
    ValueType(ROOM_METRICS, "room", queries.list_room_metrics, _show_room_metrics),
]


class Cell:
    """One value of one stream that somebody here follows, as it was last sent."""

    __slots__ = ("channel", "due", "newcomers", "row", "subject", "type")

    def __init__(self, channel: Channel, type: ValueType) -> None:
        self.channel = channel
        self.type = type
        self.subject = subject_of(channel.name)[1]
        self.row: Any = None
        self.due = 0.0
        self.newcomers: list[Subscription] = []


class Values:
    """All values of this process's channels."""

    def __init__(self, reader: Reader, timezone: str) -> None:
        self.reader = reader
        self.timezone = timezone
        self._cells: dict[tuple[str, str], Cell] = {}
        self._stale: dict[Cell, None] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to send."""
        self._tasks = [
            asyncio.create_task(self._send_forever(), name="values"),
            asyncio.create_task(self._sweep_forever(), name="values-sweep"),
        ]

    async def stop(self) -> None:
        """Stop sending."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def welcome(self, subscription: Subscription) -> None:
        """Send a new member the values of his stream."""
        channel = subscription.channel
        kind, _ = subject_of(channel.name)
        for type in TYPES:
            if type.kind == kind:
                key = (channel.name, type.name)
                cell = self._cells.get(key)
                if cell is None:
                    cell = self._cells[key] = Cell(channel, type)
                cell.newcomers.append(subscription)
                self._mark(cell)

    def forget(self, channel: Channel) -> None:
        """Nobody follows the channel any more."""
        for type in TYPES:
            cell = self._cells.pop((channel.name, type.name), None)
            if cell is not None:
                self._stale.pop(cell, None)

    def hint(self, stream: str, type: str) -> None:
        """A value is said to have changed."""
        cell = self._cells.get((stream, type))
        if cell is not None:
            self._mark(cell)

    def sweep(self) -> None:
        """Read every value again: hints may have been missed."""
        self._stale.update(dict.fromkeys(self._cells.values()))
        self._wake.set()

    def _mark(self, cell: Cell) -> None:
        self._stale[cell] = None
        self._wake.set()

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

    async def _send_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            ready = list(
                islice((cell for cell in self._stale if cell.due <= loop.time()), CELLS_AT_ONCE)
            )
            for cell in ready:
                del self._stale[cell]
            try:
                await self._send(ready)
            except Exception as error:
                if isinstance(error, Unavailable):
                    log.warning("values.read_failed", error=error.detail)
                else:
                    log.exception("values.read_failed")
                await asyncio.sleep(RETRY_SECONDS)
                for cell in ready:
                    if self._cells.get((cell.channel.name, cell.type.name)) is cell:
                        self._stale[cell] = None
            if self._stale:
                wait = min(cell.due for cell in self._stale) - loop.time()
                with suppress(TimeoutError):
                    # A hint for another value may come sooner.
                    await asyncio.wait_for(self._wake.wait(), max(wait, 0.001))
                self._wake.set()

    async def _send(self, cells: list[Cell]) -> None:
        cells.sort(key=lambda cell: cell.type.name)
        day = business_day(now(), self.timezone)
        for _, group in groupby(cells, key=lambda cell: cell.type.name):
            some = list(group)
            ids = [cell.subject for cell in some]
            rows = await some[0].type.load(self.reader, ids, day)
            found = {row.id: row for row in rows}
            for cell in some:
                row = found.get(cell.subject)
                if row is not None:
                    self._show(cell, row)

    def _show(self, cell: Cell, row: Any) -> None:
        newcomers, cell.newcomers = cell.newcomers, []
        if row == cell.row and not newcomers:
            return
        channel = cell.channel
        frame = frames.value(channel.name, cell.type.name, cell.type.show(row), now())
        if row != cell.row:
            channel.broadcast(frame)
        else:
            for subscription in newcomers:
                if channel.members.get(subscription.session.transport) is subscription:
                    subscription.session.send(frame)
        cell.row = row
        cell.due = asyncio.get_running_loop().time() + INTERVAL_SECONDS
