"""Single requests over connections that stay open, each timed from its first byte to its last."""

import asyncio
import random
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from benchmarks.rig.platform import HOST

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Ask(NamedTuple):
    """A request, under the name of its kind."""

    kind: str
    request: bytes


@dataclass
class Asked:
    """Milliseconds and statuses of the answers, by kind of request."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


def post(kind: str, path: str, body: object) -> Ask:
    """A POST of JSON without a token."""
    content = msgspec.json.encode(body)
    head = (
        f"POST /v1{path} HTTP/1.1\r\nHost: benchmark\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return Ask(kind, head.encode() + content)


def get(kind: str, path: str, token: str) -> Ask:
    """A GET with a token."""
    head = f"GET /v1{path} HTTP/1.1\r\nHost: benchmark\r\nAuthorization: Bearer {token}\r\n\r\n"
    return Ask(kind, head.encode())


async def ask_all(
    port: int,
    rounds: Sequence[Sequence[Ask]],
    *,
    connections: int = 1,
    warm_up: int = 0,
    seconds: float = 60,
) -> Asked:
    """Ask round after round, each in an order of its own, until so many seconds are over.

    A round holds one request of each kind, so that a machine that gets busier does so for all
    of them. Answers of the first `warm_up` rounds are not noted.
    """
    over = time.perf_counter() + seconds
    dice = random.Random(1)
    waiting = deque(
        (number, ask)
        for number, asks in enumerate(rounds)
        for ask in dice.sample(asks, k=len(asks))
    )
    asked = Asked()

    async def worker() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        while waiting and time.perf_counter() < over:
            number, (kind, request) = waiting.popleft()
            begin = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            elapsed = (time.perf_counter() - begin) * 1000
            if number >= warm_up:
                asked.milliseconds[kind].append(elapsed)
                asked.statuses[kind][int(head[9:12])] += 1
        writer.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    return asked
