"""Why staff may not."""

from flylive.errors import Forbidden


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
