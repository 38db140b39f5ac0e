"""Writing to somebody, and having read what he wrote."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.errors import InvalidRequest
from flylive.http import limits
from flylive.messaging import attachments, rules
from flylive.messaging import queries as messages
from flylive.messaging.conversations import queries, tasks
from flylive.messaging.conversations.schemas import ConversationView
from flylive.messaging.errors import ClientIdReused, SlowDown
from flylive.messaging.events import MessageCreated, MessageRead
from flylive.messaging.filters import service as filters
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.messaging.views import view, views
from flylive.realtime import record, user_stream
from flylive.social import queries as social
from flylive.social.rules import Action
from flylive.social.service import hold_pair, require, require_user


async def send(
    tx: Transaction, user_id: int, other_id: int, data: SendMessage, settings: Settings
) -> MessageView:
    """Write to the other one, or give the message that already has this client id.

    Raises NotOneself, UnknownUser, BlockedByYou, UserNotAvailable, SlowDown, ClientIdReused,
    WordNotAllowed, LinkNotAllowed, Repeated, InvalidRequest (an attachment that is not his, or
    of another type).
    """
    await messages.lock_client_id(tx, user_id, data.client_id)
    sent = await messages.find_sent(tx, user_id, data.client_id)
    if sent is not None:
        as_sent = sent.recipient_id, sent.message_type, sent.content, sent.attachment_url
        if as_sent != (other_id, data.message_type, data.content, attachments.plain(data)):
            raise ClientIdReused
        return (await views(tx, [sent], settings))[0]
    await hold_pair(tx, user_id, other_id)
    await require(tx, user_id, Action.MESSAGE, other_id)
    await filters.check(tx, data.content)
    attachment = await attachments.find(tx, user_id, data)
    await _count(tx, user_id, other_id, data)
    message = await messages.insert_message(
        tx,
        sender_id=user_id,
        recipient_id=other_id,
        client_id=data.client_id,
        seq=await queries.next_seq(tx, user_id, other_id),
        content=data.content,
        message_type=data.message_type,
        attachment_url=attachment and attachment.url,
        attachment_type=attachment and attachment.type,
    )
    await queries.note_sent(tx, message)
    [shown] = await views(tx, [message], settings)
    for side in (user_id, other_id):
        record(tx, user_stream(side), MessageCreated(message=shown))
    await tasks.notify(tx, message)
    return shown


async def _count(tx: Transaction, user_id: int, other_id: int, data: SendMessage) -> None:
    """Count the message. Who never wrote back, and is no friend, is written to less often."""
    other = await queries.find_member(tx, other_id, user_id)
    windows = [(f"messages:{user_id}", rules.MESSAGES_PER_WINDOW, rules.WINDOW_SECONDS)]
    is_answered = other is not None and other.sent_count > 0
    is_stranger = not is_answered and not await social.are_friends(tx, user_id, other_id)
    if is_stranger:
        name = f"messages:{user_id}:unanswered:{other_id}"
        windows.append((name, rules.UNANSWERED_PER_WINDOW, rules.WINDOW_SECONDS))
    for name, quota, seconds in windows:
        allowed = await limits.hit(tx, name, quota, seconds)
        if not allowed.is_allowed:
            # What the windows before it counted goes back with the transaction.
            raise SlowDown(retry_after=allowed.retry_after_seconds)
    await filters.check_repeats(tx, user_id, data, recipient_id=other_id)
    if is_stranger:
        await filters.count_to_stranger(tx, user_id, data)


async def last_seq(tx: Reading, user_id: int, other_id: int) -> int:
    """The place of the last message between the two, one of whom may be deleted by now.

    Raises UnknownUser, where there is neither a message nor such a user.
    """
    last = await queries.last_seq(tx, user_id, other_id)
    if last == 0:
        await require_user(tx, other_id)
    return last


async def read(tx: Transaction, user_id: int, other_id: int, seq: int) -> None:
    """Move the user's read mark on to `seq`; where it stands there or further, nothing happens.

    Raises UnknownUser, InvalidRequest (there is no such message yet).
    """
    await social.lock_pair(tx, user_id, other_id)
    last = await last_seq(tx, user_id, other_id)
    if seq > last:
        raise InvalidRequest.field("seq", f"must be at most {last}, the last message's")
    member = await queries.find_member(tx, user_id, other_id)
    assert member is not None
    if seq <= member.read_seq:
        return
    at = now()
    unread = await queries.move_mark(tx, user_id, other_id, behind=member.read_seq, seq=seq, at=at)
    told = MessageRead(reader_id=user_id, other_id=other_id, seq=seq, read_at=at)
    record(tx, user_stream(user_id), msgspec.structs.replace(told, unread_count=unread))
    record(tx, user_stream(other_id), told)


async def conversation_views(
    tx: Reading, rows: Sequence[Row[Any]], settings: Settings
) -> list[ConversationView]:
    """The conversations as the user of the rows sees them, in the order given."""
    newest = await queries.find_messages(tx, [row.last_message_id for row in rows])
    people = {row.other_id for row in rows} | {row.user_id for row in rows}
    cards = await accounts.cards(tx, people)

    def shown(row: Row[Any]) -> ConversationView:
        last = newest[row.last_message_id]
        return ConversationView(
            user=cards[row.other_id],
            seq=row.seq,
            read_seq=row.read_seq,
            unread_count=row.unread_count,
            other_read_seq=row.other_read_seq,
            last_message=view(last, cards[last.sender_id], settings),
        )

    return [shown(row) for row in rows]
