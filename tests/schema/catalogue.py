"""The live catalogue, read from PostgreSQL: what is ours, partitions and the engine's aside."""

from typing import Any, NamedTuple

import psycopg

OURS = """
    SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND c.relname NOT LIKE 'procrastinate%'
      AND c.relname <> 'alembic_version'
"""


class Column(NamedTuple):
    """A column: its type as PostgreSQL prints it, its default likewise."""

    type: str
    is_nullable: bool
    default: str | None


class Constraint(NamedTuple):
    """A constraint; `kind` is c(heck), f(oreign), p(rimary), u(nique)."""

    table: str
    name: str
    kind: str
    columns: tuple[str, ...]
    target: str | None
    on_delete: str
    definition: str


class Index(NamedTuple):
    """An index; `columns` as PostgreSQL prints them (expressions, DESC)."""

    table: str
    name: str
    method: str
    columns: tuple[str, ...]
    is_unique: bool
    where: str | None


ON_DELETE = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "DEFAULT"}


def read_columns(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Column]]:
    """Tables and views, with their columns in order."""
    found: dict[str, dict[str, Column]] = {}
    for table, name, kind, not_null, default in connection.execute(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND NOT c.relispartition
        ORDER BY c.relname, a.attnum
        """
    ):
        found.setdefault(table, {})[name] = Column(kind, not not_null, default)
    return found


def read_constraints(connection: psycopg.Connection[Any]) -> list[Constraint]:
    """Our constraints but NOT NULL, which :func:`read_columns` shows."""
    return [
        Constraint(table, name, kind, tuple(columns or ()), target, ON_DELETE.get(rule, ""), text)
        for table, name, kind, columns, target, rule, text in connection.execute(
            f"""
            SELECT c.conrelid::regclass::text, c.conname, c.contype::text,
                   (SELECT array_agg(a.attname::text ORDER BY k.place)
                    FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
                    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
                   nullif(c.confrelid, 0)::regclass::text, c.confdeltype::text,
                   pg_get_constraintdef(c.oid)
            FROM pg_constraint c
            WHERE c.conrelid IN ({OURS}) AND c.contype IN ('c', 'f', 'p', 'u', 'x')
              AND c.conparentid = 0
            ORDER BY 1, 2
            """
        )
    ]


def read_indexes(connection: psycopg.Connection[Any]) -> dict[str, Index]:
    """Our indexes by name, those behind primary keys and unique constraints too."""
    return {
        name: Index(table, name, method, tuple(columns), is_unique, where)
        for table, name, method, columns, is_unique, where in connection.execute(
            f"""
            SELECT i.indrelid::regclass::text, c.relname, m.amname,
                   (SELECT array_agg(pg_get_indexdef(i.indexrelid, n, true)
                                     || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN ' DESC'
                                        ELSE '' END ORDER BY n)
                    FROM generate_series(1, i.indnkeyatts) AS n),
                   i.indisunique, pg_get_expr(i.indpred, i.indrelid, true)
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_am m ON m.oid = c.relam
            WHERE i.indrelid IN ({OURS})
            ORDER BY 1, 2
            """
        )
    }
