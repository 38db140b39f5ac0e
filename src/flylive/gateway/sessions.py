"""One socket: its frames in, its frames out, its end."""

import asyncio
import math
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import structlog
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from flylive.accounts import Caller
from flylive.errors import Problem, Unavailable
from flylive.gateway import frames, metrics, subscriptions
from flylive.gateway.channels import Subscription, room_of
from flylive.gateway.errors import (
    AlreadySubscribed,
    BadFrame,
    NotSubscribed,
    TooManySubscriptions,
    UnknownStream,
)
from flylive.gateway.frames import Close, Frame, Ping, Subscribe, Unsubscribe
from flylive.realtime import user_stream
from flylive.realtime.service import Position

if TYPE_CHECKING:
    from flylive.gateway.server import Gateway

log = structlog.get_logger(__name__)

FRAMES_A_MINUTE = 120
MAX_SUBSCRIPTIONS = 8
SLOW_BYTES = 1024 * 1024
"""More than this waiting to be read, and the socket is closed with 4001."""
CATCH_UP_BYTES = 128 * 1024
"""While catching up, more is written only when less than this waits."""
STALL_SECONDS = 30.0
LINGER_SECONDS = 10.0
"""A closed socket that does not answer is dropped after so long."""


class Resume(NamedTuple):
    """Where a client says it was on its own stream."""

    epoch: int | None = None
    after: int | None = None


