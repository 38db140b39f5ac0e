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
# Each is about one try, which its number tells: whoever else sweeps may have put the job back
# meanwhile, and a worker that lives may run it by now.
_PUT_BACK = """
    UPDATE procrastinate_jobs
    SET status = 'todo', attempts = attempts + 1, scheduled_at = now()
    WHERE id = %(job_id)s AND status = 'doing' AND attempts = %(attempts)s
    RETURNING id
"""
_GIVE_UP = """
    WITH given_up AS (
        UPDATE procrastinate_jobs
        SET status = 'failed', attempts = attempts + 1, abort_requested = false
        WHERE id = %(job_id)s AND status = 'doing' AND attempts = %(attempts)s
        RETURNING id
    )
    INSERT INTO job_exceptions (job_id, exception, at, is_poison)
    SELECT id, %(exception)s, now(), true FROM given_up
    ON CONFLICT (job_id) DO UPDATE
    SET exception = excluded.exception, at = excluded.at, is_poison = true
    RETURNING job_id
"""


def create_queue(dsn: str) -> procrastinate.App:
    """The queue over the database at `dsn` (the serving role's)."""
    connector = PsycopgConnector(
        conninfo=dsn, min_size=1, max_size=4, kwargs={"application_name": "flylive-jobs"}
    )
    return procrastinate.App(connector=connector)


async def retry_stalled(queue: procrastinate.App) -> int:
    """Put back the jobs of dead workers, give up poison ones; how many this sweep dealt with."""
    dealt_with = 0
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        is_poison = job.attempts + 1 >= MAX_ATTEMPTS
        done = await queue.connector.execute_query_all_async(
            _GIVE_UP if is_poison else _PUT_BACK,
            job_id=job.id,
            attempts=job.attempts,
            exception=POISON.format(MAX_ATTEMPTS),
        )
        if not done:
            continue
        dealt_with += 1
        about = {"job": job.id, "task": job.task_name, "attempts": job.attempts}
        if is_poison:
            log.error("job.given_up", **about)
        else:
            log.warning("job.put_back", **about)
    return dealt_with


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
