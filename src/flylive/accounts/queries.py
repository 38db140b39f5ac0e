"""All SQL over accounts: users, access tokens, staff."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flylive.accounts.schemas import UserCard
from flylive.clock import now
from flylive.database import Database, Reading, Transaction
from flylive.database.arrays import array_literal
from flylive.database.burst import Statement
from flylive.http.addresses import Origin

TOKENABLE_TYPE = "App\\Models\\User"
"""What Laravel Sanctum writes for a user's token; kept, so that adopted rows go on working."""

VIP_LEVEL = "CASE WHEN u.vip_expires_at <= :now THEN 0 ELSE u.vip_level END"
"""SQL: a user's VIP level at `:now`; an expired one has no rights from that second."""

STATIC_SRC = "CASE WHEN u.frame_expires_at <= :now THEN NULL ELSE u.static_src END"
ANIMATED_SRC = "CASE WHEN u.frame_expires_at <= :now THEN NULL ELSE u.animated_src END"
"""SQL: the frame that a user wears at `:now`; an expired one is off from that second."""

_CARDS = text(
    f"""
    SELECT u.id, u.signature, u.name, u.gender, u.country, u.avatar_image,
           {STATIC_SRC} AS static_src, {ANIMATED_SRC} AS animated_src, {VIP_LEVEL} AS vip_level
    FROM users u
    WHERE u.id = ANY(CAST(:ids AS bigint[]))
    """
)


def public_card(row: Row[Any]) -> UserCard:
    """The card of a row that carries its columns by their names, `vip_level` as of now."""
    return UserCard(
        id=row.id,
        signature=row.signature,
        name=row.name,
        gender=row.gender,
        country=row.country,
        avatar_image=row.avatar_image,
        static_src=row.static_src,
        animated_src=row.animated_src,
        vip_level=row.vip_level,
    )


async def cards(tx: Reading, user_ids: Collection[int]) -> dict[int, UserCard]:
    """The cards of these users by id, in one query; ids that never existed are left out.

    Deleted users are in it as they were anonymised, since ledger and history still name them.
    """
    if not user_ids:
        return {}
    rows = await tx.rows(_CARDS, {"ids": list(user_ids), "now": now()})
    return {row.id: public_card(row) for row in rows}


_FIND_USER = text("SELECT * FROM users WHERE id = :user_id AND deleted_at IS NULL")
_LOCK_USER = text(
    "SELECT * FROM users WHERE id = :user_id AND deleted_at IS NULL FOR NO KEY UPDATE"
)


async def find_user(tx: Reading, user_id: int) -> Row[Any] | None:
    """A user who is not deleted, with every column."""
    return await tx.row(_FIND_USER, {"user_id": user_id})


async def lock_user(tx: Transaction, user_id: int) -> Row[Any] | None:
    """A user who is not deleted, locked."""
    return await tx.row(_LOCK_USER, {"user_id": user_id})


_LOCK_USERS = text(
    """
    SELECT * FROM users WHERE id = ANY(CAST(:user_ids AS bigint[])) AND deleted_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
    """
)
_LOCK_WHOLE = text("SELECT * FROM users WHERE id = :user_id AND deleted_at IS NULL FOR UPDATE")
_HOLD = text("SELECT id FROM users WHERE id = :user_id AND deleted_at IS NULL FOR KEY SHARE")


async def lock_users(tx: Transaction, user_ids: Collection[int]) -> dict[int, Row[Any]]:
    """Those of the users who are not deleted, locked in the order of their ids."""
    rows = await tx.rows(_LOCK_USERS, {"user_ids": list(user_ids)})
    return {row.id: row for row in rows}


async def lock_whole(tx: Transaction, user_id: int) -> Row[Any] | None:
    """A user who is not deleted, locked against new rows that name him: to delete him."""
    return await tx.row(_LOCK_WHOLE, {"user_id": user_id})


