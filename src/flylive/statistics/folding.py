"""Adding the ledger up behind whoever writes it, and making the sums anew.

Rows are folded in the order of their ids, up to the id behind which nobody can add any more (as
seals are made): the mark moves in the transaction that adds the sums, so a row counts once. Rows
of an adopted database are history and stay out: what people had then came by opening rows.
"""

from collections.abc import Callable
from typing import Any

import psycopg
import structlog

from flylive.wallet.proving.ledger import locate
from flylive.wallet.seals.sealing import read_closed_id

log = structlog.get_logger(__name__)

BATCH = 20_000
REBUILD_BATCH = 250_000
DROP_BATCH = 50_000
REBUILD_MEMORY = "128MB"
REBUILD_LOCK = 0x666C7973746174
"""The rebuilds' advisory lock: "flystat" in ASCII."""

Connection = psycopg.Connection[Any]

_BEGIN = """
    INSERT INTO statistics_marks (generation, timezone, is_current)
    SELECT 1, %s, true WHERE NOT EXISTS (SELECT FROM statistics_marks)
    ON CONFLICT DO NOTHING
"""
_CURRENT = "SELECT generation FROM statistics_marks WHERE is_current"
_CLAIM = """
    SELECT last_id, timezone FROM statistics_marks WHERE generation = %s
    FOR NO KEY UPDATE SKIP LOCKED
"""
_MOVE = "UPDATE statistics_marks SET last_id = %s, updated_at = now() WHERE generation = %s"
_ADD = """
    WITH moved AS MATERIALIZED (
        SELECT t.user_id, t.beneficiary_id, t.type, t.direction, t.currency_type, t.quantity,
               t.amount, t.beneficiary_currency_type, t.beneficiary_amount,
               date_trunc('hour', t.created_at, %(timezone)s) AS hour
        FROM {transactions} AS t
        WHERE t.id > %(after)s AND t.id <= %(until)s
    ), sides AS (
        SELECT hour, user_id, type, direction, currency_type, quantity, amount FROM moved
        UNION ALL
        SELECT hour, beneficiary_id, type, 2::smallint, beneficiary_currency_type, quantity,
               beneficiary_amount
        FROM moved WHERE beneficiary_id IS NOT NULL
    ), hours AS MATERIALIZED (
        SELECT s.hour, u.country, s.type, s.direction, s.currency_type, count(*) AS movements,
               sum(s.quantity)::bigint AS quantity, (sum(s.amount) * 100)::bigint AS amount
        FROM sides s JOIN users u ON u.id = s.user_id
        GROUP BY 1, 2, 3, 4, 5
    )
    INSERT INTO ledger_statistics AS l (generation, period, country, starts_at, type, direction,
                                        currency_type, movements, quantity, amount)
    SELECT %(generation)s, p.period, c.country,
           date_trunc(p.period, h.hour, %(timezone)s) AS starts_at, h.type, h.direction,
           h.currency_type, sum(h.movements)::bigint, sum(h.quantity)::bigint,
           sum(h.amount)::bigint
    FROM hours h, (VALUES ('hour'), ('day'), ('month')) AS p (period),
         LATERAL (VALUES (''), (h.country)) AS c (country)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (generation, period, country, starts_at, type, direction, currency_type)
    DO UPDATE SET movements = l.movements + excluded.movements,
                  quantity = l.quantity + excluded.quantity, amount = l.amount + excluded.amount
"""
_OTHER = """
    SELECT generation, timezone FROM statistics_marks WHERE NOT is_current
    ORDER BY generation DESC LIMIT 1
"""
_ANOTHER = """
    INSERT INTO statistics_marks (generation, timezone, is_current)
    SELECT max(generation) + 1, %s, false FROM statistics_marks RETURNING generation
"""
_LOCK_ALL = "SELECT FROM statistics_marks ORDER BY generation FOR UPDATE"
_RETIRE = "UPDATE statistics_marks SET is_current = false WHERE is_current"
_INSTALL = "UPDATE statistics_marks SET is_current = true WHERE generation = %s"
_DROP_ROWS = """
    DELETE FROM ledger_statistics WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ledger_statistics WHERE generation = %s LIMIT %s))
"""
_DROP_MARK = "DELETE FROM statistics_marks WHERE generation = %s AND NOT is_current"
_RETIRED = "SELECT generation FROM statistics_marks WHERE NOT is_current"
_EMPTY_NEW = "DELETE FROM statistics_gauges WHERE name = 'new'"
_FILL_NEW = """
    INSERT INTO statistics_gauges (name, period, country, starts_at, value)
    SELECT 'new', p.period, COALESCE(u.country, ''), date_trunc(p.period, u.created_at, %s),
           count(*)
    FROM users u, (VALUES ('hour'), ('day')) AS p (period)
    GROUP BY GROUPING SETS ((2, 4), (2, 4, u.country))
    ON CONFLICT (name, period, country, starts_at) DO UPDATE SET value = excluded.value
"""


