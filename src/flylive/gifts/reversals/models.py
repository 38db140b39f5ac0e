"""Tables of gifts that are taken back."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Sum


def _gift(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["gift_transaction_id", "sent_at"],
        ["gift_transactions.id", "gift_transactions.sent_at"],
        ondelete="RESTRICT",
        name=f"fk_{table}_gift_transaction",
    )


class GiftReversal(Base):
    """A gift that was taken back, and what moved by it. Evidence: never changed.

    `coins_returned` went to the sender. Of what the recipient and the agency's owner had earned,
    `…_diamonds` were still there; for what was not, `…_coins` were taken, and `…_owed` became a
    debt. `frozen` names the boards that were closed by then and keep it, such as `wealth daily`.
    """

    __tablename__ = "gift_reversals"
    __table_args__ = (
        _gift("gift_reversals"),
        CheckConstraint(
            "coins_returned >= 0 AND recipient_diamonds >= 0 AND recipient_coins >= 0"
            " AND recipient_owed >= 0 AND owner_diamonds >= 0 AND owner_coins >= 0"
            " AND owner_owed >= 0",
            "positive",
        ),
        CheckConstraint(
            "owner_id IS NOT NULL OR (owner_diamonds, owner_coins, owner_owed) = (0, 0, 0)",
            "owner",
        ),
        Index("idx_gift_reversals_requested_by", "requested_by", "reversed_at"),
    )

    gift_transaction_id: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[datetime] = mapped_column(primary_key=True)
    recipient_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    owner_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    total_cost: Mapped[Decimal]
    coins_returned: Mapped[Sum]
    recipient_diamonds: Mapped[Sum]
    recipient_coins: Mapped[Sum]
    recipient_owed: Mapped[Sum]
    owner_diamonds: Mapped[Sum]
    owner_coins: Mapped[Sum]
    owner_owed: Mapped[Sum]
    frozen: Mapped[list[str]] = mapped_column(ARRAY(String(40)), server_default=text("'{}'"))
    reason: Mapped[str]
    requested_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    requested_at: Mapped[datetime]
    reversed_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    reversed_at: Mapped[datetime]


class GiftReversalRequest(Base):
    """A gift that one member of the staff wants taken back, beyond what he may alone."""

    __tablename__ = "gift_reversal_requests"
    __table_args__ = (_gift("gift_reversal_requests"),)

    gift_transaction_id: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str]
    requested_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    requested_at: Mapped[datetime]
