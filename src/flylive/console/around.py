"""SQL of what surrounds a person, beside the slices' own lists: each bounded by an index."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.database import Reading

MOST = 100

_PERSON = text("SELECT id, agency_joined_at, deleted_at FROM users WHERE id = :user_id")
_ROOMS = text("SELECT id, name, logo AS image FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))")
_GIFTS = text(
    "SELECT id, name, thumbnail_url AS image FROM gifts WHERE id = ANY(CAST(:ids AS bigint[]))"
)
_STAYS = text(
    """
    SELECT * FROM room_participants WHERE user_id = :user_id
      AND joined_at <= COALESCE(CAST(:before_at AS timestamptz), 'infinity')
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (joined_at, id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY joined_at DESC, id DESC LIMIT :limit
    """
)
_DEVICES = text(
    """
    SELECT platform, device_name, created_at, updated_at FROM push_tokens
    WHERE user_id = :user_id ORDER BY updated_at DESC LIMIT :limit
    """
)
_SESSIONS = text(
    """
    SELECT ip_address, user_agent, to_timestamp(last_activity) AS last_activity FROM sessions
    WHERE user_id = :user_id ORDER BY last_activity DESC LIMIT :limit
    """
)
# The newest of each source, since a script may log in by the thousand.
_ADDRESSES = text(
    """
    SELECT ip_address, sum(logins) AS logins, sum(orders) AS orders, min(created_at) AS first_at,
           max(created_at) AS last_at
    FROM (
        (SELECT ip_address, 1 AS logins, 0 AS orders, created_at FROM personal_access_tokens
         WHERE tokenable_type = :tokenable_type AND tokenable_id = :user_id
           AND created_at >= :since AND ip_address IS NOT NULL
         ORDER BY created_at DESC LIMIT 1000)
        UNION ALL
        (SELECT ip_address, 0, 1, created_at FROM recharge_orders
         WHERE user_id = :user_id AND created_at >= :since AND ip_address IS NOT NULL
         ORDER BY created_at DESC LIMIT 1000)
    ) AS seen
    GROUP BY ip_address ORDER BY last_at DESC LIMIT :limit
    """
)
_COUPLES = text(
    """
    SELECT c.id, c.formed_at, c.ended_at, c.end_reason, m.partner_id, m.coins_given,
           his.coins_given AS coins_received
    FROM couple_members m
    JOIN couple_members his ON his.couple_id = m.couple_id AND his.user_id = m.partner_id
    JOIN couples c ON c.id = m.couple_id
    WHERE m.user_id = :user_id ORDER BY c.formed_at DESC, c.id DESC LIMIT :limit
    """
)


async def find_person(tx: Reading, user_id: int) -> Row[Any] | None:
    """A person, deleted or not, in few columns."""
    return await tx.row(_PERSON, {"user_id": user_id})


async def rooms(tx: Reading, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Rooms in few words, deleted ones too, by id."""
    rows = await tx.rows(_ROOMS, {"ids": sorted(ids)}) if ids else []
    return {row.id: row for row in rows}


async def gifts(tx: Reading, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Gifts of the catalogue in few words, by id."""
    rows = await tx.rows(_GIFTS, {"ids": sorted(ids)}) if ids else []
    return {row.id: row for row in rows}


async def stays(
    tx: Reading, user_id: int, *, limit: int, before: tuple[datetime, int] | None
) -> Sequence[Row[Any]]:
    """Up to `limit` stays in rooms, the newest first."""
    at, stay_id = before if before else (None, None)
    values = {"user_id": user_id, "limit": limit, "before_at": at, "before_id": stay_id}
    return await tx.rows(_STAYS, values)


async def devices(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """Devices that are notified."""
    return await tx.rows(_DEVICES, {"user_id": user_id, "limit": MOST})


async def sessions(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """Sessions of the console, without what would let anybody use them."""
    return await tx.rows(_SESSIONS, {"user_id": user_id, "limit": MOST})


async def addresses(tx: Reading, user_id: int, since: datetime) -> Sequence[Row[Any]]:
    """Where he came from since then, the last one first."""
    values = {"user_id": user_id, "since": since, "limit": MOST}
    return await tx.rows(_ADDRESSES, values | {"tokenable_type": TOKENABLE_TYPE})


async def couples(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """The couples that he is or was one of, the newest first."""
    return await tx.rows(_COUPLES, {"user_id": user_id, "limit": MOST})
