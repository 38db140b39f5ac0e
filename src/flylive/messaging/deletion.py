"""Taking the words out of a message, in a room or between two people."""

from typing import Any

from sqlalchemy import Row

from flylive.database import Transaction
from flylive.messaging import queries
from flylive.messaging.conversations import queries as conversations
from flylive.messaging.errors import MayNotDelete, UnknownMessage
from flylive.messaging.events import MessageDeleted
from flylive.realtime import record, room_stream, user_stream
from flylive.rooms import queries as rooms
from flylive.rooms.moderation import standings as moderation
from flylive.rooms.rules import may_act_on, runs
from flylive.social import queries as social


async def delete(tx: Transaction, user_id: int, message_id: int) -> None:
    """Take a message's words away; again does nothing.

    In a room for its sender, the owner, and moderators where the sender runs nothing; between
    two people for its sender. Raises UnknownMessage, also for whoever cannot see it, and
    MayNotDelete.
    """
    message = await queries.find_message(tx, message_id)
    if message is None:
        raise UnknownMessage
    if message.room_id is None:
        await _check_private(tx, user_id, message)
    else:
        await _check_in_room(tx, user_id, message)
    await _take_words(tx, message)


async def delete_as_staff(tx: Transaction, message_id: int) -> bool:
    """Take a message's words away, whosever it is; whether it still had them.

    Raises UnknownMessage.
    """
    message = await queries.find_message(tx, message_id)
    if message is None:
        raise UnknownMessage
    if message.recipient_id is not None:
        await social.lock_pair(tx, message.sender_id, message.recipient_id)
    return await _take_words(tx, message)


async def _take_words(tx: Transaction, message: Row[Any]) -> bool:
    if not await queries.mark_deleted(tx, message.id):
        return False
    if message.recipient_id is None:
        streams = [room_stream(message.room_id)]
    else:
        await conversations.forget_unread(tx, message)
        streams = [user_stream(message.sender_id), user_stream(message.recipient_id)]
    told = MessageDeleted(
        id=message.id,
        seq=message.seq,
        room_id=message.room_id,
        sender_id=message.sender_id,
        recipient_id=message.recipient_id,
    )
    for stream in streams:
        await queries.blank_event(tx, stream, message)
        record(tx, stream, told)
    return True


async def _check_private(tx: Transaction, user_id: int, message: Row[Any]) -> None:
    """Holds the pair, so that the mark of what is read stands still."""
    if user_id not in (message.sender_id, message.recipient_id):
        raise UnknownMessage
    if user_id != message.sender_id:
        raise MayNotDelete
    await social.lock_pair(tx, message.sender_id, message.recipient_id)


async def _check_in_room(tx: Transaction, user_id: int, message: Row[Any]) -> None:
    room = await rooms.find_room(tx, message.room_id)
    if room is None:
        raise UnknownMessage
    role = await moderation.acting_standing(tx, room, user_id)
    author = await moderation.standing(tx, room, message.sender_id)
    if user_id == message.sender_id or may_act_on(role, author):
        return
    if runs(role) or user_id in await rooms.find_stays(tx, room.id, [user_id]):
        raise MayNotDelete
    raise UnknownMessage
