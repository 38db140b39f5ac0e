"""All SQL over verification tokens and pending changes of e-mail and phone."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

Kind = Literal["email", "phone"]

_PUT_VERIFICATION = text(
    """
    INSERT INTO email_verification_tokens (user_id, email, token, expires_at, created_at)
    VALUES (:user_id, :email, :digest, :expires_at, :at)
    """
)
_FIND_VERIFICATION = text("SELECT user_id FROM email_verification_tokens WHERE token = :digest")
_USE_VERIFICATION = text(
    """
    DELETE FROM email_verification_tokens
    WHERE user_id = :user_id AND token = :digest AND expires_at > :now
    RETURNING email
    """
)
_DELETE_VERIFICATION = text("DELETE FROM email_verification_tokens WHERE user_id = :user_id")
_SET_VERIFIED = text(
    """
    UPDATE users SET email_verified_at = :at, updated_at = :at,
        recovery_barred = NULLIF(recovery_barred, 'email')
    WHERE id = :user_id
    """
)


async def put_verification(
    tx: Transaction, user_id: int, email: str, digest: str, expires_at: datetime
) -> None:
    """Keep a token's SHA-256 beside those of mails before it: each was read by the same person."""
    await tx.execute(
        _PUT_VERIFICATION,
        {
            "user_id": user_id,
            "email": email,
            "digest": digest,
            "expires_at": expires_at,
            "at": now(),
        },
    )


async def find_verification(tx: Reading, digest: str) -> int | None:
    """Whose token this is."""
    user_id: int | None = await tx.scalar(_FIND_VERIFICATION, {"digest": digest})
    return user_id


async def use_verification(tx: Transaction, user_id: int, digest: str) -> str | None:
    """Use the token up: the address it proves; None where it is used or expired."""
    email: str | None = await tx.scalar(
        _USE_VERIFICATION, {"user_id": user_id, "digest": digest, "now": now()}
    )
    return email


async def delete_verification(tx: Transaction, user_id: int) -> None:
    """Delete the user's open tokens."""
    await tx.execute(_DELETE_VERIFICATION, {"user_id": user_id})


async def set_verified(tx: Transaction, user_id: int) -> None:
    """The user's e-mail is proved now."""
    await tx.execute(_SET_VERIFIED, {"user_id": user_id, "at": now()})


# The id is new each time, so that a job which was put off for the former change finds nothing.
_DELETE_CHANGE = text("DELETE FROM contact_changes WHERE user_id = :user_id AND kind = :kind")
_INSERT_CHANGE = text(
    """
    INSERT INTO contact_changes (user_id, kind, contact, expires_at, created_at)
    VALUES (:user_id, :kind, :contact, :expires_at, :at)
    RETURNING id
    """
)
_FIND_CHANGE = text("SELECT * FROM contact_changes WHERE id = :change_id")
_SET_CODE = text(
    """
    UPDATE contact_changes SET code = :hash, attempts = 0, expires_at = :expires_at
    WHERE id = :change_id
    """
)
_TAKE_TRY = text(
    """
    UPDATE contact_changes SET attempts = attempts + 1
    WHERE user_id = :user_id AND kind = :kind AND code IS NOT NULL
      AND attempts < :tries AND expires_at > :now
    RETURNING contact, code
    """
)
_USE_CHANGE = text(
    """
    DELETE FROM contact_changes
    WHERE user_id = :user_id AND kind = :kind AND code = :hash AND expires_at > :now
    """
)
_DELETE_CHANGES = text("DELETE FROM contact_changes WHERE user_id = :user_id")


async def put_change(
    tx: Transaction, user_id: int, kind: Kind, contact: str, expires_at: datetime
) -> int:
    """Note a change that waits for its code, in place of any other; its id. The user is locked."""
    await tx.execute(_DELETE_CHANGE, {"user_id": user_id, "kind": kind})
    change_id: int = await tx.scalar(
        _INSERT_CHANGE,
        {
            "user_id": user_id,
            "kind": kind,
            "contact": contact,
            "expires_at": expires_at,
            "at": now(),
        },
    )
    return change_id


async def find_change(tx: Reading, change_id: int) -> Row[Any] | None:
    """A pending change."""
    return await tx.row(_FIND_CHANGE, {"change_id": change_id})


async def set_code(tx: Transaction, change_id: int, code_hash: str, expires_at: datetime) -> bool:
    """Keep the code's hash; False where the change is gone."""
    parameters = {"change_id": change_id, "hash": code_hash, "expires_at": expires_at}
    return (await tx.execute(_SET_CODE, parameters)).rowcount == 1


async def take_try(tx: Transaction, user_id: int, kind: Kind, tries: int) -> Row[Any] | None:
    """Use up a try: the new address and the code's hash; None where no try is left."""
    return await tx.row(_TAKE_TRY, {"user_id": user_id, "kind": kind, "tries": tries, "now": now()})


async def use_change(tx: Transaction, user_id: int, kind: Kind, code_hash: str) -> bool:
    """Use the change up; False where somebody else did, or another one took its place."""
    parameters = {"user_id": user_id, "kind": kind, "hash": code_hash, "now": now()}
    return (await tx.execute(_USE_CHANGE, parameters)).rowcount == 1


async def delete_changes(tx: Transaction, user_id: int) -> None:
    """Delete whatever change of the user's is pending."""
    await tx.execute(_DELETE_CHANGES, {"user_id": user_id})


_SET_CONTACT = {
    "email": text(
        """
        UPDATE users SET email = :contact, email_verified_at = :at, updated_at = :at,
            recovery_barred = NULLIF(recovery_barred, 'email')
        WHERE id = :user_id
        """
    ),
    "phone": text(
        """
        UPDATE users SET phone = :contact, phone_verified_at = :at, updated_at = :at,
            recovery_barred = NULLIF(recovery_barred, 'phone')
        WHERE id = :user_id
        """
    ),
}
_DELETE_EXPIRED = [
    text(f"DELETE FROM {table} WHERE expires_at <= :now")
    for table in ("email_verification_tokens", "contact_changes")
]


async def set_contact(tx: Transaction, user_id: int, kind: Kind, contact: str) -> None:
    """Another, proved address; a unique violation passes through as IntegrityError."""
    await tx.execute(_SET_CONTACT[kind], {"user_id": user_id, "contact": contact, "at": now()})


async def delete_expired(tx: Transaction) -> None:
    """Delete tokens and changes whose time is over."""
    for statement in _DELETE_EXPIRED:
        await tx.execute(statement, {"now": now()})
