"""The door: reads an HTTP request, looks the caller up, and only then hands over to picows.

picows decides about an upgrade in a plain function, but ours needs the database: so the
request is read here, and picows' protocol takes the transport, and the same bytes, once the
caller is known. Whoever is refused gets an ordinary HTTP answer and never was a WebSocket.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec
import structlog
from picows import WSAutoPingStrategy, WSListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from flylive.errors import Problem, TooLarge, Unavailable, Unreadable
from flylive.gateway import metrics

log = structlog.get_logger(__name__)

MAX_REQUEST_BYTES = 12 * 1024
"""picows takes up to 16 KiB of it."""
REQUEST_SECONDS = 10.0
MAX_FRAME_BYTES = 1024 * 1024
"""picows drops larger ones itself, with 1009; the rule for clients is far below (4203)."""
READ_BUFFER_BYTES = 2048

_picows_log = logging.getLogger("flylive.gateway.picows")
# What clients do wrong is theirs; our own handlers catch and log what is ours.
_picows_log.setLevel(logging.CRITICAL)
# It warns of writes to a connection that was lost a moment ago, which are no fault.
logging.getLogger("aiofastnet").setLevel(logging.ERROR)


class Request(NamedTuple):
    """A request's head; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


class Answer(NamedTuple):
    """An ordinary HTTP answer."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012

    def encode(self) -> bytes:
        """As it goes over the wire; the connection ends with it."""
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"content-type: {self.content_type}",
            f"content-length: {len(self.body)}",
            "connection: close",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


Admit = Callable[[Request], Awaitable[WSListener | Answer]]


def refusal(problem: Problem) -> Answer:
    """The problem document as an answer."""
    metrics.REFUSALS.labels(problem.status).inc()
    body = msgspec.json.encode(problem.body())
    return Answer(problem.status, "application/problem+json", body, problem.headers)


def parse(head: bytes) -> Request:
    """The request in these bytes. Raises Unreadable."""
    try:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, version = first.split(" ")
        headers = {}
        for line in lines:
            name, colon, entry = line.partition(":")
            if not colon or name != name.strip():
                raise ValueError(line)
            headers[name.lower()] = entry.strip()
        path, _, query = target.partition("?")
        parameters = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise Unreadable("This is not an HTTP request") from error
    if not version.startswith("HTTP/1."):
        raise Unreadable("This is not an HTTP/1.1 request")
    return Request(method, path, {key: found[-1] for key, found in parameters.items()}, headers)


class Door(asyncio.BufferedProtocol):
    """One connection until its request is decided.

    `admit` gives the listener of a socket, or the answer to anything else; Problems that it
    raises are answered. `heartbeat_seconds` of silence bring a ping, as long again without
    its pong ends the connection.
    """

    def __init__(self, admit: Admit, heartbeat_seconds: float) -> None:
        self.admit = admit
        self.heartbeat_seconds = heartbeat_seconds
        self._buffer = bytearray(MAX_REQUEST_BYTES)
        self._filled = 0
        self._task: asyncio.Task[None] | None = None
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: a client is there."""
        self.transport = transport
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it left before anything was decided, or has its answer."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:
        """asyncio: where the next bytes go; never empty, as :meth:`buffer_updated` sees to."""
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, count: int) -> None:
        """asyncio: bytes arrived."""
        self._filled += count
        end = self._buffer.find(b"\r\n\r\n", 0, self._filled)
        if self._task is not None:
            return
        if end >= 0:
            self._timer.cancel()
            self.transport.pause_reading()
            head = bytes(self._buffer[:end])
            self._task = asyncio.get_running_loop().create_task(self._decide(head))
        elif self._filled == len(self._buffer):
            self._timer.cancel()
            self._answer(refusal(TooLarge(f"A request has at most {MAX_REQUEST_BYTES} bytes")))

    async def _decide(self, head: bytes) -> None:
        try:
            outcome = await self.admit(parse(head))
        except Problem as problem:
            outcome = refusal(problem)
        except Exception:
            log.exception("gateway.admission_failed")
            outcome = refusal(Unavailable())
        if isinstance(outcome, Answer):
            self._answer(outcome)
        elif not self.transport.is_closing():
            self._hand_over(outcome)

    def _answer(self, answer: Answer) -> None:
        self.transport.write(answer.encode())
        self.transport.close()

    def _hand_over(self, listener: WSListener) -> None:
        """Do what picows' own server does, with a listener that is decided already."""
        protocol = WSProtocol(
            None,
            None,
            False,
            lambda request: listener,
            _picows_log,
            True,
            REQUEST_SECONDS,
            True,
            self.heartbeat_seconds,
            self.heartbeat_seconds,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,
            MAX_FRAME_BYTES,
            None,
            READ_BUFFER_BYTES,
        )
        self._task = None
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        received = memoryview(self._buffer)[: self._filled]
        while received:
            room = protocol.get_buffer(-1)
            count = min(len(room), len(received))
            room[:count] = received[:count]
            room.release()
            received = received[count:]
            protocol.buffer_updated(count)
        self.transport.resume_reading()
