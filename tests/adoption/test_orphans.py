"""A database that had lost its constraints: negative balances, orphans, columns that went away."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tests.adoption.compare import Report
from tests.adoption.conftest import adopt, laravel_database
from tests.conftest import Addresses

BROKEN = """
    DO $$ DECLARE c record; BEGIN
        FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                 WHERE contype IN ('f', 'c') AND connamespace = 'public'::regnamespace LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);
        END LOOP; END $$;
    DROP VIEW rich_users;
    UPDATE users SET coin_balance = -12.50, diamond_balance = -3, total_spent = -1 WHERE id = 5;
    UPDATE users SET wealth_level_id = 999, agency_id = 999 WHERE id = 1;
    UPDATE rooms SET user_id = 999 WHERE id = 4;
    UPDATE rooms SET theme_id = 999 WHERE id = 1;
    UPDATE gift_transactions SET room_id = 999 WHERE id = 1;
    UPDATE gift_transactions SET gift_id = 999 WHERE id = 2;
    UPDATE transactions SET user_id = 999 WHERE id = 4;
    UPDATE transactions SET beneficiary_id = 999 WHERE id = 2;
    UPDATE transactions SET amount = 0 WHERE id = 7;
    UPDATE messages SET room_id = 999 WHERE id = 1;
    UPDATE user_followers SET following_id = 999 WHERE id = 1;
    UPDATE agencies SET owner_id = 999 WHERE id = 4;
    ALTER TABLE users DROP COLUMN vip_expires_at, DROP COLUMN total_received;
    ALTER TABLE gifts ALTER COLUMN category TYPE text, ALTER COLUMN name TYPE text,
        ALTER COLUMN created_at TYPE timestamptz, ALTER COLUMN is_active DROP DEFAULT,
        ALTER COLUMN is_active TYPE smallint USING is_active::int;
    UPDATE gifts SET name = repeat('x', 300) WHERE id = 1;
    ALTER TABLE badges ALTER COLUMN requirements TYPE json;
"""


@pytest.fixture(scope="module")
def broken(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """Such a database, adopted."""
    with laravel_database() as addresses:
        with psycopg.connect(addresses.owner) as connection:
            connection.execute(BROKEN)
        yield addresses


@pytest.fixture(scope="module")
def report(broken: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """What its adoption reported."""
    path: Path = tmp_path_factory.mktemp("orphans") / "report.json"
    done = adopt(broken, "--apply", "--report", str(path))
    assert done.exit_code == 0, done.output
    return dict(json.loads(path.read_text("utf-8")))


def test_the_proof_held(report: Report) -> None:
    assert all(" ok " in line for line in report["proof"])


def test_what_stayed_behind_is_named(report: Report) -> None:
    left = {
        (decision["table"], example["id"])
        for decision in report["left_behind"]
        for example in decision["examples"]
    }
    assert left >= {
        ("rooms", 4), ("gift_transactions", 2), ("transactions", 4), ("transactions", 7),
        ("messages", 1), ("user_followers", 1), ("agencies", 4),
    }  # fmt: skip


def test_the_rest_is_there(broken: Addresses, report: Report) -> None:
    with psycopg.connect(broken.owner) as connection:

        def row(query: str) -> object:
            return connection.execute(query.encode()).fetchone()

        assert row("SELECT coin_balance, coin_debt, diamond_balance, total_spent FROM users"
                   " WHERE id = 5") == (0, Decimal("12.50"), 0, 0)  # fmt: skip
        assert row("SELECT wealth_level_id, agency_id FROM users WHERE id = 1") == (2, None)
        assert row("SELECT theme_id FROM rooms WHERE id = 1") == (None,)
        assert row("SELECT room_id FROM gift_transactions WHERE id = 1") == (None,)
        assert row("SELECT beneficiary_id FROM transactions WHERE id = 2") == (None,)
        assert row("SELECT total_received, vip_expires_at IS NULL FROM users WHERE id = 1") == (
            0, True,
        )  # fmt: skip
        assert row("SELECT char_length(name), is_active FROM gifts WHERE id = 1") == (100, True)


def test_a_debt_of_before_is_repaid_by_the_proofs_own_rule(report: Report) -> None:
    said = [d for d in report["decisions"] if d["column"] == "coin_balance" and d["rows"]]
    assert {example["id"] for d in said for example in d["examples"]} == {4, 5}


def test_partitions_of_theirs_move_along(template: str) -> None:
    with laravel_database(filled=False) as addresses:
        with psycopg.connect(addresses.owner) as connection:
            connection.execute(
                """
                ALTER TABLE transactions RENAME TO plain;
                CREATE TABLE transactions (LIKE plain INCLUDING DEFAULTS)
                    PARTITION BY RANGE (created_at);
                CREATE TABLE transactions_y2024m01 PARTITION OF transactions
                    FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
                ALTER SEQUENCE transactions_id_seq OWNED BY transactions.id;
                DROP TABLE plain;
                INSERT INTO users (name, signature, password, dob, gender, country)
                    VALUES ('Amal', '1', 'x', '1990-01-01', 2, 'AE');
                INSERT INTO transactions (user_id, type, currency_type, amount,
                                          user_balance_before, user_balance_after, created_at)
                    VALUES (1, 'purchase', 1, 5, 0, 5, '2024-01-05');
                """
            )
        for arguments in ((), ("--apply",)):
            done = adopt(addresses, *arguments)
            assert done.exit_code == 0, done.output
        with psycopg.connect(addresses.owner) as connection:
            homes = connection.execute(
                "SELECT tableoid::regclass::text FROM transactions UNION ALL"
                " SELECT tableoid::regclass::text FROM laravel.transactions"
            ).fetchall()
        assert homes == [("transactions_y2024m01",), ("laravel.transactions_y2024m01",)]
