"""Sending, listing and deleting messages in rooms."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.schemas import UserCard
from flylive.database import Reading, Transaction
from flylive.http import limits
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.messaging import queries, rules
from flylive.messaging.errors import (
    ClientIdReused,
    MayNotDelete,
    TouristsMayNotWrite,
    UnknownMessage,
)
from flylive.messaging.events import MessageCreated, MessageDeleted
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.realtime import record, room_stream
from flylive.rooms import queries as rooms
from flylive.rooms import service as room_service
from flylive.rooms.errors import Muted, NotInRoom
from flylive.rooms.rules import runs


class MustWait(NamedTuple):
    """The sender writes too fast, and may again in so many seconds."""

    seconds: int


def check_fields(data: SendMessage) -> None:
    """Raises InvalidRequest that names every field at fault."""
    checks = FieldChecks()
    checks.field("content", rules.content, data.content)
    checks.field("client_id", rules.client_id, data.client_id)
    for field in ("attachment_url", "attachment_type"):
        if getattr(data, field) is not None:
            checks.refuse(field, "only your own uploads can be attached, and you have none")
    checks.done()


def view(row: Row[Any], sender: UserCard) -> MessageView:
    """A message as everybody sees it: a deleted one without its words."""
    shown = row._asdict() | {"sender": sender}
    if row.is_deleted:
        shown |= {"content": "", "attachment_url": None, "attachment_type": None}
    return msgspec.convert(shown, MessageView)


async def views(tx: Reading, rows: Sequence[Row[Any]]) -> list[MessageView]:
    """The messages as everybody sees them, in the order given."""
    senders = await accounts.cards(tx, {row.sender_id for row in rows})
    return [view(row, senders[row.sender_id]) for row in rows]


async def send(
    tx: Transaction, user_id: int, room_id: int, data: SendMessage
) -> MessageView | MustWait:
    """Send a message into the room, or give the one that already has this client id.

    Answers MustWait, with nothing changed, where the sender is too fast. Raises UnknownRoom,
    NotInRoom, Muted, TouristsMayNotWrite, ClientIdReused.
    """
    await queries.lock_client_id(tx, user_id, data.client_id)
    sent = await queries.find_sent(tx, user_id, data.client_id)
    if sent is not None:
        if (sent.room_id, sent.content) != (room_id, data.content):
            raise ClientIdReused
        return (await views(tx, [sent]))[0]
    room = await room_service.find(tx, room_id)
    stay = await rooms.share_stay(tx, room_id, user_id)
    if stay is None:
        raise NotInRoom
    await _check_may_write(tx, room, stay)
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
    )
    [shown] = await views(tx, [message])
    record(tx, room_stream(room_id), MessageCreated(message=shown))
    return shown


async def _check_may_write(tx: Reading, room: Row[Any], stay: Row[Any]) -> None:
    if stay.is_muted:
        raise Muted
    if room.can_tourists_send_text or runs(stay.role):
        return
    if not await rooms.is_follower(tx, room.id, stay.user_id):
        raise TouristsMayNotWrite


async def _count(tx: Transaction, stay: Row[Any]) -> limits.Hit:
    """Count the message: who runs a room has an allowance of his own there."""
    if runs(stay.role):
        bucket = f"messages:{stay.user_id}:{stay.room_id}"
        return await limits.hit(tx, bucket, rules.MESSAGES_PER_WINDOW_RUNNING, rules.WINDOW_SECONDS)
    return await limits.hit(
        tx, f"messages:{stay.user_id}", rules.MESSAGES_PER_WINDOW, rules.WINDOW_SECONDS
    )


async def newest(tx: Reading, room_id: int, limit: int) -> list[MessageView]:
    """The newest messages of the room, oldest of them first."""
    rows = await queries.list_before(tx, room_id, before=MAX_ID, limit=limit)
    return await views(tx, rows[::-1])


async def delete(tx: Transaction, user_id: int, message_id: int) -> None:
    """Take a message's words away; for its sender and the room's owner. Again does nothing.

    Raises UnknownMessage, also for whoever cannot see it, and MayNotDelete.
    """
    message = await queries.lock_message(tx, message_id)
    if message is None or message.room_id is None:
        raise UnknownMessage
    room = await rooms.find_room(tx, message.room_id)
    if room is None:
        raise UnknownMessage
    if user_id not in (message.sender_id, room.user_id):
        if user_id in await rooms.find_stays(tx, room.id, [user_id]):
            raise MayNotDelete
        raise UnknownMessage
    if message.is_deleted:
        return
    await queries.mark_deleted(tx, message_id)
    record(tx, room_stream(room.id), MessageDeleted(id=message.id, seq=message.seq))
