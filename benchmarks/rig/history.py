"""Millions of older gifts, with all that belongs to them, in pieces that can be interrupted.

Gifts are given in rounds: in each, everybody gives one and gets one, so that every balance in the
ledger is known from the round's number and ``flylive verify`` finds a whole chain. The rows of a
load lie evenly between the newest row that is there (a year ago at first) and now.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from benchmarks.rig.platform import Server
from flylive.database.partitions import PARTITIONED, create_partition, list_partitions

PIECE_ROUNDS = 2
ANSWER_DAYS = 30
"""Older answers are pruned by the product, so they are not made."""
FIRST_DAYS = 365

# In a schema of their own: a migration gives rights on all tables of the platform's.
_BEGIN = (
    "CREATE SCHEMA IF NOT EXISTS older",
    "DROP TABLE IF EXISTS older.base",
    """
    CREATE TABLE older.load AS
    SELECT %(rounds)s::bigint AS rounds, 0::bigint AS done,
           %(since)s::timestamptz AS since, %(until)s::timestamptz AS until,
           (SELECT COALESCE(max(id), 0) FROM transactions) AS ledger_id,
           (SELECT COALESCE(max(id), 0) FROM gift_transactions) AS line_id
    """,
    """
    CREATE TABLE older.base AS
    SELECT row_number() OVER (ORDER BY id) AS n, id, coin_balance AS coins,
           diamond_balance AS diamonds, total_spent AS spent, total_received AS received,
           wealth_xp, charm_xp
    FROM users WHERE coin_balance > 10 * %(rounds)s
    """,
    "ALTER TABLE older.base ADD PRIMARY KEY (n)",
    "ANALYZE older.base",
)
# In round k the giver n gives to the one `1 + k * 7919 % (people - 1)` places further on.
_PIECE = """
    WITH people AS (SELECT count(*) AS people FROM older.base),
    given AS MATERIALIZED (
        SELECT (k * people + n)::bigint AS i, k, n,
               1 + (n - 1 + 1 + k * 7919 %% (people - 1)) %% people AS m,
               l.since + (l.until - l.since) * ((k * people + n)::float8 / (l.rounds * people))
                   AS at,
               l.ledger_id, l.line_id
        FROM older.load l, people, generate_series(%(first)s::bigint, %(last)s::bigint) AS k,
             generate_series(1, people) AS n
    ), sides AS MATERIALIZED (
        SELECT g.*, s.id AS sender, r.id AS recipient, s.coins - 10 * k AS coins,
               r.diamonds + 5 * k AS diamonds
        FROM given g JOIN older.base s ON s.n = g.n JOIN older.base r ON r.n = g.m
    ), booked AS (
        INSERT INTO transactions (
            id, user_id, beneficiary_id, type, direction, currency_type, amount, quantity,
            user_balance_before, user_balance_after, beneficiary_currency_type,
            beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after,
            transactionable_type, transactionable_id, description, metadata,
            created_at, updated_at)
        SELECT ledger_id + i, sender, recipient, 'gift', 1, 1, 10, 1, coins, coins - 10, 2, 5,
               diamonds, diamonds + 5, 'GiftTransaction', line_id + i, 'Gift 1',
               '{"gift_id": 1, "price": "10.00", "share": "50.00", "commission_rate": "0.00"}',
               at, at
        FROM sides ORDER BY i
    ), answered AS (
        INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
        SELECT sender, 'older-' || (line_id + i), sha256(int8send(line_id + i)), 201,
               json_build_object(
                   'id', line_id + i, 'total_cost', '10.00', 'coin_balance', (coins - 10)::text,
                   'wealth_xp', 10, 'level_up', NULL, 'combo', 1, 'lucky', NULL,
                   'lines', json_build_array(json_build_object(
                       'recipient_id', recipient, 'gift_transaction_id', line_id + i,
                       'recipient_earnings', '5.00', 'charm_xp_awarded', 10))),
               at
        FROM sides WHERE at > %(answers)s ORDER BY i
    )
    INSERT INTO gift_transactions (
        id, batch_id, sender_id, recipient_id, gift_id, quantity, price, total_cost,
        recipient_earnings, agency_commission, platform_fee, commission_rate,
        wealth_xp_awarded, charm_xp_awarded, combo, sent_at)
    SELECT line_id + i, line_id + i, sender, recipient, 1, 1, 10, 10, 5, 0, 5, 0, 10, 10, 1, at
    FROM sides ORDER BY i
