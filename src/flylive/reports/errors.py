"""Why a report is refused; nothing is changed."""

from flylive.errors import NotFound, Problem


class UnknownSubject(NotFound):
    """What is reported is not there, or not to be seen by the caller."""

    code, title = "report.subject_not_found", "What you report is not there"


class UnknownReport(NotFound):
    """No such report."""

    code, title = "report.not_found", "There is no such report"


class ReportDecided(Problem):
    """Somebody decided it before. Extras: `report_status`, `decided_by`, `decided_at`."""

    status, code, title = 409, "report.decided", "This report was decided already"
