"""The queue: its connection, the sweep for jobs whose worker died, and what is kept of old ones.

A worker that is killed leaves its job `doing`. The library notices that its heartbeat is
silent; putting such a job back, and giving up on one that keeps killing workers, is ours.
"""

import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
import structlog
from procrastinate import JobContext, PsycopgConnector
from procrastinate.jobs import Status
from procrastinate.worker import Worker
from sqlalchemy import text

from flylive.database import Database, Transaction

log = structlog.get_logger(__name__)

SILENT_SECONDS = 30.0
MAX_ATTEMPTS = 5
"""A job that was begun so often and never ended is given up as failed: a poison job."""

CONCURRENCY = 8
"""Jobs that one worker runs at once: they wait for other people's servers."""
KEPT_HOURS = 14 * 24
"""Failed jobs are kept so long for whoever looks; those that went well go at once."""
POISON = "Begun {} times and never ended: it may be what its workers died of. Given up."
_KEEP_POISON = """
    INSERT INTO job_exceptions (job_id, exception, at, is_poison)
    VALUES (%(job_id)s, %(exception)s, now(), true)
    ON CONFLICT (job_id) DO UPDATE
    SET exception = excluded.exception, at = excluded.at, is_poison = true
"""


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
            await queue.connector.execute_query_async(
                _KEEP_POISON, job_id=job.id, exception=POISON.format(MAX_ATTEMPTS)
            )
            await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            log.warning("job.put_back", job=job.id, task=job.task_name, attempts=job.attempts)
            await queue.job_manager.retry_job(job)
    return len(stalled)


async def delete_finished(queue: procrastinate.App) -> None:
    """Delete jobs that ended, in whatever way, two weeks ago."""
    await queue.job_manager.delete_old_jobs(
        nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )


_KEEP_EXCEPTION = text(
    """
    INSERT INTO job_exceptions (job_id, exception, at) VALUES (:job_id, :exception, now())
    ON CONFLICT (job_id) DO UPDATE
    SET exception = excluded.exception, at = excluded.at, is_poison = false
    """
)


async def run(queue: procrastinate.App, database: Database, *, wait: bool = True) -> None:
    """Run jobs until cancelled, or until none is left where `wait` is False.

    What a job that failed said is kept in ``job_exceptions``, for ``failed_jobs`` to show:
    the library keeps the status alone.
    """

    async def keep_exception(
        call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Worker
    ) -> Any:
        try:
            return await call_next()
        except Exception as error:
            said = "".join(traceback.format_exception(error))
            job_id = context.job.id

            async def work(tx: Transaction) -> None:
                await tx.execute(_KEEP_EXCEPTION, {"job_id": job_id, "exception": said})

            await database.run(work)
            raise

    await queue.run_worker_async(
        wait=wait,
        concurrency=CONCURRENCY,
        install_signal_handlers=False,
        delete_jobs="successful",
        worker_middleware=[keep_exception],
    )
