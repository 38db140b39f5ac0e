"""The embedded PostgreSQL server of a data folder: start it, find it, stop it.

``EmbeddedPostgres(folder)`` holds the folder's lock while it runs, so a second server on
the same data is refused. The server ends with the process that started it; what an earlier
kill -9 left behind is ended or forgotten first, and the data is recovered by PostgreSQL.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from flylive.launcher import cluster as files
from flylive.launcher.cluster import Access, Addresses, Installation
from flylive.launcher.errors import DataInUse, LauncherError, NoDatabase
from flylive.launcher.processes import Lock, is_alive, shared_hold, wait_until_gone
from flylive.launcher.yielding import YieldingMaintenance

START_SECONDS = 300
RETRY_SECONDS = 20
LOG_BYTES = 10_000_000
# Words after which trying again helps: the port was taken since we chose it; processes of
# a killed server still hold its memory, or its pid file.
PORT_TAKEN = ("Address already in use", "could not create any TCP/IP sockets")
STILL_ENDING = ("shared memory block", 'lock file "postmaster.pid" already exists')


class EmbeddedPostgres:
    """A PostgreSQL server on a data folder, as a context manager or by start() and stop().

    ``fast`` is for throwaway servers: nothing is synced to disk, and stopping is abrupt.
    ``say`` gets a line about whatever is out of the ordinary.
    """

    def __init__(
        self,
        data: Path,
        *,
        fast: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.data = data.expanduser().resolve()
        self.fast = fast
        self._say = say
        self._cluster = self.data / "postgres"
        self._log = self.data / "postgres.log"
        self._lock = Lock(self.data / "lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._maintenance: YieldingMaintenance | None = None
        self._installation: Installation | None = None
        self._access: Access | None = None
        self._log_start = 0
        self._deadline = 0.0

    @property
    def was_abandoned(self) -> bool:
        """Whether the process that held the folder before us was killed."""
        return self._lock.was_abandoned

    @property
    def pid(self) -> int | None:
        """The running server's process, or None."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process and running else None

    @property
    def addresses(self) -> Addresses:
        """Where to connect; LauncherError before the start."""
        if self._access is None:
            raise LauncherError("the embedded database was not started")
        return self._access.addresses

    @property
    def superuser_url(self) -> str:
        """The superuser's address of the maintenance database."""
        return self.addresses.superuser_url

    @property
    def owner_url(self) -> str:
        """The owner's address: migrations and partitions."""
        return self.addresses.owner_url

    @property
    def serving_url(self) -> str:
        """The serving role's address: requests, gateway and worker."""
        return self.addresses.serving_url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers; LauncherError or DataInUse say why it cannot."""
        self.hold()
        try:
            self.launch()
            while not self.is_ready():
                time.sleep(0.02)
            self.make_roles()
        except BaseException:
            self.stop()
            raise

    def hold(self) -> None:
        """Take the folder for ourselves, making it if need be; DataInUse if another has it."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
        except PermissionError:
            raise LauncherError(
                f"cannot write in {self.data}: it belongs to another user; choose --data"
            ) from None
        except OSError as error:
            raise LauncherError(f"cannot use {self.data}: {error.strerror}") from error

    def launch(self) -> None:
        """Start the server's process on the held folder, without waiting for it."""
        files.check_space(self.data)
        installation = files.find_installation(self._cluster)
        secret = self.data / "postgres.json"
        if self._cluster.exists():
            files.check_version(self._cluster, installation)
            try:
                access = Access.load(secret)
            except NoDatabase:
                raise LauncherError(
                    f"{secret}, which keeps the passwords of {self._cluster}, is missing: put it "
                    "back, or start afresh in another folder with --data"
                ) from None
        else:
            access = Access.create()
            access.save(secret)
            files.create_cluster(self._cluster, installation, access, fast=self.fast)
        self._installation, self._access = installation, access
        if self._log.exists() and self._log.stat().st_size > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        self._deadline = time.monotonic() + RETRY_SECONDS
        self._spawn()

    def is_ready(self) -> bool:
        """Whether the server answers by now; LauncherError when it has ended instead.

        Where trying again helps it is started again from here, for RETRY_SECONDS.
        """
        if self._process is None:
            raise LauncherError("the embedded database was not started")
        if self._process.poll() is None:
            if time.monotonic() > self._deadline - RETRY_SECONDS + START_SECONDS:
                raise LauncherError(f"PostgreSQL is not ready; see {self._log}")
            return self._status() == "ready"
        words = self._last_words()
        if time.monotonic() > self._deadline or not any(
            text in words for text in (*PORT_TAKEN, *STILL_ENDING)
        ):
            raise LauncherError(
                files.explain(words) or f"PostgreSQL did not start; {self._log} ends:\n{words}"
            )
        if any(text in words for text in PORT_TAKEN) and self._access:
            self._access = self._access.on_another_port()
            self._access.save(self.data / "postgres.json")
        time.sleep(0.1)
        self._spawn()
        return False

    def make_roles(self) -> None:
        """Make the owner, the serving role and the database, as far as they are not there."""
        access = self._access
        if access is None:
            raise LauncherError("the embedded database was not started")
        with psycopg.connect(access.addresses.superuser_url, autocommit=True) as connection:
            for role, password in (
                (files.OWNER, access.owner),
                (files.SERVING, access.serving),
            ):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if known.fetchone():
                    continue
                verifier = connection.pgconn.encrypt_password(
                    password.encode(), role.encode(), b"scram-sha-256"
                )
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(verifier.decode())
                    )
                )
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [files.DATABASE]
            )
            if known.fetchone():
                return
            names = {
                "database": sql.Identifier(files.DATABASE),
                "owner": sql.Identifier(files.OWNER),
                "serving": sql.Identifier(files.SERVING),
            }
            for statement in (
                "GRANT pg_monitor TO {owner}",
                "CREATE DATABASE {database} OWNER {owner}",
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
                "GRANT CONNECT ON DATABASE {database} TO {serving}",
            ):
                connection.execute(sql.SQL(statement).format(**names))
            if connection.execute("SHOW shared_preload_libraries").fetchone() != ("",):
                inside = access.addresses.superuser_url.rpartition("/")[0] + f"/{files.DATABASE}"
                with psycopg.connect(inside, autocommit=True) as connection:
                    # Beside `public`, which holds the product's own things and their rights.
                    for statement in (
                        "CREATE SCHEMA monitoring",
                        "CREATE EXTENSION pg_stat_statements SCHEMA monitoring",
                        "GRANT USAGE ON SCHEMA monitoring TO {owner}",
                    ):
                        connection.execute(sql.SQL(statement).format(**names))

    def stop(self) -> None:
        """End the server, politely first, and let the folder go."""
        self._forget_maintenance()
        process, self._process = self._process, None
        if process and process.poll() is None:
            polite = [] if self.fast else [(signal.SIGINT, 30)]
            for number, seconds in (*polite, (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                    break
        self._lock.release()

    def _spawn(self) -> None:
        installation, access = self._installation, self._access
        if installation is None or access is None:
            raise LauncherError("the embedded database was not prepared")
        self._end_previous()
        files.write_configuration(self._cluster, installation, access, fast=self.fast)
        with self._log.open("ab") as log:
            self._log.chmod(0o600)
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                installation.command("postgres", "-D", str(self._cluster)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                process_group=0,
            )
        self._forget_maintenance()
        self._maintenance = YieldingMaintenance(self._process.pid)

    def _forget_maintenance(self) -> None:
        if self._maintenance is not None:
            self._maintenance.stop()
            self._maintenance = None

    def _end_previous(self) -> None:
        """End the server that an earlier run left behind; forget one that is dead.

        PostgreSQL itself takes a process of that number for its own, be it ended and not
        reaped, or a stranger; we hold the folder's lock and may look closer.
        """
        path = self._cluster / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="utf-8").split("\n", 1)[0])
        except FileNotFoundError:
            return
        except ValueError:
            path.unlink()
            return
        if not is_alive(pid) or not self._runs_here(pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, 0)
                path.unlink()
            return
        self._say(f"ending the database server that an earlier run left behind (process {pid})")
        for number, seconds in (
            (signal.SIGINT, 20),
            (signal.SIGQUIT, 5),
            (signal.SIGKILL, 5),
        ):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if wait_until_gone(pid, seconds):
                return
        raise LauncherError(f"process {pid} on {self._cluster} does not end")

    def _runs_here(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            command = subprocess.run(
                ["ps", "-o", "command=", "-p", str(pid)],
                check=False,
                capture_output=True,
                text=True,
            ).stdout
        return "postgres" in command and str(self._cluster) in command

    def _status(self) -> str:
        """What the server wrote into its pid file: starting, ready, stopping."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except OSError:
            return ""
        ours = self._process is not None and lines[0] == str(self._process.pid)
        return lines[7].strip() if ours and len(lines) > 7 else ""

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()[-3000:].decode(errors="replace").strip()


def find_running(data: Path) -> Addresses | None:
    """Where the server of that folder answers now, or None when none runs."""
    data = data.expanduser().resolve()
    try:
        if not Lock.is_held(data / "lock"):
            return None
        addresses = Access.load(data / "postgres.json").addresses
        psycopg.connect(addresses.superuser_url, connect_timeout=2).close()
    except (psycopg.OperationalError, NoDatabase):
        return None
    except PermissionError:
        raise LauncherError(f"{data} belongs to another user") from None
    return addresses


@contextlib.contextmanager
def ensure(data: Path, *, create: bool = False) -> Iterator[Addresses]:
    """The folder's running server, or one that we start for as long as the block lasts.

    Whoever started it waits at the end for others in such a block. NoDatabase when there
    is no cluster yet and `create` is False.
    """
    data = data.expanduser().resolve()
    if not create and not (data / "postgres").exists():
        raise NoDatabase(
            f"there is no embedded database in {data}; `python3 fly.py up` makes one, "
            "--data names another folder, DATABASE_URL another database"
        )
    server = EmbeddedPostgres(data)
    deadline = time.monotonic() + RETRY_SECONDS
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with shared_hold(data / "users") as users:
        while (addresses := find_running(data)) is None:
            try:
                server.start()
                addresses = server.addresses
                break
            except DataInUse:
                # Its holder may be about to be ready, or about to be gone.
                if time.monotonic() > deadline:
                    raise
        try:
            yield addresses
        finally:
            if server.pid:
                fcntl.flock(users, fcntl.LOCK_EX)
                server.stop()
