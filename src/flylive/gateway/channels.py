"""What this process knows of a stream that somebody here follows."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from picows import WSMsgType, WSTransport

from flylive.gateway import frames, metrics
from flylive.gateway.frames import HEADROOM, Frame
from flylive.realtime.queries import StoredEvent

if TYPE_CHECKING:
    from flylive.gateway.sessions import Session

EVERYBODY = 0
"""Stands for all user ids in :func:`departure`."""


def subject_of(stream: str) -> tuple[str, int]:
    """``("room", 9)`` for ``room:9``."""
    kind, _, number = stream.partition(":")
    return kind, int(number)


def room_of(stream: str) -> int | None:
    """The room whose stream has exactly this name; None for any other name."""
    kind, _, number = stream.partition(":")
    is_canonical = number.isascii() and number.isdigit() and number == str(int(number))
    return int(number) if kind == "room" and is_canonical and int(number) < 2**63 else None


class Subscription:
    """One session's following of one stream.

    `authorized_at` is the stream's sequence when the right to follow was checked: an event
    that ends the subscription counts only behind it, so that an old leaving which is
    replayed does not end a new stay.
    """

    __slots__ = ("authorized_at", "channel", "session", "task")

    def __init__(self, session: "Session", channel: "Channel") -> None:
        self.session = session
        self.channel = channel
        self.authorized_at = 0
        self.task: asyncio.Task[None] | None = None

    def is_ended_by(self, event: StoredEvent) -> bool:
        """Whether this event, once delivered, is the last of this subscription."""
        gone = departure(event)
        return (
            gone is not None
            and gone in (EVERYBODY, self.session.caller.user_id)
            and event.seq > self.authorized_at
        )


def departure(event: StoredEvent) -> int | None:
    """Whose following an event ends: a user's id, EVERYBODY, or nobody's (None)."""
    if event.type == "participant.left":
        user_id: Any = msgspec.json.decode(event.data).get("user_id")
        return user_id if isinstance(user_id, int) else None
    return EVERYBODY if event.type == "room.closed" else None


class Channel:
    """A stream as far as it was delivered here.

    `members` follow live: each has been sent everything up to `seq`. Who is still catching
    up is in `joining` and becomes a member at the moment when his place is `seq`; both
    happen between two awaits, so no event falls between them and none comes twice.
    """

    __slots__ = ("_waiting", "epoch", "hinted", "joining", "members", "name", "seq")

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch: int | None = None
        self.seq = 0
        self.hinted = 0
        self.members: dict[WSTransport, Subscription] = {}
        self.joining: set[Subscription] = set()
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows or is about to."""
        return bool(self.members or self.joining)

    def load(self, epoch: int, seq: int) -> None:
        """Take the first place that was read; later ones come by delivery alone."""
        if self.epoch is None:
            self.epoch, self.seq = epoch, seq

    def broadcast(self, frame: Frame) -> None:
        """Write one frame to every member."""
        text = WSMsgType.TEXT
        for transport in self.members:
            transport.send_reuse_external_bytearray(text, frame, HEADROOM)

    def deliver(self, event: StoredEvent) -> list[Subscription]:
        """Write the next event to every member; the subscriptions that it ends."""
        assert self.epoch is not None
        assert event.seq == self.seq + 1
        self.broadcast(frames.event(self.name, self.epoch, event))
        self.seq = event.seq
        metrics.EVENTS.inc()
        metrics.DELIVERIES.inc(len(self.members))
        if departure(event) is None:
            return []
        return [member for member in self.members.values() if member.is_ended_by(event)]

    def restart(self, epoch: int, seq: int, reason: str) -> None:
        """Go on from another place: every member is told to fetch the state afresh."""
        self.epoch, self.seq = epoch, seq
        self.broadcast(frames.resync(self.name, epoch, seq, reason))
        metrics.RESYNCS.labels(reason).inc(len(self.members))

    def moved(self) -> None:
        """Wake whoever waits for the channel to move."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def next_move(self, timeout_seconds: float) -> None:
        """Wait until rows were read for this channel again. Raises TimeoutError."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await asyncio.wait_for(future, timeout_seconds)
