"""How a message is shown."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.config import Settings
from flylive.database import Reading
from flylive.messaging.schemas import MessageView
from flylive.uploads import signing


def view(row: Row[Any], sender: UserCard, settings: Settings) -> MessageView:
    """A message as everybody sees it: a deleted one without its words.

    The address of an attachment is signed, and the same for weeks.
    """
    shown = row._asdict() | {"sender": sender}
    if row.is_deleted:
        shown |= {"content": "", "attachment_url": None, "attachment_type": None}
    elif row.attachment_url is not None:
        shown["attachment_url"] = signing.steady(settings, row.attachment_url, row.sent_at)
    return msgspec.convert(shown, MessageView)


async def views(tx: Reading, rows: Sequence[Row[Any]], settings: Settings) -> list[MessageView]:
    """The messages as everybody sees them, in the order given."""
    senders = await accounts.cards(tx, {row.sender_id for row in rows})
    return [view(row, senders[row.sender_id], settings) for row in rows]
