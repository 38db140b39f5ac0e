"""Conversations between two people: the place of their messages, read marks, what is unread."""

from alembic import op

revision = "2024_conversations"
down_revision: str | None = "2023_progression"


def upgrade() -> None:
    """Make both tables; fill them from messages that are there."""
    op.execute(
        """
        CREATE TABLE conversations (
            low_user_id bigint NOT NULL,
            high_user_id bigint NOT NULL,
            seq bigint NOT NULL,
            CONSTRAINT conversations_pkey PRIMARY KEY (low_user_id, high_user_id),
            CONSTRAINT chk_conversations_two_users CHECK (low_user_id < high_user_id),
            CONSTRAINT chk_conversations_seq CHECK (seq >= 0),
            CONSTRAINT fk_conversations_low_user_id
                FOREIGN KEY (low_user_id) REFERENCES users (id),
            CONSTRAINT fk_conversations_high_user_id
                FOREIGN KEY (high_user_id) REFERENCES users (id)
        ) WITH (fillfactor = 50);
        CREATE TABLE conversation_members (
            user_id bigint NOT NULL,
            other_id bigint NOT NULL,
            last_message_id bigint NOT NULL,
            sent_count bigint NOT NULL DEFAULT 0,
            read_seq bigint NOT NULL DEFAULT 0,
            unread_count bigint NOT NULL DEFAULT 0,
            CONSTRAINT conversation_members_pkey PRIMARY KEY (user_id, other_id),
            CONSTRAINT chk_conversation_members_two_users CHECK (user_id <> other_id),
            CONSTRAINT chk_conversation_members_sent_count CHECK (sent_count >= 0),
            CONSTRAINT chk_conversation_members_read_seq CHECK (read_seq >= 0),
            CONSTRAINT chk_conversation_members_unread_count CHECK (unread_count >= 0),
            CONSTRAINT fk_conversation_members_user_id
                FOREIGN KEY (user_id) REFERENCES users (id),
            CONSTRAINT fk_conversation_members_other_id
                FOREIGN KEY (other_id) REFERENCES users (id),
            CONSTRAINT fk_conversation_members_last_message_id
                FOREIGN KEY (last_message_id) REFERENCES messages (id)
        ) WITH (fillfactor = 80);
        CREATE INDEX idx_conversation_members_newest
            ON conversation_members (user_id, last_message_id DESC);
        UPDATE messages m SET is_read = true, read_at = m.sent_at
        FROM (
            SELECT recipient_id, sender_id, max(seq) AS seq FROM messages
            WHERE recipient_id IS NOT NULL AND is_read GROUP BY 1, 2
        ) mark
        WHERE m.recipient_id = mark.recipient_id AND m.sender_id = mark.sender_id
          AND m.seq < mark.seq AND NOT m.is_read;
        INSERT INTO conversations (low_user_id, high_user_id, seq)
        SELECT LEAST(sender_id, recipient_id), GREATEST(sender_id, recipient_id), max(seq)
        FROM messages WHERE recipient_id IS NOT NULL GROUP BY 1, 2;
        INSERT INTO conversation_members
            (user_id, other_id, last_message_id, sent_count, read_seq, unread_count)
        SELECT user_id, other_id, (array_agg(id ORDER BY seq DESC))[1],
               count(*) FILTER (WHERE is_own),
               COALESCE(max(seq) FILTER (WHERE is_read AND NOT is_own), 0),
               count(*) FILTER (WHERE NOT is_read AND NOT is_own AND NOT is_deleted)
        FROM (
            SELECT id, seq, is_read, is_deleted, sender_id AS user_id, recipient_id AS other_id,
                   true AS is_own FROM messages WHERE recipient_id IS NOT NULL
            UNION ALL
            SELECT id, seq, is_read, is_deleted, recipient_id, sender_id, false
            FROM messages WHERE recipient_id IS NOT NULL
        ) m GROUP BY user_id, other_id;
        """
    )
