"""Why a seed is not changed, or draws nothing."""

from flylive.errors import NotFound, Problem


class SeedInUse(Problem):
    """The client seed is fixed from the first draw on: rotate, and choose one for the next."""

    status, code, title = 409, "fairness.seed_in_use", "This pair of seeds has drawn already"


class SeedMissing(Problem):
    """Nobody draws from a seed that was not published before: look at it, and give again."""

    status, code, title = 409, "fairness.seed_missing", "Look at your seed first: GET /v1/fairness"


class UnknownDraw(NotFound):
    """No such draw of the caller's."""

    code, title = "fairness.draw_not_found", "There is no such draw of yours"
