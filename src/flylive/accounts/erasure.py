"""Anonymising a person: what says who he was goes, what history names stays.

The row, its id and signature stay, since ledger, gifts and messages name them.
"""

from sqlalchemy import text

from flylive.accounts import passwords, queries
from flylive.clock import now
from flylive.database import Transaction

DELETED_NAME = "Deleted user"

# Country stays: sums by country are computed over people who were there. The password is one
# that no hash equals; a date of birth must be there and says nothing.
_ANONYMISE = text(
    f"""
    UPDATE users SET
        name = '{DELETED_NAME}', email = NULL, phone = NULL, password = '{passwords.NO_PASSWORD}',
        dob = DATE '1900-01-01', gender = 3, avatar_image = NULL, animated_src = NULL,
        static_src = NULL, frame_expires_at = NULL, vip_level = 0, vip_expires_at = NULL,
        social_provider = NULL, social_provider_id = NULL,
        last_active_at = NULL, email_verified_at = NULL,
        phone_verified_at = NULL, recovery_barred = NULL,
        updated_at = :at, deleted_at = :at
    WHERE id = :user_id
    """
)
_FORGET = [
    text(statement)
    for statement in (
        "DELETE FROM password_reset_tokens WHERE email = lower(CAST(:email AS text))",
        "DELETE FROM phone_reset_tokens WHERE user_id = :user_id",
        "DELETE FROM email_verification_tokens WHERE user_id = :user_id",
        "DELETE FROM contact_changes WHERE user_id = :user_id",
    )
]
# The marks and limits that tell from which addresses he came. Other limits under his id are counts
# alone, and end by themselves within a day.
_FORGET_ADDRESSES = text(
    """
    DELETE FROM cache
    WHERE key LIKE 'login-address:' || :user_id || ':%'
       OR key LIKE 'limit:login:user:' || :user_id || ':%'
    """
)


async def anonymise(tx: Transaction, user_id: int) -> None:
    """Delete a locked user softly: his e-mail and phone are free from the commit on."""
    user = await queries.find_user(tx, user_id)
    assert user is not None
    for statement in _FORGET:
        await tx.execute(statement, {"user_id": user_id, "email": user.email})
    await tx.execute(_FORGET_ADDRESSES, {"user_id": str(user_id)})
    await tx.execute(_ANONYMISE, {"user_id": user_id, "at": now()})
