"""The development outbox: what would have been sent, kept for an hour across processes."""

import secrets
from datetime import datetime

import msgspec
from sqlalchemy import text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.outbox.message import Channel, Message

KEPT_SECONDS = 3600
MAX_LISTED = 200
PREFIX = "outbox:"


class KeptMessage(msgspec.Struct, kw_only=True):
    """A message that left in development. `code` and `token` are what its text carries."""

    id: str
    channel: Channel
    to: str
    subject: str | None
    text: str
    code: str | None
    token: str | None
    at: datetime


_KEEP = text("INSERT INTO cache (key, value, expiration) VALUES (:key, :value, :expiration)")
# The key begins with the moment, so it sorts as time does in any collation: digits alone differ.
_LIST = text(
    """
    SELECT value FROM cache
    WHERE starts_with(key, :prefix) AND expiration > :now
      AND (CAST(:to AS text) IS NULL OR lower(CAST(value AS json) ->> 'to') = lower(:to))
    ORDER BY key DESC LIMIT :limit
    """
)


async def keep(tx: Transaction, message: Message) -> None:
    """Keep the message for an hour."""
    moment = now()
    message_id = f"{int(moment.timestamp() * 1_000_000):020d}{secrets.randbelow(10**6):06d}"
    kept = KeptMessage(id=message_id, at=moment, **message._asdict())
    await tx.execute(
        _KEEP,
        {
            "key": PREFIX + message_id,
            "value": msgspec.json.encode(kept).decode(),
            "expiration": int(moment.timestamp()) + KEPT_SECONDS,
        },
    )


async def list_kept(tx: Reading, to: str | None = None) -> list[KeptMessage]:
    """The newest messages of the last hour, to anybody or to one address."""
    rows = await tx.rows(
        _LIST,
        {"prefix": PREFIX, "now": int(now().timestamp()), "to": to, "limit": MAX_LISTED},
    )
    return [msgspec.json.decode(row.value, type=KeptMessage) for row in rows]
