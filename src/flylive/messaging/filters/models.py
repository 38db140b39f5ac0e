"""The table of what may not be written where."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, On


class MessageFilter(Base):
    """Words and links that a room, or without one the whole platform, does not take."""

    __tablename__ = "message_filters"
    __table_args__ = (
        UniqueConstraint("room_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("cardinality(words) <= 1000", "words"),
    )

    id: Mapped[Id]
    room_id: Mapped[BigInt | None] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    words: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    allows_links: Mapped[On]
    updated_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[datetime]
