"""Crowds of sockets, each a process of its own that is told by lines what to do.

``listen``: so many sockets that follow one stream and count what comes. ``broadcast``: picows
and nothing else, which sends the same frame to everybody: as fast as it can be done in Python
with this library, so what a gateway can be held against.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server

from benchmarks.rig.platform import HOST
from flylive.launcher.processes import guarded

CONNECTING_AT_ONCE = 50
SENT_AT = b"sent at "
"""What a timed message's words begin with; nanoseconds since 1970 follow, with 19 digits."""
ANSWER_SECONDS = 120


@dataclass
class Told:
    """A process that does one thing per line and answers with a line of JSON."""

    process: subprocess.Popen[bytes]

    def ask(self, line: str) -> Any:
        """Send a line, wait for its answer."""
        self.send(line)
        return self.answer()

    def send(self, line: str) -> None:
        """Send a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """The answer that is due. Raises RuntimeError where the process ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a process of sockets ended before its answer")
        return json.loads(line)


@contextlib.contextmanager
def told(*arguments: str) -> Iterator[Told]:
    """One of this module's processes; it ends with the block, or with its own input."""
    command = [sys.executable, "-m", "benchmarks.rig.sockets", *arguments]
    process = subprocess.Popen(
        guarded(command, signal.SIGKILL), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield Told(process)
    finally:
        process.kill()
        process.wait()


class Count:
    """What all sockets of the process got."""

    def __init__(self, marker: bytes) -> None:
        self.marker = marker
        self.got = 0
        self.wanted = 0
        self.is_timed = False
        self.nanoseconds: list[int] = []
        self.reached = asyncio.Event()

    def add(self, payload: bytes) -> None:
        """A frame came; those without the marker are not counted."""
        if self.marker not in payload:
            return
        self.got += 1
        if self.is_timed:
            place = payload.index(SENT_AT) + len(SENT_AT)
            self.nanoseconds.append(time.time_ns() - int(payload[place : place + 19]))
        if self.got == self.wanted:
            self.reached.set()


class Ear(WSListener):  # type: ignore[misc]
    """One listening socket."""

    def __init__(self, count: Count, greeting: bytes | None) -> None:
        self.count = count
        self.greeting = greeting
        self.ready = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Subscribe, where it has to."""
        if self.greeting is None:
            self.ready.set_result(True)
        else:
            transport.send(WSMsgType.TEXT, self.greeting)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count it; the reply to the greeting makes it ready."""
        payload = frame.get_payload_as_bytes()
        if not self.ready.done() and b'"op":"reply"' in payload:
            self.ready.set_result(b'"ok":true' in payload)
        else:
            self.count.add(payload)


async def listen(arguments: argparse.Namespace) -> None:
    """Open the sockets, then obey: ``expect N``, ``timed N``; the answer comes with the Nth."""
    count = Count(arguments.marker.encode())
    tokens = arguments.tokens.read_text().split() if arguments.tokens else [None] * arguments.count
    greeting = None
    if arguments.stream:
        greeting = json.dumps({"op": "subscribe", "id": 1, "stream": arguments.stream}).encode()
    url = f"ws://{HOST}:{arguments.port}{arguments.path}"
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def open_one(token: str | None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        async with gate:
            _, ear = await ws_connect(
                lambda: Ear(count, greeting), url, extra_headers=headers, enable_auto_pong=True
            )
            if not await ear.ready:
                raise RuntimeError("a listener was refused")

    await asyncio.gather(*(open_one(token) for token in tokens[: arguments.count]))
    _say({"sockets": arguments.count})
    async for line in _lines():
        verb, number = line.split()
        count.got, count.wanted, count.nanoseconds = 0, int(number), []
        count.is_timed = verb == "timed"
        count.reached.clear()
        _say({"waiting": count.wanted})
        async with asyncio.timeout(ANSWER_SECONDS):
            await count.reached.wait()
        ranked = sorted(count.nanoseconds)
        _say({"got": count.got, "milliseconds": [one / 1e6 for one in _sample(ranked)]})


def _sample(ranked: Sequence[int]) -> list[int]:
    """Every percentile and the very last."""
    if not ranked:
        return []
    return [ranked[min(len(ranked) - 1, len(ranked) * part // 100)] for part in range(101)]


class Mouth(WSListener):  # type: ignore[misc]
    """One socket of the bare broadcast."""

    everybody: set[WSTransport] = set()  # noqa: RUF012

    def on_ws_connected(self, transport: WSTransport) -> None:
        """One more to send to."""
        self.everybody.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """One less."""
        self.everybody.discard(transport)


async def broadcast(arguments: argparse.Namespace) -> None:
    """Serve, then obey: ``send N`` sends the frame to everybody N times."""
    frame = arguments.frame.read_bytes()
    server = await ws_create_server(lambda _: Mouth(), HOST, 0)
    _say({"port": server.sockets[0].getsockname()[1]})
    async for line in _lines():
        for _ in range(int(line.split()[1])):
            for transport in Mouth.everybody:
                transport.send(WSMsgType.TEXT, frame)
            await asyncio.sleep(0)
        _say({"sent": True})


async def _lines() -> Any:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        yield line.decode()


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """``python -m benchmarks.rig.sockets listen|broadcast …``."""
    parser = argparse.ArgumentParser(prog="benchmarks.rig.sockets", description=__doc__)
    kinds = parser.add_subparsers(required=True)
    one = kinds.add_parser("listen")
    one.add_argument("--port", type=int, required=True)
    one.add_argument("--path", default="/")
    one.add_argument("--count", type=int, required=True)
    one.add_argument("--tokens", type=Path, help="a file with a bearer token per line")
    one.add_argument("--stream", help="what to subscribe to")
    one.add_argument("--marker", required=True, help="what a frame must have to be counted")
    one.set_defaults(work=listen)
    one = kinds.add_parser("broadcast")
    one.add_argument("--frame", type=Path, required=True, help="a file with what to send")
    one.set_defaults(work=broadcast)
    arguments = parser.parse_args()
    uvloop.run(arguments.work(arguments))


if __name__ == "__main__":
    main()
