"""``rooms.popularity_index``: people now, coins of the last hour, followers.

Each part grows slower than what it counts, so that one rich gift does not pin a room to the
top; the window of an hour makes it decay. Only rooms where something happens are touched.
"""

from datetime import timedelta

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Database, Transaction
from flylive.realtime import record_value, room_stream
from flylive.rooms.events import ROOM_METRICS

WINDOW = timedelta(hours=1)
PER_PARTICIPANT = 10

_UPDATE = text(
    """
    WITH alive AS (
        SELECT id FROM rooms
        WHERE deleted_at IS NULL AND (participant_count > 0 OR popularity_index > 0)
    ), coins AS (
        SELECT room_id, sum(total_cost) AS spent FROM gift_transactions
        WHERE sent_at >= :since AND room_id IS NOT NULL GROUP BY room_id
    ), fresh AS (
        SELECT r.id, round(CAST(
                   r.participant_count * :per_participant
                   + sqrt(COALESCE(c.spent, 0))
                   + CASE WHEN r.participant_count > 0 OR c.spent > 0
                          THEN ln(1 + (SELECT CAST(count(*) AS numeric) FROM room_followers f
                                       WHERE f.room_id = r.id))
                          ELSE 0 END AS numeric), 2) AS popularity
        FROM alive a JOIN rooms r ON r.id = a.id LEFT JOIN coins c ON c.room_id = r.id
    ), locked AS (
        SELECT r.id, f.popularity FROM rooms r JOIN fresh f ON f.id = r.id
        WHERE r.popularity_index <> f.popularity
        ORDER BY r.id FOR NO KEY UPDATE OF r
    )
    UPDATE rooms r SET popularity_index = l.popularity FROM locked l WHERE r.id = l.id
    RETURNING r.id
    """
)


async def update_popularity(database: Database) -> int:
    """Compute the index of every living room anew; how many changed."""

    async def work(tx: Transaction) -> int:
        rows = await tx.rows(
            _UPDATE,
            {"since": now() - WINDOW, "per_participant": PER_PARTICIPANT},
        )
        for row in rows:
            record_value(tx, room_stream(row.id), ROOM_METRICS)
        return len(rows)

    return await database.run(work)
