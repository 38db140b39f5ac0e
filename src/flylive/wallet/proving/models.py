"""The table of what the proof found, run by run."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Id, Points, Timestamp, one_of


class ProofRun(Base):
    """One run of the proof. Without `finished_at` it runs still, or was broken off.

    `findings` are the first rows that did not fit, in words; `progress` is what it is at;
    `failure` is why it could not end. What staff asked for (`asked_by`) is a job.
    """

    __tablename__ = "proof_runs"
    __table_args__ = (
        CheckConstraint(one_of("kind", "full", "since"), "kind"),
        CheckConstraint("(kind = 'since') = (since IS NOT NULL)", "since"),
        CheckConstraint("finished_at >= started_at", "finished"),
        CheckConstraint("rows_read >= 0 AND rows_unfit >= 0", "counts"),
        CheckConstraint("jsonb_typeof(findings) = 'array'", "findings"),
        Index("idx_proof_runs_started_at", text("started_at DESC")),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    started_by: Mapped[str] = mapped_column(String(50))
    since: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(Timestamp)
    finished_at: Mapped[datetime | None]
    rows_read: Mapped[Points]
    rows_unfit: Mapped[Points]
    findings: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    failure: Mapped[str | None]
    asked_by: Mapped[BigInt | None] = mapped_column(ForeignKey("users.id"))
    job_id: Mapped[BigInt | None]
    progress: Mapped[str | None]
