"""Runs of the proof that staff ask for: a job of the worker's, whose row says how far it is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.jobs import Task, defer
from flylive.wallet.errors import ProofRunning, UnknownProof
from flylive.wallet.proving.watch import BROKEN_AFTER, carry_out

Kind = Literal["full", "since"]

_BEGIN = text(
    """
    INSERT INTO proof_runs (kind, started_by, since, started_at, asked_by)
    VALUES (:kind, 'staff', :since, :at, :asked_by) RETURNING id
    """
)
_SET_JOB = text("UPDATE proof_runs SET job_id = :job_id WHERE id = :id")
_LOOK = """
    SELECT r.id, r.kind, r.started_by, r.asked_by, r.job_id, r.since, r.started_at, r.finished_at,
           r.rows_read, r.rows_unfit, r.progress, r.failure, {findings}
           CASE WHEN r.finished_at IS NOT NULL THEN
                     CASE WHEN r.rows_unfit = 0 THEN 'fits' ELSE 'unfit' END
                WHEN job.status = 'todo' THEN 'waiting'
                WHEN job.status = 'doing' THEN 'running'
                WHEN r.failure IS NOT NULL THEN 'failed'
                WHEN r.job_id IS NULL
                     AND r.started_at > CASE kind WHEN 'full' THEN CAST(:full_since AS timestamptz)
                                        ELSE CAST(:since_since AS timestamptz) END THEN 'running'
                ELSE 'broken' END AS status
    FROM proof_runs r LEFT JOIN procrastinate_jobs job ON job.id = r.job_id
"""
_LIST = text(_LOOK.format(findings="") + " WHERE r.id < :before_id ORDER BY r.id DESC LIMIT :limit")
_FIND = text(_LOOK.format(findings="r.findings,") + " WHERE r.id = :id")
_RUNNING = text(
    """
    SELECT r.id FROM proof_runs r JOIN procrastinate_jobs job ON job.id = r.job_id
    WHERE r.finished_at IS NULL AND job.status IN ('todo', 'doing') ORDER BY r.id LIMIT 1
    """
)
_AGAIN = text(
    "UPDATE proof_runs SET failure = NULL, progress = NULL, started_at = :at"
    " WHERE id = :id AND finished_at IS NULL RETURNING id"
)


class ProofBroke(Exception):
    """The run's process ended before the run did; its row or its log says why."""


class Context(NamedTuple):
    """What a run needs."""

    database: Database
    settings: Settings


async def _by_job(context: Context, *, run_id: int) -> None:
    async def begin(tx: Transaction) -> bool:
        # A run that is retried, or whose worker was killed, begins anew.
        return await tx.scalar(_AGAIN, {"id": run_id, "at": now()}) is not None

    if not await context.database.run(begin):
        return
    await carry_out(run_id, context.settings)
    run = await context.database.read(lambda tx: find(tx, run_id))
    if run.finished_at is None:
        raise ProofBroke(run.failure or "the process of the run ended too early")


PROVE = Task("proof.run", _by_job)
TASKS = (PROVE,)


async def ask(tx: Transaction, asked_by: int, since: datetime | None) -> Row[Any]:
    """Let a worker prove everything, or what rows since a moment can tell.

    Raises ProofRunning: one at a time.
    """
    await tx.lock("proof asked")
    running = await tx.scalar(_RUNNING)
    if running is not None:
        raise ProofRunning(run_id=running)
    values = {"kind": "full" if since is None else "since", "since": since, "at": now()}
    run_id = await tx.scalar(_BEGIN, values | {"asked_by": asked_by})
    job_id = await defer(tx, PROVE, run_id=run_id)
    await tx.execute(_SET_JOB, {"id": run_id, "job_id": job_id})
    return await find(tx, run_id)


def _limits() -> dict[str, datetime]:
    at = now()
    limits: dict[str, timedelta] = BROKEN_AFTER
    return {f"{kind}_since": at - limit for kind, limit in limits.items()}


async def find(tx: Reading, run_id: int) -> Row[Any]:
    """A run with its status and what it found. Raises UnknownProof."""
    row = await tx.row(_FIND, {"id": run_id} | _limits())
    if row is None:
        raise UnknownProof
    return row


async def list_runs(tx: Reading, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """Runs, whoever began them, newest first."""
    return await tx.rows(_LIST, {"before_id": before_id, "limit": limit} | _limits())


_SEALS = text(
    """
    SELECT number, from_id, to_id, row_count, content_sha256, previous_seal, seal, sealed_at
    FROM ledger_seals WHERE number < :before ORDER BY number DESC LIMIT :limit
    """
)


async def list_seals(tx: Reading, *, before: int, limit: int) -> Sequence[Row[Any]]:
    """Seals of the ledger, the newest first: its `seal` stands for everything before it."""
    return await tx.rows(_SEALS, {"before": before, "limit": limit})
