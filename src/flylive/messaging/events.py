"""What messages tell; folded into a list of messages by `seq`, they give a fresh one."""

from datetime import datetime

from flylive.messaging.schemas import MessageView
from flylive.realtime import Event


class MessageCreated(Event, tag="message.created", kw_only=True, frozen=True):
    """A message was sent."""

    message: MessageView


class MessageDeleted(Event, tag="message.deleted", kw_only=True, frozen=True):
    """A message lost its words and its attachment; it keeps its place."""

    id: int
    seq: int
    room_id: int | None
    sender_id: int
    recipient_id: int | None


class MessageRead(Event, tag="message.read", kw_only=True, frozen=True):
    """`reader_id` read what `other_id` wrote to him up to `seq`.

    `unread_count` is what is left to him; only he is told.
    """

    reader_id: int
    other_id: int
    seq: int
    read_at: datetime
    unread_count: int | None = None
