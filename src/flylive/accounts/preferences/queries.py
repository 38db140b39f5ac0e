"""All SQL over push tokens and preferences."""

from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

# The access token is held: one that is revoked at this moment takes the new row with it.
_HOLD_TOKEN = text("SELECT id FROM personal_access_tokens WHERE id = :token_id FOR KEY SHARE")
_REGISTER = text(
    """
    INSERT INTO push_tokens (user_id, token_id, token, platform, device_name, created_at,
                             updated_at)
    VALUES (:user_id, :token_id, :token, :platform, :device_name, :at, :at)
    ON CONFLICT (token) DO UPDATE SET
        user_id = excluded.user_id, token_id = excluded.token_id, platform = excluded.platform,
        device_name = excluded.device_name, updated_at = excluded.updated_at
    """
)
_KEEP_NEWEST = text(
    """
    DELETE FROM push_tokens WHERE id IN (
        SELECT id FROM push_tokens WHERE user_id = :user_id
        ORDER BY updated_at DESC, id DESC OFFSET :count
    )
    """
)
_FORGET = text("DELETE FROM push_tokens WHERE user_id = :user_id AND token = :token")
_FIND = text("SELECT * FROM user_preferences WHERE user_id = :user_id")
_SAVE = text(
    """
    INSERT INTO user_preferences (user_id, language, push_messages, push_followed_rooms,
                                  push_friends_rooms, push_gifts, quiet_from, quiet_to,
                                  quiet_timezone, updated_at)
    VALUES (:user_id, :language, :push_messages, :push_followed_rooms, :push_friends_rooms,
            :push_gifts, CAST(:quiet_from AS time), CAST(:quiet_to AS time), :quiet_timezone, :at)
    ON CONFLICT (user_id) DO UPDATE SET
        language = excluded.language, push_messages = excluded.push_messages,
        push_followed_rooms = excluded.push_followed_rooms,
        push_friends_rooms = excluded.push_friends_rooms, push_gifts = excluded.push_gifts,
        quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
        quiet_timezone = excluded.quiet_timezone, updated_at = excluded.updated_at
    """
)
_FORGET_USER = [
    text("DELETE FROM push_tokens WHERE user_id = :user_id"),
    text("DELETE FROM user_preferences WHERE user_id = :user_id"),
]


async def hold_access_token(tx: Transaction, token_id: int) -> bool:
    """Whether the access token still is there; then it stays until the transaction ends."""
    return await tx.scalar(_HOLD_TOKEN, {"token_id": token_id}) is not None


async def register(tx: Transaction, **values: Any) -> None:
    """A push token's row, whoever had it before."""
    await tx.execute(_REGISTER, {"at": now(), **values})


async def keep_newest(tx: Transaction, user_id: int, count: int) -> None:
    """Forget all but the user's `count` push tokens that were registered last."""
    await tx.execute(_KEEP_NEWEST, {"user_id": user_id, "count": count})


async def forget(tx: Transaction, user_id: int, token: str) -> None:
    """Forget a push token, if it is the user's."""
    await tx.execute(_FORGET, {"user_id": user_id, "token": token})


async def find(tx: Reading, user_id: int) -> Row[Any] | None:
    """What the user changed from the defaults."""
    return await tx.row(_FIND, {"user_id": user_id})


async def save(tx: Transaction, user_id: int, **values: Any) -> None:
    """Keep all preferences; the user's row must be held."""
    await tx.execute(_SAVE, {"user_id": user_id, "at": now(), **values})


async def forget_user(tx: Transaction, user_id: int) -> None:
    """Forget everything of a user who deletes his account."""
    for statement in _FORGET_USER:
        await tx.execute(statement, {"user_id": user_id})
