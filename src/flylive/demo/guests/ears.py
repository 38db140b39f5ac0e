"""The one guest with a socket: he hears his room, welcomes whoever is new and admires gifts."""

import asyncio
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import structlog
from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from flylive.demo.guests.api import Api, Stopped
from flylive.demo.guests.guest import Guest

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 15.0
WORTH_CHEERING = Decimal(50)
CHEERS, WELCOMES = 0.4, 0.8
"""How often he says something about a gift of 50 coins, or to somebody who is no guest."""
REST_SECONDS = 1.5
"""Between what he hears and what he says to it."""


class _Socket(WSListener):
    """Puts what comes into a queue; None is the end."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1_000)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows: a frame."""
        if frame.msg_type is WSMsgType.TEXT and not self.frames.full():
            self.frames.put_nowait(msgspec.json.decode(frame.get_payload_as_bytes()))
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """picows: the connection is gone."""
        if self.frames.full():
            self.frames.get_nowait()
        self.frames.put_nowait(None)


class Ears:
    """Listens to the room of `host` for as long as he is there; comes back where it was."""

    def __init__(self, api: Api, room_id: int, host: Guest, known: set[int], random: Random):
        self.api = api
        self.stream = f"room:{room_id}"
        self.room_id = room_id
        self.host = host
        self.known = known
        self.random = random
        self.heard = 0
        self._place: dict[str, int] = {}

    async def listen(self) -> None:
        """For ever, until the guests are to go home."""
        pause = FIRST_PAUSE_SECONDS
        try:
            while True:
                if self.host.room_id == self.room_id and await self._session():
                    pause = FIRST_PAUSE_SECONDS
                await self.api.rest(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        except Stopped:
            return

    async def _session(self) -> bool:
        """One socket from its ticket to its end; whether the room was heard through it."""
        ticket = await self.api.call("POST", "/realtime/tickets", self.host.token)
        if not ticket.is_ok:
            return False
        url = f"{ticket.document['url']}?ticket={ticket.document['ticket']}"
        try:
            transport, socket = await ws_connect(_Socket, url, logger_name="flylive.guests.picows")
        except (OSError, WSError, TimeoutError) as error:
            log.debug("guests.socket_failed", reason=repr(error))
            return False
        assert isinstance(socket, _Socket)
        try:
            subscribe = {"op": "subscribe", "id": 1, "stream": self.stream} | self._place
            transport.send(WSMsgType.TEXT, msgspec.json.encode(subscribe))
            return await self._hear(socket)
        finally:
            transport.disconnect()

    async def _hear(self, socket: _Socket) -> bool:
        is_subscribed = False
        while (frame := await socket.frames.get()) is not None:
            if frame["op"] == "reply":
                if not frame["ok"]:
                    # The place is not one of this stream: the next time from now on.
                    self._place = {}
                    return False
                is_subscribed = True
            elif frame["op"] in ("event", "resync") and frame["stream"] == self.stream:
                self._place = {"epoch": frame["epoch"], "after": frame["seq"]}
                if frame["op"] == "event":
                    self.heard += 1
                    await self._answer(frame["type"], frame["data"])
        return is_subscribed

    async def _answer(self, kind: str, data: dict[str, Any]) -> None:
        """Say something to what happened, if it is worth it."""
        if kind == "participant.joined":
            user = data["participant"]["user"]
            if user["id"] not in self.known and self.random.random() < WELCOMES:
                await self._say(self.host.tongue.hello, user["name"])
        elif kind == "gift.sent" and data["sender"]["id"] != self.host.id:
            is_worth_it = Decimal(data["total_cost"]) >= WORTH_CHEERING
            if is_worth_it and self.random.random() < CHEERS:
                await self._say(self.host.tongue.cheer, data["sender"]["name"])

    async def _say(self, lines: tuple[str, ...], name: str) -> None:
        await self.api.rest(REST_SECONDS)
        async with self.host.doing:
            if self.host.room_id == self.room_id:
                await self.host.say(lines, name)
