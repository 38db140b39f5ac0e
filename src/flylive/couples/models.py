"""Tables of couples and of proposals."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, On, Sum, one_of

_PENDING = text("status = 'pending'")


class Couple(Base):
    """Two people; over from `ended_at` on. `cooldown_until` holds for both."""

    __tablename__ = "couples"
    __table_args__ = (
        CheckConstraint("proposed_by <> accepted_by", "two_people"),
        CheckConstraint(one_of("end_reason", "parted", "blocked", "deleted"), "end_reason"),
        CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)"
            " AND (ended_at IS NOT NULL OR cooldown_until IS NULL)",
            "ended",
        ),
    )

    id: Mapped[Id]
    proposed_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    accepted_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    formed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    end_reason: Mapped[str | None] = mapped_column(String(20))
    cooldown_until: Mapped[datetime | None]


class CoupleMember(Base):
    """One of the two, and the coins of his gifts to the other: his points."""

    __tablename__ = "couple_members"
    __table_args__ = (
        CheckConstraint("user_id <> partner_id", "two_people"),
        CheckConstraint("coins_given >= 0", "positive_coins"),
        Index(
            "uq_couple_members_active",
            "user_id",
            unique=True,
            postgresql_where=text("is_active"),
        ),
        Index("idx_couple_members_pair", "user_id", "partner_id"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    couple_id: Mapped[BigInt] = mapped_column(
        ForeignKey("couples.id", ondelete="RESTRICT"), primary_key=True
    )
    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"), primary_key=True
    )
    partner_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    coins_given: Mapped[Sum]
    is_active: Mapped[On]


class CoupleRequest(Base):
    """A proposal: the gift it came with, and what became of it."""

    __tablename__ = "couple_requests"
    __table_args__ = (
        CheckConstraint("sender_id <> recipient_id", "two_people"),
        CheckConstraint(
            one_of("status", "pending", "accepted", "declined", "expired", "cancelled"), "status"
        ),
        CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)"
            " AND (status = 'accepted') = (couple_id IS NOT NULL)",
            "decided",
        ),
        ForeignKeyConstraint(
            ["gift_transaction_id", "sent_at"],
            ["gift_transactions.id", "gift_transactions.sent_at"],
            ondelete="RESTRICT",
            name="fk_couple_requests_gift_transaction",
        ),
        Index(
            "uq_couple_requests_pending",
            text("LEAST(sender_id, recipient_id)"),
            text("GREATEST(sender_id, recipient_id)"),
            unique=True,
            postgresql_where=_PENDING,
        ),
        Index("idx_couple_requests_sender_id", "sender_id", "id", postgresql_where=_PENDING),
        Index("idx_couple_requests_recipient_id", "recipient_id", "id", postgresql_where=_PENDING),
        Index("idx_couple_requests_overdue", "expires_at", postgresql_where=_PENDING),
        Index("uq_couple_requests_gift_transaction", "gift_transaction_id", "sent_at", unique=True),
    )

    id: Mapped[Id]
    sender_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    recipient_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    gift_transaction_id: Mapped[BigInt]
    sent_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    couple_id: Mapped[BigInt | None] = mapped_column(ForeignKey("couples.id", ondelete="RESTRICT"))
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
