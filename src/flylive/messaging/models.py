"""Tables of messages, in rooms and between two people."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now, Off, Points, one_of


class Message(Base):
    """A message to a room or to a person; `seq` is gapless in its room or conversation."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("num_nonnulls(room_id, recipient_id) = 1", "one_target"),
        CheckConstraint("sender_id <> recipient_id", "two_users"),
        CheckConstraint("char_length(content) <= 2000", "content_length"),
        CheckConstraint(
            one_of("message_type", "text", "image", "audio", "file", "system", "gift_notification"),
            "message_type",
        ),
        CheckConstraint(one_of("attachment_type", "image", "audio", "file"), "attachment_type"),
        CheckConstraint("(attachment_url IS NULL) = (attachment_type IS NULL)", "attachment"),
        CheckConstraint("is_read = (read_at IS NOT NULL)", "read"),
        CheckConstraint("seq >= 1", "seq"),
        Index(
            "uq_messages_room_seq",
            "room_id",
            "seq",
            unique=True,
            postgresql_where=text("room_id IS NOT NULL"),
        ),
        Index(
            "uq_messages_conversation_seq",
            text("LEAST(sender_id, recipient_id)"),
            text("GREATEST(sender_id, recipient_id)"),
            "seq",
            unique=True,
            postgresql_where=text("recipient_id IS NOT NULL"),
        ),
        Index(
            "uq_messages_client_id",
            "sender_id",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
        Index(
            "idx_messages_recipient_id",
            "recipient_id",
            postgresql_where=text("recipient_id IS NOT NULL"),
        ),
        Index(
            "idx_messages_sent_at",
            "sent_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
        Index("idx_messages_conversation", "sender_id", "recipient_id", "sent_at"),
    )

    id: Mapped[Id]
    sender_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    recipient_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    room_id: Mapped[BigInt | None] = mapped_column(ForeignKey("rooms.id"))
    client_id: Mapped[str | None] = mapped_column(String(64))
    seq: Mapped[BigInt]
    content: Mapped[str]
    message_type: Mapped[str] = mapped_column(String(20), server_default="text")
    attachment_url: Mapped[str | None]
    attachment_type: Mapped[str | None] = mapped_column(String(50))
    is_read: Mapped[Off]
    is_deleted: Mapped[Off]
    sent_at: Mapped[Now]
    read_at: Mapped[datetime | None]


class RoomMessageCounter(Base):
    """The last `seq` of a room's messages: the row that orders them."""

    __tablename__ = "room_message_counters"
    __table_args__ = (
        CheckConstraint("seq >= 0", "seq"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    room_id: Mapped[BigInt] = mapped_column(
        ForeignKey("rooms.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seq: Mapped[Points]


class Conversation(Base):
    """Two people who wrote to each other; `seq` is the last one of their messages."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("low_user_id < high_user_id", "two_users"),
        CheckConstraint("seq >= 0", "seq"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    low_user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    high_user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    seq: Mapped[BigInt]


class ConversationMember(Base):
    """One side of a conversation: what `user_id` sent to `other_id`, and what he read of him.

    `unread_count` are the other's messages behind `read_seq` that were not deleted.
    """

    __tablename__ = "conversation_members"
    __table_args__ = (
        CheckConstraint("user_id <> other_id", "two_users"),
        CheckConstraint("sent_count >= 0", "sent_count"),
        CheckConstraint("read_seq >= 0", "read_seq"),
        CheckConstraint("unread_count >= 0", "unread_count"),
        Index("idx_conversation_members_newest", "user_id", text("last_message_id DESC")),
        {"postgresql_with": {"fillfactor": 80}},
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    other_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    last_message_id: Mapped[BigInt] = mapped_column(ForeignKey("messages.id"))
    sent_count: Mapped[Points]
    read_seq: Mapped[Points]
    unread_count: Mapped[Points]


class GiftNotice(Base):
    """A private gift whose message is still to be written."""

    __tablename__ = "gift_notices"
    __table_args__ = (CheckConstraint("quantity >= 1", "quantity"),)

    id: Mapped[Id]
    sender_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    recipient_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    gift_id: Mapped[BigInt] = mapped_column(ForeignKey("gifts.id"))
    quantity: Mapped[BigInt]
