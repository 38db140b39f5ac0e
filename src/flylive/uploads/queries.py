"""All SQL over uploads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_INSERT = text(
    """
    INSERT INTO uploads (user_id, purpose, url, content_type, bytes, width, height, sha256,
                         created_at)
    VALUES (:user_id, :purpose, :url, :content_type, :bytes, :width, :height, :sha256, :at)
    """
)
_FIND_OWN = text(
    """
    SELECT * FROM uploads
    WHERE url = :url AND user_id = :user_id AND purpose = ANY(CAST(:purposes AS text[]))
      AND discarded_at IS NULL
    """
)
_DISCARD = text(
    """
    UPDATE uploads SET discarded_at = :at
    WHERE url = ANY(CAST(:urls AS text[])) AND user_id = :user_id AND discarded_at IS NULL
    """
)
_DISCARDED = text(
    """
    SELECT id, url FROM uploads WHERE discarded_at < :before ORDER BY discarded_at LIMIT :limit
    """
)
_NAMED = text("SELECT url FROM uploads WHERE url = ANY(CAST(:urls AS text[]))")
_DELETE = text("DELETE FROM uploads WHERE id = ANY(CAST(:ids AS bigint[]))")


_STORED = text(
    """
    SELECT COALESCE(sum(bytes), 0) AS bytes, min(created_at) AS oldest_at FROM uploads
    WHERE user_id = :user_id AND created_at > :since
    """
)


async def insert_upload(tx: Transaction, **values: Any) -> None:
    """A new upload, whose object is stored already."""
    await tx.execute(_INSERT, {"at": now(), **values})


async def stored_since(tx: Reading, user_id: int, since: datetime) -> Row[Any]:
    """The bytes that the user has stored since then, and when the first of them came."""
    return (await tx.execute(_STORED, {"user_id": user_id, "since": since})).one()


async def find_own(
    tx: Reading, user_id: int, url: str, purposes: Collection[str]
) -> Row[Any] | None:
    """The user's upload with this plain address, made for one of these purposes."""
    return await tx.row(_FIND_OWN, {"user_id": user_id, "url": url, "purposes": list(purposes)})


async def discard(tx: Transaction, user_id: int, urls: Collection[str]) -> None:
    """Note that nothing names these uploads of the user's any more; others' stay."""
    await tx.execute(_DISCARD, {"user_id": user_id, "urls": list(urls), "at": now()})


_DISCARD_PUBLIC = text(
    """
    UPDATE uploads SET discarded_at = :at
    WHERE user_id = :user_id AND discarded_at IS NULL
      AND purpose NOT IN ('message', 'proof', 'catalogue')
    """
)


async def discard_public(tx: Transaction, user_id: int) -> None:
    """Let go of all that the user uploaded to be seen as his; the catalogue's pictures stay."""
    await tx.execute(_DISCARD_PUBLIC, {"user_id": user_id, "at": now()})


async def list_discarded(tx: Reading, before: datetime, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` uploads that were discarded before that moment, oldest first."""
    return await tx.rows(_DISCARDED, {"before": before, "limit": limit})


async def delete_uploads(tx: Transaction, upload_ids: Collection[int]) -> None:
    """Delete the rows, once their objects are gone."""
    await tx.execute(_DELETE, {"ids": list(upload_ids)})


async def list_named(tx: Reading, urls: Collection[str]) -> set[str]:
    """Those of the plain addresses that have a row."""
    rows = await tx.rows(_NAMED, {"urls": list(urls)})
    return {row.url for row in rows}
