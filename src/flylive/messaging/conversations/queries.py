"""All SQL over conversations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading, Transaction
from flylive.database.arrays import array_literal

_NEXT = text(
    """
    INSERT INTO conversations AS c (low_user_id, high_user_id, seq)
    VALUES (LEAST(:one_id, :other_id), GREATEST(:one_id, :other_id), 1)
    ON CONFLICT (low_user_id, high_user_id) DO UPDATE SET seq = c.seq + 1
    RETURNING seq
    """
)
_NEXT_OF_ALL = text(
    """
    INSERT INTO conversations AS c (low_user_id, high_user_id, seq)
    SELECT * FROM unnest(CAST(:lows AS bigint[]), CAST(:highs AS bigint[]),
                         CAST(:counts AS bigint[]))
    ON CONFLICT (low_user_id, high_user_id) DO UPDATE SET seq = c.seq + excluded.seq
    RETURNING low_user_id, high_user_id, seq
    """
)
_NOTE_SENT = text(
    """
    INSERT INTO conversation_members AS m
        (user_id, other_id, last_message_id, sent_count, unread_count)
    SELECT * FROM unnest(CAST(:users AS bigint[]), CAST(:others AS bigint[]),
                         CAST(:last AS bigint[]), CAST(:sent AS bigint[]),
                         CAST(:unread AS bigint[]))
    ON CONFLICT (user_id, other_id) DO UPDATE SET
        last_message_id = excluded.last_message_id,
        sent_count = m.sent_count + excluded.sent_count,
        unread_count = m.unread_count + excluded.unread_count
    """
)
_MEMBER = text(
    "SELECT * FROM conversation_members WHERE user_id = :user_id AND other_id = :other_id"
)
_SEQ = text(
    """
    SELECT seq FROM conversations
    WHERE low_user_id = LEAST(:one_id, :other_id) AND high_user_id = GREATEST(:one_id, :other_id)
    """
)
# The pair stands in the words of the unique index, which orders a conversation.
_PAIR = """
    recipient_id IS NOT NULL
    AND LEAST(sender_id, recipient_id) = LEAST(:user_id, :other_id)
    AND GREATEST(sender_id, recipient_id) = GREATEST(:user_id, :other_id)
