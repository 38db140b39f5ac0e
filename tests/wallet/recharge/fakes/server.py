"""An HTTP server of a test's own, on loopback."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit


class Asked(NamedTuple):
    """A request, its query decoded; of each name the first value."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Said(NamedTuple):
    """An answer in JSON."""

    status: int
    body: Any = None


class Loopback:
    """Answers by :meth:`answer`; while `is_away`, every connection is cut without an answer.

    `asked` keeps each request as method and path. While `gate` is set to an event, answers are
    decided at once and held back until it is set: they are old by the time they arrive.
    """

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.is_away = False
        self.gate: asyncio.Event | None = None
        self.held = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def answer(self, asked: Asked) -> Said:
        """What is answered."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read(reader)
            self.asked.append(f"{asked.method} {asked.path}")
            if self.is_away:
                return
            said = self.answer(asked)
            gate = self.gate
            if gate is not None:
                self.held.set()
                await gate.wait()
            body = b"" if said.body is None else json.dumps(said.body).encode()
            writer.write(
                f"HTTP/1.1 {said.status} Played\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    lines = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    address = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    return Asked(method, unquote(address.path), query, headers, body)
