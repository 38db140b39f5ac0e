"""Runs: through everybody's gifts of the last days, a range of people at a time, step by step.

A piece moves the run's place in the transaction of what it did; a run is held by one worker at a
time. Memory is bounded by a piece, time by what people gave: each gift is read twice at most, by
its giver and by its recipient, through their indexes.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row, text

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Unavailable
from flylive.rings import queries, rules
from flylive.rings.suspicion import Inspector

log = structlog.get_logger(__name__)

STEPS = ("gifts", "devices", "recipients", "circles", "bursts", "shared", "resellers", "done")
PEOPLE = 5_000
RESELLERS = 10
DROPPED = 20_000
NIGHT = time(4)
"""When the nightly look begins, in the platform's time zone."""

_BEGIN = text(
    """
    INSERT INTO ring_runs (day, asked_by, since, until, end_id, starts_at, created_at, updated_at)
    VALUES (:day, :asked_by, :since, :until, (SELECT COALESCE(max(id), 0) FROM users), :starts_at,
            :at, :at)
    ON CONFLICT (day) WHERE day IS NOT NULL DO NOTHING
    RETURNING *
    """
)
_PLANNED = text("SELECT id FROM ring_runs WHERE day = :day")
_CLAIM = text(
    """
    SELECT * FROM ring_runs WHERE finished_at IS NULL AND starts_at <= :at
    ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    """
)
_MOVE = text(
    """
    UPDATE ring_runs SET step = CAST(:step AS text), last_id = :last_id, found = found + :found,
        updated_at = :at,
        finished_at = CASE WHEN CAST(:step AS text) = 'done' THEN CAST(:at AS timestamptz) END
    WHERE id = :id
    """
)
_FAIL = text(
    "UPDATE ring_runs SET failure = :words, finished_at = :at"
    " WHERE id = :id AND finished_at IS NULL"
)
_PATIENCE = text("SET LOCAL statement_timeout = 0")
# One path for a range of people whatever the planner believes of a table that has just grown.
_BY_INDEX = text("SET LOCAL enable_seqscan = off")
_DROP_EDGES = text(
    """
    DELETE FROM ring_edges WHERE ctid = ANY(ARRAY(
        SELECT e.ctid FROM ring_edges e JOIN ring_runs r ON r.id = e.run_id
        WHERE r.finished_at IS NOT NULL LIMIT :limit))
    """
)
_DROP_DEVICES = text(
    """
    DELETE FROM ring_devices WHERE ctid = ANY(ARRAY(
        SELECT d.ctid FROM ring_devices d JOIN ring_runs r ON r.id = d.run_id
        WHERE r.finished_at IS NOT NULL LIMIT :limit))
    """
)
_FORGET_DEVICES = text(
    """
    DELETE FROM device_owners WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM device_owners WHERE seen_at < :before LIMIT :limit))
    """
)


async def begin(
    tx: Transaction, asked_by: int | None, days: int, *, day: Any = None, at: datetime | None = None
) -> Row[Any] | None:
    """A new run over the last `days`; None where this day's is there already."""
    starts_at = at or now()
    return await tx.row(
        _BEGIN,
        {
            "day": day,
            "asked_by": asked_by,
            "since": starts_at - timedelta(days=days),
            "until": starts_at,
            "starts_at": starts_at,
            "at": now(),
        },
    )


async def begin_nightly(database: Database, settings: Settings) -> None:
    """Plan the night's look; once a day, whoever asks."""
    day = business_day(now(), settings.timezone)
    starts_at = datetime.combine(day, NIGHT, ZoneInfo(settings.timezone))

    async def work(tx: Transaction) -> None:
        if await tx.scalar(_PLANNED, {"day": day}) is None:
            await begin(tx, None, rules.DAYS, day=day, at=starts_at)

    await database.run(work)


async def advance(database: Database, people: int = PEOPLE) -> bool:
    """Carry the oldest run on by one piece; whether there was one.

    A run that breaks is ended with the words of what broke it, and logged.
    """
    claimed: list[int] = []

    async def work(tx: Transaction) -> bool:
        run = await tx.row(_CLAIM, {"at": now()})
        if run is None:
            return False
        claimed[:] = [run.id]
        await tx.execute(_PATIENCE)
        await tx.execute(_BY_INDEX)
        await _piece(tx, run, people)
        return True

    try:
        return await database.run(work)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("rings.failed", run=claimed)
        words = f"{type(error).__name__}: {error}"[:1000]
        for run_id in claimed:
            values = {"id": run_id, "words": words, "at": now()}
            await database.run(lambda tx: tx.execute(_FAIL, values))  # noqa: B023
        return bool(claimed)


async def _piece(tx: Transaction, run: Row[Any], people: int) -> None:
    upto = min(run.last_id + people, run.end_id)
    span = {"run_id": run.id, "after": run.last_id, "upto": upto}
    found = 0
    inspector = Inspector(tx, run)
    match run.step:
        case "gifts":
            await tx.execute(queries.EDGES, span | inspector.span)
        case "devices":
            await tx.execute(queries.DEVICES, span | {"tokenable_type": TOKENABLE_TYPE})
        case "recipients":
            await tx.execute(queries.RECEIVED, span | inspector.span)
        case "circles":
            paths = [row.path for row in await tx.rows(queries.CIRCLES, span)]
            found = await _count(inspector.circle, paths)
        case "bursts":
            ids = [row.recipient_id for row in await tx.rows(queries.BURSTS, span)]
            found = await _count(inspector.burst, ids)
        case "shared":
            for row in await tx.rows(queries.SHARED, span):
                found += await inspector.sharing(row.recipient_id, row.senders)
        case "resellers":
            span["upto"] = run.end_id
            rows = await tx.rows(queries.RESELLERS, span | {"limit": RESELLERS})
            for row in rows:
                found += await inspector.reseller(row.user_id)
            upto = rows[-1].user_id if len(rows) == RESELLERS else run.end_id
    is_over = upto >= run.end_id
    step = STEPS[STEPS.index(run.step) + 1] if is_over else run.step
    values = {"id": run.id, "step": step, "last_id": 0 if is_over else upto}
    await tx.execute(_MOVE, values | {"found": found, "at": now()})


async def _count(look: Callable[[Any], Awaitable[bool]], suspects: Sequence[Any]) -> int:
    found = 0
    for suspect in suspects:
        found += await look(suspect)
    return found


async def tidy(database: Database, settings: Settings) -> None:
    """Drop the work rows of runs that are over, and devices seen too long ago."""
    before = now() - timedelta(days=settings.origin_days)
    for statement in (_DROP_EDGES, _DROP_DEVICES, _FORGET_DEVICES):
        values = {"limit": DROPPED}
        if statement is _FORGET_DEVICES:
            values |= {"before": before}  # type: ignore[dict-item]

        async def drop(tx: Transaction, statement: Any = statement, values: Any = values) -> int:
            return (await tx.execute(statement, values)).rowcount

        while await database.run(drop):
            pass


def progress_percent(run: Row[Any]) -> int:
    """How far a run is: of seven steps through everybody, what it has done."""
    if run.step == "done" or not run.end_id:
        return 100 if run.step == "done" else 0
    steps = len(STEPS) - 1
    return int((STEPS.index(run.step) + run.last_id / run.end_id) * 100 // steps)
