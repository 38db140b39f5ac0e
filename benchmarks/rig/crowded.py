"""A million people and ten million gifts with their ledger rows, in pieces that can be broken off.

Every row is a function of its number. Half of all gifts go to the first few people, as on a
platform with popular hosts (the first one gets 3 % of all of a million). The rows do not chain
into balances: what staff look at is read, not proved. Ledger and gift lines are loaded beside each
other over two connections, without waiting for the disk; checks hold, foreign keys are right by
how the rows are made.
"""

import threading
import time
from collections.abc import Callable
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

PIECE = 250_000
PEOPLE_PIECE = 100_000
COUNTRIES = ["PK", "AE", "SA", "IN", "EG", "TR", "DE", "BR", "ID", "PH"]
Say = Callable[[str], None]

_BEGIN = """
CREATE SCHEMA IF NOT EXISTS crowd;
CREATE TABLE IF NOT EXISTS crowd.load (
    users bigint, gifts bigint, begins timestamptz, ends timestamptz);
CREATE TABLE IF NOT EXISTS crowd.done (step text PRIMARY KEY, seconds double precision)
"""
_PEOPLE = """
INSERT INTO users (id, name, email, signature, password, dob, gender, country, coin_balance,
                   diamond_balance, last_active_at, created_at, updated_at)
SELECT i, 'Crowd ' || i, 'crowd' || i || '@example.com', 100000000 + i, '!', '1990-01-01',
       1 + i %% 2, (%(countries)s::text[])[1 + i %% 10], 1000 + i %% 977, 500 + i %% 331,
       %(ends)s::timestamptz - i %% 40 * interval '1 day' - i %% 86399 * interval '1 second',
       %(begins)s::timestamptz - i %% 700 * interval '1 day', %(begins)s
FROM generate_series(%(first)s::bigint, %(last)s::bigint) i
"""
_CATALOGUE = """
INSERT INTO gifts (id, name, price, thumbnail_url, category)
SELECT i, 'Gift ' || i, i * 10, '/assets/gifts/rose.svg', 'normal' FROM generate_series(1, 20) i;
INSERT INTO rooms (id, user_id, name, logo, country)
SELECT i, i, 'Room ' || i, '/assets/rooms/room-1.svg', 'PK' FROM generate_series(1, 1000) i
"""
# Who gives: anybody; to whom: the lower the id, the more often. In a room four times of five.
_GIVEN = """
    SELECT i, 1 + r1 %% %(users)s AS sender,
           CASE WHEN raw = 1 + r1 %% %(users)s THEN 1 + raw %% %(users)s ELSE raw END AS recipient,
           1 + i %% 20 AS gift, 1 + r1 %% 3 AS quantity,
           CASE WHEN i %% 5 > 0 THEN 1 + r1 %% 1000 END AS room,
           %(begins)s::timestamptz + (%(ends)s::timestamptz - %(begins)s::timestamptz)
                                   * (i::float8 / %(gifts)s) AS at
    FROM (SELECT i, hashint8extended(i, 1) & 1073741823 AS r1,
                 1 + floor(%(users)s * power((hashint8extended(i, 2) & 1073741823)
                                             / 1073741824.0::float8, 4))::bigint AS raw
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) i) s
"""
_LINES = f"""
INSERT INTO gift_transactions (id, batch_id, sender_id, recipient_id, gift_id, room_id, quantity,
                               price, total_cost, recipient_earnings, platform_fee, sent_at)
SELECT i, i, sender, recipient, gift, room, quantity, gift * 10, gift * 10 * quantity,
       gift * 5 * quantity, gift * 5 * quantity, at
FROM ({_GIVEN}) g
"""
_LEDGER = f"""
INSERT INTO transactions (user_id, beneficiary_id, type, direction, currency_type, amount, quantity,
    user_balance_before, user_balance_after, beneficiary_currency_type, beneficiary_amount,
    beneficiary_balance_before, beneficiary_balance_after, transactionable_type,
    transactionable_id, created_at, updated_at)
SELECT sender, recipient, 'gift', 1, 1, gift * 10 * quantity, quantity, 100000,
       100000 - gift * 10 * quantity, 2, gift * 5 * quantity, 1000, 1000 + gift * 5 * quantity,
       'GiftTransaction', i, at, at
FROM ({_GIVEN}) g
UNION ALL
SELECT sender, NULL::bigint, kind, direction, currency, amount, 1, 100000,
       100000 + CASE direction WHEN 2 THEN amount ELSE -amount END, NULL::smallint, NULL::numeric,
       NULL::numeric, NULL::numeric, NULL, NULL::bigint, at, at
FROM ({_GIVEN}) g,
     (VALUES ('recharge', 2, 1, 500), ('exchange', 1, 2, 100), ('exchange', 2, 1, 50),
             ('adjustment', 2, 1, 10)) AS k (kind, direction, currency, amount)
WHERE i %% CASE kind WHEN 'recharge' THEN 10 WHEN 'exchange' THEN 20 ELSE 5000 END = 0
ORDER BY 17
"""
_AFTER = {
    "numbers": "SELECT " + ", ".join(
        f"setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
        for name in ("users", "gifts", "rooms", "transactions", "gift_transactions")
    ),
    "boards": """
        INSERT INTO ranking_scores (category, subcategory, period, period_start, subject_id,
                                    country, score, band)
        SELECT c.name, '', 'daily', CURRENT_DATE, s.id, u.country, s.score, ranking_band(s.score)
        FROM (VALUES ('wealth'), ('charm')) AS c (name), LATERAL (
            SELECT CASE c.name WHEN 'wealth' THEN sender_id ELSE recipient_id END AS id,
                   (sum(total_cost) * 100)::bigint AS score
            FROM gift_transactions WHERE sent_at >= date_trunc('day', now(), 'UTC') GROUP BY 1) AS s
        JOIN users u ON u.id = s.id
    """,
    "vacuum of people": "VACUUM (ANALYZE) users",
    "vacuum of gifts": "VACUUM (ANALYZE) gift_transactions",
    "vacuum of the ledger": "VACUUM (ANALYZE) transactions",
    "vacuum": "VACUUM (ANALYZE)",
    "checkpoint": "CHECKPOINT",
}  # fmt: skip


