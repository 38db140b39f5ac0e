"""Why something about an announcement is refused; nothing is changed."""

from flylive.errors import NotFound, Problem


class UnknownAnnouncement(NotFound):
    """No such announcement."""

    code, title = "announcement.not_found", "There is no such announcement"


class AnnouncementEnded(Problem):
    """It is over, or was cancelled before. Extras: `announcement_status`."""

    status, code, title = 409, "announcement.ended", "This announcement has ended already"
