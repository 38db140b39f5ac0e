"""Everything that a database is: its catalogue and every row, to be compared before and after."""

from typing import Any

import psycopg

_CATALOGUE = {
    "schemas": "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'",
    "relations": """
        SELECT c.oid, n.nspname, c.relname, c.relkind, c.relacl::text, c.reloptions::text,
               c.relrowsecurity
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
          AND n.nspname !~ '^pg_temp'
    """,
    "columns": """
        SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace
    """,
    "constraints": """
        SELECT oid, conname, conrelid, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "functions": "SELECT oid, proname FROM pg_proc WHERE pronamespace >= 16384"
    " OR pronamespace = 'public'::regnamespace",
    "types": "SELECT oid, typname FROM pg_type WHERE typnamespace = 'public'::regnamespace",
    "extensions": "SELECT extname, extnamespace FROM pg_extension",
    "defaults": "SELECT defaclrole, defaclobjtype, defaclacl::text FROM pg_default_acl",
}


def fingerprint(dsn: str) -> dict[str, Any]:
    """The catalogue, each table's rows and each sequence's place, by name."""
    with psycopg.connect(dsn) as connection:
        found: dict[str, Any] = {
            name: sorted(map(repr, connection.execute(query.encode()).fetchall()))
            for name, query in _CATALOGUE.items()
        }
        for schema, table, kind in connection.execute(
            """
            SELECT n.nspname, c.relname, c.relkind FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'S') AND n.nspname NOT LIKE 'pg\\_%'
              AND n.nspname <> 'information_schema'
            """
        ).fetchall():
            # Where a row lies and who wrote it: a row that was rewritten is not untouched.
            what = "ctid, xmin, t" if kind == "r" else "last_value, is_called"
            rows = connection.execute(f'SELECT {what} FROM "{schema}"."{table}" t'.encode())
            found[f"{schema}.{table}"] = sorted(map(repr, rows.fetchall()))
    return found
