"""A probe never passes what the search would name: whatever is corrupted, in any one row or two.

The searches sort and join; the probes fold and compare fingerprints. Here both look at the same
corrupted ledger, with the tables' CHECKs out of the way, as the database's owner could have it.
"""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import errors, sql

from flylive.clock import now
from flylive.wallet.invariants import (
    Invariant,
    agency_earnings,
    balances,
    chains,
    conservation,
    gift_splits,
    totals,
)
from flylive.wallet.proving import accounts
from flylive.wallet.proving.ledger import Ledger, locate
from tests.conftest import Addresses

Connection = psycopg.Connection[Any]

EXAMPLES = 3000 if os.environ.get("FLYLIVE_TEST_LONG") == "1" else 120
PEOPLE, MOVES = 4, 40
ABOUT_ACCOUNTS = (balances, chains, conservation, totals)
ABOUT_LINES = (gift_splits, agency_earnings)

_LEDGER = """
    INSERT INTO transactions (id, user_id, type, direction, currency_type, amount,
        user_balance_before, user_balance_after, beneficiary_id, beneficiary_currency_type,
        beneficiary_amount, beneficiary_balance_before, beneficiary_balance_after,
        transactionable_type, transactionable_id, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_LINE = """
    INSERT INTO gift_transactions (id, batch_id, sender_id, recipient_id, gift_id, agency_id,
        quantity, price, total_cost, recipient_earnings, agency_commission, platform_fee,
        commission_rate, sent_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_EARNING = """
    INSERT INTO agency_earnings (agency_id, user_id, amount, commission_amount, commission_rate,
        source_type, source_id, source_date, earned_at)
    VALUES (%s, %s, %s, %s, %s, 'gift', %s, %s, %s)
"""


class Writer:
    """An honest ledger of a few people, written row by row."""

    def __init__(self, connection: Connection, people: int) -> None:
        self.connection = connection
        self.at = now() - timedelta(hours=1)
        self.people = [
            connection.execute(
                "INSERT INTO users (name, email, signature, password, dob, gender, country)"
                " VALUES ('P', %s, %s, '!', '1990-01-01', 1, 'PK') RETURNING id",
                (f"probe{number}@example.com", 910_000_000 + number),
            ).fetchall()[0][0]
            for number in range(people)
        ]
        self.gift = connection.execute(
            "INSERT INTO gifts (name, price, thumbnail_url, category)"
            " VALUES ('G', 10, '/a.svg', 'normal') RETURNING id"
        ).fetchall()[0][0]
        self.agency = connection.execute(
            "INSERT INTO agencies (name, owner_id, commission_rate) VALUES ('Probe', %s, 10)"
            " RETURNING id",
            (self.people[0],),
        ).fetchall()[0][0]
        self.held: dict[tuple[int, int], int] = {}
        self.spent: dict[int, int] = {}
        self.received: dict[int, int] = {}
        self.id = 0

    def move(
        self,
        user: int,
        kind: str,
        direction: int,
        currency: int,
        amount: int,
        other: tuple[int, int, int] | None = None,
        source: int | None = None,
    ) -> None:
        """One row; `other` is the beneficiary, his currency and amount."""
        self.id += 1
        self.at += timedelta(milliseconds=10)
        before = self._put(user, currency, amount if direction == 2 else -amount)
        sides: tuple[Any, ...] = (None,) * 5
        if other is not None and other[2]:
            found = self._put(other[0], other[1], other[2])
            sides = (*other, found, found + other[2])
        if kind in ("gift", "game_bet"):
            self.spent[user] = self.spent.get(user, 0) + amount
        if kind == "agency_commission":
            self.received[user] = self.received.get(user, 0) + amount
        if kind == "gift" and other is not None:
            self.received[other[0]] = self.received.get(other[0], 0) + other[2]
        after = self.held[user, currency]
        self.connection.execute(
            _LEDGER,
            (self.id, user, kind, direction, currency, amount, before, after, *sides,
             "GiftTransaction" if source else None, source, self.at, self.at),
        )  # fmt: skip

    def give(self, user: int, other: int, price: int, count: int, share: int, fee: int) -> None:
        """A gift: its line, its row, its commission."""
        cost = price * count
        line, commission = self.id + 1, cost - share - fee
        self.move(user, "gift", 1, 1, cost, (other, 2, share), line)
        self.connection.execute(
            _LINE,
            (line, line, user, other, self.gift, self.agency if commission else None, count, price,
             cost, share, commission, fee, 10 if commission else 0, self.at),
        )  # fmt: skip
        if commission:
            at = self.at
            self.at -= timedelta(milliseconds=10)
            self.move(self.people[0], "agency_commission", 2, 2, commission, None, line)
            self.connection.execute(
                _EARNING,
                (self.agency, other, share + commission, commission, 10, line, at, at),
            )

    def close(self) -> None:
        """Let everybody hold what his rows come to."""
        for user in self.people:
            self.connection.execute(
                "UPDATE users SET coin_balance = %s, diamond_balance = %s, total_spent = %s,"
                " total_received = %s WHERE id = %s",
                (self.held.get((user, 1), 0), self.held.get((user, 2), 0),
                 self.spent.get(user, 0), self.received.get(user, 0), user),
            )  # fmt: skip

    def _put(self, user: int, currency: int, delta: int) -> int:
        before = self.held.get((user, currency), 0)
        self.held[user, currency] = before + delta
        return before


@pytest.fixture(scope="module")
def owner(addresses: Addresses) -> Iterator[Connection]:
    """Inside a transaction that is never committed, without CHECKs and foreign keys."""
    with psycopg.connect(addresses.superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "TRUNCATE transactions, gift_transactions, agency_earnings, ledger_seals CASCADE;"
            "DELETE FROM users"
        )
        checks = connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype IN ('c', 'f') AND coninhcount = 0 AND conparentid = 0"
            " AND conrelid IN ('transactions'::regclass,"
            " 'gift_transactions'::regclass, 'agency_earnings'::regclass, 'users'::regclass)"
        ).fetchall()
        for table, name in checks:
            connection.execute(
                sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )
        accounts.prepare(connection)
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def written(owner: Connection) -> Connection:
    """A few people, and what they did with their money."""
    writer, dice = Writer(owner, PEOPLE), random.Random(5)
    for user in writer.people:
        writer.move(user, "recharge", 2, 1, 1000)
        writer.move(user, "level_reward", 2, 2, 50)
    for _ in range(MOVES):
        user, other = dice.sample(writer.people, 2)
        match dice.randrange(6):
            case 0:
                writer.move(user, "transfer", 1, 1, 5, (other, 1, 5))
            case 1:
                writer.move(user, "exchange", 1, 2, 4)
                writer.move(user, "exchange", 2, 1, 2)
            case 2:
                writer.move(user, "game_bet", 1, 1, 7)
                writer.move(user, "lucky_win", 2, 1, 7)
            case _:
                writer.give(user, other, 10, dice.choice([1, 2]), *dice.choice([(5, 5), (4, 5)]))
    writer.give(*writer.people[:2], 1, 1, 0, 1)
    writer.close()
    return owner


