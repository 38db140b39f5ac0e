"""``fly.py up``: database, migrations, demo data, then the processes, until Ctrl-C."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from flylive.launcher.errors import LauncherError
from flylive.launcher.postgres import EmbeddedPostgres
from flylive.launcher.processes import free_port, guarded, port_is_free
from flylive.launcher.supervisor import Spec, Supervisor, http_ready, tcp_ready

# How long the ports of a killed run may take to come free.
LEFTOVER_SECONDS = 15
DEMO_ADMIN = "lower(email) = 'admin@flylive.example'"
SOURCES = Path(__file__).parents[1]
EXAMPLES = SOURCES.parents[1] / "examples"
FLYLIVE = str(Path(sys.executable).with_name("flylive"))


@dataclass(frozen=True)
class Options:
    """What the command line says; ``demo`` None means: with the embedded database."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    gateway_port: int = 8001
    workers: int = 1
    demo: bool | None = None


class Up:
    """One run of the command."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.data = options.data.expanduser().resolve()
        self.host = options.host
        self.port = options.port or free_port(options.host)
        self.gateway_port = options.gateway_port or free_port(options.host)
        self.database_url = os.environ.get("DATABASE_URL", "")
        self.owner_url = os.environ.get("FLYLIVE_OWNER_DATABASE_URL", "") or self.database_url
        self.embedded = None
        if not self.database_url:
            self.embedded = EmbeddedPostgres(self.data, say=lambda line: _say("database", line))
        self.log_ins: list[str] = []

    def run(self) -> None:
        """Do it; LauncherError when it cannot go on."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            if self.embedded:
                self.embedded.hold()
            self.check_ports()
            if self.embedded:
                self.start_database(self.embedded)
            else:
                self.find_database()
            self.migrate()
            guests = self.make_demo()
            asyncio.run(self.supervise(guests))
        finally:
            if self.embedded:
                self.embedded.stop()

    def check_ports(self) -> None:
        """LauncherError on a used port; those of a run that was killed come free in a moment."""
        patience = LEFTOVER_SECONDS if self.embedded and self.embedded.was_abandoned else 0
        deadline = time.monotonic() + patience
        for option, port in (("--port", self.port), ("--gateway-port", self.gateway_port)):
            while not port_is_free(self.host, port):
                if time.monotonic() > deadline:
                    raise LauncherError(
                        f"port {port} on {self.host} is in use; stop what uses it, "
                        f"or choose another with {option}"
                    )
                time.sleep(0.1)
        if self.port == self.gateway_port:
            raise LauncherError("--port and --gateway-port must differ")

    def start_database(self, embedded: EmbeddedPostgres) -> None:
        """Start the embedded server, making it if need be."""
        begin = time.monotonic()
        if not (self.data / "postgres").exists():
            _say("database", f"making one in {self.data / 'postgres'}")
        embedded.launch()
        while not embedded.is_ready():
            time.sleep(0.02)
        embedded.make_roles()
        self.database_url, self.owner_url = embedded.serving_url, embedded.owner_url
        _say("database", "ready", begin)

    def find_database(self) -> None:
        """LauncherError when DATABASE_URL or the owner's address does not answer."""
        begin = time.monotonic()
        for name, url in (
            ("DATABASE_URL", self.database_url),
            ("FLYLIVE_OWNER_DATABASE_URL", self.owner_url),
        ):
            try:
                psycopg.connect(url, connect_timeout=10).close()
            except psycopg.Error as error:
                raise LauncherError(f"{name} does not answer: {error}") from None
        _say("database", "DATABASE_URL answers", begin)

    def migrate(self) -> None:
        """Bring the database up to date; not asked again in a month while nothing changed.

        What decides is kept in the data folder: starting the migrator takes as long as
        everything else together.
        """
        kept = self.data / "migrated"
        if not self.embedded:
            self.flylive("migrations", "migrate")
        elif kept.exists() and kept.read_text("utf-8") == self.migration_stamp() != "":
            _say("migrations", "up to date")
        else:
            self.flylive("migrations", "migrate")
            kept.write_text(self.migration_stamp(), "utf-8")

    def migration_stamp(self) -> str:
        """The version in the database, the month, and a hash of what migrations come from.

        Empty when the database has no version yet.
        """
        sources = [SOURCES / "database", SOURCES.parents[1] / "migrations"]
        files = sorted(path for folder in sources for path in folder.rglob("*.py"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        try:
            with psycopg.connect(self.owner_url) as connection:
                version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return ""
        # Each month has partitions of its own.
        return f"{version} {datetime.now(UTC):%Y-%m} {digest}"

    def make_demo(self) -> bool:
        """Fill an empty database with the demo world; whether guests may live in it."""
        wanted = self.options.demo
        is_development = self.environment["FLYLIVE_ENV"] == "development"
        by_default = self.embedded is not None and is_development
        if not (by_default if wanted is None else wanted):
            return False
        if not self.has_users():
            self.log_ins = self.flylive("demo data", "demo").splitlines()
            return True
        demo = self.has_users(DEMO_ADMIN)
        if demo:
            self.log_ins = [
                "Demo log-ins: admin, reseller, user1, user2 … @flylive.example",
                "Their passwords were printed when the demo data was made.",
            ]
        elif wanted:
            raise LauncherError("--demo needs an empty database, and this one has users")
        else:
            _say("demo data", "none, since the database has users of its own")
        return demo

    def has_users(self, condition: str = "true") -> bool:
        """Whether there is any user, or any of whom a condition in SQL holds."""
        try:
            with psycopg.connect(self.owner_url) as connection:
                row = connection.execute(
                    f"SELECT EXISTS (SELECT FROM users WHERE {condition})"
                ).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
        return row == (True,)

    def flylive(self, step: str, *arguments: str) -> str:
        """Run one of flylive's commands to its end; its output, or LauncherError with it."""
        begin = time.monotonic()
        answer = subprocess.run(
            guarded([FLYLIVE, *arguments], signal.SIGTERM),
            env=self.environment | self.owner_environment,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
        )
        if answer.returncode != 0:
            words = (answer.stderr.strip() or answer.stdout.strip())[-4000:]
            raise LauncherError(f"{step}: `flylive {' '.join(arguments)}` failed:\n{words}")
        _say(step, "done", begin)
        return answer.stdout.rstrip()

    @property
    def environment(self) -> dict[str, str]:
        """What every process gets; the owner's address is for those that need it."""
        inherited = dict(os.environ)
        inherited.pop("FLYLIVE_OWNER_DATABASE_URL", None)
        return {
            "FLYLIVE_ENV": "development",
            "FLYLIVE_LOG_FORMAT": "console",
            "FLYLIVE_REQUEST_LOG": str(self.data / "requests.log"),
            **inherited,
            "DATABASE_URL": self.database_url,
            "FLYLIVE_HOST": self.host,
            "FLYLIVE_PORT": str(self.port),
            "FLYLIVE_GATEWAY_PORT": str(self.gateway_port),
            "FLYLIVE_DATA": str(self.data),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def owner_environment(self) -> dict[str, str]:
        """The owner's address: for migrations and for the worker, which makes partitions."""
        return {"FLYLIVE_OWNER_DATABASE_URL": self.owner_url}

    def house_of_games(self, shown: str, page: str) -> list[Spec]:
        """The demo's provider of games, where the sources of the example are at hand.

        It gets its secret and the API's address, and nothing of the platform's own. Where it
        listens is another port each time, so its games are told.
        """
        if not (EXAMPLES / "game_provider").is_dir():
            return []
        port = free_port(self.host)
        try:
            with psycopg.connect(self.owner_url) as connection:
                found = connection.execute(
                    "SELECT id, secret_version FROM game_providers"
                    " WHERE name = 'fair_house' AND is_active"
                ).fetchone()
                if found is None:
                    return []
                connection.execute(
                    "UPDATE games SET launch_url = %s || code, updated_at = now()"
                    " WHERE provider_id = %s",
                    (f"http://{shown}:{port}/", found[0]),
                )
        except psycopg.errors.UndefinedTable:
            return []
        from flylive.config import Settings
        from flylive.games import signing

        serve = ["serve", "--platform", f"{page}v1", "--host", self.host, "--port", str(port)]
        journal = ["--journal", str(self.data / "game_provider.sqlite3")]
        environment = {
            "GAME_PROVIDER_SECRET": signing.secret(Settings(data=self.data), *found),
            "PYTHONPATH": str(EXAMPLES.parent),
            "DATABASE_URL": "",
        }
        argv = [sys.executable, "-m", "examples.game_provider", *serve, *journal]
        address = f"http://{shown}:{port}/"
        return [Spec("games", argv, essential=False, environment=environment, address=address)]

    async def supervise(self, guests: bool) -> None:
        """Run the processes until a signal comes."""
        host, port, gateway_port = self.host, self.port, self.gateway_port
        # Where a server that listens everywhere is reached from here.
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        shown = f"[{near}]" if ":" in near else near
        page, sockets = f"http://{shown}:{port}/", f"ws://{shown}:{gateway_port}/v1/realtime"
        bind = ["--host", host, "--port"]
        serve = [FLYLIVE, "serve", *bind, str(port), "--workers", str(self.options.workers)]
        gateway = [FLYLIVE, "gateway", *bind, str(gateway_port)]
        specs = [
            Spec("api", serve, http_ready(near, port), address=page),
            Spec("gateway", gateway, tcp_ready(near, gateway_port), address=sockets),
            Spec("worker", [FLYLIVE, "worker"], environment=self.owner_environment),
        ]
        if guests:
            specs.extend(self.house_of_games(shown, page))
            specs.append(Spec("guests", [FLYLIVE, "demo", "--guests"], essential=False))

        def on_ready() -> None:
            for line in (
                "",
                "FlyLive is running; Ctrl-C stops everything.",
                f"  the page     {page}",
                f"  the console  {page}admin, for the staff",
                f"  the API      {page}v1, described at {page}docs",
                f"  the sockets  {sockets}",
                f"  the data     {self.data}, with each request in requests.log",
                *self.log_ins,
                "",
            ):
                supervisor.say(line)

        supervisor = Supervisor(
            specs, environment=self.environment, database=self.embedded, on_ready=on_ready
        )
        await supervisor.run()


def _say(step: str, text: str, begin: float | None = None) -> None:
    seconds = f" ({time.monotonic() - begin:.1f} s)" if begin is not None else ""
    print(f"{step:<12} {text}{seconds}", flush=True)
