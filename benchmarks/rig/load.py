"""Load over HTTP/1.1: connections that stay open, each with one request under way.

As little as possible per request, since the generator runs on the cores that it measures: the
parts of a request are bytes made beforehand, and of an answer only the status, the length and
the gift's id are read.
"""

import asyncio
import math
import random
import re
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import uvloop

from benchmarks.rig.crowd import Crowd
from benchmarks.rig.gauges import Gauges, Spent, spent
from benchmarks.rig.platform import HOST

ANSWER_SECONDS = 30
TICK_SECONDS = 0.002
"""How often a paced load looks what is due; what it is late by counts as the answer's time."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_REPLAYED = b"idempotent-replayed"
_POOR = b'"wallet.insufficient_coins"'
_ID = re.compile(rb'\{"id":(\d+),')
_HEAD = (
    b"POST /v1/gifts/send HTTP/1.1\r\nHost: benchmark\r\nContent-Type: application/json\r\n"
    b"Authorization: Bearer %b\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
)

Send = tuple[int, bytes]
"""A sender's id and the body of his request."""
Pick = Callable[[Crowd, random.Random], Send]


@dataclass
class Measured:
    """What a load saw: of the measured seconds the times of its answers, of all time the rest."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    """Of each gift that was given, or decided not to be, in the measured seconds."""
    sent: dict[str, int] = field(default_factory=dict)
    """Key of each 201, with the gift's id."""
    unanswered: list[str] = field(default_factory=list)
    other: bytes = b""
    """The last answer that was neither."""
    refused: int = 0
    """How many gifts were refused for want of coins."""
    is_counting: bool = False
    spent: Spent | None = None

    def percentile(self, percent: float) -> float:
        """Milliseconds within which so many percent of the gifts were answered."""
        return percentile(self.milliseconds, percent)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile."""
    ranked = sorted(values)
    return ranked[max(math.ceil(len(ranked) * percent / 100) - 1, 0)]


class Client(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.received = b""
        self.key = b""
        self.begin = 0.0
        self.transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are no subclass of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        self.load.is_free(self)

    def send(self, due: float) -> None:
        """Send the next request, which was `due` at that moment."""
        assert self.transport is not None
        self.key, request = self.load.next_request()
        self.begin = due
        self.transport.write(request)

    def close(self) -> None:
        """End: nothing is under way."""
        assert self.transport is not None
        self.key = b""
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read on; once the answer is whole, note it and send the next."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self.received, 0, end)
        assert length is not None, "the API answers with a Content-Length"
        if len(self.received) < end + 4 + int(length[1]):
            return
        elapsed = time.perf_counter() - self.begin
        assert _REPLAYED not in self.received[:end], "each gift has a key of its own"
        self.load.note(int(self.received[9:12]), self.received[end + 4 :], self.key, elapsed)
        self.received = self.key = b""
        self.load.is_free(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The end, asked for or not."""
        if self.key:
            self.load.measured.unanswered.append(self.key.decode())
        if not self.done.done():
            self.done.set_result(None)


class Load:
    """Gifts of one kind over a number of connections, and what came of them."""

    def __init__(self, crowd: Crowd, pick: Pick, name: str) -> None:
        self.crowd = crowd
        self.pick = pick
        self.random = random.Random()
        self.tokens = [token.encode() for token in crowd.tokens]
        # Never used before, in this run or an earlier one: a key's second gift is no gift.
        self.prefix = f"{name}-{secrets.token_hex(8)}-".encode()
        self.count = 0
        self.is_over = False
        self.measured = Measured()

    def next_request(self) -> tuple[bytes, bytes]:
        """A new key and the request under it."""
        sender, body = self.pick(self.crowd, self.random)
        self.count += 1
        key = b"%b%d" % (self.prefix, self.count)
        return key, _HEAD % (self.tokens[sender - 1], key, len(body), body)

    def note(self, status: int, body: bytes, key: bytes, elapsed: float) -> None:
        """Note an answer."""
        measured = self.measured
        measured.statuses[status] += 1
        if status == 201:
            found = _ID.match(body)
            assert found is not None, "a sent gift's answer begins with its id"
            measured.sent[key.decode()] = int(found[1])
        elif status == 409 and _POOR in body:
            measured.refused += 1
        else:
            measured.other = body
            return
        if measured.is_counting:
            measured.milliseconds.append(elapsed * 1000)

    def is_free(self, client: Client) -> None:
        """A connection has nothing under way: send on it, or close it when the time is over."""
        if self.is_over:
            client.close()
        else:
            client.send(time.perf_counter())

    async def run(
        self, port: int, connections: int, warm_up: float, seconds: float, gauges: Gauges
    ) -> Measured:
        """Load for `warm_up` seconds unmeasured, then `seconds` measured; waits for each answer."""
        loop, measured = asyncio.get_running_loop(), self.measured
        clients = [
            (await loop.create_connection(lambda: Client(self), HOST, port))[1]
            for _ in range(connections)
        ]
        await asyncio.sleep(warm_up)
        before = gauges.read()
        measured.is_counting = True
        await asyncio.sleep(seconds)
        measured.is_counting = False
        measured.spent = spent(before, gauges.read())
        self.end()
        async with asyncio.timeout(ANSWER_SECONDS):
            await asyncio.gather(*(client.done for client in clients))
        return measured

    def end(self) -> None:
        """No more requests."""
        self.is_over = True


class Paced(Load):
    """Requests that are due at a fixed rate, whether or not the last one was answered.

    One for which no connection is free waits, and its time counts from when it was due.
    """

    def __init__(self, crowd: Crowd, pick: Pick, name: str, rate: float) -> None:
        super().__init__(crowd, pick, name)
        self.interval = 1 / rate
        self.free: deque[Client] = deque()
        self.due: deque[float] = deque()
        self.next_due = 0.0

    def is_free(self, client: Client) -> None:
        """Send what is due the longest, or wait for the next that is."""
        if self.due:
            client.send(self.due.popleft())
        elif self.is_over:
            client.close()
        else:
            self.free.append(client)

    async def run(
        self, port: int, connections: int, warm_up: float, seconds: float, gauges: Gauges
    ) -> Measured:
        """The same as of Load, with requests by the clock."""
        clock = asyncio.create_task(self._tick())
        try:
            return await super().run(port, connections, warm_up, seconds, gauges)
        finally:
            clock.cancel()

    def end(self) -> None:
        """No more requests: close the connections that have nothing to do."""
        super().end()
        while self.free:
            self.free.popleft().close()

    async def _tick(self) -> None:
        self.next_due = time.perf_counter()
        while not self.is_over:
            now = time.perf_counter()
            while self.next_due <= now:
                self.due.append(self.next_due)
                self.next_due += self.interval
            while self.due and self.free:
                # In turn, so that none is idle for as long as the API closes it.
                self.free.popleft().send(self.due.popleft())
            await asyncio.sleep(TICK_SECONDS)


def run(
    crowd: Crowd,
    pick: Pick,
    name: str,
    port: int,
    *,
    connections: int,
    warm_up: float,
    seconds: float,
    gauges: Gauges,
    rate: float | None = None,
) -> Measured:
    """Load the API on `port` with gifts that `pick` chooses; `name` begins their keys.

    Each connection sends as soon as it has its answer or, with `rate`, so many gifts a second
    become due.
    """
    load = Paced(crowd, pick, name, rate) if rate else Load(crowd, pick, name)
    return uvloop.run(load.run(port, connections, warm_up, seconds, gauges))
