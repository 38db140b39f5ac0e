"""Gift walls: how often somebody got each gift, kept by the fold instead of added up anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal

_ADD = text(
    """
    INSERT INTO gift_walls AS w (user_id, gift_id, quantity, last_received_at)
    SELECT * FROM unnest(CAST(:users AS bigint[]), CAST(:gifts AS bigint[]),
                         CAST(:quantities AS bigint[]), CAST(:moments AS timestamptz[]))
                  AS f (user_id, gift_id, quantity, last_received_at)
    ORDER BY user_id, gift_id
    ON CONFLICT (user_id, gift_id) DO UPDATE SET
        quantity = w.quantity + excluded.quantity,
        last_received_at = GREATEST(w.last_received_at, excluded.last_received_at)
    """
)
COUNT_HISTORY = """
    INSERT INTO gift_walls (user_id, gift_id, quantity, last_received_at)
    SELECT recipient_id, gift_id, sum(quantity), max(sent_at)
    FROM gift_transactions WHERE quantity >= 1 GROUP BY recipient_id, gift_id
"""
"""Fills empty walls from a history that came from elsewhere."""

_LIST = text(
    """
    SELECT g.id AS gift_id, g.name, g.thumbnail_url, g.rarity, g.category, g.price,
           w.quantity, w.last_received_at
    FROM gift_walls w JOIN gifts g ON g.id = w.gift_id
    WHERE w.user_id = :user_id
      AND (CAST(:price AS numeric) IS NULL
           OR (-g.price, g.id) > (-CAST(:price AS numeric), CAST(:gift_id AS bigint)))
    ORDER BY g.price DESC, g.id LIMIT :limit
    """
)


async def add(tx: Transaction, sums: Mapping[tuple[int, int], tuple[int, datetime]]) -> None:
    """Add what was received, by (user, gift): how often, and when last."""
    if not sums:
        return
    await tx.execute(
        _ADD,
        {
            "users": array_literal(user_id for user_id, _ in sums),
            "gifts": array_literal(gift_id for _, gift_id in sums),
            "quantities": array_literal(quantity for quantity, _ in sums.values()),
            "moments": array_literal(moment.isoformat() for _, moment in sums.values()),
        },
    )


async def list_wall(
    tx: Reading, user_id: int, *, limit: int, after: tuple[Decimal, int] | None = None
) -> Sequence[Row[Any]]:
    """Every gift that a user received and how often, dearest first."""
    price, gift_id = after or (None, None)
    return await tx.rows(
        _LIST, {"user_id": user_id, "limit": limit, "price": price, "gift_id": gift_id}
    )
