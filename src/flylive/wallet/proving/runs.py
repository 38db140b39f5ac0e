"""Runs of the proof, kept: what each was about, what it read, what it found.

``python -m flylive.wallet.proving.runs NUMBER`` carries out a run that the worker has begun, in
a process of its own: hashing and waiting there is nothing that gifts notice.
"""

import json
import os
import sys
import threading
import time
from datetime import datetime
from typing import Any

import psycopg
import structlog

from flylive.clock import now
from flylive.wallet.invariants import Say
from flylive.wallet.proof import Verdict, examine

log = structlog.get_logger(__name__)

KEPT_FINDINGS = 200
DSN_VARIABLE = "FLYLIVE_PROOF_DSN"

_BEGIN = """
    INSERT INTO proof_runs (kind, started_by, since, started_at) VALUES (%s, %s, %s, %s)
    RETURNING id
"""
_END = """
    UPDATE proof_runs SET finished_at = GREATEST(%s, started_at), rows_read = %s,
           rows_unfit = %s, findings = %s
    WHERE id = %s
"""
_PROGRESS = "UPDATE proof_runs SET progress = %s WHERE id = %s AND finished_at IS NULL"
_FAIL = "UPDATE proof_runs SET failure = %s WHERE id = %s"
_FIND = "SELECT since FROM proof_runs WHERE id = %s AND finished_at IS NULL AND failure IS NULL"


def run(
    dsn: str,
    say: Say,
    *,
    since: datetime | None = None,
    started_by: str = "command",
    progress: Say | None = None,
) -> Verdict:
    """Prove, and keep what it came to."""
    with psycopg.connect(dsn, application_name="flylive-verify", autocommit=True) as connection:
        begun = connection.execute(
            _BEGIN, ("full" if since is None else "since", started_by, since, now())
        ).fetchone()
    assert begun is not None
    return carry_out(dsn, begun[0], say, since=since, progress=progress)


def carry_out(
    dsn: str,
    run_id: int,
    say: Say,
    *,
    since: datetime | None = None,
    progress: Say | None = None,
) -> Verdict:
    """Prove for a run that has begun. What breaks it is kept in its row, and raised."""
    try:
        verdict = examine(dsn, say, since=since, progress=progress)
    except BaseException as error:
        _write(dsn, _FAIL, (f"{type(error).__name__}: {error}"[:1000], run_id))
        raise
    findings = json.dumps(verdict.findings[:KEPT_FINDINGS])
    _write(dsn, _END, (now(), verdict.rows_read, verdict.rows_unfit, findings, run_id))
    return verdict


def _write(dsn: str, statement: str, values: tuple[Any, ...]) -> None:
    # A connection of its own: nothing is held open while the proof runs.
    with psycopg.connect(dsn, application_name="flylive-verify", autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def main() -> None:
    """Carry out the run whose number is the argument; status 0 whatever it finds."""
    dsn, run_id = os.environ[DSN_VARIABLE], int(sys.argv[1])
    with psycopg.connect(dsn, application_name="flylive-verify") as connection:
        found = connection.execute(_FIND, (run_id,)).fetchone()
    assert found is not None, "the run was carried out already"
    noted = _Noted(dsn, run_id)
    carry_out(dsn, run_id, noted.tell, since=found[0], progress=noted.tell)


class _Noted:
    """Keeps what a run is at in its row, once a second at the most; told from two threads."""

    PAUSE_SECONDS = 1.0

    def __init__(self, dsn: str, run_id: int) -> None:
        self._dsn, self._run_id = dsn, run_id
        self._told = -self.PAUSE_SECONDS
        self._lock = threading.Lock()

    def tell(self, words: str) -> None:
        with self._lock:
            if time.monotonic() - self._told < self.PAUSE_SECONDS:
                return
            self._told = time.monotonic()
        _write(self._dsn, _PROGRESS, (words.strip()[:200], self._run_id))


if __name__ == "__main__":
    main()