async def hold_user(tx: Transaction, user_id: int) -> bool:
    """Keep a user from being deleted until the transaction ends; False where he is already.

    For whoever adds what a deletion would have to take along. Balances may go on moving.
    """
    return await tx.scalar(_HOLD, {"user_id": user_id}) is not None


# A login of digits alone can be a signature or a phone without its +; the signature wins.
_FIND_LOGIN = text(
    """
    SELECT id, password FROM users
    WHERE deleted_at IS NULL
      AND (lower(email) = lower(CAST(:email AS text)) OR signature = :signature OR phone = :phone)
    ORDER BY (signature = :signature) DESC NULLS LAST, id
    LIMIT 1
    """
)


async def find_login(
    tx: Reading, *, email: str | None, phone: str | None, signature: str | None
) -> Row[Any] | None:
    """Id and password hash of whom one of the three names."""
    return (
        await tx.execute(_FIND_LOGIN, {"email": email, "phone": phone, "signature": signature})
    ).first()


_INSERT_USER = text(
    """
    INSERT INTO users (name, email, phone, signature, password, dob, gender, country,
                       email_verified_at, wealth_level_id, charm_level_id, created_at, updated_at)
    VALUES (:name, :email, :phone, :signature, :password, :dob, :gender, :country,
            :email_verified_at,
            (SELECT id FROM levels WHERE type = 'wealth' AND level_number = 1),
            (SELECT id FROM levels WHERE type = 'charm' AND level_number = 1), :at, :at)
    RETURNING id
    """
)


async def insert_user(tx: Transaction, **values: Any) -> int:
    """A new user; unique violations pass through as IntegrityError."""
    user_id: int = await tx.scalar(_INSERT_USER, values)
    return user_id


_UPDATE_PROFILE = text(
    """
    UPDATE users SET
        name = COALESCE(:name, name), dob = COALESCE(CAST(:dob AS date), dob),
        gender = COALESCE(CAST(:gender AS smallint), gender),
        country = COALESCE(:country, country), updated_at = :at
    WHERE id = :user_id AND deleted_at IS NULL
    """
)


async def update_profile(tx: Transaction, user_id: int, **values: Any) -> None:
    """Set name, dob, gender and country, each unless it is None."""
    await tx.execute(_UPDATE_PROFILE, {"user_id": user_id, "at": now(), **values})


_UPDATE_SIGNATURE = text(
    "UPDATE users SET signature = :signature, updated_at = :at WHERE id = :user_id"
)


async def update_signature(tx: Transaction, user_id: int, signature: str) -> None:
    """Set the public id; a unique violation passes through as IntegrityError."""
    await tx.execute(_UPDATE_SIGNATURE, {"user_id": user_id, "signature": signature, "at": now()})


_UPDATE_AVATAR = text("UPDATE users SET avatar_image = :url, updated_at = :at WHERE id = :user_id")


async def update_avatar(tx: Transaction, user_id: int, url: str) -> None:
    """Show another picture of the user."""
    await tx.execute(_UPDATE_AVATAR, {"user_id": user_id, "url": url, "at": now()})


_UPDATE_PASSWORD = text(
    "UPDATE users SET password = :password, updated_at = :at WHERE id = :user_id"
)


async def update_password(tx: Transaction, user_id: int, password_hash: str) -> None:
    """Keep another password hash."""
    await tx.execute(_UPDATE_PASSWORD, {"user_id": user_id, "password": password_hash, "at": now()})


