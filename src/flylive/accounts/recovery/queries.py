"""All SQL over reset tokens and codes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Transaction

_LOCK_BY_EMAIL = text(
    """
    SELECT * FROM users
    WHERE lower(email) = lower(CAST(:email AS text)) AND deleted_at IS NULL
    FOR NO KEY UPDATE
    """
)
_LOCK_BY_PHONE = text(
    "SELECT * FROM users WHERE phone = :phone AND deleted_at IS NULL FOR NO KEY UPDATE"
)


async def lock_by_email(tx: Transaction, email: str) -> Row[Any] | None:
    """The user with this e-mail, locked."""
    return await tx.row(_LOCK_BY_EMAIL, {"email": email})


async def lock_by_phone(tx: Transaction, phone: str) -> Row[Any] | None:
    """The user with this phone, locked."""
    return await tx.row(_LOCK_BY_PHONE, {"phone": phone})


_PUT_TOKEN = text(
    """
    INSERT INTO password_reset_tokens AS t (email, token, attempts, expires_at, created_at)
    VALUES (lower(:email), :digest, 0, :expires_at, :at)
    ON CONFLICT (email) DO UPDATE SET token = excluded.token, attempts = 0,
        expires_at = excluded.expires_at, created_at = excluded.created_at
    """
)
_DELETE_CODES = text("DELETE FROM phone_reset_tokens WHERE user_id = :user_id")
_PUT_CODE = text(
    """
    INSERT INTO phone_reset_tokens (user_id, token, expires_at, created_at)
    VALUES (:user_id, :hash, :expires_at, :at)
    """
)


async def put_token(tx: Transaction, email: str, digest: str, expires_at: datetime) -> None:
    """Keep a token's SHA-256 in place of any other of this address."""
    await tx.execute(
        _PUT_TOKEN, {"email": email, "digest": digest, "expires_at": expires_at, "at": now()}
    )


async def put_code(tx: Transaction, user_id: int, code_hash: str, expires_at: datetime) -> None:
    """Keep a code's hash in place of any other of this user, who is locked."""
    await tx.execute(_DELETE_CODES, {"user_id": user_id})
    await tx.execute(
        _PUT_CODE,
        {"user_id": user_id, "hash": code_hash, "expires_at": expires_at, "at": now()},
    )


_TAKE_TOKEN_TRY = text(
    """
    UPDATE password_reset_tokens SET attempts = attempts + 1
    WHERE email = lower(CAST(:email AS text)) AND attempts < :tries AND expires_at > :now
    RETURNING token
    """
)
_TAKE_CODE_TRY = text(
    """
    UPDATE phone_reset_tokens SET attempts = attempts + 1
    WHERE id = (SELECT t.id FROM phone_reset_tokens t JOIN users u ON u.id = t.user_id
                WHERE u.phone = :phone AND u.deleted_at IS NULL
                ORDER BY t.id DESC LIMIT 1)
      AND attempts < :tries AND expires_at > :now
    RETURNING token
    """
)


async def take_token_try(tx: Transaction, email: str, tries: int) -> str | None:
    """Use up a try at this address's token: its SHA-256; None where no try is left."""
    digest: str | None = await tx.scalar(
        _TAKE_TOKEN_TRY, {"email": email, "tries": tries, "now": now()}
    )
    return digest


async def take_code_try(tx: Transaction, phone: str, tries: int) -> str | None:
    """Use up a try at this phone's code: its hash; None where no try is left."""
    code_hash: str | None = await tx.scalar(
        _TAKE_CODE_TRY, {"phone": phone, "tries": tries, "now": now()}
    )
    return code_hash


_USE_TOKEN = text(
    """
    DELETE FROM password_reset_tokens
    WHERE email = lower(CAST(:email AS text)) AND token = :digest AND expires_at > :now
    """
)
_USE_CODE = text(
    """
    DELETE FROM phone_reset_tokens
    WHERE user_id = :user_id AND token = :hash AND expires_at > :now
    """
)


async def use_token(tx: Transaction, email: str, digest: str) -> bool:
    """Use the token up; False where somebody else did, or another one took its place."""
    parameters = {"email": email, "digest": digest, "now": now()}
    return (await tx.execute(_USE_TOKEN, parameters)).rowcount == 1


async def use_code(tx: Transaction, user_id: int, code_hash: str) -> bool:
    """Use the code up; False where somebody else did, or another one took its place."""
    parameters = {"user_id": user_id, "hash": code_hash, "now": now()}
    return (await tx.execute(_USE_CODE, parameters)).rowcount == 1


_RECOVER = text(
    """
    UPDATE users SET password = :password,
        email_verified_at = CASE WHEN :kind = 'email' THEN COALESCE(email_verified_at, :at)
                            ELSE email_verified_at END,
        phone_verified_at = CASE WHEN :kind = 'phone' THEN COALESCE(phone_verified_at, :at)
                            ELSE phone_verified_at END,
        recovery_barred = COALESCE(:barred, recovery_barred), updated_at = :at
    WHERE id = :user_id
    """
)
_DELETE_TOKEN = text("DELETE FROM password_reset_tokens WHERE email = lower(CAST(:email AS text))")
_DELETE_EXPIRED = [
    text(f"DELETE FROM {table} WHERE expires_at <= :now")
    for table in ("password_reset_tokens", "phone_reset_tokens")
]


async def recover(
    tx: Transaction, user_id: int, password_hash: str, *, kind: str, barred: str | None
) -> None:
    """Keep another password; the address of `kind` is proved, the one `barred` resets no more."""
    await tx.execute(
        _RECOVER,
        {
            "user_id": user_id,
            "password": password_hash,
            "kind": kind,
            "barred": barred,
            "at": now(),
        },
    )


async def delete_open(tx: Transaction, user_id: int, email: str | None) -> None:
    """Delete what could reset the user's password."""
    await tx.execute(_DELETE_CODES, {"user_id": user_id})
    await tx.execute(_DELETE_TOKEN, {"email": email})


async def delete_expired(tx: Transaction) -> None:
    """Delete tokens and codes whose time is over."""
    for statement in _DELETE_EXPIRED:
        await tx.execute(statement, {"now": now()})
