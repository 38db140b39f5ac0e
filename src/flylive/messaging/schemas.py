"""What goes into and comes out of the addresses of messages."""

from datetime import datetime
from typing import Literal

import msgspec

from flylive.accounts.schemas import UserCard

MessageType = Literal["text", "image", "audio", "file"]


class SendMessage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /rooms/{id}/messages: text of 1–2000 characters, or a file with or without words.

    `client_id` (1–64 visible ASCII characters) is the client's own name for the message.
    `message_type` image, audio and file take an `attachment_url`, one's own upload for the
    purpose `message` of that type; `attachment_type` says the same. Both may be left out: the
    upload tells.
    """

    content: str = ""
    client_id: str
    message_type: MessageType | None = None
    attachment_url: str | None = None
    attachment_type: Literal["image", "audio", "file"] | None = None


class MessageView(msgspec.Struct, kw_only=True, frozen=True):
    """A message. `seq` is its place in the room, without gaps; a deleted one has no words."""

    id: int
    sender_id: int
    recipient_id: int | None
    room_id: int | None
    seq: int
    client_id: str | None
    content: str
    message_type: str
    attachment_url: str | None
    attachment_type: str | None
    is_read: bool
    is_deleted: bool
    sent_at: datetime
    read_at: datetime | None
    sender: UserCard
