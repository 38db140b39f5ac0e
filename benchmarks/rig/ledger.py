"""A ledger of millions of rows that adds up, made by a few statements.

Every row is a function of its number: which kind it is, who pays, how much. Balances before and
after are running sums over each side; orders, coin requests, gift lines, agency earnings and
answers are made from the same rows. Everybody starts with a large recharge and some diamonds,
so that nobody runs dry. The last row is of this very moment.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from flylive.database.partitions import (
    PARTITIONED,
    add_months,
    create_partition,
    list_partitions,
    partition_name,
)
from flylive.launcher.cluster import OWNER

COMMISSION_PERCENT = 10
AGENCIES = 500
KEY_DAYS = 30

# One hundred rows that follow each other; what stands in two rows is a pair.
_KINDS: list[str] = (
    ["gift"] * 42
    + ["agency_gift", "agency_commission"] * 18
    + ["transfer"] * 4
    + ["coin_request"] * 2
    + ["recharge", "recharge_bonus"] * 4
    + ["exchange_out", "exchange_in"] * 3
    + ["lucky_win"] * 2
)
_SECONDS = ("agency_commission", "recharge_bonus", "exchange_in")

_PEOPLE = """
INSERT INTO users (name, email, signature, password, dob, gender, country)
SELECT 'Bench ' || i, 'bench' || i || '@example.com', 100000000 + i, '!', '1990-01-01', 1, 'PK'
FROM generate_series(1, %(users)s) i
"""
_CATALOGUE = """
INSERT INTO gifts (name, price, thumbnail_url, category)
SELECT 'Gift ' || i, i * 10, '/assets/gifts/rose.svg', 'normal' FROM generate_series(1, 20) i;
INSERT INTO recharge_packages (name, coin_amount, bonus_coins, price)
VALUES ('Bench', 1000, 50, 9.99);
INSERT INTO agencies (name, owner_id, commission_rate)
SELECT 'Agency ' || i, i, 10 FROM generate_series(1, 500) i;
"""
_MOVEMENTS = """
CREATE TABLE bench.movements AS
WITH numbered AS (
    SELECT i, CASE WHEN i <= 2 * %(users)s THEN CASE WHEN i %% 2 = 1 THEN 'first' ELSE 'reward' END
                   ELSE (%(kinds)s::text[])[1 + i %% 100] END AS kind
    FROM generate_series(1, %(rows)s::bigint) i
), seeded AS (
    SELECT i, kind, i - (kind = ANY(%(seconds)s))::int AS s FROM numbered
), people AS (
    SELECT i, kind, s, hashint8extended(s, 1) & 1073741823 AS r,
           CASE WHEN kind IN ('first', 'reward') THEN (i + 1) / 2
                ELSE 1 + (hashint8extended(s, 2) & 1073741823) %% %(users)s END AS payer,
           1 + (hashint8extended(s, 3) & 1073741823) %% (%(users)s - 1) AS away,
           %(begin)s::timestamptz + (s - 1) * %(step)s AS at
    FROM seeded
), priced AS (
    SELECT *, 1 + (payer - 1 + away) %% %(users)s AS other, (10 * (1 + r %% 20))::numeric AS price,
           1 + r %% 3 AS count, 1 + r %% %(agencies)s AS agency FROM people
)
SELECT i AS id, s AS source, kind, at, price, count, agency,
       CASE kind WHEN 'agency_commission' THEN agency ELSE payer END AS user_id,
       CASE WHEN kind IN ('gift', 'agency_gift', 'transfer', 'coin_request') THEN other END
           AS beneficiary_id,
       CASE WHEN kind IN ('gift', 'agency_gift', 'transfer', 'coin_request', 'exchange_out')
            THEN 1 ELSE 2 END AS direction,
       CASE WHEN kind IN ('reward', 'agency_commission', 'exchange_out') THEN 2 ELSE 1 END
           AS currency,
       CASE kind WHEN 'first' THEN 10000000 WHEN 'reward' THEN 1000000
            WHEN 'gift' THEN price * count WHEN 'agency_gift' THEN price * count
            WHEN 'agency_commission' THEN price * count * 0.05
            WHEN 'recharge' THEN 1000 WHEN 'recharge_bonus' THEN 50
            WHEN 'exchange_in' THEN price / 2 ELSE price END::numeric(18,2) AS amount,
       CASE kind WHEN 'gift' THEN price * count * 0.5 WHEN 'agency_gift' THEN price * count * 0.45
            WHEN 'transfer' THEN price WHEN 'coin_request' THEN price END::numeric(18,2)
           AS beneficiary_amount
