"""What goes into and comes out of the addresses of conversations."""

from typing import Annotated

import msgspec
from msgspec import Meta

from flylive.accounts.schemas import UserCard
from flylive.http.fields import MAX_ID
from flylive.messaging.schemas import MessageView


class ConversationView(msgspec.Struct, kw_only=True, frozen=True):
    """A conversation of the caller's with `user`.

    `seq` is the place of its last message. The caller read the other's messages up to
    `read_seq`, and `unread_count` stand behind it; the other read his up to `other_read_seq`.
    """

    user: UserCard
    seq: int
    read_seq: int
    unread_count: int
    other_read_seq: int
    last_message: MessageView


class ReadUpTo(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /conversations/{user_id}/read: the `seq` of the last message that was seen."""

    seq: Annotated[int, Meta(ge=1, le=MAX_ID)]
