"""The table of months that were taken out of their table."""

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import Now, one_of


class DetachedPartition(Base):
    """A month that stands beside its table: still read by the proof, the owner's to note."""

    __tablename__ = "detached_partitions"
    __table_args__ = (
        UniqueConstraint("table_name", "month", name="uq_detached_partitions_month"),
        CheckConstraint(one_of("table_name", "transactions", "gift_transactions"), "table_name"),
        CheckConstraint("extract(day FROM month) = 1", "month"),
    )

    name: Mapped[str] = mapped_column(String(63), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(63))
    month: Mapped[date]
    detached_at: Mapped[Now]
