"""The protocol of ``flylive serve``: requests before the answer to others, and who goes away."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from flylive.http import protocol
from tests.patience import eventually
from tests.served import served

REQUEST = b"POST /express HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-Pad: %400d\r\n\r\n{}" % 0
READ_BYTES = 256 * 1024
"""The most that a transport reads at once."""


class Application:
    """An application with an express way that takes everything and answers when it is told to."""

    def __init__(self, *, seconds: float | None = None) -> None:
        self.state = SimpleNamespace(express=self)
        self.path = b"/express"
        self.seconds = seconds
        self.taken: list[RequestResponseCycle] = []
        self.most_waiting = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI: what the express way is not offered."""
        self._look(receive.__self__)
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def take(self, cycle: RequestResponseCycle, _pass_on: Any) -> bool:
        """The express way."""
        self._look(cycle)
        self.taken.append(cycle)
        if self.seconds is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self.seconds, protocol.respond, cycle, 200, [], b"x")
        return True

    def _look(self, cycle: Any) -> None:
        connection: protocol.ExpressProtocol = cycle.on_response.__self__
        self.most_waiting = max(self.most_waiting, len(connection.pipeline))


async def answers(reader: asyncio.StreamReader, count: int) -> None:
    """Read so many answers, whatever they are."""
    async with asyncio.timeout(60):
        for _ in range(count):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(head.count(b"content-length: 1\r\n"))


@pytest.mark.parametrize("path", [b"/express", b"/another"])
async def test_who_asks_faster_than_he_is_answered_fills_no_memory(path: bytes) -> None:
    """No more is read while requests wait for their turn; and all of them are answered."""
    app, count = Application(seconds=0), 12_000
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST.replace(b"/express", path) * count + REQUEST[:-1])
        await answers(reader, count)
        writer.write(REQUEST[-1:] + REQUEST)
        await answers(reader, 2)
        writer.close()
    assert 0 < app.most_waiting <= READ_BYTES / len(REQUEST)


async def test_nobody_is_late_while_we_do_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a request behind others that wait has its time once those are answered."""
    for limit in ("HEAD_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(protocol, limit, 0.5)
    app = Application(seconds=0.3)
    async with served(app) as port:
        for half in (10, len(REQUEST) - 1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST * 4 + REQUEST[:half])
            await answers(reader, 4)
            writer.write(REQUEST[half:])
            await answers(reader, 1)
            writer.write(REQUEST + REQUEST[:half])
            await answers(reader, 1)
            async with asyncio.timeout(30):
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()


async def test_the_answer_to_who_is_gone_goes_nowhere() -> None:
    """With another request behind it, it is not told that its client is gone."""
    app = Application()

    async def scenario() -> None:
        async with served(app) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST * 2)
            await eventually(lambda: app.taken)
            app.taken[0].transport.abort()
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            assert not app.taken[0].disconnected
            protocol.respond(app.taken[0], 200, [], b"x")
            writer.close()

    # The loop that serves: it takes no words for a closed connection.
    await asyncio.to_thread(uvloop.run, scenario())


async def test_long_bodies_are_not_offered() -> None:
    """Nor those that were here before it was their turn."""
    app = Application(seconds=0.1)
    body = b" " * (protocol.EXPRESS_BYTES + 1)
    long = b"POST /express HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(long + REQUEST + long + REQUEST)
        await answers(reader, 4)
        writer.close()
    assert [len(cycle.body) for cycle in app.taken] == [2, 2]
