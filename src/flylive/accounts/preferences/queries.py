"""All SQL over push tokens and preferences."""

from collections.abc import Collection, Sequence
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
# Two who use one device are a sign of rings; the row stays when the token moves on.
_NOTE_OWNER = text(
    """
    INSERT INTO device_owners (device, user_id, seen_at)
    VALUES (encode(sha256(convert_to(:token, 'UTF8')), 'hex'), :user_id, :at)
    ON CONFLICT (device, user_id) DO UPDATE SET seen_at = excluded.seen_at
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
                                  push_friends_rooms, push_gifts, push_announcements,
                                  quiet_from, quiet_to, quiet_timezone, updated_at)
    VALUES (:user_id, :language, :push_messages, :push_followed_rooms, :push_friends_rooms,
            :push_gifts, :push_announcements, CAST(:quiet_from AS time),
            CAST(:quiet_to AS time), :quiet_timezone, :at)
    ON CONFLICT (user_id) DO UPDATE SET
        language = excluded.language, push_messages = excluded.push_messages,
        push_followed_rooms = excluded.push_followed_rooms,
        push_friends_rooms = excluded.push_friends_rooms, push_gifts = excluded.push_gifts,
        push_announcements = excluded.push_announcements,
        quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
        quiet_timezone = excluded.quiet_timezone, updated_at = excluded.updated_at
    """
)
_DEVICES = text(
    "SELECT id, user_id FROM push_tokens WHERE user_id = ANY(CAST(:user_ids AS bigint[]))"
    " ORDER BY id"
)
_DEVICE = text(
    """
    SELECT t.user_id, t.token, COALESCE(p.push_messages, true) AS push_messages,
           COALESCE(p.push_followed_rooms, true) AS push_followed_rooms,
           COALESCE(p.push_friends_rooms, true) AS push_friends_rooms,
           COALESCE(p.push_gifts, true) AS push_gifts,
           COALESCE(p.push_announcements, true) AS push_announcements,
           p.quiet_from, p.quiet_to, p.quiet_timezone
    FROM push_tokens t LEFT JOIN user_preferences p ON p.user_id = t.user_id
    WHERE t.id = :device_id
    """
)
_FORGET_USER = [
    text("DELETE FROM device_owners WHERE user_id = :user_id"),
    text("DELETE FROM push_tokens WHERE user_id = :user_id"),
    text("DELETE FROM user_preferences WHERE user_id = :user_id"),
]


async def hold_access_token(tx: Transaction, token_id: int) -> bool:
    """Whether the access token still is there; then it stays until the transaction ends."""
    return await tx.scalar(_HOLD_TOKEN, {"token_id": token_id}) is not None


async def register(tx: Transaction, **values: Any) -> None:
    """A push token's row, whoever had it before."""
    await tx.execute(_REGISTER, {"at": now(), **values})
    owner = {"token": values["token"], "user_id": values["user_id"], "at": now()}
    await tx.execute(_NOTE_OWNER, owner)


async def keep_newest(tx: Transaction, user_id: int, count: int) -> None:
    """Forget all but the user's `count` push tokens that were registered last."""
    await tx.execute(_KEEP_NEWEST, {"user_id": user_id, "count": count})


async def forget(tx: Transaction, user_id: int, token: str) -> None:
    """Forget a push token, if it is the user's."""
    await tx.execute(_FORGET, {"user_id": user_id, "token": token})


async def list_devices(tx: Reading, user_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The devices of these users: `id`, `user_id`."""
    return await tx.rows(_DEVICES, {"user_ids": list(user_ids)})


async def find_device(tx: Reading, device_id: int) -> Row[Any] | None:
    """A device with what its owner wants to be told."""
    return await tx.row(_DEVICE, {"device_id": device_id})


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