def search(connection: Connection, ledger: Ledger, invariant: Invariant) -> int:
    """How many rows the search names, whatever a probe would say."""
    found = 0
    for part in invariant.parts(ledger):
        assert isinstance(part.query, str)
        found += len(connection.execute(part.query.encode()).fetchall())
    return found


def compare(connection: Connection) -> bool:
    """Whether all fits, by the probes; what the searches name, no probe passes."""
    ledger = locate(connection)
    fits = accounts.fit(connection, ledger)
    list(accounts.walk(connection, ledger))
    named = {
        one.INVARIANT.name: search(connection, ledger, one.INVARIANT) for one in ABOUT_ACCOUNTS
    }
    assert not fits or not any(named.values()), named
    for one in ABOUT_LINES:
        probes = [part.probe for part in one.INVARIANT.parts(ledger)]
        passed = all(
            connection.execute(probe.encode()).fetchone() == (True,)
            for probe in probes
            if probe is not None
        )
        unfit = search(connection, ledger, one.INVARIANT)
        assert not passed or not unfit, one.INVARIANT.name
        fits = fits and passed
    return fits


MONEY = st.sampled_from(["-1", "0", "0.01", "1", "2", "4", "5", "7", "10", "993", "1000"])
WHO = st.sampled_from([f"(SELECT min(id) + {n} FROM users)" for n in range(PEOPLE + 1)])
MOMENT = st.sampled_from(["interval '1 microsecond'", "interval '-3 days'", "interval '10 ms'"])
COLUMNS = {
    "transactions": {
        "user_id": WHO, "beneficiary_id": WHO | st.just("NULL"),
        "type": st.sampled_from(["'gift'", "'transfer'", "'agency_commission'", "'game_bet'"]),
        "direction": st.sampled_from(["1", "2"]), "currency_type": st.sampled_from(["1", "2"]),
        "beneficiary_currency_type": st.sampled_from(["1", "2", "NULL"]),
        "amount": MONEY, "user_balance_before": MONEY, "user_balance_after": MONEY,
        "beneficiary_amount": MONEY | st.just("NULL"), "beneficiary_balance_before": MONEY,
        "beneficiary_balance_after": MONEY, "transactionable_id": st.sampled_from(["NULL", "9"]),
        "transactionable_type": st.sampled_from(["NULL", "'GiftTransaction'", "'CoinRequest'"]),
        "is_adopted": st.just("true"), "created_at": MOMENT.map(lambda i: f"created_at + {i}"),
    },
    "gift_transactions": {
        "sender_id": WHO, "recipient_id": WHO, "agency_id": st.sampled_from(["NULL", "9"]),
        "quantity": st.sampled_from(["1", "2"]), "price": MONEY, "total_cost": MONEY,
        "recipient_earnings": MONEY, "agency_commission": MONEY, "platform_fee": MONEY,
        "commission_rate": MONEY, "is_adopted": st.just("true"),
        "sent_at": MOMENT.map(lambda i: f"sent_at + {i}"),
    },
    "agency_earnings": {
        "agency_id": st.just("9"), "user_id": WHO, "amount": MONEY, "commission_amount": MONEY,
        "commission_rate": MONEY, "source_id": st.sampled_from(["9", "11", "13"]),
        "source_type": st.just("'other'"), "source_date": st.just("source_date + interval '1 ms'"),
        "is_adopted": st.just("true"),
    },
    "users": {
        "coin_balance": MONEY, "diamond_balance": MONEY, "total_spent": MONEY,
        "total_received": MONEY,
    },
}  # fmt: skip
PAIRS = {
    "transactions": [["id"], ["user_balance_before", "user_balance_after"], ["amount"],
                     ["created_at"], ["transactionable_id"], ["user_id", "beneficiary_id"]],
    "gift_transactions": [["id"], ["recipient_id"], ["total_cost"], ["sent_at"],
                          ["recipient_earnings", "platform_fee"]],
    "agency_earnings": [["source_id"], ["user_id"], ["commission_amount"], ["agency_id"]],
    "users": [["coin_balance"], ["diamond_balance"], ["total_spent"], ["total_received"]],
}  # fmt: skip
TABLE = st.sampled_from(["transactions", "transactions", "gift_transactions", "agency_earnings",
                         "users"])  # fmt: skip


