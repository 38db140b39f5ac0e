"""What staff decide about a job: to run it again, or to give it up. Each under the job's lock."""

from sqlalchemy import text

from flylive.database import Transaction
from flylive.jobs.errors import NotGivenUp, NotRetryable
from flylive.jobs.looking import find_job, lock_job
from flylive.jobs.schemas import JobDetail

_RETRY = text(
    """
    UPDATE procrastinate_jobs
    SET status = 'todo', attempts = 0, scheduled_at = NULL, abort_requested = false,
        worker_id = NULL
    WHERE id = :job_id
    """
)
_CANCEL = text(
    "UPDATE procrastinate_jobs SET status = 'cancelled', worker_id = NULL WHERE id = :job_id"
)
# The library's trigger has a word for failed → todo, and none for these.
_NOTE = text(
    "INSERT INTO procrastinate_events (job_id, type)"
    " VALUES (:job_id, CAST(:type AS procrastinate_job_event_type))"
)


async def retry(tx: Transaction, job_id: int) -> tuple[JobDetail, JobDetail]:
    """Let a job that failed or was given up run again, with all its tries; before and after.

    Raises UnknownJob, NotRetryable.
    """
    before = await lock_job(tx, job_id)
    if before.state not in ("failed", "dead"):
        raise NotRetryable(f"This job is {before.state}", state=before.state)
    await tx.execute(_RETRY, {"job_id": job_id})
    after = await find_job(tx, job_id)
    if after.events[0].type != "retried":
        await tx.execute(_NOTE, {"job_id": job_id, "type": "retried"})
        after = await find_job(tx, job_id)
    return before, after


async def give_up(tx: Transaction, job_id: int) -> tuple[JobDetail, JobDetail]:
    """Let a job that waits or failed never run; before and after.

    Raises UnknownJob, NotGivenUp.
    """
    before = await lock_job(tx, job_id)
    if before.state not in ("waiting", "retrying", "failed"):
        raise NotGivenUp(f"This job is {before.state}", state=before.state)
    await tx.execute(_CANCEL, {"job_id": job_id})
    if before.state == "failed":
        await tx.execute(_NOTE, {"job_id": job_id, "type": "cancelled"})
    return before, await find_job(tx, job_id)
