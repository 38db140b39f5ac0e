"""Sending, listing and deleting messages in rooms."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.http import limits
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.messaging import attachments, queries, rules
from flylive.messaging.errors import (
    ClientIdReused,
    MayNotDelete,
    TouristsMayNotSendFiles,
    TouristsMayNotWrite,
    UnknownMessage,
)
from flylive.messaging.events import MessageCreated, MessageDeleted
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.realtime import record, room_stream
from flylive.rooms import queries as rooms
from flylive.rooms import service as room_service
from flylive.rooms.errors import Muted, NotInRoom
from flylive.rooms.moderation import service as moderation
from flylive.rooms.rules import may_act_on, runs
from flylive.uploads import signing


class MustWait(NamedTuple):
    """The sender writes too fast, and may again in so many seconds."""

    seconds: int


def check_fields(data: SendMessage) -> None:
    """Raises InvalidRequest that names every field at fault."""
    checks = FieldChecks()
    if data.message_type == "text" or data.content:
        checks.field("content", rules.content, data.content)
    checks.field("client_id", rules.client_id, data.client_id)
    attachments.check(checks, data)
    checks.done()


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


async def send(
    tx: Transaction, user_id: int, room_id: int, data: SendMessage, settings: Settings
) -> MessageView | MustWait:
    """Send a message into the room, or give the one that already has this client id.

    Answers MustWait, with nothing changed, where the sender is too fast. Raises UnknownRoom,
    NotInRoom, Muted, TouristsMayNotWrite, TouristsMayNotSendFiles, ClientIdReused,
    InvalidRequest (an attachment that is not his, or of another type).
    """
    await queries.lock_client_id(tx, user_id, data.client_id)
    sent = await queries.find_sent(tx, user_id, data.client_id)
    if sent is not None:
        if _as_sent(sent) != (room_id, data.message_type, data.content, _plain(data)):
            raise ClientIdReused
        return (await views(tx, [sent], settings))[0]
    room = await room_service.find(tx, room_id)
    stay = await rooms.share_stay(tx, room_id, user_id)
    if stay is None:
        raise NotInRoom
    await _check_may_write(tx, room, stay, data)
    attachment = await attachments.find(tx, user_id, data)
    allowed = await _count(tx, stay)
    if not allowed.is_allowed:
        return MustWait(allowed.retry_after_seconds)
    message = await queries.insert_message(
        tx,
        sender_id=user_id,
        room_id=room_id,
        client_id=data.client_id,
        seq=await queries.next_seq(tx, room_id),
        content=data.content,
        message_type=data.message_type,
        attachment_url=attachment and attachment.url,
        attachment_type=attachment and attachment.type,
    )
    [shown] = await views(tx, [message], settings)
    record(tx, room_stream(room_id), MessageCreated(message=shown))
    return shown


def _as_sent(message: Row[Any]) -> tuple[int, str, str, str | None]:
    return message.room_id, message.message_type, message.content, message.attachment_url


def _plain(data: SendMessage) -> str | None:
    return None if data.attachment_url is None else signing.plain(data.attachment_url)


async def _check_may_write(tx: Reading, room: Row[Any], stay: Row[Any], data: SendMessage) -> None:
    if stay.is_muted:
        raise Muted
    may_write = room.can_tourists_send_text or not data.content
    may_send_files = room.can_tourists_send_files or data.message_type == "text"
    if runs(stay.role) or (may_write and may_send_files):
        return
    if await rooms.is_follower(tx, room.id, stay.user_id):
        return
    raise TouristsMayNotSendFiles if may_write else TouristsMayNotWrite


async def _count(tx: Transaction, stay: Row[Any]) -> limits.Hit:
    """Count the message: who runs a room has an allowance of his own there."""
    if runs(stay.role):
        bucket = f"messages:{stay.user_id}:{stay.room_id}"
        return await limits.hit(tx, bucket, rules.MESSAGES_PER_WINDOW_RUNNING, rules.WINDOW_SECONDS)
    return await limits.hit(
        tx, f"messages:{stay.user_id}", rules.MESSAGES_PER_WINDOW, rules.WINDOW_SECONDS
    )


async def newest(tx: Reading, room_id: int, limit: int, settings: Settings) -> list[MessageView]:
    """The newest messages of the room, oldest of them first."""
    rows = await queries.list_before(tx, room_id, before=MAX_ID, limit=limit)
    return await views(tx, rows[::-1], settings)


async def delete(tx: Transaction, user_id: int, message_id: int) -> None:
    """Take a message's words away; for its sender, the room's owner, and moderators where the
    sender runs nothing. Again does nothing.

    Raises UnknownMessage, also for whoever cannot see it, and MayNotDelete.
    """
    message = await queries.lock_message(tx, message_id)
    if message is None or message.room_id is None:
        raise UnknownMessage
    room = await rooms.find_room(tx, message.room_id)
    if room is None:
        raise UnknownMessage
    role = await moderation.acting_standing(tx, room, user_id)
    author = await moderation.standing(tx, room, message.sender_id)
    if user_id != message.sender_id and not may_act_on(role, author):
        if runs(role) or user_id in await rooms.find_stays(tx, room.id, [user_id]):
            raise MayNotDelete
        raise UnknownMessage
    if message.is_deleted:
        return
    await queries.mark_deleted(tx, message_id)
    await queries.blank_event(tx, room_stream(room.id), message)
    record(tx, room_stream(room.id), MessageDeleted(id=message.id, seq=message.seq))
