"""The table of notes."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, BigInt, Id, Now


class StaffNote(Base):
    """A note of one of the staff, in the role he had then."""

    __tablename__ = "staff_notes"
    __table_args__ = (
        CheckConstraint(f"content {NOT_BLANK} AND char_length(content) <= 2000", "content"),
        Index("idx_staff_notes_user_id", "user_id", "created_at", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    author_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    author_role: Mapped[str] = mapped_column(String(20))
    content: Mapped[str]
    created_at: Mapped[Now]
