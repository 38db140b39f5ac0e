"""Tables of boards: scores of running periods, frozen places of closed ones, prizes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import ZERO, BigInt, Id, Now, Timestamp, one_of


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


_CATEGORY = one_of("category", "wealth", "charm", "room", "agency", "game")
_EMPTY = text("''")


class RankingScore(Base):
    """What a subject has by now in a period, in hundredths; `country` is his own, if any.

    `band` is what the database's function `ranking_band` makes of the score.
    """

    __tablename__ = "ranking_scores"
    __table_args__ = (
        CheckConstraint(_CATEGORY, "category"),
        CheckConstraint(one_of("period", "daily", "weekly", "monthly", "all_time"), "period"),
        CheckConstraint("score >= 0", "positive_score"),
        Index(
            "idx_ranking_scores_board",
            "category",
            "subcategory",
            "period",
            "period_start",
            text("score DESC"),
            "subject_id",
        ),
        Index(
            "idx_ranking_scores_country",
            "category",
            "subcategory",
            "period",
            "period_start",
            "country",
            text("score DESC"),
            "subject_id",
        ),
        {"postgresql_with": {"fillfactor": 80}},
    )

    category: Mapped[str] = mapped_column(String(50), primary_key=True)
    subcategory: Mapped[str] = mapped_column(String(50), primary_key=True, server_default=_EMPTY)
    period: Mapped[str] = mapped_column(String(20), primary_key=True)
    period_start: Mapped[date] = mapped_column(primary_key=True)
    subject_id: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    country: Mapped[str] = mapped_column(String(2), server_default=_EMPTY)
    score: Mapped[BigInt]
    band: Mapped[int] = mapped_column(Integer)


class RankingBand(Base):
    """How many subjects stand in a band of scores; `country` '' counts all of them."""

    __tablename__ = "ranking_bands"
    __table_args__ = ({"postgresql_with": {"fillfactor": 80}},)

    category: Mapped[str] = mapped_column(String(50), primary_key=True)
    subcategory: Mapped[str] = mapped_column(String(50), primary_key=True, server_default=_EMPTY)
    period: Mapped[str] = mapped_column(String(20), primary_key=True)
    period_start: Mapped[date] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    band: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    subjects: Mapped[BigInt]


class RankingInput(Base):
    """Something that counts and comes with no group of gifts: what was won at a game."""

    __tablename__ = "ranking_inputs"

    id: Mapped[Id]
    category: Mapped[str] = mapped_column(String(50))
    subcategory: Mapped[str] = mapped_column(String(50), server_default=_EMPTY)
    subject_id: Mapped[BigInt]
    amount: Mapped[BigInt]
    at: Mapped[datetime]


class RankingPeriod(Base):
    """A period that is closed: frozen, its prizes paid."""

    __tablename__ = "ranking_periods"
    __table_args__ = (Index("idx_ranking_periods_closed_at", "closed_at"),)

    category: Mapped[str] = mapped_column(String(50), primary_key=True)
    subcategory: Mapped[str] = mapped_column(String(50), primary_key=True, server_default=_EMPTY)
    period: Mapped[str] = mapped_column(String(20), primary_key=True)
    period_start: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]


class RankingPrize(Base):
    """What the places from one to another get when such a period closes."""

    __tablename__ = "ranking_prizes"
    __table_args__ = (
        CheckConstraint("1 <= rank_from AND rank_from <= rank_to AND rank_to <= 1000", "ranks"),
        CheckConstraint(_CATEGORY, "category"),
        CheckConstraint(one_of("period", "daily", "weekly", "monthly"), "period"),
        CheckConstraint("coins >= 0 AND diamonds >= 0", "positive"),
        CheckConstraint(
            "coins > 0 OR diamonds > 0 OR frame_id IS NOT NULL OR badge_id IS NOT NULL",
            "something",
        ),
    )

    id: Mapped[Id]
    category: Mapped[str] = mapped_column(String(50))
    subcategory: Mapped[str] = mapped_column(String(50), server_default=_EMPTY)
    period: Mapped[str] = mapped_column(String(20))
    rank_from: Mapped[int]
    rank_to: Mapped[int]
    coins: Mapped[Decimal] = mapped_column(Numeric(18, 2), server_default=ZERO)
    diamonds: Mapped[Decimal] = mapped_column(Numeric(18, 2), server_default=ZERO)
    frame_id: Mapped[BigInt | None] = mapped_column(ForeignKey("frames.id"))
    badge_id: Mapped[BigInt | None] = mapped_column(ForeignKey("badges.id"))


class RankingRebuild(Base):
    """The running boards made anew, by the command or as the job that staff asked for.

    `progress` is its last step in words; `failure` why it could not end.
    """

    __tablename__ = "ranking_rebuilds"
    __table_args__ = (
        CheckConstraint(one_of("started_by", "command", "staff"), "started_by"),
        CheckConstraint("(started_by = 'staff') = (asked_by IS NOT NULL)", "asked_by"),
        CheckConstraint("step >= 0 AND step <= steps", "steps"),
        CheckConstraint("finished_at >= started_at", "finished"),
    )

    id: Mapped[Id]
    started_by: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    job_id: Mapped[BigInt | None]
    asked_at: Mapped[datetime] = mapped_column(Timestamp)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(server_default=ZERO)
    steps: Mapped[int] = mapped_column(server_default=ZERO)
    progress: Mapped[str | None]
    failure: Mapped[str | None]
