"""Months of evidence that are not where they belong: in DEFAULT, or taken out of their table.

Everything here is the owner's, by command. Each change is one transaction that waits for a table
no longer than :data:`LOCK_TIMEOUT`; while it lasts, whoever writes to that table waits for it.
"""

from datetime import date
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, sql

from flylive.database.partitions import (
    PARTITIONED,
    add_months,
    close_partition,
    list_detached,
    list_partitions,
    partition_name,
)

LOCK_TIMEOUT = "5s"

Connection = psycopg.Connection[Any]

_REFERENCES = """
    SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid)
    FROM pg_constraint c
    WHERE c.contype = 'f' AND c.confrelid = to_regclass(%s) AND c.conparentid = 0
    ORDER BY 1, 2
"""


class PartitionRefused(Exception):
    """What was asked for cannot be done; the words say why, and nothing has changed."""


class Stray(NamedTuple):
    """A month of which so many rows lie in a table's DEFAULT partition."""

    table: str
    month: date
    rows: int


def count_strays(connection: Connection) -> list[Stray]:
    """What lies in DEFAULT, where nothing ought to lie."""
    found = []
    for table, column in PARTITIONED.items():
        rows = connection.execute(
            sql.SQL(
                "SELECT date_trunc('month', {column} AT TIME ZONE 'UTC')::date, count(*)"
                " FROM {name} GROUP BY 1 ORDER BY 1"
            ).format(column=sql.Identifier(column), name=sql.Identifier(f"{table}_default"))
        )
        found += [Stray(table, month, count) for month, count in rows]
    return found


def move_strays(connection: Connection, stray: Stray) -> int:
    """Move a month's rows out of DEFAULT into a partition of their own; how many they were.

    They stand apart until their table is attached, so the foreign keys that point at the table
    are taken off and put back in the same transaction: put back, PostgreSQL checks them.
    Raises PartitionRefused for a month that was detached.
    """
    table, column = stray.table, PARTITIONED[stray.table]
    name = partition_name(table, stray.month)
    if any(one.name == name for one in list_detached(connection)):
        raise PartitionRefused(f"{name} was detached: attach it first")
    names = {
        "table": sql.Identifier(table),
        "column": sql.Identifier(column),
        "name": sql.Identifier(name),
        "default": sql.Identifier(f"{table}_default"),
        "begin": sql.Literal(_edge(stray.month)),
        "end": sql.Literal(_edge(add_months(stray.month, 1))),
    }
    within = "{column} >= {begin} AND {column} < {end}"
    with connection.transaction():
        _wait_briefly(connection)
        references = connection.execute(_REFERENCES, (table,)).fetchall()
        connection.execute(sql.SQL("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE").format(**names))
        for source, constraint, _ in references:
            connection.execute(_alter(source, "DROP CONSTRAINT {}", constraint))
        for statement in (
            "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            f"INSERT INTO {{name}} SELECT * FROM {{default}} WHERE {within}",
            f"DELETE FROM {{default}} WHERE {within}",
        ):
            moved = connection.execute(sql.SQL(statement).format(**names)).rowcount
        connection.execute(_attach(names))
        close_partition(connection, name)
        for source, constraint, definition in references:
            connection.execute(_alter(source, f"ADD CONSTRAINT {{}} {definition}", constraint))
    return moved


def detach_partition(connection: Connection, table: str, month: date) -> str:
    """Take a month out of its table; it stands beside it, read-only, and the proof reads it.

    The addresses show its rows no more. Raises PartitionRefused where there is no such month,
    or other rows name its rows as their evidence.
    """
    name = partition_name(table, month)
    if not any(one.name == name for one in list_partitions(connection)):
        raise PartitionRefused(f"{table} has no partition of {month:%Y-%m}")
    names = {"table": sql.Identifier(table), "name": sql.Identifier(name)}
    readers = connection.execute(
        """
        SELECT DISTINCT a.grantee::regrole::text
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(%s) AND a.privilege_type = 'SELECT'
          AND a.grantee NOT IN (0, c.relowner)
        """,
        (table,),
    ).fetchall()
    try:
        with connection.transaction():
            _wait_briefly(connection)
            connection.execute(
                sql.SQL("ALTER TABLE {table} DETACH PARTITION {name}").format(**names)
            )
            connection.execute(
                "INSERT INTO detached_partitions (name, table_name, month) VALUES (%s, %s, %s)",
                (name, table, month),
            )
            for (role,) in readers:
                # regrole's text comes quoted where it has to be.
                connection.execute(
                    sql.SQL("GRANT SELECT ON {} TO {}").format(names["name"], sql.SQL(role))
                )
    except errors.ForeignKeyViolation as error:
        raise PartitionRefused(
            f"{name} stays: {error.diag.table_name or 'another table'} has rows that name its rows"
        ) from error
    return name


def attach_partition(connection: Connection, table: str, month: date) -> str:
    """Put a detached month back. Raises PartitionRefused where it is not one."""
    name = partition_name(table, month)
    if not any(one.name == name for one in list_detached(connection)):
        raise PartitionRefused(f"{name} is not detached")
    names = {
        "table": sql.Identifier(table),
        "name": sql.Identifier(name),
        "begin": sql.Literal(_edge(month)),
        "end": sql.Literal(_edge(add_months(month, 1))),
    }
    with connection.transaction():
        _wait_briefly(connection)
        connection.execute(_attach(names))
        connection.execute("DELETE FROM detached_partitions WHERE name = %s", (name,))
        close_partition(connection, name)
    return name


def _attach(names: dict[str, Any]) -> sql.Composed:
    return sql.SQL(
        "ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})"
    ).format(**names)


def _alter(source: str, action: str, constraint: str) -> sql.Composed:
    # regclass's text comes quoted where it has to be.
    return sql.SQL(f"ALTER TABLE {source} {action}").format(sql.Identifier(constraint))


def _wait_briefly(connection: Connection) -> None:
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(LOCK_TIMEOUT)))


def _edge(month: date) -> str:
    return f"{month.isoformat()} 00:00:00+00"
