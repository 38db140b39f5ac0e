"""What open requests and credit ask before an account is deleted, and what becomes of them.

Locks coin requests by id, before their users.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.resellers import queries, service

_OPEN = """
    (user_id = :user_id OR requested_from = :user_id)
    AND (status = 'pending' OR (status = 'approved' AND type = 'credit' AND settled_at IS NULL))
"""
_LOCK = text(f"SELECT id FROM coin_requests WHERE {_OPEN} ORDER BY id FOR NO KEY UPDATE")
_LIST = text(f"SELECT * FROM coin_requests WHERE {_OPEN} ORDER BY id")


async def lock_open(tx: Transaction, user_id: int) -> None:
    """Lock the requests, to and from the user, that wait or are credit not settled."""
    await tx.execute(_LOCK, {"user_id": user_id})


async def list_open(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """The requests, to and from the user, that wait or are credit not settled."""
    return await tx.rows(_LIST, {"user_id": user_id})


async def leave_for_good(tx: Transaction, user_id: int, settings: Settings) -> None:
    """Cancel what waits, to and from the user, and let him be no reseller any more."""
    for request in await list_open(tx, user_id):
        if request.status == "pending":
            decided = await queries.decide_request(tx, request.id, "cancelled", user_id, None)
            await service.tell(tx, decided, settings)
    await queries.delete_reseller(tx, user_id)
