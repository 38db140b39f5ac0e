"""What stands in a schema, and the facts of the seed."""

import json
from typing import Any, NamedTuple

import psycopg

from flylive.database.migrate import ROOT

Connection = psycopg.Connection[Any]


class Column(NamedTuple):
    """A column: `kind` is the bare type's name, `length` that of a bounded text."""

    type: str
    kind: str
    length: int | None
    is_required: bool
    default: str | None
    is_generated: bool


class Key(NamedTuple):
    """A foreign key of one column."""

    column: str
    target: str
    target_column: str


def seed_tables() -> dict[str, Any]:
    """The seed's tables by name, as ``seed/facts.json`` has them."""
    facts = json.loads((ROOT / "seed" / "facts.json").read_text(encoding="utf-8"))
    tables: dict[str, Any] = facts["tables"]
    return tables


def read_tables(connection: Connection, schema: str) -> dict[str, dict[str, Column]]:
    """Every table of a schema with its columns, partitions aside."""
    found: dict[str, dict[str, Column]] = {}
    for table, name, *column in connection.execute(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typname,
               CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4
                    THEN a.atttypmod - 4 END,
               a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> ''
        FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition
        ORDER BY c.relname, a.attnum
        """,
        (schema,),
    ):
        found.setdefault(table, {})[name] = Column(*column)
    return found


def read_keys(connection: Connection, schema: str) -> dict[str, list[Key]]:
    """The foreign keys of one column, by table."""
    found: dict[str, list[Key]] = {}
    for table, *key in connection.execute(
        """
        SELECT c.relname, a.attname, t.relname, b.attname
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_class t ON t.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
        WHERE k.contype = 'f' AND k.conparentid = 0 AND cardinality(k.conkey) = 1
          AND c.relnamespace = to_regnamespace(%s)
        ORDER BY c.relname, a.attname
        """,
        (schema,),
    ):
        found.setdefault(table, []).append(Key(*key))
    return found


def read_definitions(connection: Connection, schema: str) -> dict[str, set[str]]:
    """Constraints and indexes by table, each in PostgreSQL's own words and without names."""
    found: dict[str, set[str]] = {}
    for table, words in connection.execute(
        """
        SELECT c.relname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = to_regnamespace(%(schema)s) AND k.conparentid = 0
          AND k.contype IN ('c', 'f', 'p', 'u', 'x')
        UNION ALL
        SELECT c.relname,
               regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (.*)INDEX .* USING ',
                              '\\1INDEX USING ')
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = to_regnamespace(%(schema)s) AND NOT c.relispartition
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid
                          AND k.contype IN ('p', 'u', 'x'))
        """,
        {"schema": schema},
    ):
        found.setdefault(table, set()).add(words.replace(f"{schema}.", ""))
    return found
