"""All SQL over requests for seats."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND = text("SELECT * FROM seat_requests WHERE id = :id")
_PENDING = text(
    """
    SELECT * FROM seat_requests
    WHERE room_id = :room_id AND status = 'pending' ORDER BY id
    """
)
_INSERT = text(
    """
    INSERT INTO seat_requests
        (room_id, user_id, requested_by, kind, seat_number, created_at, expires_at)
    VALUES (:room_id, :user_id, :requested_by, :kind, :seat_number, :at, :expires_at)
    RETURNING *
    """
)
_DECIDE = text(
    """
    UPDATE seat_requests
    SET status = :status, decided_at = :at, decided_by = :by, seat_number = :seat_number
    WHERE id = :id RETURNING *
    """
)
_OVERDUE_ROOMS = text(
    """
    SELECT DISTINCT room_id FROM (
        SELECT room_id FROM seat_requests
        WHERE status = 'pending' AND expires_at <= :now ORDER BY expires_at LIMIT :limit
    ) AS overdue
    ORDER BY room_id
    """
)
_PRUNE = text(
    """
    DELETE FROM seat_requests WHERE id IN (
        SELECT id FROM seat_requests
        WHERE status <> 'pending' AND decided_at < :before ORDER BY decided_at LIMIT :limit
    )
    """
)


async def find(tx: Reading, request_id: int) -> Row[Any] | None:
    """One request, whatever became of it."""
    return await tx.row(_FIND, {"id": request_id})


async def list_pending(tx: Reading, room_id: int) -> Sequence[Row[Any]]:
    """What waits in the room, oldest first; also what is too old but was not swept yet."""
    return await tx.rows(_PENDING, {"room_id": room_id})


async def insert(
    tx: Transaction,
    *,
    room_id: int,
    user_id: int,
    requested_by: int,
    kind: str,
    seat_number: int | None,
    seconds: int,
) -> Row[Any]:
    """A new request, which waits for so long."""
    moment = now()
    values = {
        "room_id": room_id,
        "user_id": user_id,
        "requested_by": requested_by,
        "kind": kind,
        "seat_number": seat_number,
        "at": moment,
        "expires_at": moment + timedelta(seconds=seconds),
    }
    return (await tx.execute(_INSERT, values)).one()


async def decide(
    tx: Transaction, request_id: int, status: str, *, by: int | None, seat_number: int | None
) -> Row[Any]:
    """Let a request be over."""
    values = {
        "id": request_id,
        "status": status,
        "by": by,
        "at": now(),
        "seat_number": seat_number,
    }
    return (await tx.execute(_DECIDE, values)).one()


async def list_overdue_rooms(tx: Reading, limit: int) -> list[int]:
    """Rooms in which requests waited for too long."""
    rows = await tx.rows(_OVERDUE_ROOMS, {"now": now(), "limit": limit})
    return [row.room_id for row in rows]


async def prune(tx: Transaction, before: datetime, limit: int) -> int:
    """Drop requests that were over before that moment; how many went."""
    return (await tx.execute(_PRUNE, {"before": before, "limit": limit})).rowcount
