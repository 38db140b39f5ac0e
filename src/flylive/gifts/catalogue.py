"""Reading gifts: the catalogue, histories, the room's feed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, text

from flylive.accounts.queries import VIP_LEVEL
from flylive.database import Reading

_GIFT = f"""
    g.id, g.name, g.description, g.price, g.thumbnail_url, g.animation_url, g.sound_url,
    g.category, g.subcategory, g.rarity, g.wealth_xp_multiplier, g.charm_xp_multiplier,
    g.is_active, g.vip_level_required, g.country_specific, g.lucky_odds,
    g.created_at, g.updated_at,
    (g.vip_level_required <= {VIP_LEVEL}
     AND (g.country_specific IS NULL OR g.country_specific = u.country)) AS can_send
"""
_ACTIVE = """
    FROM gifts g, users u
    WHERE u.id = :user_id AND g.is_active
      AND (CAST(:category AS text) IS NULL OR g.category = :category)
      AND (CAST(:rarity AS text) IS NULL OR g.rarity = :rarity)
"""
_BY_ID = text(
    f"""
    SELECT {_GIFT} {_ACTIVE} AND g.id > COALESCE(CAST(:after_id AS bigint), 0)
    ORDER BY g.id LIMIT :limit
    """
)
_BY_PRICE = text(
    f"""
    SELECT {_GIFT} {_ACTIVE}
      AND (CAST(:after_id AS bigint) IS NULL
           OR (g.price, g.id) > (CAST(:after_price AS numeric), CAST(:after_id AS bigint)))
    ORDER BY g.price, g.id LIMIT :limit
    """
)


async def list_gifts(
    tx: Reading,
    user_id: int,
    at: datetime,
    *,
    limit: int,
    category: str | None = None,
    rarity: str | None = None,
    by_price: bool = False,
    after: tuple[Decimal, int] | None = None,
) -> Sequence[Row[Any]]:
    """Active gifts, by id or by price, marked with whether `user_id` may send them."""
    return await tx.rows(
        _BY_PRICE if by_price else _BY_ID,
        {
            "user_id": user_id,
            "now": at,
            "category": category,
            "rarity": rarity,
            "after_price": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        },
    )


_LINE = """
    t.id, t.sender_id, t.recipient_id, t.gift_id, t.room_id, t.quantity, t.price, t.total_cost,
    t.recipient_earnings, t.agency_commission, t.platform_fee, t.wealth_xp_awarded,
    t.charm_xp_awarded, t.combo, t.sent_at, r.reversed_at
"""
_BEFORE = """
    -- Said twice: months are left out by the plain comparison alone.
    t.sent_at <= COALESCE(CAST(:before_at AS timestamptz), 'infinity')
    AND (CAST(:before_at AS timestamptz) IS NULL
         OR (t.sent_at, t.id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
"""
_HISTORY = {
    box: text(
        f"""
        SELECT {_LINE} FROM gift_transactions t
        LEFT JOIN gift_reversals r ON r.gift_transaction_id = t.id AND r.sent_at = t.sent_at
        WHERE t.{column} = :user_id AND {_BEFORE}
        ORDER BY t.sent_at DESC, t.id DESC LIMIT :limit
        """
    )
    for box, column in (("sent", "sender_id"), ("received", "recipient_id"))
}
_FEED = text(
    f"""
    SELECT t.id, t.room_id, t.sender_id, s.name AS sender_name, t.recipient_id,
           r.name AS recipient_name, t.gift_id, g.name AS gift_name, g.thumbnail_url, t.quantity,
           t.total_cost, t.wealth_xp_awarded, t.charm_xp_awarded, t.combo, t.sent_at
    FROM gift_transactions t
    JOIN users s ON s.id = t.sender_id
    JOIN users r ON r.id = t.recipient_id
    JOIN gifts g ON g.id = t.gift_id
    WHERE t.room_id = :room_id AND {_BEFORE}
    ORDER BY t.sent_at DESC, t.id DESC LIMIT :limit
    """
)
Position = tuple[datetime, int] | None


def _before(position: Position) -> dict[str, Any]:
    return {
        "before_at": position[0] if position else None,
        "before_id": position[1] if position else None,
    }


async def list_history(
    tx: Reading, user_id: int, box: str, *, limit: int, before: Position
) -> Sequence[Row[Any]]:
    """Gift lines that `user_id` sent or received, newest first."""
    return await tx.rows(_HISTORY[box], {"user_id": user_id, "limit": limit} | _before(before))


async def list_room_gifts(
    tx: Reading, room_id: int, *, limit: int, before: Position
) -> Sequence[Row[Any]]:
    """Gift lines given in a room, newest first."""
    return await tx.rows(_FEED, {"room_id": room_id, "limit": limit} | _before(before))
