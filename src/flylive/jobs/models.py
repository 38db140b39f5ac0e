"""The table of jobs that failed; the queue itself is procrastinate's."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import BigInt, Now, Off

procrastinate_jobs = Table(
    "procrastinate_jobs",
    Base.metadata,
    Column("id", BigInteger, primary_key=True),
    info={"made_by": "procrastinate"},
)
"""A name to refer to: the library's own SQL makes the table."""


class JobException(Base):
    """What a job's last failure said: procrastinate keeps the status, not the words.

    ``failed_jobs`` shows it; the row goes when the job's row is cleaned up. `is_poison`: its
    workers died of it, or for all that is known.
    """

    __tablename__ = "job_exceptions"

    job_id: Mapped[BigInt] = mapped_column(
        ForeignKey("procrastinate_jobs.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    exception: Mapped[str]
    at: Mapped[Now]
    is_poison: Mapped[Off]
