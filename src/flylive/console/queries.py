"""All SQL of the staff's own views of people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading

_COLUMNS = """
    u.id, u.name, u.email, u.phone, u.signature, u.dob, u.gender, u.country, u.avatar_image,
    u.animated_src, u.static_src, u.coin_balance, u.diamond_balance, u.total_spent,
    u.total_received, u.coin_debt AS debt, u.wealth_level_id, u.charm_level_id, u.wealth_xp,
    u.charm_xp, u.agency_id, u.agency_role, u.agency_joined_at, u.vip_level, u.vip_expires_at,
    u.social_provider, u.social_provider_id, u.is_blocked, u.blocked_at, u.block_reason,
    u.last_active_at, u.email_verified_at, u.created_at, u.updated_at, u.deleted_at,
    s.role AS staff_role
"""
_ALL = text(
    f"""
    SELECT {_COLUMNS} FROM users u LEFT JOIN staff_members s ON s.user_id = u.id
    WHERE u.id < :before_id
    ORDER BY u.id DESC LIMIT :limit
    """
)
# One branch per index, so that none of them makes the others scan.
_SEARCH = text(
    f"""
    SELECT {_COLUMNS} FROM users u LEFT JOIN staff_members s ON s.user_id = u.id
    WHERE u.id IN (
        SELECT id FROM users WHERE name ILIKE :pattern
        UNION ALL SELECT id FROM users WHERE signature = :q
        UNION ALL SELECT id FROM users WHERE lower(email) = lower(:q) AND deleted_at IS NULL
        UNION ALL SELECT id FROM users WHERE phone = :phone AND deleted_at IS NULL
        UNION ALL SELECT id FROM users WHERE id = :id
    ) AND u.id < :before_id
    ORDER BY u.id DESC LIMIT :limit
    """
)
_FIND = text(
    f"""
    SELECT {_COLUMNS},
           (SELECT count(*) FROM personal_access_tokens t
            WHERE t.tokenable_id = u.id AND t.tokenable_type = :tokenable_type
              AND (t.expires_at IS NULL OR t.expires_at > :now)) AS tokens_count,
           (SELECT p.room_id FROM room_participants p
            WHERE p.user_id = u.id AND p.is_active) AS room_id
    FROM users u LEFT JOIN staff_members s ON s.user_id = u.id
    WHERE u.id = :user_id
    """
)


async def search_people(
    tx: Reading,
    *,
    before_id: int,
    limit: int,
    q: str | None,
    phone: str | None,
    user_id: int | None,
) -> Sequence[Row[Any]]:
    """Up to `limit` users older than the one with id `before_id`, newest first.

    `q` is a part of the name, or the whole signature or e-mail; `phone` and `user_id` are what
    it is read as besides. Deleted users are among them.
    """
    if q is None:
        return await tx.rows(_ALL, {"before_id": before_id, "limit": limit})
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await tx.rows(
        _SEARCH,
        {
            "before_id": before_id,
            "limit": limit,
            "q": q,
            "pattern": f"%{escaped}%",
            "phone": phone,
            "id": user_id,
        },
    )


async def find_person(tx: Reading, user_id: int, **parameters: Any) -> Row[Any] | None:
    """A user, deleted or not, with how many tokens of his hold and which room he is in."""
    return await tx.row(_FIND, {"user_id": user_id, **parameters})
