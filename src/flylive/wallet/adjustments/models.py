"""The table of adjustments."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, SmallInt, one_of


class Adjustment(Base):
    """Coins or diamonds that staff give, or with a negative amount take.

    `needs_second`: it was beyond what one person may post alone.
    """

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint("currency_type IN (1, 2)", "currency_type"),
        CheckConstraint("amount <> 0", "amount"),
        CheckConstraint(one_of("status", "pending", "posted", "rejected"), "status"),
        CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            "decided",
        ),
        CheckConstraint(
            "NOT (needs_second AND status = 'posted' AND decided_by = requested_by)", "second"
        ),
        CheckConstraint("requested_by <> user_id AND decided_by <> user_id", "not_oneself"),
        Index("idx_adjustments_user_id", "user_id", "id"),
        Index("idx_adjustments_requested_by", "requested_by", "requested_at"),
        Index("idx_adjustments_pending", "id", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    currency_type: Mapped[SmallInt]
    amount: Mapped[Decimal] = mapped_column(Numeric(18, 2))
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(String(20))
    needs_second: Mapped[bool]
    requested_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
