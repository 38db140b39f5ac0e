"""Why a finding is not decided."""

from flylive.errors import NotFound, Problem


class UnknownFinding(NotFound):
    """No such finding."""

    code, title = "ring.not_found", "There is no such finding"


class UnknownRun(NotFound):
    """No such run."""

    code, title = "ring.run_not_found", "There is no such run"


class FindingState(Problem):
    """It was decided otherwise already. Extra: `finding_status`."""

    status, code, title = 409, "ring.state", "The finding is in another state"


class RunUnderWay(Problem):
    """One that staff asked for is still looking. Extra: `run_id`."""

    status, code, title = 409, "ring.run_under_way", "A look is under way already"
