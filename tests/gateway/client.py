"""A client of the gateway, as a careful app would be one."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.patience import PATIENCE_SECONDS


class Client:
    """One socket; `inbox` holds what was read and not asked for yet."""

    def __init__(self, port: int, *, bearer: str | None = None, **query: Any) -> None:
        self.url = f"ws://127.0.0.1:{port}/v1/realtime"
        if query:
            self.url += "?" + urlencode(query)
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self.socket: ClientConnection
        self.inbox: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self.socket = await connect(
            self.url,
            additional_headers=self.headers,
            compression=None,
            ping_interval=None,
            max_size=None,
            close_timeout=0.2,
            proxy=None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.socket.close()

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.socket.transport.abort()

    async def send(self, **message: Any) -> None:
        """One frame."""
        await self.socket.send(json.dumps(message))

    async def read(self) -> dict[str, Any]:
        """The next frame from the wire."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return json.loads(await self.socket.recv())

    async def next(self, op: str, **wanted: Any) -> dict[str, Any]:
        """The next frame of this kind; others wait in the inbox."""

        def fits(frame: dict[str, Any]) -> bool:
            return frame["op"] == op and all(frame.get(key) == wanted[key] for key in wanted)

        for index, frame in enumerate(self.inbox):
            if fits(frame):
                return self.inbox.pop(index)
        while True:
            frame = await self.read()
            if fits(frame):
                return frame
            self.inbox.append(frame)

    async def subscribe(self, stream: str, **place: Any) -> dict[str, Any]:
        """Subscribe and give the reply."""
        await self.send(op="subscribe", id=stream, stream=stream, **place)
        return await self.next("reply", id=stream)

    async def events(self, stream: str, count: int) -> list[dict[str, Any]]:
        """The next `count` events of a stream."""
        return [await self.next("event", stream=stream) for _ in range(count)]

    async def silence(self, seconds: float) -> list[dict[str, Any]]:
        """Whatever comes in that time, with what waited."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self.inbox.append(json.loads(await self.socket.recv()))
        except TimeoutError:
            pass
        inbox, self.inbox = self.inbox, []
        return inbox

    async def closed(self) -> int:
        """The close code, once everything before it was read."""
        try:
            while True:
                self.inbox.append(await self.read())
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006


def numbers(events: list[dict[str, Any]]) -> list[int]:
    """The sequences of events."""
    return [event["seq"] for event in events]
