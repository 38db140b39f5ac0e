"""Monthly partitions of the ledger and of the gifts, made ahead of time by the owner.

A month without a partition of its own loses nothing: its rows lie in the DEFAULT one, whose
count :func:`list_partitions` reports. Months are those of UTC. Partitions are reached
through their parent alone: nobody but the owner has rights on them.
"""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, sql

from flylive.clock import now

PARTITIONED = {"transactions": "created_at", "gift_transactions": "sent_at"}
"""Partitioned tables and the column whose month decides."""

MONTHS_AHEAD = 3

Connection = psycopg.Connection[Any]


class Partition(NamedTuple):
    """A partition as the catalogue knows it; `month` None is the DEFAULT one.

    `rows` is exact for a DEFAULT partition, which ought to be empty, and PostgreSQL's
    estimate for the others (None where it has none yet).
    """

    table: str
    name: str
    month: date | None
    rows: int | None


class Detached(NamedTuple):
    """A month that was taken out of its table and stands beside it under its own name."""

    name: str
    table: str
    month: date


class Ensured(NamedTuple):
    """Names of the partitions made, and of those that rows in DEFAULT stand in the way of."""

    made: list[str]
    blocked: list[str]


def add_months(month: date, months: int) -> date:
    """The first day of the month so many months on (or back)."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def partition_name(table: str, month: date) -> str:
    """``transactions_y2026m11``, as in the seed."""
    return f"{table}_y{month.year:04d}m{month.month:02d}"


def list_partitions(connection: Connection) -> list[Partition]:
    """Every partition, by table and month, the DEFAULT one of each table last."""
    found: list[Partition] = []
    for table in PARTITIONED:
        rows = connection.execute(
            """
            SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.reltuples
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(%s) ORDER BY c.relname
            """,
            (table,),
        ).fetchall()
        default: list[Partition] = []
        for name, bound, estimate in rows:
            if bound == "DEFAULT":
                count = connection.execute(
                    sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
                ).fetchone()
                assert count is not None
                default.append(Partition(table, name, None, count[0]))
            else:
                found.append(
                    Partition(
                        table, name, month_of(bound), int(estimate) if estimate >= 0 else None
                    )
                )
        found.extend(default)
    return found


def list_sizes(connection: Connection, table: str) -> list[tuple[date, int]]:
    """Each month of a table and its bytes, detached ones included, oldest first.

    Anybody may ask: no right on the partitions themselves is needed.
    """
    rows = connection.execute(
        """
        SELECT pg_get_expr(c.relpartbound, c.oid), pg_relation_size(c.oid) FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s)
        """,
        (table,),
    ).fetchall()
    attached = [(month_of(bound), size) for bound, size in rows if bound != "DEFAULT"]
    detached = connection.execute(
        "SELECT month, pg_relation_size(to_regclass(name)) FROM detached_partitions"
        " WHERE table_name = %s",
        (table,),
    ).fetchall()
    return sorted([*attached, *detached])


def list_detached(connection: Connection) -> list[Detached]:
    """The months that stand beside their table, oldest first."""
    return [
        Detached(*row)
        for row in connection.execute(
            "SELECT name, table_name, month FROM detached_partitions ORDER BY table_name, month"
        )
    ]


def month_of(bound: str) -> date:
    """The month that a partition's bound says."""
    # FOR VALUES FROM ('2026-11-01 00:00:00+00') TO (…), in the zone of whoever asks.
    begins = datetime.fromisoformat(bound.split("'")[1])
    return begins.astimezone(UTC).date()


def ensure_partitions(
    connection: Connection, *, today: date | None = None, ahead: int = MONTHS_AHEAD
) -> Ensured:
    """Make what is missing from the month before `today` (UTC) to `ahead` months after it.

    `connection` is the owner's, in autocommit or not. A month whose rows already lie in
    DEFAULT cannot be made over them; its name is returned as blocked.
    """
    day = today or now().date()
    present = {partition.name for partition in list_partitions(connection)}
    ensured = Ensured([], [])
    for table in PARTITIONED:
        for offset in range(-1, ahead + 1):
            month = add_months(day, offset)
            name = partition_name(table, month)
            if name in present:
                continue
            try:
                with connection.transaction():
                    create_partition(connection, table, month)
            except errors.CheckViolation:
                ensured.blocked.append(name)
            except errors.DuplicateTable:
                # Another worker, or the job of one of the staff, made it meanwhile.
                pass
            else:
                ensured.made.append(name)
    return ensured


def create_partition(connection: Connection, table: str, month: date) -> str:
    """Make one month's partition and take back what default privileges gave others on it.

    Raises psycopg.errors.CheckViolation where rows of that month lie in DEFAULT.
    """
    name = partition_name(table, month)
    bounds = (
        f"{month.isoformat()} 00:00:00+00",
        f"{add_months(month, 1).isoformat()} 00:00:00+00",
    )
    connection.execute(
        sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
            sql.Identifier(name), sql.Identifier(table), *map(sql.Literal, bounds)
        )
    )
    close_partition(connection, name)
    return name


def close_partition(connection: Connection, name: str) -> None:
    """Leave nobody but the owner any right on a partition addressed directly."""
    grantees = connection.execute(
        """
        SELECT DISTINCT a.grantee::regrole::text
        FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(%s) AND a.grantee NOT IN (0, c.relowner)
        """,
        (name,),
    ).fetchall()
    # regrole's text comes quoted where it has to be.
    for (grantee,) in grantees:
        connection.execute(
            sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(name), sql.SQL(grantee))
        )
