"""Bringing a database up to date: versions, partitions, and the serving role's rights.

Run by the owning role. Two migrators at once wait for each other under one advisory lock;
while they alter, they wait for a table no longer than :data:`LOCK_TIMEOUT`, so that a
migration never queues the whole platform behind itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, ForeignKeyConstraint, NullPool, create_engine

from flylive.database.partitions import (
    PARTITIONED,
    close_partition,
    ensure_partitions,
    list_partitions,
)

ROOT = Path(__file__).resolve().parents[3]
LOCK = 0x666C796C697665
"""The migrators' advisory lock: "flylive" in ASCII."""
LOCK_TIMEOUT = "5s"

EVIDENCE_TABLES = (
    "transactions",
    "gift_transactions",
    "agency_earnings",
    "gift_odds",
    "lucky_draws",
    "audit_log",
    "staff_notes",
    "ledger_seals",
    "game_transactions",
    "platform_settings",
    "gift_reversals",
)
"""Evidence of money and of what staff did: the serving role reads and adds, never changes."""
COLLATED_INDEXES = frozenset({"idx_users_name"})
"""Alembic does not read an expression's collation, so it would see a difference for ever."""
READ_ONLY_TABLES = (
    "alembic_version",
    "jobs",
    "failed_jobs",
    "adopted_tables",
    "adopted_accounts",
    "detached_partitions",
)


class Migrated(NamedTuple):
    """What :func:`migrate` did: version reached, partitions made, what the owner should know."""

    revision: str
    partitions: list[str]
    warnings: list[str]


def migrate(owner_url: str, serving_role: str | None = None) -> Migrated:
    """Bring the database to the newest version, make partitions ahead, grant rights.

    `owner_url` is a libpq address. `serving_role` None, or the owner himself, is allowed and
    returned as a warning: then nothing but the code keeps the ledger from being changed.
    Raises psycopg.errors.LockNotAvailable (wrapped by SQLAlchemy) when a table stays in use.
    """
    with connected(owner_url) as connection:
        upgrade(connection)
        migrated = finish(connection, serving_role)
        connection.commit()
    return migrated


def upgrade(connection: Connection) -> None:
    """Run the versions that are missing.

    Within a transaction that the caller has begun they are part of it; else each is committed
    by itself.
    """
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def finish(connection: Connection, serving_role: str | None) -> Migrated:
    """Make partitions ahead and grant the serving role's rights, at the newest version."""
    warnings: list[str] = []
    revision = MigrationContext.configure(connection).get_current_revision()
    assert revision is not None, "only a migrated database is finished"
    driver = driver_of(connection)
    with driver.transaction():
        ensured = ensure_partitions(driver)
        warnings.extend(
            f"{name}: rows of that month lie in DEFAULT, move them first"
            for name in ensured.blocked
        )
        warning = role_warning(driver, serving_role)
        if warning is not None:
            warnings.append(warning)
        elif serving_role is not None:
            grant(driver, serving_role)
    return Migrated(revision, ensured.made, warnings)


def role_warning(connection: psycopg.Connection[Any], serving_role: str | None) -> str | None:
    """What the owner should know where requests are served by himself."""
    owner = _current_user(connection)
    if serving_role is not None and serving_role != owner:
        return None
    return (
        f"requests are served by {owner}, who owns the tables and could change the ledger: give"
        " DATABASE_URL a role of its own"
    )


@contextmanager
def connected(owner_url: str) -> Iterator[Connection]:
    """The owner's connection, under the migrators' lock until it closes."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(
            owner_url, application_name="flylive-migrate", options="-c timezone=UTC"
        ),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        driver = driver_of(connection)
        # Waiting for the other migrator may take as long as he does.
        driver.execute("SET lock_timeout = 0")
        driver.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        driver.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))
        driver.execute("SET statement_timeout = 0")
        driver.commit()
        try:
            yield connection
        finally:
            connection.rollback()
            driver.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            driver.commit()


def grant(connection: psycopg.Connection[Any], serving_role: str) -> None:
    """Give the serving role what requests need, on every table that is there and to come.

    Ordinary tables: read and write. Evidence: read and add. Partitions: nothing, they
    are reached through their parent. Runs again harmlessly.
    """
    role = sql.Identifier(serving_role)

    def run(statement: str, *names: str) -> None:
        identifiers = [sql.Identifier(name) for name in names]
        connection.execute(sql.SQL(statement).format(*identifiers, role=role))

    run("GRANT USAGE ON SCHEMA public TO {role}")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    run("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}")
    for statement in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES",
        "GRANT USAGE, SELECT ON SEQUENCES",
        "GRANT EXECUTE ON FUNCTIONS",
    ):
        run(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public {statement} TO {{role}}")
    # The proof adds up in temporary tables; a database of ours gives that right to nobody else.
    wanting = connection.execute(
        "SELECT current_database()"
        " WHERE NOT has_database_privilege(%s, current_database(), 'TEMP')",
        (serving_role,),
    ).fetchone()
    if wanting is not None:
        run("GRANT TEMPORARY ON DATABASE {} TO {role}", wanting[0])
    for table in EVIDENCE_TABLES:
        run("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {role}", table)
    for table in READ_ONLY_TABLES:
        run("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {role}", table)
    for partition in list_partitions(connection):
        close_partition(connection, partition.name)


def is_ours(name: str | None, kind: str, parents: Mapping[Any, Any]) -> bool:
    """Whether alembic reads a table at all: not partitions, nor what procrastinate made."""
    table = name if kind == "table" else parents.get("table_name")
    return table is None or not _is_foreign(table)


def is_compared(item: Any, name: str | None, kind: str, is_reflected: bool, other: Any) -> bool:
    """Whether alembic compares an object.

    PostgreSQL repeats a key on a partitioned table for each partition; those are not ours.
    """
    if isinstance(item, ForeignKeyConstraint) and is_reflected:
        return not _is_foreign(item.elements[0].target_fullname.split(".")[0])
    if kind == "index":
        return name not in COLLATED_INDEXES
    return kind != "table" or name is None or not _is_foreign(name)


def _is_foreign(table: str) -> bool:
    is_partition = any(table.startswith(f"{parent}_") for parent in PARTITIONED)
    return is_partition or table.startswith("procrastinate_")


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """psycopg's own connection."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _current_user(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute("SELECT current_user::text").fetchone()
    assert row is not None
    return str(row[0])
