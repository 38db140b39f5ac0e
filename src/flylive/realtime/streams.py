"""Recording events: rows with a gapless sequence per stream.

`record` only notes the event; the rows are written as the last thing before the commit, so
that the counters of the streams, on which everybody meets, are held as briefly as possible
and always in the order of their names.
"""

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from flylive.clock import now
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.database.burst import Call, Statement
from flylive.realtime.bus import hint_after_commit


class Event(msgspec.Struct, kw_only=True, frozen=True):
    """The root of every event class; a slice's events.py holds one class per event.

    `type` is the event's name on the wire; the struct's fields are its `data`.
    """

    @classmethod
    def type(cls) -> str:
        """The event's name, such as ``seat.updated``: the struct's tag."""
        return str(cls.__struct_config__.tag)


def room_stream(room_id: int) -> str:
    """The name of a room's stream."""
    return f"room:{room_id}"


def user_stream(user_id: int) -> str:
    """The name of a user's own stream."""
    return f"user:{user_id}"


def new_epoch() -> int:
    """A random epoch: a stream made anew cannot pass for the lost one."""
    return random.getrandbits(52)


# `ahead`: how many events of the same stream come after this one.
_WRITE = """
    WITH advanced AS (
        INSERT INTO streams AS s (name, epoch, seq, first_seq, updated_at)
        SELECT name, epoch, steps, 1, %(at)s::timestamptz
        FROM unnest(%(names)s::text[], %(epochs)s::bigint[], %(steps)s::bigint[])
             AS wanted (name, epoch, steps)
        ORDER BY name
        ON CONFLICT (name) DO UPDATE SET
            seq = s.seq + excluded.seq, updated_at = excluded.updated_at
        RETURNING id, name, seq
    ), appended AS (
        INSERT INTO stream_events (stream_id, seq, type, data, at)
        SELECT a.id, a.seq - e.ahead, e.type, e.data, %(at)s::timestamptz
        FROM unnest(%(streams)s::text[], %(ahead)s::bigint[], %(types)s::text[],
                    %(data)s::json[]) AS e (stream, ahead, type, data)
        JOIN advanced a ON a.name = e.stream
    )
    SELECT name, seq FROM advanced
"""
_WRITING = Statement(_WRITE)

_ATTACHMENT = "realtime.events"
_VALUES = "realtime.values"


def record(tx: Transaction, stream: str, event: Event) -> None:
    """Append `event` to `stream` in this transaction, after whatever was recorded before it."""
    pending: list[tuple[str, str, str]] = tx.attached.setdefault(_ATTACHMENT, [])
    pending.append((stream, event.type(), _data(event)))
    tx.before_commit(_ATTACHMENT, write_events)


def _data(event: Event) -> str:
    """The event's fields as JSON: what msgspec encodes, without the tag that stands first."""
    encoded = msgspec.json.encode(event).decode()
    tag = f'{{"type":"{event.type()}"'
    assert encoded.startswith(tag), "msgspec writes a struct's tag first"
    return "{" + encoded[len(tag) :].removeprefix(",")


def record_value(tx: Transaction, stream: str, value_type: str) -> None:
    """Hint, after the commit, that a value such as ``room.metrics`` of `stream` changed."""
    values: dict[tuple[str, str], None] = tx.attached.setdefault(_VALUES, {})
    values[(stream, value_type)] = None
    tx.before_commit(_VALUES, _hint_values)


async def _hint_values(tx: Transaction) -> None:
    for stream, value_type in tx.attached.pop(_VALUES):
        hint_after_commit(tx, stream, value_type=value_type)


async def write_events(tx: Transaction) -> None:
    """Write what was recorded: advance each stream once, append the rows, hint after commit."""
    pending = tx.attached.pop(_ATTACHMENT, [])
    if pending:
        driver = await tx.driver()
        cursor = await driver.execute(_WRITE, _columns(pending), prepare=True)
        hint_events(tx, await cursor.fetchall())


def writing_events(tx: Transaction) -> list[Call]:
    """What :func:`write_events` does, as the last part of a burst.

    Its rows go to :func:`hint_events`; no call where nothing was recorded.
    """
    pending = tx.attached.pop(_ATTACHMENT, [])
    return [_WRITING.named(**_columns(pending))] if pending else []


def hint_events(tx: Transaction, reached: Iterable[tuple[Any, ...]]) -> None:
    """Hint, after the commit, how far each stream came: (name, seq)."""
    for name, seq in reached:
        hint_after_commit(tx, name, seq=seq)


def _columns(pending: list[tuple[str, str, str]]) -> dict[str, Any]:
    steps = Counter(stream for stream, _, _ in pending)
    left = dict(steps)
    ahead = []
    for stream, _, _ in pending:
        left[stream] -= 1
        ahead.append(left[stream])
    streams, types, data = zip(*pending, strict=True)
    return {
        "names": array_literal(steps),
        "epochs": array_literal(new_epoch() for _ in steps),
        "steps": array_literal(steps.values()),
        "streams": array_literal(streams),
        "ahead": array_literal(ahead),
        "types": array_literal(types),
        "data": array_literal(data),
        "at": now(),
    }
