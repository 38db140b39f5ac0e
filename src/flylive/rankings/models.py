"""The table of frozen leaderboards."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now, one_of


class Ranking(Base):
    """One place of a closed period's board; equal scores share a place."""

    __tablename__ = "rankings"
    __table_args__ = (
        CheckConstraint(
            one_of("category", "wealth", "charm", "room", "agency", "game"), "category"
        ),
        CheckConstraint("category = 'game' OR subcategory IS NULL", "subcategory"),
        CheckConstraint(one_of("period", "daily", "weekly", "monthly", "all_time"), "period"),
        CheckConstraint("period_end >= period_start", "period_end"),
        CheckConstraint("num_nonnulls(user_id, room_id, agency_id) = 1", "one_subject"),
        CheckConstraint(
            "CASE category WHEN 'room' THEN room_id IS NOT NULL"
            " WHEN 'agency' THEN agency_id IS NOT NULL ELSE user_id IS NOT NULL END",
            "subject_kind",
        ),
        CheckConstraint("rank_position >= 1", "rank_position"),
        CheckConstraint("score >= 0", "positive_score"),
        UniqueConstraint(
            "category",
            "subcategory",
            "period",
            "period_start",
            "subject",
            name="uq_rankings_subject",
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_rankings_user_id", "user_id"),
        Index("idx_rankings_room_id", "room_id"),
        Index("idx_rankings_agency_id", "agency_id"),
        Index("idx_rankings_period", "period_start", "period_end"),
        Index("idx_rankings_score", "category", "period", text("score DESC")),
    )

    id: Mapped[Id]
    category: Mapped[str] = mapped_column(String(50))
    subcategory: Mapped[str | None] = mapped_column(String(50))
    period: Mapped[str] = mapped_column(String(20))
    period_start: Mapped[date]
    period_end: Mapped[date]
    user_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    room_id: Mapped[BigInt | None] = mapped_column(ForeignKey("rooms.id"))
    agency_id: Mapped[BigInt | None] = mapped_column(ForeignKey("agencies.id"))
    subject: Mapped[int | None] = mapped_column(
        BigInteger, Computed("COALESCE(user_id, room_id, agency_id)", persisted=True)
    )
    rank_position: Mapped[int]
    score: Mapped[Decimal]
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata")
    calculated_at: Mapped[Now]
