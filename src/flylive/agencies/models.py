"""Tables of agencies: who earns together, what they earned, who asks to join."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    NOT_BLANK,
    ZERO,
    BigInt,
    Id,
    Now,
    Off,
    On,
    Percent,
    Sum,
    one_of,
)


class Agency(Base):
    """A group of hosts under an owner, who earns a commission on their gifts."""

    __tablename__ = "agencies"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint("commission_rate BETWEEN 0 AND 100", "commission_rate"),
        CheckConstraint("total_earnings >= 0", "positive_earnings"),
        CheckConstraint("member_limit >= 1 AND member_count BETWEEN 0 AND member_limit", "members"),
        CheckConstraint(one_of("status", "active", "inactive", "suspended"), "status"),
        Index("uq_agencies_name", text("lower(name)"), unique=True),
        Index(
            "uq_agencies_owner_id",
            "owner_id",
            unique=True,
            postgresql_where=text("status <> 'inactive'"),
        ),
        Index(
            "idx_agencies_name_trgm",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_where=text("status = 'active'"),
        ),
        Index("idx_agencies_owner_id", "owner_id"),
        Index("idx_agencies_status", "status"),
        Index("idx_agencies_earnings", text("total_earnings DESC")),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    logo: Mapped[str | None]
    owner_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))

    commission_rate: Mapped[Decimal] = mapped_column(Percent, server_default=text("10.00"))
    member_limit: Mapped[int] = mapped_column(server_default=text("50"))
    is_recruiting: Mapped[On]

    total_earnings: Mapped[Sum]
    member_count: Mapped[int] = mapped_column(server_default=ZERO)

    status: Mapped[str] = mapped_column(String(20), server_default="active")

    created_at: Mapped[Now]
    updated_at: Mapped[Now]


_OURS = "is_adopted OR "
"""Earnings of an adopted database stand as they were found; every other one keeps the rest."""


class AgencyEarning(Base):
    """A commission as it was earned; evidence, never changed. Money: RESTRICT throughout.

    What a gift that was taken back had earned is a row of its own, below zero.
    """

    __tablename__ = "agency_earnings"
    __table_args__ = (
        # gift_transactions is partitioned by month, so its key carries the date along.
        ForeignKeyConstraint(
            ["source_id", "source_date"],
            ["gift_transactions.id", "gift_transactions.sent_at"],
            ondelete="RESTRICT",
            name="fk_agency_earnings_source",
        ),
        CheckConstraint(
            _OURS + "CASE WHEN source_type = 'gift_reversal'"
            " THEN amount <= 0 AND commission_amount BETWEEN amount AND 0"
            " ELSE amount >= 0 AND commission_amount BETWEEN 0 AND amount END",
            "positive_amounts",
        ),
        CheckConstraint(_OURS + "commission_rate BETWEEN 0 AND 100", "commission_rate"),
        CheckConstraint(
            _OURS + one_of("source_type", "gift", "gift_reversal", "purchase"), "source_type"
        ),
        CheckConstraint(
            _OURS + "CASE WHEN source_type IN ('gift', 'gift_reversal')"
            " THEN source_id IS NOT NULL"
            " AND source_date IS NOT NULL ELSE source_date IS NULL END",
            "source",
        ),
        Index(
            "uq_agency_earnings_source",
            "source_id",
            "source_date",
            unique=True,
            postgresql_where=text("source_date IS NOT NULL AND source_type <> 'gift_reversal'"),
        ),
        Index(
            "uq_agency_earnings_reversal",
            "source_id",
            "source_date",
            unique=True,
            postgresql_where=text("source_type = 'gift_reversal'"),
        ),
        Index("idx_agency_earnings_agency_id", "agency_id", text("earned_at DESC")),
        Index("idx_agency_earnings_user_id", "user_id", text("earned_at DESC")),
        Index(
            "idx_agency_earnings_earned_at",
            "earned_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
        Index("idx_agency_earnings_adopted", "id", postgresql_where=text("is_adopted")),
    )

    id: Mapped[Id]
    agency_id: Mapped[BigInt] = mapped_column(ForeignKey("agencies.id", ondelete="RESTRICT"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    amount: Mapped[Decimal]
    commission_amount: Mapped[Decimal]
    commission_rate: Mapped[Decimal] = mapped_column(Percent)
    source_type: Mapped[str] = mapped_column(String(50))
    source_id: Mapped[BigInt | None]
    source_date: Mapped[datetime | None]
    earned_at: Mapped[Now]
    is_adopted: Mapped[Off]


class AgencyMemberRequest(Base):
    """An application to an agency, or its invitation; one open per pair."""

    __tablename__ = "agency_member_requests"
    __table_args__ = (
        CheckConstraint(one_of("type", "application", "invitation"), "type"),
        CheckConstraint(one_of("status", "pending", "approved", "rejected", "cancelled"), "status"),
        CheckConstraint("(status = 'pending') = (processed_at IS NULL)", "processed"),
        Index(
            "uq_agency_requests_pending",
            "agency_id",
            "user_id",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("idx_agency_requests_agency_id", "agency_id"),
        Index("idx_agency_requests_user_id", "user_id"),
        Index("idx_agency_requests_status", "status"),
    )

    id: Mapped[Id]
    agency_id: Mapped[BigInt] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"))
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    processed_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    processed_at: Mapped[datetime | None]
    created_at: Mapped[Now]