"""
_END = (
    """
    UPDATE users u SET
        coin_balance = b.coins - 10 * l.rounds, diamond_balance = b.diamonds + 5 * l.rounds,
        total_spent = b.spent + 10 * l.rounds, total_received = b.received + 5 * l.rounds,
        wealth_xp = b.wealth_xp + 10 * l.rounds, charm_xp = b.charm_xp + 10 * l.rounds
    FROM older.base b, older.load l WHERE u.id = b.id
    """,
    "SELECT setval(pg_get_serial_sequence('transactions', 'id'), max(id)) FROM transactions",
    "SELECT setval(pg_get_serial_sequence('gift_transactions', 'id'), max(id))"
    " FROM gift_transactions",
    "DROP TABLE older.base",
    "DROP TABLE older.load",
)
_PREPARE = (
    # The checks of foreign keys are spared while rows come in whose ends are known to be there.
    "SET session_replication_role = replica",
    "SET synchronous_commit = off",
    "SET work_mem = '256MB'",
    "SET jit = off",
)


def count(connection: psycopg.Connection[Any]) -> int:
    """How many gift lines are there, as far as their sequence tells."""
    row = connection.execute("SELECT COALESCE(max(id), 0) FROM gift_transactions").fetchone()
    assert row is not None
    return int(row[0])


def add(
    server: Server, gifts: int, givers: int, seconds: float, say: Callable[[str], None]
) -> bool:
    """Add `gifts` older gifts by so many `givers`, or go on where a call before was interrupted.

    Stops after `seconds`; whether all of them are there. Nobody else may write meanwhile, nor
    before it is done.
    """
    end = time.monotonic() + seconds
    with psycopg.connect(
        server.insider_url, autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        for statement in _PREPARE:
            connection.execute(statement)
        if _found(connection) is None:
            _begin(server, connection, -(-gifts // givers))
        while (load := _found(connection)) and load[1] < load[0]:
            rounds, done = load
            if time.monotonic() > end:
                return False
            last = min(done + PIECE_ROUNDS, rounds) - 1
            with connection.transaction():
                connection.execute(
                    _PIECE,
                    {
                        "first": done,
                        "last": last,
                        "answers": datetime.now(UTC) - timedelta(days=ANSWER_DAYS),
                    },
                )
                connection.execute("UPDATE older.load SET done = %s", (last + 1,))
            say(f"round {last + 1} of {rounds}")
        with connection.transaction():
            for statement in _END:
                connection.execute(statement)
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    return True


def is_begun(server: Server) -> bool:
    """Whether a load was interrupted and has to go on before anything is measured."""
    with psycopg.connect(server.insider_url, autocommit=True) as connection:
        return _found(connection) is not None


def _found(connection: psycopg.Connection[Any]) -> tuple[int, int] | None:
    exists = connection.execute("SELECT to_regclass('older.load')").fetchone()
    if exists is None or exists[0] is None:
        return None
    row = connection.execute("SELECT rounds, done FROM older.load").fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _begin(server: Server, connection: psycopg.Connection[Any], rounds: int) -> None:
    newest = connection.execute("SELECT max(sent_at) FROM gift_transactions").fetchone()
    until = datetime.now(UTC)
    since = newest[0] if newest and newest[0] else until - timedelta(days=FIRST_DAYS)
    with psycopg.connect(server.addresses.owner_url, autocommit=True) as owner:
        _make_partitions(owner, since.date(), until.date())
    with connection.transaction():
        for statement in _BEGIN:
            connection.execute(
                statement,
                {"rounds": rounds, "since": since, "until": until},
            )


def _make_partitions(connection: psycopg.Connection[Any], since: date, until: date) -> None:
    present = {partition.name for partition in list_partitions(connection)}
    month = since.replace(day=1)
    while month <= until:
        for table in PARTITIONED:
            if f"{table}_y{month.year:04d}m{month.month:02d}" not in present:
                create_partition(connection, table, month)
        month = (month + timedelta(days=32)).replace(day=1)
