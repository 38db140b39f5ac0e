"""All SQL over streams; events that are read come in order, their data as JSON text."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from flylive.database import Reading, Transaction


class Head(NamedTuple):
    """Where a stream stands: events `first_seq` to `seq` are kept."""

    epoch: int
    seq: int
    first_seq: int


class StoredEvent(NamedTuple):
    """An event as it is stored; `data` is JSON text."""

    seq: int
    type: str
    data: str
    at: datetime


_HEAD = text("SELECT epoch, seq, first_seq FROM streams WHERE name = :name")
_CREATE = text(
    """
    INSERT INTO streams (name, epoch, seq, first_seq, updated_at)
    VALUES (:name, :epoch, 0, 1, :at) ON CONFLICT (name) DO NOTHING
    """
)
_RANGE = text(
    """
    SELECT e.seq, e.type, e.data::text AS data, e.at
    FROM streams s JOIN stream_events e ON e.stream_id = s.id
    WHERE s.name = :name AND s.epoch = :epoch AND e.seq > :after AND e.seq <= :upto
    ORDER BY e.seq LIMIT :limit
    """
)


async def find_head(tx: Reading, name: str) -> Head | None:
    """Where the stream stands; None where nothing was ever asked of it."""
    row = await tx.row(_HEAD, {"name": name})
    return Head._make(row) if row is not None else None


async def create_stream(tx: Transaction, name: str, epoch: int, at: datetime) -> None:
    """An empty stream; nothing happens where it exists."""
    await tx.execute(_CREATE, {"name": name, "epoch": epoch, "at": at})


async def list_range(
    tx: Reading, name: str, epoch: int, *, after: int, upto: int, limit: int
) -> Sequence[StoredEvent]:
    """Up to `limit` events with `after` < seq ≤ `upto`; none where the epoch is another."""
    rows = await tx.rows(
        _RANGE, {"name": name, "epoch": epoch, "after": after, "upto": upto, "limit": limit}
    )
    return [StoredEvent._make(row) for row in rows]


_PRUNE = text(
    """
    WITH aged AS (
        SELECT s.id, s.name
        FROM streams s
        CROSS JOIN LATERAL (
            SELECT e.at FROM stream_events e
            WHERE e.stream_id = s.id AND e.seq >= s.first_seq ORDER BY e.seq LIMIT 1
        ) AS oldest
        WHERE s.first_seq <= s.seq AND oldest.at < :before
        LIMIT :streams
    ), locked AS (
        SELECT s.id, s.first_seq FROM streams s JOIN aged USING (id)
        ORDER BY s.name FOR NO KEY UPDATE OF s
    ), cut AS (
        SELECT l.id, max(w.seq) + 1 AS first_seq
        FROM locked l
        CROSS JOIN LATERAL (
            SELECT e.seq, e.at FROM stream_events e
            WHERE e.stream_id = l.id AND e.seq >= l.first_seq ORDER BY e.seq LIMIT :events
        ) AS w
        WHERE w.at < :before
        GROUP BY l.id
    ), moved AS (
        UPDATE streams s SET first_seq = cut.first_seq FROM cut
        WHERE s.id = cut.id AND s.first_seq < cut.first_seq
        RETURNING s.id, s.first_seq
    ), gone AS (
        DELETE FROM stream_events e USING moved
        WHERE e.stream_id = moved.id AND e.seq < moved.first_seq
        RETURNING 1
    )
    SELECT count(*) FROM gone
    """
)


async def delete_before(tx: Transaction, before: datetime, *, streams: int, events: int) -> int:
    """Drop events older than `before` from up to so many streams; how many went.

    A stream's events go from its oldest on, so what is kept stays gapless.
    """
    gone: int = await tx.scalar(_PRUNE, {"before": before, "streams": streams, "events": events})
    return gone