FROM priced
"""
_SIDES = """
CREATE TABLE bench.sides AS
SELECT id, is_user, sum(delta) OVER (PARTITION BY user_id, currency ORDER BY id) AS after
FROM (SELECT id, true AS is_user, user_id, currency,
             CASE direction WHEN 2 THEN amount ELSE -amount END AS delta FROM bench.movements
      UNION ALL
      SELECT id, false, beneficiary_id, CASE WHEN kind IN ('gift', 'agency_gift') THEN 2 ELSE 1 END,
             beneficiary_amount FROM bench.movements WHERE beneficiary_id IS NOT NULL) s
"""
_LEDGER = """
INSERT INTO transactions (id, user_id, beneficiary_id, type, direction, currency_type, amount,
    quantity, user_balance_before, user_balance_after, beneficiary_currency_type,
    beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after,
    transactionable_type, transactionable_id, description, metadata, created_at, updated_at)
SELECT m.id, m.user_id, m.beneficiary_id,
       CASE m.kind WHEN 'first' THEN 'recharge' WHEN 'reward' THEN 'level_reward'
            WHEN 'agency_gift' THEN 'gift' WHEN 'exchange_out' THEN 'exchange'
            WHEN 'exchange_in' THEN 'exchange' ELSE m.kind END,
       m.direction, m.currency, m.amount,
       CASE WHEN m.kind IN ('gift', 'agency_gift') THEN m.count ELSE 1 END,
       u.after + CASE m.direction WHEN 1 THEN m.amount ELSE -m.amount END, u.after,
       CASE WHEN b.id IS NULL THEN NULL WHEN m.kind IN ('gift', 'agency_gift') THEN 2 ELSE 1 END,
       m.beneficiary_amount, b.after - m.beneficiary_amount, b.after,
       CASE WHEN m.kind IN ('gift', 'agency_gift', 'agency_commission', 'lucky_win')
                 THEN 'GiftTransaction'
            WHEN m.kind IN ('first', 'recharge', 'recharge_bonus') THEN 'RechargeOrder'
            WHEN m.kind = 'coin_request' THEN 'CoinRequest' END,
       CASE WHEN m.kind IN ('gift', 'agency_gift', 'agency_commission', 'first', 'recharge',
                            'recharge_bonus', 'coin_request') THEN m.source
            WHEN m.kind = 'lucky_win' THEN m.source - m.source %% 100 + 100 END,
       CASE m.kind WHEN 'transfer' THEN 'for the party' END,
       CASE WHEN m.kind IN ('gift', 'agency_gift') THEN jsonb_build_object('gift_id',
                (m.price / 10)::int, 'price', m.price::text, 'share', '50.00')
            WHEN m.kind LIKE 'exchange%%' THEN jsonb_build_object('rate', '0.50') END,
       m.at, m.at
FROM bench.movements m JOIN bench.sides u ON u.id = m.id AND u.is_user
LEFT JOIN bench.sides b ON b.id = m.id AND NOT b.is_user
WHERE m.id > %(after)s AND m.id <= %(until)s AND u.id > %(after)s AND u.id <= %(until)s
  AND (b.id IS NULL OR b.id > 0)
ORDER BY m.id
"""
_LINES = """
INSERT INTO gift_transactions (id, batch_id, sender_id, recipient_id, gift_id, agency_id,
    quantity, price, total_cost, recipient_earnings, agency_commission, platform_fee,
    commission_rate, sent_at)