@st.composite
def corruptions(draw: st.DrawFn) -> str:
    """A statement that changes one row or two: a value, both of two rows', a row gone or twice."""
    table = draw(TABLE)
    places = [draw(st.integers(0, 60)) for _ in range(2)]
    row, twin = (
        f"(SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place,"
        f" count(*) OVER () AS rows FROM {table}) AS r WHERE place = {place} % rows)"
        for place in places
    )
    what = draw(st.sampled_from(["set", "set", "swap", "swap", "delete", "double", "shift"]))
    if what == "swap":
        columns = draw(st.sampled_from(PAIRS[table]))
        pairs = ", ".join(f"{column} = o.{column}" for column in columns)
        # Ids pass through what is no id yet, since they are unique.
        if columns == ["id"]:
            return (
                f"WITH k AS (SELECT {row} AS a, {twin} AS b), f AS (SELECT a, b FROM k)"
                f" UPDATE {table} t SET id = CASE id WHEN a THEN b ELSE a END"
                f" FROM f WHERE t.id IN (a, b)"
            )
        return (
            f"UPDATE {table} t SET {pairs} FROM {table} o WHERE (t.id, o.id)"
            f" IN (({row}, {twin}), ({twin}, {row}))"
        )
    if what == "delete":
        return f"DELETE FROM {table} WHERE id = {row}"
    if what == "double" and table != "users":
        return (
            f"INSERT INTO {table} SELECT (json_populate_record(t, json_build_object('id',"
            f" 1000 + t.id))).* FROM {table} t WHERE id = {row}"
        )
    if what == "shift" and table == "transactions":
        side = draw(st.sampled_from(["user", "beneficiary"]))
        by = draw(st.sampled_from([1, -1, 5]))
        since = draw(st.sampled_from(["=", ">=", "<="]))
        return (
            f"UPDATE {table} SET {side}_balance_before = {side}_balance_before + {by},"
            f" {side}_balance_after = {side}_balance_after + {by} WHERE id {since} {row}"
            f" AND {side}_id = (SELECT {side}_id FROM {table} WHERE id = {row})"
        )
    column = draw(st.sampled_from(sorted(COLUMNS[table])))
    return f"UPDATE {table} SET {column} = {draw(COLUMNS[table][column])} WHERE id = {row}"


def test_an_honest_ledger_passes_every_probe(written: Connection) -> None:
    assert compare(written)


@hypothesis_settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(statements=st.lists(corruptions(), min_size=1, max_size=2))
def test_no_probe_passes_what_a_search_would_name(
    written: Connection, statements: list[str]
) -> None:
    for statement in statements:
        note(statement)
    with written.transaction(force_rollback=True):
        try:
            for statement in statements:
                written.execute(statement.encode())
        except (errors.UniqueViolation, errors.NotNullViolation):
            return
        compare(written)


