"""`up` from nothing, again, after kill -9, and on somebody's own database."""

import os
import signal
import stat
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from flylive.launcher.postgres import EmbeddedPostgres
from tests.launcher.processes import FOLDER, PATIENCE_SECONDS, Script


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a stand-in for `flylive`; no settings of the machine's."""
    command = tmp_path / "flylive"
    body = (FOLDER / "stand_in.py").read_text().partition("\n")[2]
    command.write_text(f"#!{sys.executable}\n{body}")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    for name in [name for name in os.environ if name.startswith("FLYLIVE_")] + ["DATABASE_URL"]:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def address(script: Script) -> str:
    """The page's address, once everything is ready."""
    return script.line("the page").split()[-1]


def test_first_second_and_after_kill(folder: Path) -> None:
    with Script("run_up.py", folder) as first:
        first.line("making one in")
        first.line("database     ready")
        first.line("migrations   done")
        first.line("demo data    done")
        page = address(first)
        first.line("Demo log-ins: admin@flylive.example, secret")
        first.line("guests   | demo --guests")
        first.line("worker   | worker with owner")
        assert "demo --guests with owner" not in "\n".join(first.lines)
        with urllib.request.urlopen(page) as answer:
            assert answer.status == 200
        gateway_port = first.line("the sockets").rpartition(":")[2].partition("/")[0]
        first.process.kill()
        first.process.wait()
    ports = page.split(":")[2].rstrip("/"), gateway_port
    # At once, on ports that the killed run's processes are about to leave.
    with Script("run_up.py", folder, *ports) as second:
        second.line("migrations   up to date")
        assert address(second) == page
        second.line("passwords were printed when")
        second.line("guests   | demo --guests")
        with Script("run_up.py", folder) as third:
            third.line("is in use by process")
            assert third.process.wait(PATIENCE_SECONDS) == 1
        second.process.send_signal(signal.SIGINT)
        second.line("everything ended")
        assert second.process.wait(PATIENCE_SECONDS) == 0


def test_a_world_of_its_own_gets_no_demo(folder: Path) -> None:
    with EmbeddedPostgres(folder / "data") as server, psycopg.connect(server.owner_url) as real:
        real.execute("CREATE TABLE users AS SELECT 'somebody@example.org' AS email")
    with Script("run_up.py", folder) as script:
        script.line("none, since the database has users of its own")
        address(script)
        assert "guests" not in "\n".join(script.lines)


def test_somebodys_own_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with EmbeddedPostgres(folder / "own", fast=True) as server:
        monkeypatch.setenv("DATABASE_URL", server.serving_url)
        monkeypatch.setenv("FLYLIVE_OWNER_DATABASE_URL", server.owner_url)
        with Script("run_up.py", folder) as script:
            script.line("DATABASE_URL answers")
            script.line("migrations   done")
            address(script)
            assert "demo" not in "\n".join(script.lines)
            assert not (folder / "data").exists()
    with Script("run_up.py", folder) as script:
        script.line("DATABASE_URL does not answer")
        assert script.process.wait(PATIENCE_SECONDS) == 1
