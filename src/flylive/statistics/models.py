"""Tables of statistics."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Now, Points, SmallInt, one_of


class StatisticsMark(Base):
    """How far a generation of sums has read the ledger, and in which zone its days are.

    A rebuild is another generation, which becomes the current one when it has caught up.
    """

    __tablename__ = "statistics_marks"
    __table_args__ = (
        CheckConstraint("last_id >= 0", "last_id"),
        Index(
            "uq_statistics_marks_current",
            "is_current",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[Points]
    timezone: Mapped[str] = mapped_column(String(64))
    is_current: Mapped[bool]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class LedgerStatistic(Base):
    """Sides of ledger rows in one period: how many, of how many things, hundredths in all.

    `country` is where whoever's balance moved was when it was folded, '' everybody together.
    """

    __tablename__ = "ledger_statistics"
    __table_args__ = (
        CheckConstraint(one_of("period", "hour", "day", "month"), "period"),
        CheckConstraint("movements >= 1 AND quantity >= 0 AND amount >= 0", "sums"),
        Index("idx_ledger_statistics_starts_at", "generation", "period", "starts_at"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(String(5), primary_key=True)
    country: Mapped[str] = mapped_column(String(3), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(50), primary_key=True)
    direction: Mapped[SmallInt] = mapped_column(primary_key=True, autoincrement=False)
    currency_type: Mapped[SmallInt] = mapped_column(primary_key=True, autoincrement=False)
    movements: Mapped[BigInt]
    quantity: Mapped[BigInt]
    amount: Mapped[BigInt]


class StatisticsGauge(Base):
    """What is counted and not added up: people who came, were there, and rooms with somebody in.

    `new` is exact; the others are the most that were seen at a look, once a minute.
    """

    __tablename__ = "statistics_gauges"
    __table_args__ = (
        CheckConstraint(one_of("name", "new", "active", "in_rooms", "rooms"), "name"),
        CheckConstraint(one_of("period", "hour", "day"), "period"),
        CheckConstraint("value >= 0", "value"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    period: Mapped[str] = mapped_column(String(5), primary_key=True)
    country: Mapped[str] = mapped_column(String(3), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    value: Mapped[BigInt]
