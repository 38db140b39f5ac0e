"""From rows to sockets: hints say where to look, a sweep looks everywhere, rows decide.

One task reads, for all channels that are behind at once, the rows behind what was delivered,
in one statement; hints that arrive meanwhile gather for the next. Once a second the sweep
compares the counters of every channel here, so that a hint that was lost, or never sent
because the writer died after its commit, costs a second and no event.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice

import structlog

from flylive.errors import Unavailable
from flylive.gateway import metrics, queries
from flylive.gateway.channels import Channel, Subscription
from flylive.gateway.reader import Reader
from flylive.realtime.queries import StoredEvent

log = structlog.get_logger(__name__)

PAGE = 200
"""Events read of one stream at a time."""
STREAMS_AT_ONCE = 200
YIELD_AFTER = 2_000
"""Frames written in a row before others get the loop."""
SWEEP_SECONDS = 1.0
SWEPT_AT_ONCE = 5_000
RETRY_SECONDS = 0.5
REACH_SECONDS, REACH_TRIES, REACH_PAUSE_SECONDS = 10.0, 5, 0.05


def is_gapless(events: Sequence[StoredEvent], after: int) -> bool:
    """Whether there are events, and the first and each that follows has the next sequence."""
    return bool(events) and all(
        event.seq == seq for seq, event in enumerate(events, start=after + 1)
    )


class Delivery:
    """The channels of this process, and the tasks that keep them up with their streams.

    `on_closed` is told of a channel that nobody follows any more.
    """

    def __init__(
        self, reader: Reader, on_closed: Callable[[Channel], None], *, page: int = PAGE
    ) -> None:
        self.reader = reader
        self.on_closed = on_closed
        self.page = page
        self.channels: dict[str, Channel] = {}
        self._behind: dict[Channel, None] = {}
        self._wake = asyncio.Event()
        self._sweep_now = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to deliver."""
        self._tasks = [
            asyncio.create_task(self._read_forever(), name="delivery"),
            asyncio.create_task(self._sweep_forever(), name="delivery-sweep"),
        ]

    async def stop(self) -> None:
        """Stop delivering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def join(self, subscription: Subscription) -> None:
        """Count a subscription that is about to catch up."""
        subscription.channel.joining.add(subscription)

    def channel(self, name: str) -> Channel:
        """The channel of a stream, opened if nobody follows it yet.

        It is there before its place is read, so that a hint in between is not lost.
        """
        channel = self.channels.get(name)
        if channel is None:
            channel = self.channels[name] = Channel(name)
            metrics.CHANNELS.set(len(self.channels))
        return channel

    def leave(self, subscription: Subscription) -> None:
        """End a subscription, whether it follows or still catches up."""
        channel, transport = subscription.channel, subscription.session.transport
        if channel.members.get(transport) is subscription:
            del channel.members[transport]
        channel.joining.discard(subscription)
        if not channel.is_followed and self.channels.get(channel.name) is channel:
            del self.channels[channel.name]
            self._behind.pop(channel, None)
            metrics.CHANNELS.set(len(self.channels))
            self.on_closed(channel)

    def hint(self, name: str, seq: int) -> None:
        """A stream is said to have reached `seq`."""
        channel = self.channels.get(name)
        if channel is not None and seq > channel.hinted:
            channel.hinted = seq
            if channel.epoch is not None and seq > channel.seq:
                self.look(channel)

    def look(self, channel: Channel) -> None:
        """Read what the stream has behind what was delivered."""
        self._behind[channel] = None
        self._wake.set()

    def sweep(self) -> None:
        """Compare all counters now: hints may have been missed."""
        self._sweep_now.set()

    async def refresh(self, channel: Channel) -> None:
        """Have the channel's rows read once more, and wait for it. Raises Unavailable."""
        self.look(channel)
        try:
            await channel.next_move(REACH_SECONDS)
        except TimeoutError as error:
            raise Unavailable("The stream cannot be read now") from error

    async def reach(self, channel: Channel, seq: int) -> None:
        """Wait until the channel stands at `seq`, or elsewhere altogether. Raises Unavailable."""
        epoch, tries = channel.epoch, 0
        while channel.epoch == epoch and channel.seq < seq:
            before = channel.seq
            await self.refresh(channel)
            if channel.seq <= before:
                # A reading under way may be older than `seq`; several are not.
                tries += 1
                if tries > REACH_TRIES:
                    raise Unavailable("The stream has not come so far")
                await asyncio.sleep(REACH_PAUSE_SECONDS)

    async def _read_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._behind:
                batch = list(islice(self._behind, STREAMS_AT_ONCE))
                for channel in batch:
                    del self._behind[channel]
                try:
                    await self._read(batch)
                except Exception as error:
                    if isinstance(error, Unavailable):
                        log.warning("delivery.read_failed", error=error.detail)
                    else:
                        log.exception("delivery.read_failed")
                    for channel in batch:
                        if self.channels.get(channel.name) is channel:
                            self._behind[channel] = None
                    await asyncio.sleep(RETRY_SECONDS)

    async def _read(self, batch: Sequence[Channel]) -> None:
        asked = [(channel.name, channel.seq) for channel in batch]
        news = await queries.list_news(self.reader, asked, self.page)
        for channel in batch:
            found = news.get(channel.name)
            if found is not None and self.channels.get(channel.name) is channel:
                await self._take(channel, found)
            channel.moved()

    async def _take(self, channel: Channel, news: queries.News) -> None:
        """Deliver what was read; only here, in one task, does a loaded channel's place change."""
        if channel.epoch is None:
            channel.load(news.epoch, news.seq)
        elif news.epoch != channel.epoch:
            channel.restart(news.epoch, news.seq, "epoch")
        elif news.seq < channel.seq:
            channel.restart(news.epoch, news.seq, "ahead")
        elif news.seq > channel.seq and not is_gapless(news.events, channel.seq):
            channel.restart(news.epoch, news.seq, "too_old")
        else:
            written = 0
            for event in news.events:
                for ended in channel.deliver(event):
                    ended.session.forget(ended)
                written += len(channel.members)
                if written > YIELD_AFTER:
                    written = 0
                    await asyncio.sleep(0)
            if news.seq > channel.seq and channel.is_followed:
                self.look(channel)

    async def _sweep_forever(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._sweep_now.wait(), SWEEP_SECONDS)
            self._sweep_now.clear()
            try:
                await self._sweep()
            except Unavailable as error:
                log.warning("delivery.sweep_failed", error=error.detail)
            except Exception:
                log.exception("delivery.sweep_failed")

    async def _sweep(self) -> None:
        known = {
            channel.name: (channel, channel.epoch, channel.seq)
            for channel in self.channels.values()
            if channel.epoch is not None
        }
        names = list(known)
        for start in range(0, len(names), SWEPT_AT_ONCE):
            some = names[start : start + SWEPT_AT_ONCE]
            for head in await queries.list_heads(self.reader, some):
                channel, epoch, seq = known[head.name]
                # Delivery went on while this was read: only what differs from what was
                # delivered before the reading is news.
                if head.epoch != epoch or head.seq < seq or head.seq > channel.seq:
                    if channel not in self._behind:
                        metrics.SWEPT.inc()
                    self.look(channel)
