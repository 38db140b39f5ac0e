"""Frames on the wire: what the server says, what clients may say, and the close codes.

A server frame is a bytearray with HEADROOM free bytes in front, into which picows writes
the WebSocket header in place: an event is encoded once and written to everybody without
another copy. On the server side that header is the same for all, so sharing is safe.
"""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any

import msgspec

from flylive import clock
from flylive.errors import Problem
from flylive.gateway.errors import BadFrame
from flylive.realtime.queries import StoredEvent

HEADROOM = 14
MAX_BYTES = 64 * 1024
"""Largest frame a client may send."""

Frame = bytearray


class Close(IntEnum):
    """Close codes: 40xx come back with resume, 41xx come back afresh, 42xx do not."""

    RESTARTING = 4000
    TOO_SLOW = 4001
    UNAVAILABLE = 4002
    TOKEN_REVOKED = 4201
    BLOCKED = 4202
    RULE_BROKEN = 4203


Id = Annotated[str, msgspec.Meta(max_length=64)] | int
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Client(msgspec.Struct, tag_field="op", forbid_unknown_fields=True, kw_only=True):
    id: Id | None = None


class Subscribe(_Client, tag="subscribe"):
    """Follow a stream: behind `after`, or from now on."""

    stream: Annotated[str, msgspec.Meta(max_length=64)]
    epoch: Count | None = None
    after: Count | None = None


class Unsubscribe(_Client, tag="unsubscribe"):
    """Follow it no more."""

    stream: Annotated[str, msgspec.Meta(max_length=64)]


class Ping(_Client, tag="ping"):
    """Ask for a pong."""


Command = Subscribe | Unsubscribe | Ping

_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_encode = msgspec.json.Encoder().encode


def decode(payload: bytes) -> Command:
    """The command in a client's frame.

    Raises msgspec.DecodeError for what is not JSON, and BadFrame, its `id` in the extras,
    for JSON that is not a command.
    """
    try:
        return _commands.decode(payload)
    except msgspec.ValidationError as error:
        document = msgspec.json.decode(payload)
        given = document.get("id") if isinstance(document, dict) else None
        known = given if type(given) is int or (type(given) is str and len(given) <= 64) else None
        raise BadFrame(str(error), id=known) from error


def frame(message: dict[str, Any]) -> Frame:
    """Any message, ready to send."""
    return Frame(HEADROOM) + _encode(message)


def event(stream: str, epoch: int, stored: StoredEvent) -> Frame:
    """An event; its data goes through as the JSON text that it is stored as."""
    kind = _encode(stored.type).decode()
    return (
        Frame(HEADROOM)
        + (
            f'{{"op":"event","stream":"{stream}","epoch":{epoch},"seq":{stored.seq},"type":{kind},'
            f'"data":{stored.data},"at":"{clock.render(stored.at)}"}}'
        ).encode()
    )


def value(stream: str, kind: str, data: dict[str, Any], at: datetime) -> Frame:
    """The newest state of something."""
    return frame(
        {"op": "value", "stream": stream, "type": kind, "data": data, "at": clock.render(at)}
    )


def hello(session: str, heartbeat_ms: int, streams: list[dict[str, Any]]) -> Frame:
    """The first frame of every socket."""
    return frame(
        {"op": "hello", "session": session, "heartbeat_ms": heartbeat_ms, "streams": streams}
    )


def resync(stream: str, epoch: int, seq: int, reason: str) -> Frame:
    """The client's place is gone: fetch the state afresh, go on behind `seq`."""
    return frame({"op": "resync", "stream": stream, "epoch": epoch, "seq": seq, "reason": reason})


def reply(id: Id | None, data: dict[str, Any]) -> Frame:
    """A command was carried out."""
    return frame({"op": "reply", "id": id, "ok": True, "data": data})


def refusal(id: Id | None, problem: Problem) -> Frame:
    """A command was refused; the error is the problem document of the HTTP interface."""
    body = {key: entry for key, entry in problem.body().items() if key != "id"}
    return frame({"op": "reply", "id": id, "ok": False, "error": body})


def pong(id: Id | None) -> Frame:
    """Answers a ping, with its id if it had one."""
    return frame({"op": "pong"} if id is None else {"op": "pong", "id": id})