class _Loader:
    """One connection's part of the work, step after step until the deadline."""

    def __init__(self, dsn: str, values: dict[str, Any], deadline: float, say: Say) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.values, self.deadline, self.say = values, deadline, say
        self.is_done = True
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "work_mem = '256MB'",
            "maintenance_work_mem = '512MB'",
            "statement_timeout = 0",
        ):
            self.connection.execute(f"SET {setting}".encode())
        found = self.connection.execute("SELECT step FROM crowd.done").fetchall()
        self.done = {step for (step,) in found}

    def step(self, name: str, statement: str, **more: Any) -> bool:
        """Run it, unless it was; False once time is over."""
        if name in self.done:
            return True
        if time.monotonic() > self.deadline:
            self.is_done = False
            return False
        started = time.monotonic()
        note = "INSERT INTO crowd.done VALUES (%s, %s)"
        given = self.values | more if "%(" in statement else None
        if statement.startswith(("VACUUM", "CHECKPOINT")):
            self.connection.execute(statement.encode())
            self.connection.execute(note.encode(), (name, time.monotonic() - started))
        else:
            with self.connection.transaction():
                self.connection.execute(statement.encode(), given)
                self.connection.execute(note.encode(), (name, time.monotonic() - started))
        self.say(f"{name}: {time.monotonic() - started:.1f} s")
        return True

    def pieces(self, name: str, statement: str, count: int, size: int) -> None:
        """The same statement over numbers 1 to `count`, in pieces."""
        for first in range(1, count + 1, size):
            last = min(first + size - 1, count)
            if not self.step(f"{name} to {last:,} of {count:,}", statement, first=first, last=last):
                return


def fill(
    superuser_dsn: str, users: int, gifts: int, days: int, seconds: float, say: Say = print
) -> bool:
    """Load what is missing into a migrated database; False where `seconds` were over before.

    The next run goes on from there. `superuser_dsn` spares the checks of foreign keys.
    """
    deadline = time.monotonic() + seconds
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(_BEGIN.encode())
        if connection.execute("SELECT FROM crowd.load").fetchone() is None:
            ends = datetime.now(UTC)
            connection.execute(
                "INSERT INTO crowd.load VALUES (%s, %s, %s, %s)",
                (users, gifts, ends - timedelta(days=days), ends),
            )
        load = connection.execute("SELECT * FROM crowd.load").fetchone()
        assert load is not None
        if load[:2] != (users, gifts):
            raise SystemExit(f"the folder holds {load[0]:,} users and {load[1]:,} gifts")
        _make_months(connection, load[2].date(), load[3].date())
    values = dict(zip(("users", "gifts", "begins", "ends"), load, strict=True))
    values |= {"countries": COUNTRIES}
    first, second = (_Loader(superuser_dsn, values, deadline, say) for _ in range(2))
    try:
        first.step("catalogue", _CATALOGUE)
        _side_by_side(
            lambda: first.pieces("gift lines", _LINES, gifts, PIECE),
            lambda: (
                second.pieces("people", _PEOPLE, users, PEOPLE_PIECE),
                second.pieces("ledger", _LEDGER, gifts, PIECE),
            ),
        )  # fmt: skip
        for name, statement in _AFTER.items():
            if not (first.is_done and second.is_done):
                return False
            first.step(name, statement)
        return first.is_done
    finally:
        first.connection.close()
        second.connection.close()


def _side_by_side(*parts: Callable[[], object]) -> None:
    """Each in a thread of its own; what one raises is raised."""
    faults: list[BaseException] = []

    def run(part: Callable[[], object]) -> None:
        try:
            part()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def _make_months(connection: psycopg.Connection[Any], begin: date, end: date) -> None:
    connection.execute(f"SET ROLE {OWNER}".encode())
    present = {partition.name for partition in list_partitions(connection)}
    month = begin.replace(day=1)
    while month <= end:
        for table in PARTITIONED:
            if partition_name(table, month) not in present:
                create_partition(connection, table, month)
        month = add_months(month, 1)
    connection.execute("RESET ROLE")
