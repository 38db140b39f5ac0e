"""What is found before anything is done, and whether that can be adopted at all."""

from dataclasses import dataclass, field
from typing import NamedTuple

from flylive.adoption.catalogue import Column, Connection, read_tables, seed_tables
from flylive.adoption.errors import CannotAdopt

ASIDE_SCHEMA = "laravel"
"""Where the old tables stand after an adoption."""

MIN_SERVER = 150000

LEFT_ASIDE = {
    "jobs": "jobs of Laravel can be run by Laravel alone: run its queue empty before",
    "failed_jobs": "failed jobs of Laravel can be tried again by Laravel alone",
    "cache": "a cache is filled anew",
    "sessions": "Laravel's web sessions end: their payloads are PHP's; tokens go on working",
    "password_reset_tokens": "links sent for a forgotten password end: ask for another",
    "phone_reset_tokens": "codes sent for a forgotten password end: ask for another",
}
"""Tables of the seed whose rows are not carried over, and why."""


class Referring(NamedTuple):
    """A foreign key of a table that is none of ours: it goes on pointing at the old table."""

    table: str
    name: str
    definition: str
    repair: str


@dataclass
class Survey:
    """What stands in ``public``."""

    tables: dict[str, dict[str, Column]]
    missing: list[str]
    beside: dict[str, int]
    referring: list[Referring]
    views: list[str]
    triggers: list[str]
    partitions: list[str]
    sessions: list[str]
    refusals: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises CannotAdopt that names everything that stands in the way."""
        if self.refusals:
            raise CannotAdopt("\n".join(self.refusals))


def look(connection: Connection) -> Survey:
    """Read the catalogue; changes nothing."""
    seed = seed_tables()
    all_tables = read_tables(connection, "public")
    if "alembic_version" in all_tables:
        raise CannotAdopt(
            "This database is FlyLive's already (it has alembic_version): `flylive migrate` keeps"
            " it up to date, and there is nothing to adopt."
        )
    tables = {name: all_tables[name] for name in seed if name in all_tables}
    survey = Survey(
        tables=tables,
        missing=[name for name in seed if name not in tables],
        beside=_count_beside(connection, [name for name in all_tables if name not in seed]),
        referring=_referring(connection, list(seed)),
        views=_views(connection, list(seed)),
        triggers=_triggers(connection, list(seed)),
        partitions=_partitions(connection, list(seed)),
        sessions=_sessions(connection) if "users" in tables else [],
    )
    survey.refusals.extend(_refusals(connection, survey))
    return survey


def _refusals(connection: Connection, survey: Survey) -> list[str]:
    found: list[str] = []
    seed = seed_tables()
    if connection.info.server_version < MIN_SERVER:
        found.append("PostgreSQL 15 or newer is needed: upgrade the server first.")
    needed = [name for name in survey.missing if not seed[name]["laravel"]]
    if needed:
        found.append(
            f"Tables of the seed are missing: {', '.join(needed)}. If this is the right database,"
            " make them, empty, with the seed's columns."
        )
    for table, columns in survey.tables.items():
        lost = [
            name
            for name, facts in seed[table]["columns"].items()
            if name not in columns and not facts["nullable"] and table not in LEFT_ASIDE
        ]
        if lost:
            found.append(f"{table} lacks columns that must have a value: {', '.join(lost)}.")
    foreign = [
        name
        for (name,) in connection.execute(
            """
            SELECT c.relname FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND c.relname = ANY(%s) AND NOT pg_has_role(c.relowner, 'USAGE')
            ORDER BY 1
            """,
            (list(survey.tables),),
        )
    ]
    if foreign:
        found.append(
            f"Another role owns {', '.join(foreign)}: let FLYLIVE_OWNER_DATABASE_URL name the owner"
            " of Laravel's tables, or one who is a member of it."
        )
    may = connection.execute(
        "SELECT has_database_privilege(current_database(), 'CREATE'),"
        " has_schema_privilege('public', 'CREATE'), to_regnamespace(%s) IS NULL",
        (ASIDE_SCHEMA,),
    ).fetchone()
    assert may is not None
    if not may[0]:
        found.append("The owner may not make a schema here: GRANT CREATE ON DATABASE to it.")
    if not may[1]:
        found.append("The owner may not make tables here: GRANT CREATE ON SCHEMA public to it.")
    if not may[2]:
        found.append(
            f'There is a schema "{ASIDE_SCHEMA}" already, where the old tables are to stand:'
            " rename or drop it."
        )
    return found


def _count_beside(connection: Connection, tables: list[str]) -> dict[str, int]:
    """Tables that are none of the seed's, with PostgreSQL's estimate of their rows."""
    return dict(
        connection.execute(
            """
            SELECT relname, GREATEST(reltuples, 0)::bigint FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s) ORDER BY relname
            """,
            (tables,),
        ).fetchall()
    )


def _referring(connection: Connection, seed: list[str]) -> list[Referring]:
    rows = connection.execute(
        """
        SELECT k.conrelid::regclass::text, quote_ident(k.conname), pg_get_constraintdef(k.oid)
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class t ON t.oid = k.confrelid
        WHERE k.contype = 'f' AND k.conparentid = 0 AND t.relname = ANY(%(seed)s)
          AND t.relnamespace = 'public'::regnamespace
          AND NOT (n.nspname = 'public' AND c.relname = ANY(%(seed)s))
        ORDER BY 1, 2
        """,
        {"seed": seed},
    ).fetchall()
    return [
        Referring(
            table,
            name,
            definition,
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition};",
        )
        for table, name, definition in rows
    ]


def _views(connection: Connection, seed: list[str]) -> list[str]:
    rows = connection.execute(
        """
        SELECT DISTINCT r.ev_class::regclass::text
        FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY(%s)
          AND r.ev_class <> t.oid
        ORDER BY 1
        """,
        (seed,),
    ).fetchall()
    return [name for (name,) in rows]


def _triggers(connection: Connection, seed: list[str]) -> list[str]:
    rows = connection.execute(
        """
        SELECT c.relname || '.' || g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
        WHERE NOT g.tgisinternal AND c.relnamespace = 'public'::regnamespace
          AND c.relname = ANY(%s)
        ORDER BY 1
        """,
        (seed,),
    ).fetchall()
    return [name for (name,) in rows]


def _partitions(connection: Connection, seed: list[str]) -> list[str]:
    """Partitions that the old tables have, which move along with them."""
    rows = connection.execute(
        """
        SELECT c.oid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_class t ON t.oid = i.inhparent
        WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY(%s)
          AND c.relnamespace = 'public'::regnamespace
        ORDER BY 1
        """,
        (seed,),
    ).fetchall()
    return [name for (name,) in rows]


def _sessions(connection: Connection) -> list[str]:
    """Who else is connected and could write to the old tables."""
    rows = connection.execute(
        """
        SELECT format('%s, %s (process %s)', usename,
                      COALESCE(NULLIF(application_name, ''), 'unnamed'), pid)
        FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'
          AND pid <> pg_backend_pid()
          AND has_table_privilege(usesysid, 'public.users', 'INSERT, UPDATE, DELETE')
        ORDER BY pid
        """
    ).fetchall()
    return [words for (words,) in rows]
