"""The proof without being asked: everything each night, what is recent each hour.

A run is claimed as a row, so that of several workers one does it; it is carried out in a process
of its own. What does not fit is an error in the log and stays in ``proof_runs`` and in
``/metrics/ledger`` until a later run of its kind finds all well.
"""

import asyncio
import os
import sys
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import text

from flylive.clock import business_day, now, render
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.wallet.proving.runs import DSN_VARIABLE

log = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
OVERLAP = timedelta(minutes=10)
"""Rows are dated when their transaction begins to move money; it may commit a little later."""
LONGEST = timedelta(hours=26)
BROKEN_AFTER = {"full": timedelta(hours=6), "since": timedelta(hours=1)}
"""A run that has not ended by then was broken off, say by kill -9."""
KEPT = timedelta(days=400)
_LOCK = "proof runs"

_RUNNING = text(
    """
    SELECT EXISTS (SELECT FROM proof_runs WHERE started_by = 'worker' AND finished_at IS NULL
        AND failure IS NULL
        AND started_at > CASE kind WHEN 'full' THEN CAST(:full AS timestamptz)
                                   ELSE CAST(:since AS timestamptz) END)
    """
)
_LATEST = text(
    """
    SELECT max(started_at) FILTER (WHERE kind = 'full') AS full_at, max(started_at) AS any_at,
           max(started_at) FILTER (WHERE finished_at IS NOT NULL) AS done_at,
           (SELECT created_at FROM transactions ORDER BY id LIMIT 1) AS oldest_at
    FROM proof_runs WHERE started_by = 'worker'
    """
)
_BEGIN = text(
    """
    INSERT INTO proof_runs (kind, started_by, since, started_at)
    VALUES (CASE WHEN CAST(:since AS timestamptz) IS NULL THEN 'full' ELSE 'since' END, 'worker',
            :since, :at)
    RETURNING id
    """
)
_ENDED = text("SELECT finished_at, rows_read, rows_unfit, findings FROM proof_runs WHERE id = :id")
_FORGET = text("DELETE FROM proof_runs WHERE started_at < :before AND rows_unfit = 0")


class Due(NamedTuple):
    """A run that was claimed; `since` None: about everything."""

    id: int
    since: datetime | None


async def prove_due(database: Database, settings: Settings) -> Due | None:
    """Carry out the run that is due, if one is, and tell the log what it came to."""
    due = await database.run(lambda tx: claim(tx, settings))
    if due is None:
        return None
    await carry_out(due.id, settings)
    await database.read(lambda tx: _tell(tx, due))
    return due


async def carry_out(run_id: int, settings: Settings) -> None:
    """Carry out a run that has begun, in a process of its own; what came of it its row says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "flylive.wallet.proving.runs",
        str(run_id),
        env=os.environ | {DSN_VARIABLE: settings.serving_dsn},
    )
    try:
        await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise


async def claim(tx: Transaction, settings: Settings) -> Due | None:
    """Begin the run that is due: a full one once after the night's hour, else one each hour."""
    await tx.lock(_LOCK)
    at = now()
    running = {kind: at - limit for kind, limit in BROKEN_AFTER.items()}
    if await tx.scalar(_RUNNING, running):
        return None
    latest = await tx.row(_LATEST)
    assert latest is not None
    if latest.oldest_at is None:
        return None
    since: datetime | None = None
    # A ledger younger than the night's hour, or than an hour, waits for its first.
    if (latest.full_at or latest.oldest_at) >= last_night(at, settings):
        if (latest.any_at or latest.oldest_at) > at - EVERY:
            return None
        since = max((latest.done_at or latest.oldest_at) - OVERLAP, at - LONGEST)
    await tx.execute(_FORGET, {"before": at - KEPT})
    return Due(await tx.scalar(_BEGIN, {"since": since, "at": at}), since)


def last_night(at: datetime, settings: Settings) -> datetime:
    """The latest moment of the proof's hour that is not in the future."""
    zone = ZoneInfo(settings.timezone)
    today = business_day(at, settings.timezone)
    tonight = datetime.combine(today, time(settings.proof_hour), zone)
    if tonight > at:
        tonight = datetime.combine(today - timedelta(days=1), time(settings.proof_hour), zone)
    return tonight


async def _tell(tx: Reading, due: Due) -> None:
    run = await tx.row(_ENDED, {"id": due.id})
    about = {"run": due.id, "since": render(due.since) if due.since else None}
    if run is None or run.finished_at is None:
        log.error("proof.broken", **about)
    elif run.rows_unfit:
        log.error("proof.unfit", rows=run.rows_unfit, findings=run.findings[:10], **about)
    else:
        log.info("proof.fits", rows_read=run.rows_read, **about)
