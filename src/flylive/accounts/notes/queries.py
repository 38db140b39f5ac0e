"""All SQL over notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_ADD = text(
    """
    INSERT INTO staff_notes (user_id, author_id, author_role, content, created_at)
    VALUES (:user_id, :author_id, :author_role, :content, :at) RETURNING *
    """
)
_LIST = text(
    """
    SELECT * FROM staff_notes WHERE user_id = :user_id
      AND created_at <= COALESCE(CAST(:before_at AS timestamptz), 'infinity')
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (created_at, id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY created_at DESC, id DESC LIMIT :limit
    """
)


async def add(
    tx: Transaction, user_id: int, *, author_id: int, author_role: str, content: str
) -> Row[Any]:
    """A new note about a person."""
    values = {"user_id": user_id, "author_id": author_id, "author_role": author_role}
    return (await tx.execute(_ADD, values | {"content": content, "at": now()})).one()


async def list_notes(
    tx: Reading, user_id: int, *, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit` notes about a person, newest first."""
    at, note_id = before if before else (None, None)
    values = {"user_id": user_id, "limit": limit, "before_at": at, "before_id": note_id}
    return await tx.rows(_LIST, values)
