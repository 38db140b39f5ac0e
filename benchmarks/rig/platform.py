"""A platform of the benchmark's own: a throwaway but durable PostgreSQL, and the API's processes.

Everything listens on loopback, on ports from the operating system, and ends with the block.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from flylive.database.migrate import migrate
from flylive.launcher.cluster import SERVING, Addresses, find_binaries
from flylive.launcher.postgres import EmbeddedPostgres
from flylive.launcher.processes import free_port, guarded

HOST = "127.0.0.1"
READY_SECONDS = 30
STOP_SECONDS = 15
DURABILITY = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass(frozen=True)
class Server:
    """A running database server, migrated; `pid` is its postmaster's."""

    addresses: Addresses
    folder: Path
    pid: int
    version: str

    @property
    def insider_url(self) -> str:
        """The superuser's way into the platform's own database."""
        name = conninfo_to_dict(self.addresses.owner_url)["dbname"]
        return make_conninfo(self.addresses.superuser_url, dbname=name)

    @property
    def pgbench(self) -> Path:
        """The load generator that comes with the server."""
        return find_binaries() / "pgbench"


@dataclass(frozen=True)
class Api:
    """A running ``flylive serve``."""

    port: int
    pid: int


@contextmanager
def durable_server(
    keep: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """An embedded server with the product's own configuration, in a folder that goes again.

    With `keep` in that folder, which stays; with `settings` of its own on top of the product's.
    Raises RuntimeError where it would not keep what it answered.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="flylive-bench-"))
    try:
        if settings:
            with (
                EmbeddedPostgres(folder) as embedded,
                psycopg.connect(embedded.addresses.superuser_url, autocommit=True) as connection,
            ):
                for name, value in settings.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
        with EmbeddedPostgres(folder) as embedded:
            migrate(embedded.owner_url, SERVING)
            with psycopg.connect(embedded.owner_url) as connection:
                found = {name: _show(connection, name) for name in DURABILITY}
                version = _show(connection, "server_version")
            if found != DURABILITY:
                raise RuntimeError(f"the server is not durable: {found}")
            assert embedded.pid is not None
            yield Server(embedded.addresses, folder, embedded.pid, version)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def api(
    server: Server, workers: int = 1, settings: Mapping[str, str] | None = None
) -> Iterator[Api]:
    """``flylive serve`` in `workers` processes, with more settings than the database's.

    Raises RuntimeError with its last words.
    """
    port = free_port()
    program = str(Path(sys.executable).with_name("flylive"))
    command = [program, "serve", "--host", HOST, "--port", str(port), "--workers", str(workers)]
    environment = os.environ | {
        "DATABASE_URL": server.addresses.serving_url,
        "FLYLIVE_OWNER_DATABASE_URL": server.addresses.owner_url,
        "FLYLIVE_ENV": "production",
        "FLYLIVE_LOG_LEVEL": "warning",
        "FLYLIVE_DATA": str(server.folder),
    }
    environment |= settings or {}
    words = server.folder / "api.log"
    with words.open("wb") as log:
        process = subprocess.Popen(
            guarded(command, signal.SIGTERM), env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the API did not start:\n{words.read_text()[-3000:]}")
            time.sleep(0.05)
        yield Api(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def checkpoint(server: Server) -> None:
    """Write out all pages, so that each measurement begins with as many to log whole."""
    with psycopg.connect(server.addresses.superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _show(connection: psycopg.Connection[tuple[str]], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return row[0]
