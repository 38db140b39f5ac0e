"""The table of holds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, BigInt, Id


class WalletHold(Base):
    """A hold on a person, until `lifted_at`; `finding_id` is the finding it came from, if any."""

    __tablename__ = "wallet_holds"
    __table_args__ = (
        CheckConstraint(f"reason {NOT_BLANK}", "reason"),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)"
            " AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            "lifted",
        ),
        Index(
            "uq_wallet_holds_user",
            "user_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index("idx_wallet_holds_user_id", "user_id", "id"),
        Index("idx_wallet_holds_finding_id", "finding_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    finding_id: Mapped[BigInt | None] = mapped_column(ForeignKey("ring_findings.id"))
    reason: Mapped[str]
    placed_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]
