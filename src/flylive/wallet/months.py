"""Months of the ledger and of the gifts as the staff see them, and making them ahead as a job.

The serving role may not touch a partition: it is told their names and sizes, and what lies in
DEFAULT is counted by the owner's own function. Months are made by the worker, as the owner.
"""

import asyncio
from datetime import date
from typing import NamedTuple

import psycopg
from sqlalchemy import text

from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.database.partitions import PARTITIONED, ensure_partitions, month_of
from flylive.jobs import Task, defer

_PARTITIONS = text(
    """
    SELECT parent.relname AS "table", c.relname AS name,
           pg_get_expr(c.relpartbound, c.oid) AS bound, c.reltuples::bigint AS rows,
           pg_total_relation_size(c.oid) AS bytes
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_class parent ON parent.oid = i.inhparent
    WHERE i.inhparent = ANY(ARRAY(SELECT to_regclass(name)::oid
                                  FROM unnest(CAST(:tables AS text[])) AS name))
    ORDER BY 1, 2
    """
)
_DETACHED = text(
    """
    SELECT table_name AS "table", name, month, c.reltuples::bigint AS rows,
           pg_total_relation_size(c.oid) AS bytes
    FROM detached_partitions JOIN pg_class c ON c.oid = to_regclass(name) ORDER BY 1, 3
    """
)
_STRAYS = text('SELECT table_name AS "table", month, row_count AS rows FROM partition_strays()')


class Month(NamedTuple):
    """A month of a table; `month` None is DEFAULT, `rows` an estimate (None: none yet)."""

    table: str
    name: str
    month: date | None
    rows: int | None
    bytes: int
    is_detached: bool


class Stray(NamedTuple):
    """A month of which so many rows lie in DEFAULT, where none ought to lie."""

    table: str
    month: date
    rows: int


async def list_months(tx: Reading) -> list[Month]:
    """Every month, detached ones included, DEFAULT behind its table's months."""
    found = []
    for row in await tx.rows(_PARTITIONS, {"tables": list(PARTITIONED)}):
        month = None if row.bound == "DEFAULT" else month_of(row.bound)
        rows = row.rows if row.rows >= 0 else None
        found.append(Month(row.table, row.name, month, rows, row.bytes, is_detached=False))
    for row in await tx.rows(_DETACHED):
        rows = row.rows if row.rows >= 0 else None
        found.append(Month(row.table, row.name, row.month, rows, row.bytes, is_detached=True))
    return sorted(found, key=lambda one: (one.table, one.month or date.max))


async def list_strays(tx: Reading) -> list[Stray]:
    """What lies in DEFAULT, counted exactly."""
    return [Stray(row.table, row.month, row.rows) for row in await tx.rows(_STRAYS)]


class MonthsBlocked(Exception):
    """Rows of a month that was to be made lie in DEFAULT: they are moved first, by command."""


async def _make(settings: Settings, *, ahead: int) -> None:
    def work() -> list[str]:
        with psycopg.connect(
            settings.owner_dsn, application_name="flylive-partitions", autocommit=True
        ) as connection:
            # Whoever waits here for a long reader has every gift waiting behind him.
            connection.execute("SET lock_timeout = '2s'")
            return ensure_partitions(connection, ahead=ahead).blocked

    blocked = await asyncio.to_thread(work)
    if blocked:
        raise MonthsBlocked(
            f"{', '.join(blocked)}: rows of that month lie in DEFAULT; `flylive partitions move`"
            " gives them a month"
        )


MAKE = Task("partitions.create", _make, (psycopg.errors.LockNotAvailable,))
TASKS = (MAKE,)


async def ask(tx: Transaction, ahead: int) -> int:
    """Let a worker make the months that are missing up to so many ahead; the job's id."""
    return await defer(tx, MAKE, ahead=ahead)