"""
_MARK_READ = text(
    f"""
    UPDATE messages SET is_read = true, read_at = :at
    WHERE {_PAIR} AND seq > :behind AND seq <= :seq AND recipient_id = :user_id
    """
)
_MOVE_MARK = text(
    f"""
    UPDATE conversation_members SET read_seq = :seq, unread_count = (
        SELECT count(*) FROM messages
        WHERE {_PAIR} AND seq > :seq AND recipient_id = :user_id AND NOT is_deleted)
    WHERE user_id = :user_id AND other_id = :other_id
    RETURNING unread_count
    """
)
_FORGET_UNREAD = text(
    """
    UPDATE conversation_members SET unread_count = unread_count - 1
    WHERE user_id = :user_id AND other_id = :other_id AND read_seq < :seq
    """
)
_BEFORE = text(
    f"SELECT * FROM messages WHERE {_PAIR} AND seq < :before ORDER BY seq DESC LIMIT :limit"
)
_AFTER = text(f"SELECT * FROM messages WHERE {_PAIR} AND seq > :after ORDER BY seq LIMIT :limit")
_LIST = text(
    """
    SELECT m.user_id, m.other_id, m.last_message_id, m.read_seq, m.unread_count, c.seq,
           o.read_seq AS other_read_seq
    FROM conversation_members m
    JOIN conversations c ON c.low_user_id = LEAST(m.user_id, m.other_id)
        AND c.high_user_id = GREATEST(m.user_id, m.other_id)
    JOIN conversation_members o ON o.user_id = m.other_id AND o.other_id = m.user_id
    WHERE m.user_id = :user_id AND m.last_message_id < :before
    ORDER BY m.last_message_id DESC LIMIT :limit
    """
)
_MESSAGES = text("SELECT * FROM messages WHERE id = ANY(CAST(:ids AS bigint[]))")


async def next_seq(tx: Transaction, one_id: int, other_id: int) -> int:
    """The next place between the two; held until the transaction ends."""
    seq: int = await tx.scalar(_NEXT, {"one_id": one_id, "other_id": other_id})
    return seq


async def last_seq(tx: Reading, one_id: int, other_id: int) -> int:
    """The place of the last message between the two; 0 where nobody wrote."""
    return await tx.scalar(_SEQ, {"one_id": one_id, "other_id": other_id}) or 0


async def next_seqs(
    tx: Transaction, counts: Mapping[tuple[int, int], int]
) -> dict[tuple[int, int], int]:
    """So many next places for each (lower id, higher id), in this order; the last of them."""
    values = {
        "lows": array_literal(low for low, _ in counts),
        "highs": array_literal(high for _, high in counts),
        "counts": array_literal(counts.values()),
    }
    rows = await tx.rows(_NEXT_OF_ALL, values)
    return {(row.low_user_id, row.high_user_id): row.seq for row in rows}


async def note_sent(tx: Transaction, message: Row[Any]) -> None:
    """Let both sides know their newest message, and count it."""
    await note_all_sent(tx, [message])


async def note_all_sent(tx: Transaction, messages: Sequence[Row[Any]]) -> None:
    """The same for many messages, those of one conversation in their order."""
    sides: dict[tuple[int, int], list[int]] = {}
    for message in messages:
        own = sides.setdefault((message.sender_id, message.recipient_id), [0, 0, 0])
        others = sides.setdefault((message.recipient_id, message.sender_id), [0, 0, 0])
        own[0] = others[0] = message.id
        own[1] += 1
        others[2] += 1
    ordered = sorted(sides)
    columns = [array_literal(sides[side][place] for side in ordered) for place in range(3)]
    await tx.execute(
        _NOTE_SENT,
        {
            "users": array_literal(user for user, _ in ordered),
            "others": array_literal(other for _, other in ordered),
            "last": columns[0],
            "sent": columns[1],
            "unread": columns[2],
        },
    )


async def find_member(tx: Reading, user_id: int, other_id: int) -> Row[Any] | None:
    """The user's side of his conversation with the other."""
    return await tx.row(_MEMBER, {"user_id": user_id, "other_id": other_id})


async def move_mark(
    tx: Transaction, user_id: int, other_id: int, *, behind: int, seq: int, at: datetime
) -> int:
    """Mark what the other wrote behind the old mark and up to `seq` as read; what is left."""
    values = {"user_id": user_id, "other_id": other_id, "seq": seq}
    await tx.execute(_MARK_READ, values | {"behind": behind, "at": at})
    unread: int = await tx.scalar(_MOVE_MARK, values)
    return unread


async def forget_unread(tx: Transaction, message: Row[Any]) -> None:
    """Count a deleted message no longer among those that its recipient has not read."""
    await tx.execute(
        _FORGET_UNREAD,
        {"user_id": message.recipient_id, "other_id": message.sender_id, "seq": message.seq},
    )


async def list_before(
    tx: Reading, user_id: int, other_id: int, *, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` messages between the two with a smaller `seq`, newest first."""
    values = {"user_id": user_id, "other_id": other_id, "before": before, "limit": limit}
    return await tx.rows(_BEFORE, values)


async def list_after(
    tx: Reading, user_id: int, other_id: int, *, after: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` messages between the two with a larger `seq`, oldest first."""
    values = {"user_id": user_id, "other_id": other_id, "after": after, "limit": limit}
    return await tx.rows(_AFTER, values)


async def list_conversations(
    tx: Reading, user_id: int, *, before: int, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` conversations whose last message is older than the one with id `before`."""
    return await tx.rows(_LIST, {"user_id": user_id, "before": before, "limit": limit})


async def find_messages(tx: Reading, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Messages by their ids."""
    return {row.id: row for row in await tx.rows(_MESSAGES, {"ids": list(ids)})}
