"""What every test stands on: a real PostgreSQL, a database of its own, the app.

`FLYLIVE_TEST_SERVER_URL` names a server whose superuser may make databases and roles;
``fly.py test`` starts a throwaway one. A template is migrated once per run; each test module
gets a copy of it (about 0.2 s), so that modules cannot see each other's rows.
"""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import hypothesis
import psycopg
import pytest
import structlog
from litestar import Litestar
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pwdlib.hashers.argon2 import Argon2Hasher

from flylive.accounts import activity, passwords
from flylive.asgi import create_app
from flylive.config import Settings
from flylive.database import Database
from flylive.database.migrate import migrate
from tests.world import World

# How long an example takes, and how long it takes to think of one, say how busy the machine is,
# not whether it is right. Each run tries the same ones, so that what fails is the fault of what
# was changed; the long run goes on looking for others.
hypothesis.settings.register_profile(
    "steady",
    deadline=None,
    derandomize=os.environ.get("FLYLIVE_TEST_LONG") != "1",
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("steady")

SERVER = os.environ.get("FLYLIVE_TEST_SERVER_URL", "postgresql://postgres@127.0.0.1:55432/postgres")
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]
TEMPLATE = f"flylive_template_{RUN}"
OWNER, SERVING, PASSWORD = "flylive_test_owner", "flylive_test_serving", "test"
TEMPLATE_LOCK = 7_305_811


@dataclass(frozen=True)
class Addresses:
    """The libpq addresses of one test database."""

    owner: str
    serving: str
    superuser: str


def _addresses(name: str) -> Addresses:
    return Addresses(
        make_conninfo(SERVER, dbname=name, user=OWNER, password=PASSWORD),
        make_conninfo(SERVER, dbname=name, user=SERVING, password=PASSWORD),
        make_conninfo(SERVER, dbname=name),
    )


@pytest.fixture(scope="session", autouse=True)
def loggers_are_not_cached() -> Iterator[None]:
    """A command run in this process sets logging up for good; a test still hears each logger."""
    configure = structlog.configure
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            structlog,
            "configure",
            lambda **given: configure(**given | {"cache_logger_on_first_use": False}),
        )
        yield


@pytest.fixture(autouse=True)
def logging_begins_anew() -> Iterator[None]:
    """What one test said about logging is not the next one's."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session", autouse=True)
def activity_is_written_when_asked() -> Iterator[None]:
    """Nothing of this process holds people's rows while a test waits for them.

    A test's own SQL holds up the loop on which the writer of activity would have to go on, and
    both would wait for each other until the server ends one of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(activity, "FLUSH_SECONDS", 86_400)
        yield


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash people's passwords for next to nothing: the suite makes thousands of them.

    Processes that a test starts hash at the full price, and so do tests with `dear_passwords`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            passwords, "_ARGON2", Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        yield


@pytest.fixture
def dear_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as the platform does."""
    monkeypatch.setattr(passwords, "_ARGON2", Argon2Hasher())


@pytest.fixture(scope="session")
def template() -> Iterator[str]:
    """The name of a migrated database that nobody connects to; made by the first worker."""
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        try:
            for role in (OWNER, SERVING):
                if not connection.execute(
                    "SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)
                ).fetchone():
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                            sql.Identifier(role), sql.Literal(PASSWORD)
                        )
                    )
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)
            ).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
                    )
                )
                migrate(_addresses(TEMPLATE).owner, SERVING)
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (TEMPLATE_LOCK,))
        yield TEMPLATE


DAY_SECONDS = 86_400
BEFORE_MIDNIGHT_SECONDS, AFTER_MIDNIGHT_SECONDS = 120, 150


def wait_out_midnight() -> None:
    """Let no module begin where a day is about to end, or has only just begun.

    Boards, limits, statistics and partitions are of a day or a month: a module goes on with those
    of the day on which it began, and those of the day before are closed two minutes later.
    """
    since = time.time() % DAY_SECONDS
    if since > DAY_SECONDS - BEFORE_MIDNIGHT_SECONDS:
        since -= DAY_SECONDS
    if since < AFTER_MIDNIGHT_SECONDS:
        time.sleep(AFTER_MIDNIGHT_SECONDS - since)


@pytest.fixture(scope="module")
def addresses(template: str) -> Iterator[Addresses]:
    """A database of this module's own."""
    wait_out_midnight()
    name = f"flylive_test_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (TEMPLATE_LOCK,))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
            )
        )
        connection.execute("SELECT pg_advisory_unlock(%s)", (TEMPLATE_LOCK,))
        yield _addresses(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def settings(addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Development settings over this module's database."""
    return Settings(
        env="development",
        data=tmp_path_factory.mktemp("data"),
        database_url=addresses.serving,
        owner_database_url=addresses.owner,
        log_level="warning",
        secret_key="a secret of the tests, of no other use",
    )


@pytest.fixture(scope="module")
async def database(addresses: Addresses) -> AsyncIterator[Database]:
    """The serving role's pool, beside the app's own."""
    database = Database(addresses.serving, size=20, application_name="flylive-test")
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """The application, started."""
    app = create_app(settings)
    started, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # One task for both ends: pytest sets a fixture up and tears it down in two.
        async with app.lifespan():
            started.set()
            await done.wait()

    life = asyncio.create_task(live())
    await asyncio.wait({life, asyncio.create_task(started.wait())}, return_when="FIRST_COMPLETED")
    if life.done():
        await life
    yield app
    done.set()
    await life


@pytest.fixture(scope="module")
async def world(app: Litestar, database: Database, addresses: Addresses) -> AsyncIterator[World]:
    """The app as a client on loopback sees it, with hands for what tests need again and again."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 40_000))
    # Clients keep no cookie: who is signed in is what each request itself says.
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://flylive.test", cookies=jar
    ) as client:
        world = World(client, database, addresses.owner)
        yield world
        world.close()
