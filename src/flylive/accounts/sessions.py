"""Ending all of somebody's ways in at once, under the lock of his row."""

from collections.abc import Sequence

from sqlalchemy import text

from flylive.accounts import queries
from flylive.accounts.events import SessionRevoked
from flylive.clock import now
from flylive.database import Transaction
from flylive.realtime import record, user_stream
from flylive.realtime.control import announce_revoked

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
_END_CONSOLE = text(
    "DELETE FROM sessions WHERE user_id = :user_id AND id IS DISTINCT FROM CAST(:but AS text)"
)


def tell_revoked(tx: Transaction, user_id: int, token_ids: Sequence[int]) -> None:
    """Tell the user's other devices, and every process, that these tokens are gone."""
    if token_ids:
        record(tx, user_stream(user_id), SessionRevoked(token_ids=sorted(token_ids)))
    announce_revoked(tx, token_ids)


async def set_blocked(tx: Transaction, user_id: int, reason: str | None) -> None:
    """Block the user for this reason; lift the block with None."""
    await tx.execute(_BLOCK, {"user_id": user_id, "reason": reason, "at": now()})


async def end_console(tx: Transaction, user_id: int, *, but: str | None = None) -> None:
    """End the user's console sessions, all or all but one; they are looked up at each request."""
    await tx.execute(_END_CONSOLE, {"user_id": user_id, "but": but})


async def end_all(tx: Transaction, user_id: int) -> list[int]:
    """Delete every access token and console session of the user; the tokens' ids.

    The caller announces it, since what sockets are told differs: revoked, or blocked.
    """
    await end_console(tx, user_id)
    return await queries.delete_tokens(tx, user_id)
