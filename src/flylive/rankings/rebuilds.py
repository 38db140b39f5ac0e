"""Rebuilds of the boards that are kept as rows: asked for by staff, or by the command; their steps.

What staff ask for is a job: a worker that is killed leaves it to the next one, which begins anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.jobs import Task, defer
from flylive.rankings.errors import RebuildRunning, UnknownRebuild
from flylive.rankings.rebuild import STEPS, rebuild

KEPT_WORDS = 1000
COMMAND_LASTS = timedelta(hours=6)
"""A command's rebuild that has not ended by then was broken off."""

_BEGIN = text(
    """
    INSERT INTO ranking_rebuilds (started_by, asked_by, asked_at, steps)
    VALUES (:started_by, :asked_by, :at, :steps) RETURNING id
    """
)
_SET_JOB = text("UPDATE ranking_rebuilds SET job_id = :job_id WHERE id = :id")
_START = text(
    """
    UPDATE ranking_rebuilds SET started_at = :at, step = 0, progress = NULL, failure = NULL
    WHERE id = :id AND finished_at IS NULL RETURNING id
    """
)
_STEP = text(
    """
    UPDATE ranking_rebuilds SET step = :step, progress = :words
    WHERE id = :id AND finished_at IS NULL AND step < :step
    """
)
_END = text(
    "UPDATE ranking_rebuilds SET finished_at = GREATEST(:at, started_at), step = steps"
    " WHERE id = :id"
)
_FAIL = text("UPDATE ranking_rebuilds SET failure = :failure WHERE id = :id")
_LOOK = """
    SELECT r.id, r.started_by, r.asked_by, r.job_id, r.asked_at, r.started_at, r.finished_at,
           r.step, r.steps, r.progress, r.failure,
           CASE WHEN r.finished_at IS NOT NULL THEN 'done'
                WHEN job.status = 'todo' THEN 'waiting'
                WHEN job.status = 'doing' THEN 'running'
                WHEN r.failure IS NOT NULL THEN 'failed'
                WHEN r.job_id IS NULL AND r.started_at > :lasts_since THEN 'running'
                ELSE 'broken' END AS status
    FROM ranking_rebuilds r LEFT JOIN procrastinate_jobs job ON job.id = r.job_id
"""
_LIST = text(f"{_LOOK} WHERE r.id < :before_id ORDER BY r.id DESC LIMIT :limit")
_FIND = text(f"{_LOOK} WHERE r.id = :id")
_RUNNING = text(
    """
    SELECT r.id FROM ranking_rebuilds r JOIN procrastinate_jobs job ON job.id = r.job_id
    WHERE r.finished_at IS NULL AND job.status IN ('todo', 'doing') ORDER BY r.id LIMIT 1
    """
)


class Context(NamedTuple):
    """What a rebuild needs."""

    database: Database
    settings: Settings


async def carry_out(
    database: Database, settings: Settings, rebuild_id: int, say: Callable[[str], None]
) -> None:
    """Make the boards anew for a rebuild that was asked for, and keep how far it is."""

    async def set_to(statement: Any, **values: Any) -> Any:
        async def work(tx: Transaction) -> Any:
            result = await tx.execute(statement, {"id": rebuild_id} | values)
            return result.rowcount

        return await database.run(work)

    if not await set_to(_START, at=now()):
        return
    step, telling = 0, list[asyncio.Task[Any]]()

    def tell(words: str) -> None:
        # Beside the transaction that rebuilds: what it writes nobody sees before its end.
        nonlocal step
        step += 1
        telling.append(asyncio.create_task(set_to(_STEP, step=step, words=words)))
        say(words)

    try:
        await rebuild(database, settings, tell)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"[:KEPT_WORDS]
        await asyncio.gather(*telling, return_exceptions=True)
        await set_to(_FAIL, failure=failure)
        raise
    await asyncio.gather(*telling, return_exceptions=True)
    await set_to(_END, at=now())


async def by_command(database: Database, settings: Settings, say: Callable[[str], None]) -> None:
    """Make the boards anew at once, for whoever runs the machine."""

    async def work(tx: Transaction) -> int:
        rebuild_id: int = await tx.scalar(
            _BEGIN, {"started_by": "command", "asked_by": None, "at": now(), "steps": STEPS}
        )
        return rebuild_id

    await carry_out(database, settings, await database.run(work), say)


async def _by_job(context: Context, *, rebuild_id: int) -> None:
    await carry_out(context.database, context.settings, rebuild_id, _silent)


REBUILD = Task("rankings.rebuild", _by_job)
TASKS = (REBUILD,)


async def ask(tx: Transaction, asked_by: int) -> Row[Any]:
    """Let a worker make the boards anew. Raises RebuildRunning: one at a time."""
    await tx.lock("ranking rebuilds")
    running = await tx.scalar(_RUNNING)
    if running is not None:
        raise RebuildRunning(rebuild_id=running)
    rebuild_id = await tx.scalar(
        _BEGIN, {"started_by": "staff", "asked_by": asked_by, "at": now(), "steps": STEPS}
    )
    job_id = await defer(tx, REBUILD, rebuild_id=rebuild_id)
    await tx.execute(_SET_JOB, {"id": rebuild_id, "job_id": job_id})
    return await find(tx, rebuild_id)


async def find(tx: Reading, rebuild_id: int) -> Row[Any]:
    """A rebuild with its status. Raises UnknownRebuild."""
    row = await tx.row(_FIND, {"id": rebuild_id, "lasts_since": now() - COMMAND_LASTS})
    if row is None:
        raise UnknownRebuild
    return row


async def list_rebuilds(tx: Reading, *, before_id: int, limit: int) -> Sequence[Row[Any]]:
    """Rebuilds, newest first."""
    since = now() - COMMAND_LASTS
    return await tx.rows(_LIST, {"before_id": before_id, "limit": limit, "lasts_since": since})


def _silent(_words: str) -> None:
    """Nobody listens; the row says it."""
