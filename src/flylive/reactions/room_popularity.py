"""``rooms.popularity_index``: people now, coins of the last hour, followers.

index = 10 × people + √coins + ln(1 + followers), the last only while people or coins are
there. Each part grows slower than what it counts, so that one rich gift does not pin a room
to the top; the window, the running minute and the 59 before it, makes it decay. The coins
come from ``room_coin_minutes``, which the fold of gifts keeps, so that an hour of gifts is
never read again. Only rooms where something happens are touched, some at a time, so that
nobody who comes or goes waits long for a row.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.realtime import record_value, room_stream
from flylive.rooms.events import ROOM_METRICS

WINDOW_MINUTES = 60
PER_PARTICIPANT = 10
BATCH = 200

_FRESH = text(
    """
    WITH coins AS (
        SELECT room_id, sum(coins) AS spent FROM room_coin_minutes
        WHERE minute >= :since GROUP BY room_id
    ), fresh AS (
        SELECT r.id, r.popularity_index, round(CAST(
                   r.participant_count * :per_participant
                   + sqrt(COALESCE(c.spent, 0))
                   + CASE WHEN r.participant_count > 0 OR c.spent > 0
                          THEN ln(1 + (SELECT CAST(count(*) AS numeric) FROM room_followers f
                                       WHERE f.room_id = r.id))
                          ELSE 0 END AS numeric), 2) AS popularity
        FROM rooms r LEFT JOIN coins c ON c.room_id = r.id
        WHERE r.deleted_at IS NULL
          AND (r.participant_count > 0 OR r.popularity_index > 0 OR c.spent > 0)
    )
    SELECT id, popularity FROM fresh WHERE popularity_index <> popularity ORDER BY id
    """
)
_SAVE = text(
    """
    WITH locked AS (
        SELECT r.id, f.popularity
        FROM rooms r JOIN unnest(CAST(:ids AS bigint[]), CAST(:popularities AS numeric[]))
             AS f (id, popularity) ON f.id = r.id
        ORDER BY r.id FOR NO KEY UPDATE OF r
    )
    UPDATE rooms r SET popularity_index = l.popularity FROM locked l WHERE r.id = l.id
    """
)
_FORGET = text("DELETE FROM room_coin_minutes WHERE minute < :since")


async def update_popularity(database: Database) -> int:
    """Compute the index of every living room anew; how many changed."""
    since = window_start(now())

    async def compute(tx: Reading) -> Sequence[Row[Any]]:
        return await tx.rows(_FRESH, {"since": since, "per_participant": PER_PARTICIPANT})

    changed = await database.read(compute)
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]

        async def save(tx: Transaction, batch: Sequence[Row[Any]] = batch) -> None:
            await tx.execute(
                _SAVE,
                {
                    "ids": array_literal(row.id for row in batch),
                    "popularities": [row.popularity for row in batch],
                },
            )
            for row in batch:
                record_value(tx, room_stream(row.id), ROOM_METRICS)

        await database.run(save)

    async def forget(tx: Transaction) -> None:
        await tx.execute(_FORGET, {"since": since})

    await database.run(forget)
    return len(changed)


def window_start(moment: datetime) -> datetime:
    """The first minute that still counts at `moment`."""
    minute = moment.replace(second=0, microsecond=0)
    return minute - timedelta(minutes=WINDOW_MINUTES - 1)
