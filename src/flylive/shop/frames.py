"""Owning frames: given or bought, days add up."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text

from flylive.database import Transaction
from flylive.database.arrays import array_literal

_GIVE = text(
    """
    INSERT INTO frame_user AS owned (user_id, frame_id, quantity, expires_at, purchased_at)
    SELECT g.user_id, f.id, g.times, CAST(:at AS timestamptz)
           + make_interval(days => f.duration_days * g.times), :at
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:frame_ids AS bigint[]),
                CAST(:times AS integer[])) AS g (user_id, frame_id, times)
    JOIN frames f ON f.id = g.frame_id
    ORDER BY g.user_id, f.id
    ON CONFLICT (user_id, frame_id) DO UPDATE SET
        quantity = owned.quantity + excluded.quantity,
        expires_at = CASE WHEN owned.expires_at IS NOT NULL
            THEN GREATEST(owned.expires_at, :at) + (excluded.expires_at - :at) END
    """
)


async def give_frames(tx: Transaction, gifts: Iterable[tuple[int, int]], at: datetime) -> None:
    """Give frames as (user_id, frame_id): a frame owned already lasts its days longer.

    A frame without `duration_days` is forever, and stays so (`expires_at` NULL).
    """
    counted = Counter(gifts)
    if counted:
        await tx.execute(
            _GIVE,
            {
                "user_ids": array_literal(user_id for user_id, _ in counted),
                "frame_ids": array_literal(frame_id for _, frame_id in counted),
                "times": array_literal(counted.values()),
                "at": at,
            },
        )
