"""All SQL over messages, and over those in rooms."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND_SENT = text("SELECT * FROM messages WHERE sender_id = :sender_id AND client_id = :client_id")
_FIND = text("SELECT * FROM messages WHERE id = :message_id")
_NEXT = text(
    """
    INSERT INTO room_message_counters AS c (room_id, seq) VALUES (:room_id, 1)
    ON CONFLICT (room_id) DO UPDATE SET seq = c.seq + 1
    RETURNING seq
    """
)
_INSERT = text(
    """
    INSERT INTO messages (sender_id, room_id, recipient_id, client_id, seq, content, message_type,
                          attachment_url, attachment_type, sent_at)
    VALUES (:sender_id, :room_id, :recipient_id, :client_id, :seq, :content, :message_type,
            :attachment_url, :attachment_type, :at)
    RETURNING *
    """
)
_DELETE = text(
    "UPDATE messages SET is_deleted = true WHERE id = :message_id AND NOT is_deleted RETURNING id"
)
_NEWEST = text(
    """
    SELECT * FROM messages WHERE room_id = :room_id AND seq < :before
    ORDER BY seq DESC LIMIT :limit
    """
)
_AFTER = text(
    """
    SELECT * FROM messages WHERE room_id = :room_id AND seq > :after
    ORDER BY seq LIMIT :limit
    """
)


# The event was written in the message's own transaction, so moments after it was sent.
_BLANK_EVENT = text(
    """
    UPDATE stream_events e SET data = CAST(jsonb_set(
        CAST(e.data AS jsonb), '{message}',
        (CAST(e.data AS jsonb) -> 'message')
        || '{"content": "", "attachment_url": null, "attachment_type": null, "is_deleted": true}'
    ) AS json)
    FROM streams s
    WHERE s.name = :stream AND e.stream_id = s.id AND e.type = 'message.created'
      AND e.at BETWEEN CAST(:sent_at AS timestamptz) - interval '1 minute'
                   AND CAST(:sent_at AS timestamptz) + interval '5 minutes'
      AND CAST(e.data #>> '{message,id}' AS bigint) = :message_id
    """
)


async def blank_event(tx: Transaction, stream: str, message: Row[Any]) -> None:
    """Take the words out of what the stream tells whoever catches up or replays it later."""
    await tx.execute(
        _BLANK_EVENT, {"stream": stream, "message_id": message.id, "sent_at": message.sent_at}
    )


async def lock_client_id(tx: Transaction, sender_id: int, client_id: str) -> None:
    """Let the same message, sent twice at once, wait for itself."""
    await tx.lock(f"message:{sender_id}:{client_id}")


async def find_message(tx: Reading, message_id: int) -> Row[Any] | None:
    """A message."""
    return await tx.row(_FIND, {"message_id": message_id})


async def find_sent(tx: Reading, sender_id: int, client_id: str) -> Row[Any] | None:
    """The message that the sender gave this client id."""
    return await tx.row(_FIND_SENT, {"sender_id": sender_id, "client_id": client_id})


async def next_seq(tx: Transaction, room_id: int) -> int:
    """The next place in the room; its counter is held until the transaction ends."""
    seq: int = await tx.scalar(_NEXT, {"room_id": room_id})
    return seq


async def insert_message(tx: Transaction, **values: Any) -> Row[Any]:
    """A new message, to a room or to a person."""
    target = {"room_id": None, "recipient_id": None}
    return (await tx.execute(_INSERT, {"at": now(), **target, **values})).one()


async def mark_deleted(tx: Transaction, message_id: int) -> bool:
    """Let the message stand in its place without its words; the row keeps them as evidence.

    False where it was deleted already.
    """
    return await tx.scalar(_DELETE, {"message_id": message_id}) is not None


async def list_before(tx: Reading, room_id: int, *, before: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` messages with a smaller `seq`, newest first."""
    return await tx.rows(_NEWEST, {"room_id": room_id, "before": before, "limit": limit})


async def list_after(tx: Reading, room_id: int, *, after: int, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` messages with a larger `seq`, oldest first."""
    return await tx.rows(_AFTER, {"room_id": room_id, "after": after, "limit": limit})
