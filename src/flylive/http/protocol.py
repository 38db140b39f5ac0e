"""uvicorn's protocol, with an end to those who never finish asking or hearing, and an express way.

uvicorn waits without limit for a first request, for the rest of one, and for who does not read
his answer: such connections cost nothing to make, and a file descriptor, a task or the answer to
keep.

A request for the one address that the application names (``app.state.express``) waits here until
it is whole, and is then offered to it: no task, no middleware and no framework for what has to be
fast. Whatever it does not take goes to the application as any other request does.
"""

import asyncio
from collections.abc import Callable, Sized
from typing import Any, Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

HEAD_SECONDS = 15.0
"""From the connection, or a request's first byte, until its headers are here."""
BODY_SECONDS = 120.0
"""From there until the body is here: ten megabytes over a slow line."""
ANSWER_SECONDS = 120.0
"""From when no more of an answer can be written until the client has read most of what was."""
EXPRESS_BYTES = 8 * 1024
"""The longest body that the express way is offered."""


class Express(Protocol):
    """What answers usual requests for one address by itself."""

    path: bytes

    def take(self, cycle: RequestResponseCycle, pass_on: Callable[[], None]) -> bool:
        """Whether it answers this whole request, now or later, by :func:`respond`.

        With `pass_on` it still gives to the application what it took and cannot answer; what it
        raises here does the same.
        """


class PatientFlow(FlowControl):
    """Reads no further while requests wait for their turn.

    uvicorn reads on at each answer: who writes faster than he is answered would fill the memory.
    """

    def __init__(self, transport: asyncio.Transport, waiting: Sized) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """uvicorn: there is room for more."""
        if not self._waiting:
            super().resume_reading()


class PatientProtocol(HttpToolsProtocol):
    """Drops a connection whose request is not complete in time, or whose answers nobody reads."""

    _timer: asyncio.TimerHandle | None = None
    _awaited: str | None = None
    """What of a request is under way: its head, its body, or nothing."""
    _timed: str | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        super().connection_made(transport)
        self.flow = PatientFlow(transport, self.pipeline)
        self._awaited = "head"
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is gone."""
        self._arrived()
        self._heard()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """asyncio: the client does not read as fast as is written."""
        super().pause_writing()
        self._heard()
        self._unread = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """asyncio: it has read most of that."""
        self._heard()
        super().resume_writing()

    def _heard(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def data_received(self, data: bytes) -> None:
        """asyncio: something came. Most requests come whole, and need no timer."""
        super().data_received(data)
        if self._awaited != self._timed:
            self._time()

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        self._awaited = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """httptools: what is asked is known."""
        self._awaited = "body"
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """httptools: a piece of the body comes. What is named after it is no header any more."""
        self.headers = []

    def on_message_complete(self) -> None:
        """httptools: the request is here."""
        self._arrived()
        super().on_message_complete()

    def _time(self) -> None:
        """Wait for what is awaited, from now on."""
        if self._timer is not None:
            self._timer.cancel()
        self._timed = self._awaited
        seconds = HEAD_SECONDS if self._awaited == "head" else BODY_SECONDS
        self._timer = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self.flow.read_paused:
            # It is not the client who is late: we have not read what he wrote.
            self._time()
        else:
            self.transport.abort()

    def _arrived(self) -> None:
        self._awaited = self._timed = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ExpressProtocol(PatientProtocol):
    """Offers whole requests for one address to the application's express way first."""

    _kept: RequestResponseCycle | None = None
    """A request that is not whole yet, before anybody was told of it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._express: Express | None = getattr(getattr(self.app, "state", None), "express", None)

    def on_body(self, body: bytes) -> None:
        """httptools: some of the body is here."""
        super().on_body(body)
        if self._kept is not None and len(self._kept.body) > EXPRESS_BYTES:
            self._pass_on(self._kept)

    def on_message_complete(self) -> None:
        """httptools: the request is here."""
        super().on_message_complete()
        if self._kept is not None:
            self._offer(self._kept)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """uvicorn: it is this request's turn."""
        express = self._express
        if (
            express is None
            or cycle.scope["raw_path"] != express.path
            or cycle.waiting_for_100_continue
            or app is not self.app
            # Who does not read his answers waits in uvicorn's own way.
            or self.flow.write_paused
            or len(cycle.body) > EXPRESS_BYTES
        ):
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._kept = cycle
            self.flow.resume_reading()
        else:
            self._offer(cycle)

    def _offer(self, cycle: RequestResponseCycle) -> None:
        self._kept = None
        express = self._express
        taken = False
        try:
            taken = express is not None and express.take(cycle, lambda: self._pass_on(cycle))
        except Exception:
            # Here it would end the connection, or the one before would never be done.
            self.logger.exception("The express way failed")
        if not taken:
            self._pass_on(cycle)

    def _pass_on(self, cycle: RequestResponseCycle) -> None:
        self._kept = None
        super()._start_asgi_task(cycle, self.app)


def respond(
    cycle: RequestResponseCycle, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Write the whole answer to a request that the express way took, as uvicorn would."""
    content = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        content += (name, b": ", value, b"\r\n")
    content.append(b"content-length: %d\r\n" % len(body))
    if not cycle.keep_alive:
        content.append(b"connection: close\r\n")
    content += (b"\r\n", body)
    whole = b"".join(content)
    on_response, cycle.on_response = cycle.on_response, _nothing
    # uvicorn tells only the newest request of a connection that its client is gone.
    if cycle.disconnected or cycle.transport.is_closing():
        return
    cycle.transport.write(whole)
    cycle.response_started = cycle.response_complete = True
    if not cycle.keep_alive:
        cycle.transport.close()
    on_response()


def _nothing() -> None:
    """What a finished answer calls."""