class Session(WSListener):
    """A user's socket. All its methods run on the loop's thread, none of them waits."""

    transport: WSTransport

    def __init__(self, gateway: "Gateway", caller: Caller, resume: Resume, *, endings: int) -> None:
        self.id = secrets.token_hex(8)
        self.endings = endings
        self.gateway = gateway
        self.caller = caller
        self.resume = resume
        self.subscriptions: dict[str, Subscription] = {}
        self.is_closing = False
        self._is_greeted = False
        self._early: list[bytes] = []
        self._parts: list[bytes] = []
        self._heard_at = time.monotonic()
        self._minute_began = -math.inf
        self._frames = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def silent_seconds(self) -> float:
        """For how long nothing came from the client, not even an answer to a ping."""
        return time.monotonic() - self._heard_at

    def is_user_specific_pong(self, frame: WSFrame) -> bool:
        """picows: whether this frame, while it waits for one, is the answer to its ping."""
        self._heard_at = time.monotonic()
        return bool(frame.msg_type == WSMsgType.PONG)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """picows: the upgrade is done."""
        self.transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=SLOW_BYTES)
        self.gateway.opened(self)
        if not self.is_closing:
            self._follow(user_stream(self.caller.user_id), self.resume, self._greet)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """picows: the connection is gone."""
        self._detach()
        self.gateway.closed(self)

    def pause_writing(self) -> None:
        """picows: more than SLOW_BYTES wait. Later, since a broadcast may be under way."""
        asyncio.get_running_loop().call_soon(self.close, Close.TOO_SLOW, "too slow, resume")

    def resume_writing(self) -> None:
        """picows: what waited was read."""

    def send(self, frame: Frame) -> None:
        """Write one frame to this socket alone."""
        self.transport.send_reuse_external_bytearray(WSMsgType.TEXT, frame, frames.HEADROOM)

    @property
    def is_congested(self) -> bool:
        """Whether catching up should wait for the client to read."""
        waiting: int = self.transport.underlying_transport.get_write_buffer_size()
        return waiting > CATCH_UP_BYTES

    async def drained(self) -> bool:
        """Wait until the client has read on; False where the socket ended instead."""
        pause, deadline = 0.01, time.monotonic() + STALL_SECONDS
        while self.is_congested and not self.is_closing:
            if time.monotonic() > deadline:
                self.close(Close.TOO_SLOW, "too slow, resume")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        return not self.is_closing

    def close(self, code: Close, reason: str) -> None:
        """Say why and end; nothing is sent any more, what waits is still delivered."""
        if self.is_closing:
            return
        self.is_closing = True
        metrics.CLOSES.labels(int(code)).inc()
        log.info("session.closed", session=self.id, user_id=self.caller.user_id, code=int(code))
        self._detach()
        self.transport.send_close(code, reason)  # type: ignore[arg-type]
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.transport.disconnect, False)

    def forget(self, subscription: Subscription) -> None:
        """End one subscription."""
        self.gateway.delivery.leave(subscription)
        if self.subscriptions.get(subscription.channel.name) is subscription:
            del self.subscriptions[subscription.channel.name]

    def _detach(self) -> None:
        self.is_closing = True
        for task in self._tasks:
            task.cancel()
        for subscription in list(self.subscriptions.values()):
            self.forget(subscription)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows: a frame arrived."""
        self._heard_at = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._detach()
            transport.send_close(1000)  # type: ignore[arg-type]
            transport.disconnect()
            return
        if self.is_closing or kind == WSMsgType.PONG:
            return
        if not self._count():
            self.close(Close.RULE_BROKEN, f"more than {FRAMES_A_MINUTE} frames a minute")
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.BINARY:
            self.close(Close.RULE_BROKEN, "frames are JSON text")
        else:
            self._parts.append(frame.get_payload_as_bytes())
            if sum(map(len, self._parts)) > frames.MAX_BYTES:
                self.close(Close.RULE_BROKEN, f"a frame has at most {frames.MAX_BYTES} bytes")
            elif frame.fin:
                payload, self._parts = b"".join(self._parts), []
                if self._is_greeted:
                    self._obey(payload)
                else:
                    self._early.append(payload)

    def _count(self) -> bool:
        moment = time.monotonic()
        if moment - self._minute_began > 60:
            self._minute_began, self._frames = moment, 0
        self._frames += 1
        return self._frames <= FRAMES_A_MINUTE

    def _obey(self, payload: bytes) -> None:
        try:
            command = frames.decode(payload)
        except BadFrame as problem:
            self.send(frames.refusal(problem.extras["id"], problem))
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.close(Close.RULE_BROKEN, "frames are JSON text")
            return
        try:
            match command:
                case Ping():
                    self.send(frames.pong(command.id))
                case Subscribe():
                    self._subscribe(command)
                case Unsubscribe():
                    self._unsubscribe(command)
        except Problem as problem:
            self.send(frames.refusal(command.id, problem))

    def _subscribe(self, command: Subscribe) -> None:
        name = command.stream
        if name in self.subscriptions:
            raise AlreadySubscribed
        if room_of(name) is None:
            raise UnknownStream
        if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise TooManySubscriptions(maximum=MAX_SUBSCRIPTIONS)

        def announce(position: Position) -> None:
            data = {"stream": name, "epoch": position.epoch, "seq": position.seq}
            self.send(frames.reply(command.id, data))

        def refuse(problem: Problem) -> None:
            self.send(frames.refusal(command.id, problem))

        self._follow(name, Resume(command.epoch, command.after), announce, refuse)

    def _unsubscribe(self, command: Unsubscribe) -> None:
        subscription = self.subscriptions.get(command.stream)
        if subscription is None or command.stream == user_stream(self.caller.user_id):
            raise NotSubscribed
        if subscription.task is not None:
            subscription.task.cancel()
        self.forget(subscription)
        self.send(frames.reply(command.id, {"stream": command.stream}))

    def _greet(self, position: Position) -> None:
        self.send(frames.hello(self.id, self.gateway.heartbeat_ms, [position._asdict()]))
        self._is_greeted = True
        early, self._early = self._early, []
        for payload in early:
            if not self.is_closing:
                self._obey(payload)

    def _follow(
        self,
        name: str,
        resume: Resume,
        announce: Callable[[Position], None],
        refuse: Callable[[Problem], None] | None = None,
    ) -> None:
        """Subscribe in a task of its own; what is refused before `announce` goes to `refuse`.

        Whatever fails later, or has no `refuse`, closes the socket to come back with resume.
        """
        delivery = self.gateway.delivery
        subscription = Subscription(self, delivery.channel(name))
        delivery.join(subscription)
        self.subscriptions[name] = subscription
        is_announced = False

        def announce_once(position: Position) -> None:
            nonlocal is_announced
            is_announced = True
            announce(position)

        async def run() -> None:
            try:
                if await subscriptions.follow(
                    self.gateway.database,
                    self.gateway.reader,
                    delivery,
                    subscription,
                    epoch=resume.epoch,
                    after=resume.after,
                    announce=announce_once,
                ):
                    self.gateway.values.welcome(subscription)
            except Exception as error:
                if not isinstance(error, Problem):
                    log.exception("session.subscribe_failed", session=self.id, stream=name)
                self.forget(subscription)
                if refuse is not None and not is_announced:
                    refuse(error if isinstance(error, Problem) else Unavailable())
                else:
                    self.close(Close.UNAVAILABLE, "briefly unavailable, resume")

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        subscription.task = task