SELECT id, id, user_id, beneficiary_id, (price / 10)::int,
       CASE kind WHEN 'agency_gift' THEN agency END, count, price, amount, beneficiary_amount,
       amount * 0.5 - beneficiary_amount, amount * 0.5,
       CASE kind WHEN 'agency_gift' THEN 10 ELSE 0 END, at
FROM bench.movements WHERE kind IN ('gift', 'agency_gift') ORDER BY id
"""
_EARNINGS = """
INSERT INTO agency_earnings (agency_id, user_id, amount, commission_amount, commission_rate,
    source_type, source_id, source_date, earned_at)
SELECT agency, beneficiary_id, amount * 0.5, amount * 0.05, 10, 'gift', id, at, at
FROM bench.movements WHERE kind = 'agency_gift' ORDER BY id
"""
_ORDERS = """
INSERT INTO recharge_orders (id, user_id, package_id, provider, provider_reference, status,
    coin_amount, bonus_coins, price, currency, paid_at, created_at, updated_at)
SELECT id, user_id, 1, 'sandbox', 'bench-' || id, 'paid', amount,
       CASE kind WHEN 'recharge' THEN 50 ELSE 0 END, 9.99, 'USD', at, at, at
FROM bench.movements WHERE kind IN ('first', 'recharge') ORDER BY id
"""
_REQUESTS = """
INSERT INTO coin_requests (id, user_id, requested_from, amount, type, status, updated_by,
    created_at, updated_at)
SELECT id, beneficiary_id, user_id, amount, 'purchase', 'approved', user_id, at, at
FROM bench.movements WHERE kind = 'coin_request' ORDER BY id
"""
_ANSWERS = """
INSERT INTO idempotency_keys (user_id, key, fingerprint, status, answer, created_at)
SELECT user_id, 'bench-' || id, sha256(int8send(id)), 201, json_build_object('id', id,
       'gift', json_build_object('id', (price / 10)::int, 'name', 'Gift'),
       'quantity', count, 'total_cost', amount::text,
       'lines', json_build_array(json_build_object('gift_transaction_id', id, 'recipient_id',
       beneficiary_id, 'recipient_earnings', beneficiary_amount::text))), at
FROM bench.movements WHERE kind IN ('gift', 'agency_gift') AND at > %(keys)s
"""
_BALANCES = """
UPDATE users u SET coin_balance = s.coins, diamond_balance = s.diamonds, total_spent = s.spent,
                   total_received = s.received
FROM (SELECT user_id, sum(delta) FILTER (WHERE currency = 1) AS coins,
             sum(delta) FILTER (WHERE currency = 2) AS diamonds,
             COALESCE(sum(-delta) FILTER (WHERE is_spent), 0) AS spent,
             COALESCE(sum(delta) FILTER (WHERE is_earned), 0) AS received
      FROM (SELECT user_id, currency, CASE direction WHEN 2 THEN amount ELSE -amount END AS delta,
                   kind IN ('gift', 'agency_gift') AS is_spent,
                   kind = 'agency_commission' AS is_earned
            FROM bench.movements
            UNION ALL
            SELECT beneficiary_id, CASE WHEN kind IN ('gift', 'agency_gift') THEN 2 ELSE 1 END,
                   beneficiary_amount, false, kind IN ('gift', 'agency_gift')
            FROM bench.movements WHERE beneficiary_id IS NOT NULL) s GROUP BY user_id) s
WHERE u.id = s.user_id
"""
SERIALS = ("transactions", "gift_transactions", "recharge_orders", "coin_requests")
PIECE = 500_000

_PROGRESS = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.steps (name text PRIMARY KEY, seconds double precision);
CREATE TABLE IF NOT EXISTS bench.span (rows bigint, users bigint, begins timestamptz,
                                       ends timestamptz)
"""


