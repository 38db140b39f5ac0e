"""Why a job stays as it is."""

from flylive.errors import NotFound, Problem


class UnknownJob(NotFound):
    """No such job, or it ended well and is gone."""

    code, title = "job.not_found", "There is no such job"


class NotRetryable(Problem):
    """Only what failed or was given up is run again. Extras: `state`."""

    status, code = 409, "job.not_retryable"
    title = "Only a job that failed or was given up can be run again"


class NotGivenUp(Problem):
    """Only what waits or failed is given up. Extras: `state`."""

    status, code, title = 409, "job.not_given_up", "Only a job that waits or failed can be given up"
