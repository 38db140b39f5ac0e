"""The queue: its connection, and the sweep for jobs whose worker died.

A worker that is killed leaves its job `doing`. The library notices that its heartbeat is
silent; putting such a job back, and giving up on one that keeps killing workers, is ours.
"""

import procrastinate
import structlog
from procrastinate import PsycopgConnector
from procrastinate.jobs import Status

log = structlog.get_logger(__name__)

SILENT_SECONDS = 30.0
MAX_ATTEMPTS = 5
"""A job that was begun so often and never ended is given up as failed: a poison job."""


def create_queue(dsn: str) -> procrastinate.App:
    """The queue over the database at `dsn` (the serving role's)."""
    connector = PsycopgConnector(
        conninfo=dsn, min_size=1, max_size=4, kwargs={"application_name": "flylive-jobs"}
    )
    return procrastinate.App(connector=connector)


async def retry_stalled(queue: procrastinate.App) -> int:
    """Put back the jobs of dead workers, give up poison ones; how many were stalled."""
    stalled = list(await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS))
    for job in stalled:
        if job.attempts + 1 >= MAX_ATTEMPTS:
            log.error("job.given_up", job=job.id, task=job.task_name, attempts=job.attempts)
            await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            log.warning("job.put_back", job=job.id, task=job.task_name, attempts=job.attempts)
            await queue.job_manager.retry_job(job)
    return len(stalled)
