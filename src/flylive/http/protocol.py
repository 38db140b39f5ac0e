"""uvicorn's protocol, with an end to those who never finish asking.

uvicorn waits without limit for a first request and for the rest of one: idle and half-written
connections cost nothing to make and a file descriptor each to keep.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 15.0
"""From the connection, or a request's first byte, until its headers are here."""
BODY_SECONDS = 120.0
"""From there until the body is here: ten megabytes over a slow line."""


class PatientProtocol(HttpToolsProtocol):
    """Drops a connection whose request is not complete in time."""

    _timer: asyncio.TimerHandle | None = None
    _awaited: str | None = None
    """What of a request is under way: its head, its body, or nothing."""
    _timed: str | None = None

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        super().connection_made(transport)
        self._awaited = "head"
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is gone."""
        self._arrived()
        super().connection_lost(exc)

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
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _arrived(self) -> None:
        self._awaited = self._timed = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
