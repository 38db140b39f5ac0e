"""The table of reports."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Now, one_of
from flylive.reports.rules import STATUSES, SUBJECTS


class Report(Base):
    """`reporter_id` finds something wrong with a subject; `subject_user_id` answers for it."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint(one_of("subject_type", *SUBJECTS), "subject_type"),
        CheckConstraint(r"reason ~ '\S'", "reason"),
        CheckConstraint("char_length(details) <= 2000", "details_length"),
        CheckConstraint(one_of("status", *STATUSES), "status"),
        CheckConstraint(
            "(status = 'open') = (decided_at IS NULL)"
            " AND (status = 'open') = (decided_by IS NULL)"
            " AND (status = 'open') = (decision IS NULL)",
            "decided",
        ),
        Index(
            "uq_reports_open",
            "reporter_id",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("idx_reports_status", "status", "id"),
        Index("idx_reports_subject_user_id", "subject_user_id", "id"),
        Index("idx_reports_about", "subject_user_id", "created_at", "id"),
        Index("idx_reports_reporter_id", "reporter_id", "created_at", "id"),
        Index("idx_reports_subject", "subject_type", "subject_id"),
    )

    id: Mapped[Id]
    reporter_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id"))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[BigInt]
    subject_user_id: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(255))
    details: Mapped[str | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(20), server_default="open")
    decision: Mapped[str | None]
    decided_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[Now]
