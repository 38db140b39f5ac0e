"""Reading the queue for the staff: states of jobs, what they said, who works."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.jobs.errors import UnknownJob
from flylive.jobs.masking import mask, mask_text
from flylive.jobs.queue import SILENT_SECONDS
from flylive.jobs.schemas import (
    JobDetail,
    JobEvent,
    JobsSummary,
    JobView,
    State,
    TaskCount,
    WorkerView,
)

_STATE = """
    CASE WHEN job.status = 'todo' AND job.attempts = 0 THEN 'waiting'
         WHEN job.status = 'todo' THEN 'retrying'
         WHEN job.status = 'doing' AND worker.last_heartbeat >= :alive_since THEN 'running'
         WHEN job.status = 'doing' THEN 'stalled'
         WHEN job.status = 'failed' AND NOT COALESCE(said.is_poison, false) THEN 'failed'
         ELSE 'dead' END
"""
_FROM = """
    FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    LEFT JOIN job_exceptions said ON said.job_id = job.id
"""
_JOBS = f"""
    SELECT job.id, job.task_name AS task, job.queue_name AS queue, {_STATE} AS state,
           job.args AS arguments, job.attempts, job.priority, job.worker_id, event.deferred_at,
           COALESCE(job.scheduled_at, event.deferred_at) AS available_at,
           event.started_at, event.ended_at, said.exception, said.at AS exception_at
    {_FROM}
    CROSS JOIN LATERAL (
        SELECT min(at) FILTER (WHERE type = 'deferred') AS deferred_at,
               max(at) FILTER (WHERE type = 'started') AS started_at,
               CASE WHEN job.status NOT IN ('todo', 'doing')
                    THEN max(at) FILTER (WHERE type IN ('failed', 'cancelled', 'aborted'))
               END AS ended_at
        FROM procrastinate_events WHERE job_id = job.id
    ) AS event
"""
STATUSES: dict[State, tuple[str, ...]] = {
    "waiting": ("todo",),
    "retrying": ("todo",),
    "running": ("doing",),
    "stalled": ("doing",),
    "failed": ("failed",),
    "dead": ("failed", "cancelled", "aborted"),
}
"""The library's statuses that a state is among."""
_ALL = tuple(sorted({status for statuses in STATUSES.values() for status in statuses}))

# A page of each status by its index, then one page of those: none of them makes another scan.
_PAGE = f"""
    ({_JOBS}
     WHERE job.status = '{{status}}' AND job.id < :before_id
       AND (CAST(:state AS text) IS NULL OR {_STATE} = :state)
       AND (CAST(:task AS text) IS NULL OR job.task_name = :task)
       AND (CAST(:q AS text) IS NULL OR job.id = CAST(:id AS bigint)
            OR strpos(lower(job.task_name), lower(CAST(:q AS text))) > 0
            OR EXISTS (SELECT FROM jsonb_each_text(job.args) AS given
                       WHERE given.value = CAST(:q AS text)))
     ORDER BY job.id DESC LIMIT :limit)
"""
_LISTS = {
    statuses: text(
        "SELECT * FROM ("
        + " UNION ALL ".join(_PAGE.replace("{status}", status) for status in statuses)
        + ") AS found ORDER BY id DESC LIMIT :limit"
    )
    for statuses in {_ALL, *STATUSES.values()}
}
_FIND = text(f"{_JOBS} WHERE job.id = :job_id")
_LOCK = text("SELECT id FROM procrastinate_jobs WHERE id = :job_id FOR UPDATE")
_EVENTS = text(
    "SELECT type::text AS type, at FROM procrastinate_events WHERE job_id = :job_id"
    " ORDER BY id DESC LIMIT 100"
)
_COUNTS = text(
    f"SELECT job.task_name AS task, {_STATE} AS state, count(*) AS jobs {_FROM}"
    " WHERE job.status <> 'succeeded' GROUP BY 1, 2 ORDER BY 1, 2"
)
_OLDEST = text(
    """
    SELECT min(GREATEST(event.at, job.scheduled_at))
    FROM (SELECT * FROM procrastinate_jobs WHERE status = 'todo'
          AND (scheduled_at IS NULL OR scheduled_at <= :at) ORDER BY id LIMIT 100) AS job
    JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
    """
)
_WORKERS = text(
    """
    SELECT worker.id, worker.last_heartbeat, worker.last_heartbeat >= :alive_since AS is_alive,
           (SELECT count(*) FROM procrastinate_jobs job
            WHERE job.worker_id = worker.id AND job.status = 'doing') AS running
    FROM procrastinate_workers worker ORDER BY worker.last_heartbeat DESC, worker.id LIMIT 100
    """
)
_IS_ON_ITS_WAY = text(
    "SELECT EXISTS (SELECT FROM procrastinate_jobs"
    " WHERE id = :job_id AND status IN ('todo', 'doing'))"
)
_MAX_ID_DIGITS = 18


def _alive() -> dict[str, Any]:
    return {"alive_since": now() - timedelta(seconds=SILENT_SECONDS)}


async def list_jobs(
    tx: Reading,
    *,
    before_id: int,
    limit: int,
    state: State | None = None,
    task: str | None = None,
    q: str | None = None,
) -> Sequence[Row[Any]]:
    """Jobs, newest first; `q` is an id, a part of a task's name or the value of an argument."""
    statement = _LISTS[_ALL if state is None else STATUSES[state]]
    is_id = q is not None and q.isascii() and q.isdigit() and len(q) <= _MAX_ID_DIGITS
    values = {"before_id": before_id, "limit": limit, "state": state, "task": task, "q": q}
    return await tx.rows(statement, values | _alive() | {"id": int(q or 0) if is_id else None})


def view(row: Row[Any]) -> JobView:
    """A job as it is shown."""
    return JobView(**_shown(row))


def _shown(row: Row[Any]) -> dict[str, Any]:
    said = None if row.exception is None else mask_text(row.exception)
    return {**row._mapping, "arguments": mask(row.arguments), "exception": said}


async def find_job(tx: Reading, job_id: int) -> JobDetail:
    """A job with what happened to it. Raises UnknownJob."""
    row = await tx.row(_FIND, {"job_id": job_id} | _alive())
    if row is None:
        raise UnknownJob
    happened = await tx.rows(_EVENTS, {"job_id": job_id})
    events = [msgspec.convert(event._asdict(), JobEvent) for event in happened]
    return JobDetail(**_shown(row), events=events)


async def lock_job(tx: Transaction, job_id: int) -> JobDetail:
    """A job that nobody takes, retries or ends until the transaction does. Raises UnknownJob."""
    await tx.execute(_LOCK, {"job_id": job_id})
    return await find_job(tx, job_id)


async def summary(tx: Reading) -> JobsSummary:
    """How many jobs of which task are in which state, and who works."""
    counts = await tx.rows(_COUNTS, _alive())
    workers = await tx.rows(_WORKERS, _alive())
    return JobsSummary(
        tasks=[msgspec.convert(row._asdict(), TaskCount) for row in counts],
        oldest_waiting_at=await tx.scalar(_OLDEST, {"at": now()}),
        workers=[msgspec.convert(row._asdict(), WorkerView) for row in workers],
    )


async def is_on_its_way(tx: Reading, job_id: int) -> bool:
    """Whether a job waits or runs."""
    found: bool = await tx.scalar(_IS_ON_ITS_WAY, {"job_id": job_id})
    return found
