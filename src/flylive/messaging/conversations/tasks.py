"""Notes of private messages on their recipient's devices."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from flylive.accounts import queries as accounts
from flylive.accounts.preferences import push
from flylive.database import Reading, Transaction
from flylive.jobs import Task, defer
from flylive.messaging import queries as messages
from flylive.outbox import Note, Outbox, TemporaryFailure

WORDS = {"image": "🖼", "audio": "🎤", "file": "📎", "gift_notification": "🎁"}
"""What stands before the words of a message that is more than words."""


async def notify(tx: Transaction, message: Row[Any]) -> None:
    """Put off a note for each of the recipient's devices; most have none."""
    await notify_all(tx, [message])


async def notify_all(tx: Transaction, messages: Sequence[Row[Any]]) -> None:
    """The same for many messages."""
    of_user: dict[int, list[int]] = defaultdict(list)
    for device in await push.devices(tx, {message.recipient_id for message in messages}):
        of_user[device.user_id].append(device.id)
    for message in messages:
        for device_id in of_user[message.recipient_id]:
            await defer(tx, NOTE, message_id=message.id, device_id=device_id)


async def send_note(outbox: Outbox, *, message_id: int, device_id: int) -> None:
    """Show the message on the device, unless it was read or deleted meanwhile."""
    found = await outbox.database.read(lambda tx: _note(tx, message_id))
    if found is not None:
        kind, note = found
        await push.deliver(outbox, device_id, kind, note)


async def _note(tx: Reading, message_id: int) -> tuple[push.Kind, Note] | None:
    message = await messages.find_message(tx, message_id)
    if message is None or message.is_deleted or message.is_read:
        return None
    sender = (await accounts.cards(tx, [message.sender_id]))[message.sender_id]
    sign = WORDS.get(message.message_type, "")
    kind: push.Kind = "gifts" if message.message_type == "gift_notification" else "messages"
    return kind, Note(
        title=sender.name,
        body=f"{sign} {message.content}".strip() or "…",
        thread=f"conversation-{sender.id}",
        data={"type": "message", "user_id": str(sender.id), "message_id": str(message_id)},
    )


NOTE = Task("messaging.note", send_note, (TemporaryFailure,))
TASKS: list[Task[Outbox, ...]] = [NOTE]