SWAP = """
    UPDATE transactions t SET id = CASE id WHEN %(a)s THEN %(b)s ELSE %(a)s END
    WHERE id IN (%(a)s, %(b)s)
"""


@pytest.fixture
def crowd(owner: Connection) -> Iterator[Writer]:
    """A thousand people, of whom each is paid, pays and is paid again, all in turn."""
    with owner.transaction(force_rollback=True):
        owner.execute(
            "TRUNCATE transactions, gift_transactions, agency_earnings CASCADE; DELETE FROM users;"
            "DELETE FROM agencies"
        )
        writer = Writer(owner, 1000)
        for direction in (2, 1, 2, 1, 2):
            for user in writer.people:
                writer.move(user, "adjustment", direction, 1, 10)
        writer.close()
        # Nothing is left of the order in which they came.
        owner.execute("UPDATE transactions SET quantity = 2 WHERE id % 3 = 0")
        yield writer


def test_order_is_kept_where_memory_is_short(owner: Connection, crowd: Writer) -> None:
    """Accounts beyond `work_mem` go through files; wherever rows lie, ids are their order."""
    owner.execute("SET LOCAL work_mem = '64kB'; SET LOCAL hash_mem_multiplier = 1")
    assert accounts.fit(owner, locate(owner))
    assert accounts.rows_read(owner) == 5000
    assert files_of(owner) > 1
    for person in (0, 500, 999):
        # The same balances before and after, in another order.
        values = {"a": 1 + person, "b": 2001 + person}
        with owner.transaction(force_rollback=True):
            owner.execute(
                "UPDATE transactions SET id = - id WHERE id IN (%(b)s - 1000, %(b)s)", values
            )
            owner.execute(
                "UPDATE transactions SET id = CASE id WHEN - %(b)s THEN %(b)s - 1000"
                " ELSE %(b)s END WHERE id < 0",
                values,
            )
            assert not accounts.fit(owner, locate(owner))
            named = search_chains(owner)
            assert named >= 2


def files_of(connection: Connection) -> int:
    """In how many parts the accounts were grouped."""
    with connection.transaction():
        connection.execute("SET LOCAL enable_sort = off")
        statement = f"EXPLAIN (ANALYZE, FORMAT JSON) {accounts._fit(locate(connection))}"
        plan = connection.execute(statement.encode()).fetchall()[0][0][0]["Plan"]
    return max(node.get("HashAgg Batches", 0) for node in accounts._nodes(plan))


def search_chains(connection: Connection) -> int:
    """How many rows the search for broken chains names."""
    ledger = locate(connection)
    list(accounts.walk(connection, ledger))
    return search(connection, ledger, chains.INVARIANT)


def test_a_plan_that_sorts_is_not_trusted(
    owner: Connection, crowd: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where accounts would be grouped by sorting them, the answer is no and the search is made."""
    monkeypatch.setitem(accounts._IN_ORDER, "enable_hashagg", "off")
    monkeypatch.setitem(accounts._IN_ORDER, "enable_sort", "on")
    assert not accounts.fit(owner, locate(owner))
    assert search_chains(owner) == 0
    assert accounts.rows_read(owner) == 5000


def test_sums_that_nobody_can_hold_are_no(owner: Connection, crowd: Writer) -> None:
    top = "9999999999999999.99"
    with owner.transaction(force_rollback=True):
        owner.execute(
            f"UPDATE transactions SET amount = {top} WHERE id IN (SELECT id + 1000 * n FROM"
            " generate_series(0, 4) AS n, (SELECT min(id) AS id FROM transactions) AS f)".encode()
        )
        owner.execute(
            f"INSERT INTO transactions SELECT (json_populate_record(t, json_build_object('id',"
            f" 10000 + n, 'direction', 2, 'amount', {top}))).* FROM transactions t,"
            f" generate_series(1, 12) AS n WHERE id = 1".encode()
        )
        assert not accounts.fit(owner, locate(owner))
        assert search_chains(owner) > 0


def test_moments_differ_by_a_microsecond(written: Connection) -> None:
    """What is looked at is the very moment, not what a float keeps of it."""
    at = written.execute("SELECT max(sent_at) FROM gift_transactions").fetchone()
    assert at is not None
    assert isinstance(at[0], datetime)
    with written.transaction(force_rollback=True):
        written.execute(
            "UPDATE gift_transactions SET sent_at = sent_at + interval '1 microsecond'"
            " WHERE sent_at = %s",
            at,
        )
        assert not compare(written)
