"""Positions in streams, reading on from one, and forgetting what is old."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.realtime import queries
from flylive.realtime.errors import StreamTooOld
from flylive.realtime.streams import new_epoch

_STREAMS_AT_ONCE, _EVENTS_AT_ONCE = 200, 1_000


class Position(NamedTuple):
    """A place in a stream: everything up to `seq` is behind it."""

    name: str
    epoch: int
    seq: int


class EventView(msgspec.Struct, kw_only=True):
    """An event as it goes to clients; `data` is the event class's own shape."""

    stream: str
    epoch: int
    seq: int
    type: str
    data: msgspec.Raw
    at: datetime


class EventPage(msgspec.Struct, kw_only=True):
    """Events in order, without a gap; ask again with `after` = `next_after`."""

    epoch: int
    data: list[EventView]
    next_after: int


async def position(tx: Transaction, stream: str) -> Position:
    """Where the stream stands, made if it does not exist yet, so that its epoch is kept.

    A state goes with the position that was read before it or in one snapshot with it
    (:func:`find_position` in a :meth:`Database.read`), never with a later one.
    """
    found = await find_position(tx, stream)
    if found is None:
        await queries.create_stream(tx, stream, new_epoch(), now())
        found = await find_position(tx, stream)
        assert found is not None
    return found


async def find_position(tx: Reading, stream: str) -> Position | None:
    """Where the stream stands; None where it does not exist yet."""
    head = await queries.find_head(tx, stream)
    return Position(stream, head.epoch, head.seq) if head else None


async def events_after(tx: Reading, stream: str, after: int, limit: int) -> EventPage:
    """Up to `limit` events behind `after`, for catching up and replay; any caller may.

    Call it over one snapshot (:meth:`Database.read`). Raises StreamTooOld where the stream
    does not reach back so far, and where `after` lies ahead of it: then it belongs to
    a stream that was lost.
    """
    head = await queries.find_head(tx, stream)
    if head is None:
        if after > 0:
            raise StreamTooOld(0, 0)
        return EventPage(epoch=0, data=[], next_after=0)
    if after + 1 < head.first_seq or after > head.seq:
        raise StreamTooOld(head.epoch, head.seq)
    rows = await queries.list_range(tx, stream, head.epoch, after=after, upto=head.seq, limit=limit)
    data = [
        EventView(
            stream=stream,
            epoch=head.epoch,
            seq=row.seq,
            type=row.type,
            data=msgspec.Raw(row.data.encode()),
            at=row.at,
        )
        for row in rows
    ]
    return EventPage(epoch=head.epoch, data=data, next_after=data[-1].seq if data else after)


async def prune(database: Database, keep_hours: int) -> int:
    """Drop the events older than `keep_hours`; the worker calls it now and then.

    Goes in small transactions, so that no stream's counter is held for long. Returns how
    many events went; whoever resumes behind them gets StreamTooOld or a resync frame.
    """
    before = now() - timedelta(hours=keep_hours)
    total = 0

    async def work(tx: Transaction) -> int:
        return await queries.delete_before(
            tx, before, streams=_STREAMS_AT_ONCE, events=_EVENTS_AT_ONCE
        )

    while gone := await database.run(work):
        total += gone
    return total
