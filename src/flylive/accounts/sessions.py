"""Ending all of somebody's ways in at once, under the lock of his row."""

from sqlalchemy import text

from flylive.accounts import queries
from flylive.clock import now
from flylive.database import Transaction

_BLOCK = text(
    """
    UPDATE users SET
        is_blocked = CAST(:reason AS text) IS NOT NULL, block_reason = :reason,
        blocked_at = CASE WHEN CAST(:reason AS text) IS NOT NULL
                     THEN CAST(:at AS timestamptz) END,
        updated_at = :at
    WHERE id = :user_id
    """
)
_END_CONSOLE = text("DELETE FROM sessions WHERE user_id = :user_id")


async def set_blocked(tx: Transaction, user_id: int, reason: str | None) -> None:
    """Block the user for this reason; lift the block with None."""
    await tx.execute(_BLOCK, {"user_id": user_id, "reason": reason, "at": now()})


async def end_all(tx: Transaction, user_id: int) -> list[int]:
    """Delete every access token and console session of the user; the tokens' ids.

    The caller announces it, since what sockets are told differs: revoked, or blocked.
    """
    await tx.execute(_END_CONSOLE, {"user_id": user_id})
    return await queries.delete_tokens(tx, user_id)
