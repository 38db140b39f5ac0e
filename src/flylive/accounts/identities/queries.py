"""All SQL over identities."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND = text(
    """
    SELECT i.user_id FROM user_identities i JOIN users u ON u.id = i.user_id
    WHERE i.provider = :provider AND i.provider_id = :provider_id AND u.deleted_at IS NULL
    """
)
_FREE = text(
    """
    DELETE FROM user_identities i USING users u
    WHERE u.id = i.user_id AND u.deleted_at IS NOT NULL
      AND i.provider = :provider AND i.provider_id = :provider_id
    """
)
_LIST = text(
    """
    SELECT id, provider, provider_id, email, created_at FROM user_identities
    WHERE user_id = :user_id AND id > :after ORDER BY id LIMIT CAST(:limit AS integer)
    """
)
_INSERT = text(
    """
    INSERT INTO user_identities (user_id, provider, provider_id, email, created_at)
    VALUES (:user_id, :provider, :provider_id, :email, :at)
    RETURNING id, provider, provider_id, email, created_at
    """
)
_DELETE = text("DELETE FROM user_identities WHERE user_id = :user_id AND provider = :provider")
_DELETE_ALL = text("DELETE FROM user_identities WHERE user_id = :user_id")
# An account that was opened by an identity has it from its first moment.
_DELETE_LINKED = text(
    """
    DELETE FROM user_identities i USING users u
    WHERE i.user_id = :user_id AND u.id = i.user_id
      AND i.created_at > u.created_at + interval '1 minute'
    """
)
_SHOW_FIRST = text(
    """
    UPDATE users SET social_provider = first.provider, social_provider_id = first.provider_id,
                     updated_at = :at
    FROM (SELECT 1) one LEFT JOIN LATERAL
         (SELECT provider, provider_id FROM user_identities
          WHERE user_id = :user_id ORDER BY id LIMIT 1) first ON true
    WHERE users.id = :user_id
      AND (users.social_provider, users.social_provider_id)
          IS DISTINCT FROM (first.provider, first.provider_id)
    """
)


async def lock_identity(tx: Transaction, provider: str, provider_id: str) -> None:
    """Hold this identity, linked or not, until the transaction's end."""
    await tx.lock(f"identity:{provider}:{provider_id}")


async def find_owner(tx: Reading, provider: str, provider_id: str) -> int | None:
    """The user who has this identity, unless he was deleted."""
    user_id: int | None = await tx.scalar(_FIND, {"provider": provider, "provider_id": provider_id})
    return user_id


async def free_from_deleted(tx: Transaction, provider: str, provider_id: str) -> None:
    """Take this identity from an account that was deleted."""
    await tx.execute(_FREE, {"provider": provider, "provider_id": provider_id})


async def list_identities(
    tx: Reading, user_id: int, *, after: int = 0, limit: int | None = None
) -> Sequence[Row[Any]]:
    """The user's identities in the order they were linked, one per provider at the most."""
    return await tx.rows(_LIST, {"user_id": user_id, "after": after, "limit": limit})


async def insert_identity(
    tx: Transaction, user_id: int, provider: str, provider_id: str, email: str | None
) -> Row[Any]:
    """Link an identity; the user's row shows it if it is his first."""
    values = {"user_id": user_id, "provider": provider, "provider_id": provider_id}
    row = (await tx.execute(_INSERT, values | {"email": email, "at": now()})).one()
    await tx.execute(_SHOW_FIRST, {"user_id": user_id, "at": now()})
    return row


async def delete_identity(tx: Transaction, user_id: int, provider: str) -> None:
    """Unlink an identity; the user's row shows the next one, if any."""
    await tx.execute(_DELETE, {"user_id": user_id, "provider": provider})
    await tx.execute(_SHOW_FIRST, {"user_id": user_id, "at": now()})


async def delete_identities(tx: Transaction, user_id: int) -> None:
    """Unlink all of a user's identities."""
    await tx.execute(_DELETE_ALL, {"user_id": user_id})
    await tx.execute(_SHOW_FIRST, {"user_id": user_id, "at": now()})


async def delete_linked_identities(tx: Transaction, user_id: int) -> None:
    """Unlink what a user linked after his account was opened."""
    await tx.execute(_DELETE_LINKED, {"user_id": user_id})
    await tx.execute(_SHOW_FIRST, {"user_id": user_id, "at": now()})
