"""What goes into and comes out of the addresses of reports."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from flylive.http.fields import MAX_ID
from flylive.reports.rules import MAX_REASON, REASONS

Subject = Literal["user", "room", "message", "agency"]
Reason = Annotated[
    str, Meta(description=f"1–{MAX_REASON} characters; usual ones: {', '.join(REASONS)}.")
]
Status = Literal["open", "upheld", "dismissed"]


class FileReport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /reports: what is wrong with whom or what; `details` are 1–2000 characters.

    `reason` is one of the usual words, or the reporter's own.
    """

    subject_type: Subject
    subject_id: Annotated[int, Meta(ge=1, le=MAX_ID)]
    reason: Reason
    details: str | None = None


class ReportView(msgspec.Struct, kw_only=True, frozen=True):
    """A report as its reporter sees it; what became of it, without the staff's words."""

    id: int
    subject_type: str
    subject_id: int
    reason: str
    details: str | None
    status: str
    created_at: datetime


class StaffReportView(ReportView, kw_only=True, frozen=True):
    """A report as the staff sees it. `evidence` is what the subject showed when it came.

    `others` counts the other reports of the same subject.
    """

    reporter_id: int
    subject_user_id: int | None
    evidence: dict[str, Any]
    decision: str | None
    decided_by: int | None
    decided_at: datetime | None
    others: int
