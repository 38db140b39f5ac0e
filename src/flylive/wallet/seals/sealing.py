"""Closing spans of the ledger, off the path of gifts and without a lock that they wait for.

Ids come from a sequence and rows become visible when their transaction commits, so a lower id
may come after a higher one. A span is closed once nobody can still add to it: the sequence is
read, then who is writing to the ledger at that moment (``pg_locks``), and those are waited for.
"""

import time
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from flylive.clock import now
from flylive.wallet.proving.ledger import locate
from flylive.wallet.seals.format import NOTHING, Seal, apply_settings, mark_span, seal_of

log = structlog.get_logger(__name__)

SPAN_ROWS = 20_000
SEAL_AFTER = timedelta(minutes=10)
"""A row does not wait longer than that for its span to fill."""
WAIT_SECONDS = 30.0
POLL_SECONDS = 0.05
LOCK = 0x666C797365616C
"""The sealers' advisory lock: "flyseal" in ASCII."""

Connection = psycopg.Connection[Any]

_WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'transactions'::regclass AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                   'AccessExclusiveLock')
      AND pid IS DISTINCT FROM pg_backend_pid()
"""
_LAST = """
    SELECT number, from_id, to_id, row_count, content_sha256, previous_seal, seal
    FROM ledger_seals ORDER BY number DESC LIMIT 1
"""
_SEAL = """
    INSERT INTO ledger_seals (number, from_id, to_id, row_count, content_sha256, previous_seal,
                              seal, row_ids, row_marks)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def seal_closed(dsn: str, *, span_rows: int = SPAN_ROWS, after: timedelta = SEAL_AFTER) -> int:
    """Seal every full span, and a shorter one whose first row is older than `after`.

    Returns how many spans were sealed; 0 where another sealer is at it, or where somebody has
    been writing for so long that the ledger's end cannot be told yet.
    """
    sealed = 0
    with psycopg.connect(dsn, application_name="flylive-seal", autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        holds = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        if holds != (True,):
            return 0
        closed_id = read_closed_id(connection)
        if closed_id is None:
            log.warning("seals.waiting", reason="somebody has been writing for long")
            return 0
        while seal_next(connection, closed_id, span_rows, after) is not None:
            sealed += 1
    return sealed


def read_closed_id(connection: Connection) -> int | None:
    """The id up to which no row can come any more; None where a writer did not end in time.

    `connection` is in autocommit: each look is at the newest state.
    """
    row = connection.execute(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM transactions_id_seq"
    ).fetchone()
    assert row is not None
    # Whoever holds an id up to that one had begun to write before he drew it.
    waited_for = {name for (name,) in connection.execute(_WRITERS)}
    deadline = time.monotonic() + WAIT_SECONDS
    while waited_for:
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_SECONDS)
        waited_for &= {name for (name,) in connection.execute(_WRITERS)}
    return int(row[0])


def seal_next(
    connection: Connection, closed_id: int, span_rows: int, after: timedelta
) -> Seal | None:
    """Seal one span, if there is one to close up to `closed_id`."""
    with connection.transaction():
        apply_settings(connection)
        found = connection.execute(_LAST).fetchone()
        last = Seal(*found) if found is not None else Seal(0, 0, 0, 0, "", "", NOTHING)
        ledger = locate(connection)
        bounds = connection.execute(
            f"""
            SELECT max(id), count(*), (array_agg(created_at ORDER BY id))[1] FROM (
                SELECT id, created_at FROM {ledger.everything} AS t
                WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) AS span
            """.encode(),
            (last.to_id, closed_id, span_rows),
        ).fetchone()
        assert bounds is not None
        to_id, rows, begins = bounds
        if not rows or (rows < span_rows and begins > now() - after):
            return None
        content = mark_span(connection, ledger.everything, last.to_id + 1, to_id)
        number, from_id = last.number + 1, last.to_id + 1
        seal = Seal(
            number,
            from_id,
            to_id,
            content.row_count,
            content.sha256,
            last.seal,
            seal_of(number, from_id, to_id, content.row_count, content.sha256, last.seal),
        )
        connection.execute(_SEAL, (*seal, list(content.marks), list(content.marks.values())))
    # Who keeps the logs elsewhere keeps what nobody with the database alone can make again.
    log.info("ledger.sealed", number=number, from_id=from_id, to_id=to_id, seal=seal.seal)
    return seal
