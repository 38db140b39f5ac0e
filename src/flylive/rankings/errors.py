"""Why a board is not shown, not closed, or not made anew."""

from flylive.errors import NotFound, Problem


class UnknownBoard(NotFound):
    """There is no such category of boards."""

    code, title = "ranking.not_found", "There is no such board"


class UnknownPeriod(NotFound):
    """Nobody stands on such a board in that period, and it was not closed."""

    code, title = "ranking.period_not_found", "There is no such period of a board"


class NotOver(Problem):
    """The period goes on, or ended a moment ago. Extras: `closes_at`."""

    status, code, title = 409, "ranking.not_over", "Only a period that is over can be closed"


class ClosedAlready(Problem):
    """The period is frozen, its prizes are paid. Extras: `closed_at`."""

    status, code, title = 409, "ranking.closed_already", "This period is closed already"


class GiftsWaiting(Problem):
    """Gifts of the period are still to be folded; a moment later it can be closed."""

    status, code = 409, "ranking.gifts_waiting"
    title = "Gifts of this period are still being counted; try again in a moment"


class RebuildRunning(Problem):
    """One at a time. Extras: `rebuild_id`."""

    status, code, title = 409, "ranking.rebuild_running", "The boards are being made anew already"


class UnknownRebuild(NotFound):
    """No such rebuild."""

    code, title = "ranking.rebuild_not_found", "There is no such rebuild"


class UnknownPrize(NotFound):
    """No such prize."""

    code, title = "ranking.prize_not_found", "There is no such prize"


class PrizesOverlap(Problem):
    """A place of a board has one prize. Extras: `prize_id`, `rank_from`, `rank_to`."""

    status, code, title = 409, "ranking.prizes_overlap", "These places have a prize already"
