"""Why staff may not, or see nothing."""

from flylive.errors import Forbidden, NotFound, Unauthenticated


class StaffRequired(Forbidden):
    """Only the staff may be here."""

    code, title = "staff.required", "Only the staff may do this"


class RightMissing(Forbidden):
    """The caller's role has no such right. Extras: `role`, `right`."""

    code, title = "staff.right_missing", "Your role does not include this"


class NotAboveStaff(Forbidden):
    """Only an admin acts on other members of the staff."""

    code, title = "staff.not_above", "Only an admin may do this to a member of the staff"


class NotOnOneself(Forbidden):
    """Nobody blocks, promotes or logs out himself here: somebody else must."""

    code, title = "staff.not_oneself", "Nobody may do this to himself"


class CsrfRefused(Forbidden):
    """An act by cookie that does not come from the console's own page."""

    code, title = "staff.csrf", "This did not come from the console's own page; load it again"


class SessionOver(Unauthenticated):
    """The console session ended, by itself or by somebody."""

    code, title = "staff.session_over", "Your session is over; sign in again"


class UnknownSession(NotFound):
    """No such session, or somebody else's."""

    code, title = "staff.session_not_found", "There is no such session"


class UnknownTable(NotFound):
    """The staff look at no such table."""

    code, title = "table.not_found", "There is no such table for the staff"


class TotpRequired(Forbidden):
    """Codes from a phone are required here: a session without one may only set it up, and a token
    of the API, which a password alone gives, may do nothing.
    """

    code, title = "staff.totp_required", "Set up your phone first: staff sign in with a code here"
