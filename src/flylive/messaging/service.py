"""Writing into a room, and what was written last."""

from typing import Any, NamedTuple

from sqlalchemy import Row

from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.http import limits
from flylive.http.fields import MAX_ID
from flylive.messaging import attachments, queries, rules
from flylive.messaging.errors import (
    ClientIdReused,
    TouristsMayNotSendFiles,
    TouristsMayNotWrite,
)
from flylive.messaging.events import MessageCreated
from flylive.messaging.filters import service as filters
from flylive.messaging.schemas import MessageView, SendMessage
from flylive.messaging.views import views
from flylive.realtime import record, room_stream
from flylive.rooms import queries as rooms
from flylive.rooms import service as room_service
from flylive.rooms.errors import Muted, NotInRoom
from flylive.rooms.rules import runs


class MustWait(NamedTuple):
    """The sender writes too fast, and may again in so many seconds."""

    seconds: int


async def send(
    tx: Transaction, user_id: int, room_id: int, data: SendMessage, settings: Settings
) -> MessageView | MustWait:
    """Send a message into the room, or give the one that already has this client id.

    Answers MustWait, with nothing changed, where the sender is too fast. Raises UnknownRoom,
    NotInRoom, Muted, TouristsMayNotWrite, TouristsMayNotSendFiles, ClientIdReused,
    WordNotAllowed, LinkNotAllowed, Repeated, InvalidRequest (an attachment that is not his, or
    of another type).
    """
    await queries.lock_client_id(tx, user_id, data.client_id)
    sent = await queries.find_sent(tx, user_id, data.client_id)
    if sent is not None:
        if _as_sent(sent) != (room_id, data.message_type, data.content, attachments.plain(data)):
            raise ClientIdReused
        return (await views(tx, [sent], settings))[0]
    room = await room_service.find(tx, room_id)
    stay = await rooms.share_stay(tx, room_id, user_id)
    if stay is None:
        raise NotInRoom
    await _check_may_write(tx, room, stay, data)
    await filters.check(tx, data.content, room_id=room_id, runs_room=runs(stay.role))
    attachment = await attachments.find(tx, user_id, data)
    allowed = await _count(tx, stay)
    if not allowed.is_allowed:
        return MustWait(allowed.retry_after_seconds)
    if not runs(stay.role):
        await filters.check_repeats(tx, user_id, data, room_id=room_id)
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


async def send_as_system(
    tx: Transaction, staff_id: int, room_id: int, content: str, settings: Settings
) -> MessageView:
    """Say something in the room as the system. Raises UnknownRoom."""
    await room_service.find(tx, room_id)
    message = await queries.insert_message(
        tx,
        sender_id=staff_id,
        room_id=room_id,
        client_id=None,
        seq=await queries.next_seq(tx, room_id),
        content=content,
        message_type="system",
        attachment_url=None,
        attachment_type=None,
    )
    [shown] = await views(tx, [message], settings)
    record(tx, room_stream(room_id), MessageCreated(message=shown))
    return shown


def _as_sent(message: Row[Any]) -> tuple[int, str, str, str | None]:
    return message.room_id, message.message_type, message.content, message.attachment_url


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
