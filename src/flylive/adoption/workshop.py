"""Where the new tables are made and filled: schemas, partitions, sequences, keys and indexes.

Foreign keys and plain indexes are taken off while rows come in and made again after: a key is
then checked by one join over all rows, and users and agencies may refer to each other.
"""

from datetime import UTC, date, datetime, timedelta

from flylive.adoption.catalogue import Column, Connection
from flylive.adoption.plans.money import moment
from flylive.database.partitions import PARTITIONED, create_partition

TRIAL_SCHEMA = "flylive_adoption"
"""Where a dry run makes the new tables, to be rolled back."""

FIRST_MONTH = date(2000, 1, 1)
LAST_MONTHS = timedelta(days=3660)
"""Months outside have no partition of their own: a clock was wrong, and DEFAULT holds them."""


def tune(connection: Connection) -> None:
    """Settings of this transaction: memory for joins, rows in the order in which they lie."""
    for setting in (
        "work_mem = '128MB'",
        "maintenance_work_mem = '256MB'",
        "synchronize_seqscans = off",
        "row_security = off",
        "idle_in_transaction_session_timeout = 0",
        "jit = off",
    ):
        connection.execute(f"SET LOCAL {setting}".encode())


def set_aside(connection: Connection, schema: str, tables: list[str]) -> None:
    """Move the old tables, with their indexes and sequences, as they are."""
    connection.execute(f"CREATE SCHEMA {schema}".encode())
    connection.execute(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC".encode())
    for table in tables:
        connection.execute(f"ALTER TABLE {table} SET SCHEMA {schema}".encode())


def make_month_partitions(connection: Connection) -> list[str]:
    """A partition for each month that has old rows; their names."""
    last = datetime.now(UTC).date() + LAST_MONTHS
    made: list[str] = []
    for table, column in PARTITIONED.items():
        others = ("updated_at",) if table == "transactions" else ()
        months = connection.execute(
            f"""
            SELECT DISTINCT date_trunc('month', m.at AT TIME ZONE 'UTC')::date
            FROM (SELECT {moment(table, column, *others)} AS at FROM old_{table} o) AS m
            WHERE m.at >= %s AND m.at < %s ORDER BY 1
            """.encode(),
            (FIRST_MONTH, last),
        ).fetchall()
        made += [create_partition(connection, table, month) for (month,) in months]
    return made


def set_sequences(
    connection: Connection, schema: str, tables: dict[str, dict[str, Column]]
) -> None:
    """Let new ids begin behind every id that was ever given."""
    for table in tables:
        row = connection.execute(
            "SELECT pg_get_serial_sequence(%s, 'id'), pg_get_serial_sequence(%s, 'id')",
            (table, f'"{schema}"."{table}"'),
        ).fetchone()
        assert row is not None
        sequence, old = row
        given = f"(SELECT last_value FROM {old})" if old else "0"
        connection.execute(
            f"SELECT setval('{sequence}', GREATEST(1, {given},"
            f" (SELECT COALESCE(max(id), 0) FROM old_{table})))".encode()
        )


def strip(connection: Connection, schema: str) -> list[str]:
    """Take foreign keys and plain indexes off; the statements that make them again."""
    indexes = connection.execute(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = to_regnamespace(%s) AND NOT c.relispartition
          AND t.relname NOT LIKE 'procrastinate%%'
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        ORDER BY 1
        """,
        (schema,),
    ).fetchall()
    # A list of words does not come back as the same tree from PostgreSQL's own print of it.
    indexes = [(name, words) for name, words in indexes if "ARRAY[" not in words]
    keys = connection.execute(
        """
        SELECT k.conrelid::regclass::text, quote_ident(k.conname), pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0 AND t.relnamespace = to_regnamespace(%s)
          AND t.relname NOT LIKE 'procrastinate%%'
        ORDER BY 1, 2
        """,
        (schema,),
    ).fetchall()
    for table, name, _ in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    return [
        *(definition.replace(" ON ONLY ", " ON ", 1) for _, definition in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in keys),
    ]