_INSERT_TOKEN = text(
    """
    INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token, abilities,
                                        ip_address, user_agent, expires_at, created_at,
                                        updated_at)
    VALUES (:tokenable_type, :user_id, :name, :digest, '["*"]', :ip_address, :user_agent,
            :expires_at, :at, :at)
    RETURNING id
    """
)
_FIND_TOKENS = Statement(
    """
    SELECT t.id, t.token, t.tokenable_id, t.abilities, t.expires_at, t.last_used_at,
           u.last_active_at, u.is_blocked, u.deleted_at
    FROM personal_access_tokens t JOIN users u ON u.id = t.tokenable_id
    WHERE t.id = ANY(%s::bigint[]) AND t.tokenable_type = %s
    """
)
_LIST_TOKENS = text(
    """
    SELECT id, tokenable_type, tokenable_id, name, abilities, ip_address, user_agent,
           last_used_at, expires_at, created_at, updated_at
    FROM personal_access_tokens
    WHERE tokenable_type = :tokenable_type AND tokenable_id = :user_id
      AND (expires_at IS NULL OR expires_at > :now)
      AND id < COALESCE(CAST(:before AS bigint), 9223372036854775807)
    ORDER BY id DESC LIMIT :limit
    """
)
_DELETE_TOKENS = text(
    """
    DELETE FROM personal_access_tokens
    WHERE tokenable_type = :tokenable_type AND tokenable_id = :user_id
      AND id = COALESCE(CAST(:only AS bigint), id)
      AND id <> COALESCE(CAST(:but AS bigint), 0)
    RETURNING id
    """
)


async def insert_token(
    tx: Transaction, user_id: int, name: str, digest: str, origin: Origin, *, days: int
) -> int:
    """A new access token by its SHA-256, for so many days or for good (0); its id."""
    at = now()
    token_id: int = await tx.scalar(
        _INSERT_TOKEN,
        {
            "tokenable_type": TOKENABLE_TYPE,
            "user_id": user_id,
            "name": name,
            "digest": digest,
            "expires_at": at + timedelta(days=days) if days else None,
            "at": at,
            **origin._asdict(),
        },
    )
    return token_id


class FoundToken(NamedTuple):
    """A token's SHA-256 and times, and whether its user may still come in."""

    id: int
    token: str
    user_id: int
    abilities: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    last_active_at: datetime | None
    is_blocked: bool
    deleted_at: datetime | None


async def find_tokens(database: Database, token_ids: Iterable[int]) -> list[FoundToken]:
    """Those of these tokens that are there."""
    rows = await database.look_up(_FIND_TOKENS(array_literal(token_ids), TOKENABLE_TYPE))
    return [FoundToken(*row) for row in rows]


async def list_tokens(
    tx: Reading, user_id: int, *, limit: int, before: int | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit` of the user's tokens that still hold, newest first."""
    return await tx.rows(
        _LIST_TOKENS,
        {
            "tokenable_type": TOKENABLE_TYPE,
            "user_id": user_id,
            "now": now(),
            "limit": limit,
            "before": before,
        },
    )


async def delete_tokens(
    tx: Transaction, user_id: int, *, only: int | None = None, but: int | None = None
) -> list[int]:
    """Delete the user's tokens, or only one, or all but one; the ids that went."""
    rows = await tx.rows(
        _DELETE_TOKENS,
        {"tokenable_type": TOKENABLE_TYPE, "user_id": user_id, "only": only, "but": but},
    )
    return [row.id for row in rows]


# SKIP LOCKED: a user under a burst of gifts is noted the next time round, and nobody waits.
_TOUCH_TOKENS = text(
    """
    UPDATE personal_access_tokens SET last_used_at = :at
    WHERE id IN (SELECT id FROM personal_access_tokens
                 WHERE id = ANY(CAST(:ids AS bigint[]))
                   AND (last_used_at IS NULL OR last_used_at <= :stale)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    """
)
_TOUCH_USERS = text(
    """
    UPDATE users SET last_active_at = :at
    WHERE id IN (SELECT id FROM users
                 WHERE id = ANY(CAST(:ids AS bigint[]))
                   AND (last_active_at IS NULL OR last_active_at <= :stale)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
    """
)


async def touch(
    tx: Transaction,
    token_ids: Collection[int],
    user_ids: Collection[int],
    at: datetime,
    stale: datetime,
) -> None:
    """Move `last_used_at` and `last_active_at` to `at` where they stand at `stale` or before."""
    await tx.execute(_TOUCH_TOKENS, {"ids": list(token_ids), "at": at, "stale": stale})
    await tx.execute(_TOUCH_USERS, {"ids": list(user_ids), "at": at, "stale": stale})
