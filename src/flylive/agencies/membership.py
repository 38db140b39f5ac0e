"""Leaving an agency, and what a person owns of one.

Locks the agency after its member. Earnings stay where they were earned.
"""

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Reading, Transaction

_OWNED = text("SELECT id FROM agencies WHERE owner_id = :user_id AND status <> 'inactive'")
_LEAVE = text(
    """
    WITH member AS (
        SELECT id, agency_id FROM users WHERE id = :user_id AND agency_id IS NOT NULL
    ), counted AS (
        UPDATE agencies a SET member_count = member_count - 1, updated_at = :at
        FROM member m WHERE a.id = m.agency_id
    )
    UPDATE users u SET agency_id = NULL, agency_role = 'member', agency_joined_at = NULL,
        updated_at = :at
    FROM member m WHERE u.id = m.id
    """
)
_WITHDRAW = text(
    """
    UPDATE agency_member_requests
    SET status = 'cancelled', processed_by = :user_id, processed_at = :at
    WHERE user_id = :user_id AND status = 'pending'
    """
)


async def find_owned(tx: Reading, user_id: int) -> int | None:
    """The agency, not an inactive one, that a user owns."""
    agency_id: int | None = await tx.scalar(_OWNED, {"user_id": user_id})
    return agency_id


async def leave_for_good(tx: Transaction, user_id: int) -> None:
    """Let a locked user be in no agency any more, and withdraw what waits for an answer."""
    await tx.execute(_WITHDRAW, {"user_id": user_id, "at": now()})
    await tx.execute(_LEAVE, {"user_id": user_id, "at": now()})
