"""What messages tell; folded into a list of messages by `seq`, they give a fresh one."""

from flylive.messaging.schemas import MessageView
from flylive.realtime import Event


class MessageCreated(Event, tag="message.created", kw_only=True, frozen=True):
    """A message was sent."""

    message: MessageView


class MessageDeleted(Event, tag="message.deleted", kw_only=True, frozen=True):
    """A message lost its words and its attachment; it keeps its place."""

    id: int
    seq: int