class Busy(RuntimeError):
    """Somebody has been writing to the ledger for so long that its end cannot be told."""


def fold_new(dsn: str, timezone: str, *, batch: int = BATCH) -> int:
    """Fold what has come into the current generation; how many ids it went on by."""
    with psycopg.connect(dsn, application_name="flylive-statistics", autocommit=True) as connection:
        connection.execute(_BEGIN, (timezone,))
        generation = current(connection)
        closed_id = read_closed_id(connection)
        if closed_id is None:
            return 0
        total = 0
        while folded := fold(connection, generation, closed_id, batch):
            total += folded
        return total


def current(connection: Connection) -> int:
    """The generation that is shown."""
    row = connection.execute(_CURRENT).fetchone()
    assert row is not None
    return int(row[0])


def fold(connection: Connection, generation: int, closed_id: int, batch: int = BATCH) -> int:
    """Fold the next ids up to `closed_id`, in one transaction; how many it went on by.

    0 where there are none, another worker is at it, or the generation is there no more.
    """
    with connection.transaction():
        claimed = connection.execute(_CLAIM, (generation,)).fetchone()
        if claimed is None:
            return 0
        after, timezone = claimed
        until = min(after + batch, closed_id)
        if until <= after:
            return 0
        statement = _ADD.format(transactions=locate(connection).transactions)
        connection.execute(
            statement.encode(),
            {"generation": generation, "after": after, "until": until, "timezone": timezone},
        )
        connection.execute(_MOVE, (until, generation))
    return int(until - after)


def rebuild(
    dsn: str, timezone: str, say: Callable[[str], None], *, batch: int = REBUILD_BATCH
) -> int:
    """Make all sums anew from the ledger, in `timezone`; the new generation.

    The old sums are shown, and go on, until the new ones have caught up. A rebuild that was
    killed goes on where it was; one that is at work is waited for, as is what the server still
    does for one that was killed: their sums are not to be dropped, nor shown half done. Raises
    Busy.
    """
    with psycopg.connect(dsn, application_name="flylive-statistics", autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        [(is_alone,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", (REBUILD_LOCK,))
        if not is_alone:
            say("another rebuild is at work: this one begins when it is over")
            connection.execute("SELECT pg_advisory_lock(%s)", (REBUILD_LOCK,))
        connection.execute(f"SET work_mem = '{REBUILD_MEMORY}'")
        connection.execute(_BEGIN, (timezone,))
        generation = _begun(connection, timezone)
        while True:
            closed_id = read_closed_id(connection)
            if closed_id is None:
                raise Busy("somebody has been writing to the ledger for long; try again")
            advanced = 0
            while folded := fold(connection, generation, closed_id, batch):
                advanced += folded
                say(f"ledger: {_last_id(connection, generation):,} of {closed_id:,}")
            if advanced < batch:
                break
        with connection.transaction():
            connection.execute(_EMPTY_NEW)
            connection.execute(_FILL_NEW, (timezone,))
            connection.execute(_LOCK_ALL)
            connection.execute(_RETIRE)
            connection.execute(_INSTALL, (generation,))
        say("the new sums are shown")
        drop_retired(connection)
    return generation


def drop_retired(connection: Connection) -> None:
    """Delete the sums that are shown no more, in pieces."""
    for (generation,) in connection.execute(_RETIRED).fetchall():
        while connection.execute(_DROP_ROWS, (generation, DROP_BATCH)).rowcount:
            pass
        connection.execute(_DROP_MARK, (generation,))


def _begun(connection: Connection, timezone: str) -> int:
    """The generation of a rebuild that was killed, if it was for this zone; else another."""
    found = connection.execute(_OTHER).fetchone()
    if found is not None and found[0] > current(connection) and found[1] == timezone:
        return int(found[0])
    drop_retired(connection)
    made = connection.execute(_ANOTHER, (timezone,)).fetchone()
    assert made is not None
    return int(made[0])


def _last_id(connection: Connection, generation: int) -> int:
    row = connection.execute(
        "SELECT last_id FROM statistics_marks WHERE generation = %s", (generation,)
    ).fetchone()
    assert row is not None
    return int(row[0])
