"""Migrating: from nothing, again, twice at once; partitions ahead; no drift from the models."""

import importlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

import flylive
from flylive.database import partitions
from flylive.database.base import Base
from flylive.database.migrate import connected, is_compared, is_ours, migrate
from tests.conftest import OWNER, SERVING, Addresses
from tests.schema.catalogue import read_columns, read_constraints, read_indexes
from tests.schema.rows import Rows

_SOURCES = Path(flylive.__path__[0])
for _models in sorted(_SOURCES.rglob("models.py")):
    _package = ".".join(_models.parent.relative_to(_SOURCES).parts)
    importlib.import_module(f"flylive.{_package}.models")


def months_around(day: date) -> list[date]:
    """The months that ought to have partitions."""
    return [partitions.add_months(day, offset) for offset in range(-1, 4)]


def test_two_migrators_at_once_and_a_third_later(empty: Addresses) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: migrate(empty.owner, SERVING), range(2))
    assert first.revision == second.revision
    assert first.warnings == second.warnings == []
    assert sorted(map(len, (first.partitions, second.partitions))) == [0, 10]
    assert migrate(empty.owner, SERVING).partitions == []


def test_migrating_without_a_serving_role_warns(empty: Addresses) -> None:
    (warning,) = migrate(empty.owner).warnings
    assert "could change the ledger" in warning
    assert migrate(empty.owner, "flylive_test_owner").warnings == [warning]
    assert migrate(empty.owner, SERVING).warnings == []


def test_partitions_stand_ahead(owner: psycopg.Connection[Any]) -> None:
    found = partitions.list_partitions(owner)
    for table in partitions.PARTITIONED:
        months = [p.month for p in found if p.table == table and p.month is not None]
        # Those of the day on which the database was made: a month may have ended since.
        today = datetime.now(UTC).date()
        assert months[:5] in (months_around(today), months_around(today - timedelta(days=1)))
        (default,) = (p for p in found if p.table == table and p.month is None)
        assert default.rows == 0


def test_a_month_that_comes_is_made_and_december_turns_the_year(
    owner: psycopg.Connection[Any],
) -> None:
    ensured = partitions.ensure_partitions(owner, today=date(2031, 11, 30))
    assert ensured.blocked == []
    assert ensured.made[:5] == [
        "transactions_y2031m10",
        "transactions_y2031m11",
        "transactions_y2031m12",
        "transactions_y2032m01",
        "transactions_y2032m02",
    ]
    assert partitions.ensure_partitions(owner, today=date(2031, 11, 1)).made == []


def test_rows_go_to_their_month_and_strays_to_default(addresses: Addresses) -> None:
    with psycopg.connect(addresses.owner, row_factory=dict_row) as connection:
        rows = Rows(connection)

        def home(table: str, **columns: Any) -> str:
            row = rows.add(table, **columns)
            query = f"SELECT tableoid::regclass::text AS home FROM {table} WHERE id = %s"
            found = connection.execute(query.encode(), (row["id"],)).fetchone()
            assert found is not None
            return str(found["home"])

        month = datetime.now(UTC).date().replace(day=1)
        last = datetime(month.year, month.month, 1, tzinfo=UTC)
        assert home("transactions", created_at=last, updated_at=last) == (
            partitions.partition_name("transactions", month)
        )
        far = datetime(2050, 6, 1, tzinfo=UTC)
        assert home("transactions", created_at=far, updated_at=far) == "transactions_default"
        assert home("gift_transactions", sent_at=far) == "gift_transactions_default"
        connection.commit()
    with psycopg.connect(addresses.owner) as connection:
        strays = [p.rows for p in partitions.list_partitions(connection) if p.month is None]
        assert strays == [1, 1]
        ensured = partitions.ensure_partitions(connection, today=date(2050, 6, 15), ahead=0)
        assert ensured.blocked == ["transactions_y2050m06", "gift_transactions_y2050m06"]
        assert ensured.made == ["transactions_y2050m05", "gift_transactions_y2050m05"]


def test_alembic_finds_nothing_to_do(empty: Addresses) -> None:
    migrate(empty.owner, SERVING)
    with connected(empty.owner) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": is_ours,
                "include_object": is_compared,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_the_models_make_the_very_same_schema(
    empty: Addresses, owner: psycopg.Connection[Any]
) -> None:
    """What alembic does not compare (CHECKs, predicates, methods): made from the models too."""
    with connected(empty.owner) as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        Base.metadata.create_all(connection)
        for table in partitions.PARTITIONED:
            connection.exec_driver_sql(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        connection.commit()
    with psycopg.connect(empty.owner) as made:
        assert set(read_constraints(made)) == set(read_constraints(owner))
        assert read_indexes(made) == read_indexes(owner)
        migrated = read_columns(owner)
        for table, columns in read_columns(made).items():
            if table != "procrastinate_jobs":
                assert migrated[table] == columns, table
        assert _storage(made) == _storage(owner)


def _storage(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(
        """
        SELECT relname, relpersistence, array_to_string(reloptions, ','),
               pg_get_partkeydef(oid)
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'i', 'I')
          AND NOT relispartition AND relname NOT LIKE 'procrastinate%'
          AND relname NOT LIKE 'idx_procrastinate%' AND relname NOT LIKE 'alembic_version%'
        ORDER BY relname
        """
    ).fetchall()


def test_every_model_compiles() -> None:
    """The tables and indexes can be printed, so a newcomer can read them as SQL."""
    for table in Base.metadata.tables.values():
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=postgresql.dialect()))


def test_an_owner_who_may_not_make_the_extension_is_told_what_to_do(empty: Addresses) -> None:
    name = conninfo_to_dict(empty.superuser)["dbname"]
    with psycopg.connect(empty.superuser, autocommit=True) as superuser:
        statement = sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER")
        superuser.execute(statement.format(sql.Identifier(str(name))))
        superuser.execute(f"GRANT ALL ON SCHEMA public TO {OWNER}")
        with pytest.raises(CommandError, match="let a superuser run CREATE EXTENSION pg_trgm"):
            migrate(empty.owner, SERVING)
        superuser.execute("CREATE EXTENSION pg_trgm")
    assert migrate(empty.owner, SERVING).warnings == []


def test_a_table_in_use_makes_a_migration_give_up_soon(
    empty: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a migration waits for a table everybody queues behind it, so it waits briefly."""
    monkeypatch.setattr("flylive.database.migrate.LOCK_TIMEOUT", "100ms")
    migrate(empty.owner, SERVING)
    with psycopg.connect(empty.owner) as reader, connected(empty.owner) as connection:
        reader.execute("SELECT FROM users")
        with pytest.raises(OperationalError, match="lock timeout"):
            connection.exec_driver_sql("ALTER TABLE users ADD COLUMN more integer")
    assert migrate(empty.owner, SERVING).warnings == []
