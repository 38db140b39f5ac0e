"""Tables of resellers: who they are, and who asks them for coins."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now, one_of


class Reseller(Base):
    """A user who may sell coins; credit for so many days at the most, 0: none."""

    __tablename__ = "resellers"
    __table_args__ = (CheckConstraint("max_credit_days BETWEEN 0 AND 365", "max_credit_days"),)

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    max_credit_days: Mapped[int] = mapped_column(server_default=text("30"))
    created_at: Mapped[Now]


class CoinRequest(Base):
    """A user asks a reseller for coins, to buy them or on credit."""

    __tablename__ = "coin_requests"
    __table_args__ = (
        CheckConstraint("amount > 0", "positive_amount"),
        CheckConstraint("user_id <> requested_from", "two_sides"),
        CheckConstraint(one_of("type", "purchase", "credit"), "type"),
        CheckConstraint(
            "CASE WHEN type = 'credit' THEN credit_days IS NOT NULL AND credit_days >= 1"
            " ELSE credit_days IS NULL END",
            "credit_days",
        ),
        CheckConstraint(one_of("status", "pending", "approved", "rejected", "cancelled"), "status"),
        CheckConstraint(
            "settled_at IS NULL OR (type = 'credit' AND status = 'approved')", "settled"
        ),
        CheckConstraint("(due_at IS NOT NULL) = (type = 'credit' AND status = 'approved')", "due"),
        Index("idx_coin_requests_user_id", "user_id"),
        Index("idx_coin_requests_requested_from", "requested_from"),
        Index("idx_coin_requests_status", "status"),
        Index("idx_coin_requests_created_at", "created_at"),
        Index(
            "idx_coin_requests_pending",
            text("created_at DESC"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "idx_coin_requests_open_credit",
            "requested_from",
            "due_at",
            postgresql_where=text("type = 'credit' AND status = 'approved' AND settled_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    requested_from: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    amount: Mapped[Decimal]
    type: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None]
    action_message: Mapped[str | None]
    credit_days: Mapped[int | None]
    proof_1: Mapped[str | None]
    proof_2: Mapped[str | None]
    proof_3: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    updated_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    settled_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
