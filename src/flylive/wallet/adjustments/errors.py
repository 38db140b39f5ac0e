"""Why an adjustment is not posted; no balance moves."""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownAdjustment(NotFound):
    """No such adjustment."""

    code, title = "adjustment.not_found", "There is no such adjustment"


class AdjustmentDecided(Problem):
    """It was posted or rejected already. Extra: `adjustment_status`."""

    status, code, title = 409, "adjustment.decided", "This adjustment was decided already"


class SecondPersonNeeded(Forbidden):
    """Whoever asked for a large adjustment cannot approve it, nor who gave him his role or got it
    from him.
    """

    code, title = "adjustment.second_person", "Somebody else has to approve this"
