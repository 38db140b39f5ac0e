"""What becomes of frames and themes when their owner deletes his account."""

from sqlalchemy import text

from flylive.database import Transaction

_TAKE_OFF = text(
    "UPDATE frame_user SET is_active = false, activated_at = NULL"
    " WHERE user_id = :user_id AND is_active"
)


async def take_off(tx: Transaction, user_id: int) -> None:
    """Let the user wear no frame; what he bought stays on record beside its ledger row."""
    await tx.execute(_TAKE_OFF, {"user_id": user_id})
