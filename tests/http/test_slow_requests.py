"""``flylive serve`` ends connections whose request never comes to its end, or is never heard."""

import asyncio
import contextlib
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner

from flylive import cli
from flylive.config import Settings
from tests.patience import eventually
from tests.served import served


async def _app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(0.6)  # an answer may take longer than a request
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def test_slow_requests_end_and_slow_answers_do_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr("uvicorn.run", lambda *_, **options: given.update(options))
    monkeypatch.setenv("DATABASE_URL", settings.serving_dsn)
    assert CliRunner().invoke(cli.main, ["serve"]).exit_code == 0
    for limit in ("HEAD_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(f"flylive.http.protocol.{limit}", 0.3)
    config = uvicorn.Config(_app, port=0, http=given["http"], lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        for begun in (
            b"",
            b"GET / HTTP/1.1\r\nHost: x\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1234",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            async with asyncio.timeout(10):
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(10):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
    finally:
        server.should_exit = True
        await task


async def test_who_never_reads_the_answer_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(64):
            piece = b"x" * 1024 * 1024
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})
        ended.append(await receive())

    async with served(app) as port:
        for is_reading, seconds in ((True, 60.0), (False, 0.3)):
            monkeypatch.setattr("flylive.http.protocol.ANSWER_SECONDS", seconds)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            read = 0
            while is_reading and (piece := await reader.read(1024 * 1024)):
                read += len(piece)
            await eventually(lambda expected=1 if is_reading else 2: len(ended) == expected)
            assert read > 64 * 1024 * 1024 or not is_reading
            writer.transport.abort()
