"""All SQL over filters, and what somebody said last."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND = text("SELECT * FROM message_filters WHERE room_id IS NOT DISTINCT FROM :room_id")
_LIST = text("SELECT * FROM message_filters WHERE room_id IS NULL OR room_id = :room_id")
_PUT = text(
    """
    INSERT INTO message_filters (room_id, words, allows_links, updated_by, updated_at)
    VALUES (:room_id, CAST(:words AS varchar[]), :allows_links, :updated_by, :at)
    ON CONFLICT (room_id) DO UPDATE SET
        words = excluded.words, allows_links = excluded.allows_links,
        updated_by = excluded.updated_by, updated_at = excluded.updated_at
    RETURNING *
    """
)
_SAID = text(
    """
    SELECT content, attachment_url, sent_at FROM messages
    WHERE sender_id = :sender_id AND recipient_id IS NOT DISTINCT FROM :recipient_id
      AND room_id IS NOT DISTINCT FROM :room_id AND sent_at > :since
    ORDER BY sent_at DESC LIMIT :limit
    """
)


async def find(tx: Reading, room_id: int | None) -> Row[Any] | None:
    """The room's filter, or without a room the platform's."""
    return await tx.row(_FIND, {"room_id": room_id})


async def find_both(tx: Reading, room_id: int | None) -> Sequence[Row[Any]]:
    """The filters that hold in the room, or between two people: the platform's among them."""
    return await tx.rows(_LIST, {"room_id": room_id})


async def put(
    tx: Transaction,
    room_id: int | None,
    *,
    words: Collection[str],
    allows_links: bool,
    updated_by: int,
) -> Row[Any]:
    """Set the filter, in place of what was there."""
    values = {"words": list(words), "allows_links": allows_links, "updated_by": updated_by}
    return (await tx.execute(_PUT, {"room_id": room_id, "at": now(), **values})).one()


async def said_since(
    tx: Reading,
    sender_id: int,
    *,
    room_id: int | None = None,
    recipient_id: int | None = None,
    since: datetime,
    limit: int,
) -> Sequence[Row[Any]]:
    """What somebody wrote there since then, newest first."""
    values = {"sender_id": sender_id, "room_id": room_id, "recipient_id": recipient_id}
    return await tx.rows(_SAID, {**values, "since": since, "limit": limit})
