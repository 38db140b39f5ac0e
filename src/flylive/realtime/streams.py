"""Recording events: rows with a gapless sequence per stream.

`record` only notes the event; the rows are written as the last thing before the commit, so
that the counters of the streams, on which everybody meets, are held as briefly as possible
and always in the order of their names.
"""

import secrets
from collections import defaultdict
from typing import Any

import msgspec
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Transaction
from flylive.database.arrays import array_literal
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
    return secrets.randbelow(2**52)


_ADVANCE = text(
    """
    INSERT INTO streams AS s (name, epoch, seq, first_seq, updated_at)
    SELECT name, epoch, steps, 1, :at
    FROM unnest(CAST(:names AS text[]), CAST(:epochs AS bigint[]), CAST(:steps AS bigint[]))
         AS wanted (name, epoch, steps)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET seq = s.seq + excluded.seq, updated_at = excluded.updated_at
    RETURNING id, name, seq
    """
)
_APPEND = text(
    """
    INSERT INTO stream_events (stream_id, seq, type, data, at)
    SELECT stream_id, seq, type, data, :at
    FROM unnest(CAST(:stream_ids AS bigint[]), CAST(:seqs AS bigint[]),
                CAST(:types AS text[]), CAST(:data AS json[])) AS e (stream_id, seq, type, data)
    """
)

_ATTACHMENT = "realtime.events"
_VALUES = "realtime.values"


def record(tx: Transaction, stream: str, event: Event) -> None:
    """Append `event` to `stream` in this transaction, after whatever was recorded before it."""
    pending: list[tuple[str, str, str]] = tx.attached.setdefault(_ATTACHMENT, [])
    data = msgspec.to_builtins(event)
    data.pop("type", None)
    pending.append((stream, event.type(), msgspec.json.encode(data).decode()))
    tx.before_commit(_ATTACHMENT, write_events)


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
    pending: list[tuple[str, str, str]] = tx.attached.pop(_ATTACHMENT)
    by_stream: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for stream, event_type, data in pending:
        by_stream[stream].append((event_type, data))
    names = sorted(by_stream)
    moment = now()
    advanced = await tx.rows(
        _ADVANCE,
        {
            "names": array_literal(names),
            "epochs": array_literal(new_epoch() for _ in names),
            "steps": array_literal(len(by_stream[name]) for name in names),
            "at": moment,
        },
    )
    columns: dict[str, list[Any]] = {"stream_ids": [], "seqs": [], "types": [], "data": []}
    for row in advanced:
        events = by_stream[row.name]
        first = row.seq - len(events) + 1
        for offset, (event_type, data) in enumerate(events):
            columns["stream_ids"].append(row.id)
            columns["seqs"].append(first + offset)
            columns["types"].append(event_type)
            columns["data"].append(data)
        hint_after_commit(tx, row.name, seq=row.seq)
    appended = {name: array_literal(values) for name, values in columns.items()}
    await tx.execute(_APPEND, appended | {"at": moment})
