"""The embedded server's maintenance is nicer than whoever people wait for."""

import os
import time
from pathlib import Path

import psycopg
import pytest

from flylive.launcher.postgres import EmbeddedPostgres
from flylive.launcher.yielding import NICENESS
from tests.patience import PATIENCE_SECONDS

WORKERS = """
    SELECT pid, pg_backend_pid() FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'
"""


@pytest.mark.skipif(
    not Path(f"/proc/self/task/{os.getpid()}/children").exists(),
    reason="only where Linux tells a process's children there is anything to be told",
)
def test_maintenance_is_nice_and_nobody_else(tmp_path: Path) -> None:
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    with (
        EmbeddedPostgres(tmp_path / "data", fast=True) as server,
        psycopg.connect(server.superuser_url, autocommit=True) as connection,
    ):
        # Begins soon, and rests for so long that it can be seen.
        for name, value in (
            ("autovacuum_naptime", "1s"),
            ("autovacuum_vacuum_cost_delay", "100ms"),
            ("autovacuum_vacuum_cost_limit", "1"),
        ):
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE TABLE many AS SELECT generate_series(1, 100000) AS number")
        connection.execute("DELETE FROM many")
        deadline = time.monotonic() + PATIENCE_SECONDS
        niceness = None
        while niceness != min(mine + NICENESS, 19):
            assert time.monotonic() < deadline, f"maintenance is at {niceness}"
            for worker, own in connection.execute(WORKERS):
                niceness = os.getpriority(os.PRIO_PROCESS, worker)
                assert os.getpriority(os.PRIO_PROCESS, own) == mine
            time.sleep(0.05)