def fill(
    connection: psycopg.Connection[Any],
    rows: int,
    users: int,
    days: int,
    seconds: float,
    say: Callable[[str], None] = print,
) -> bool:
    """Put `rows` ledger rows of `users` people over the last `days` days into a fresh database.

    In steps, each committed with a note that it is done; returns False where `seconds` were over
    before all were, and goes on from there the next time. `connection` is a superuser's, in
    autocommit: checks of foreign keys are spared while the rows come in.
    """
    deadline = time.monotonic() + seconds
    connection.execute(_PROGRESS.encode())
    # Whole hundreds, so that no pair is cut in two.
    rows = rows - rows % 100
    assert users % 50 == 0, "users must be a multiple of 50"
    assert users > AGENCIES, "there are as many agencies as that"
    if connection.execute("SELECT FROM bench.span").fetchone() is None:
        end = datetime.now(UTC)
        connection.execute(
            "INSERT INTO bench.span VALUES (%s, %s, %s, %s)",
            (rows, users, end - timedelta(days=days), end),
        )
    span = connection.execute("SELECT * FROM bench.span").fetchone()
    assert span is not None
    assert span[:2] == (rows, users), f"the folder holds another ledger: {span}"
    begin, end = span[2:]
    values = {
        "rows": rows - 1,
        "users": users,
        "kinds": _KINDS,
        "seconds": list(_SECONDS),
        "begin": begin,
        "step": (end - begin) / rows,
        "agencies": AGENCIES,
        "keys": end - timedelta(days=KEY_DAYS),
    }
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET work_mem = '256MB'")
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("SET synchronous_commit = off")
    _make_months(connection, begin.date(), end.date())
    done = {name for (name,) in connection.execute("SELECT name FROM bench.steps")}
    for name, statement, more in _steps(rows):
        if name in done:
            continue
        if time.monotonic() > deadline:
            return False
        started = time.monotonic()
        with connection.transaction():
            # Without parameters several statements may stand together.
            connection.execute(statement.encode(), values | more if "%(" in statement else None)
            took = time.monotonic() - started
            connection.execute("INSERT INTO bench.steps VALUES (%s, %s)", (name, took))
        say(f"{name}: {took:.1f} s")
    connection.execute("SET session_replication_role = origin")
    if "vacuum" not in done:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        connection.execute("INSERT INTO bench.steps VALUES ('vacuum')")
    return True


def _steps(rows: int) -> Iterator[tuple[str, str, dict[str, int]]]:
    yield "people", _PEOPLE, {}
    yield "catalogue", _CATALOGUE, {}
    yield "movements", _MOVEMENTS, {}
    yield "sides", _SIDES, {}
    yield "index of sides", "CREATE INDEX ON bench.sides (id, is_user) INCLUDE (after)", {}
    yield "index of movements", "CREATE INDEX ON bench.movements (id)", {}
    yield "statistics", "ANALYZE bench.sides; ANALYZE bench.movements", {}
    for after in range(0, rows, PIECE):
        yield f"ledger from {after}", _LEDGER, {"after": after, "until": after + PIECE}
    yield "gift lines", _LINES, {}
    yield "agency earnings", _EARNINGS, {}
    yield "orders", _ORDERS, {}
    yield "coin requests", _REQUESTS, {}
    yield "answers", _ANSWERS, {}
    yield "balances", _BALANCES, {}
    for table in SERIALS:
        counted = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
        yield f"numbers of {table}", counted, {}
    yield "tidy", "DROP TABLE bench.sides, bench.movements", {}


def _make_months(connection: psycopg.Connection[Any], begin: date, end: date) -> None:
    connection.execute(f"SET ROLE {OWNER}")
    present = {partition.name for partition in list_partitions(connection)}
    month = begin.replace(day=1)
    while month <= end:
        for table in PARTITIONED:
            if partition_name(table, month) not in present:
                create_partition(connection, table, month)
        month = add_months(month, 1)
    connection.execute("RESET ROLE")
