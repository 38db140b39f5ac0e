"""The table of proposals."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, SHA256_HEX, BigInt, Id, Now, one_of


class StaffProposal(Base):
    """Something that takes two of the staff: the one's words, and the other's.

    `fingerprint` is that of verb, subject and body: the same again is the second person's.
    """

    __tablename__ = "staff_proposals"
    __table_args__ = (
        CheckConstraint(one_of("status", "pending", "carried_out", "declined"), "status"),
        CheckConstraint(f"reason {NOT_BLANK}", "reason"),
        CheckConstraint(f"fingerprint {SHA256_HEX}", "fingerprint"),
        CheckConstraint(
            "(status = 'pending') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)"
            " AND (decided_by IS NULL) = (decision IS NULL)",
            "decided",
        ),
        CheckConstraint("status <> 'carried_out' OR decided_by <> proposed_by", "second"),
        Index(
            "uq_staff_proposals_pending",
            "fingerprint",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index("idx_staff_proposals_status", "status", "id"),
    )

    id: Mapped[Id]
    verb: Mapped[str] = mapped_column(String(50))
    subject_type: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[BigInt | None]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(String(20), server_default=text("'pending'"))
    proposed_by: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    proposed_at: Mapped[Now]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None]
