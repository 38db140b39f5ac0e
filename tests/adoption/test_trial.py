"""A dry run tells the truth and changes nothing; what cannot be adopted is refused in words."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.adoption.conftest import adopt, laravel_database
from tests.adoption.fingerprint import fingerprint
from tests.adoption.laravel import FACTS
from tests.conftest import OWNER, SERVER, SERVING, Addresses


@pytest.fixture(scope="module")
def before(addresses: Addresses) -> dict[str, Any]:
    """The database as it stood."""
    return fingerprint(addresses.superuser)


def test_the_tables_are_literally_the_seeds(addresses: Addresses) -> None:
    with psycopg.connect(addresses.owner) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        ).fetchall()
        kinds = {(table, column): kind for table, column, kind in columns}
        for table, facts in FACTS["tables"].items():
            assert {column for t, column in kinds if t == table} - {"referral_code"} == set(
                facts["columns"]
            )
            for (rows,) in connection.execute(f"SELECT count(*) FROM {table}".encode()):
                assert rows > 0, f"nothing fills {table}"
        assert kinds["users", "created_at"] == "timestamp without time zone"


def test_a_dry_run_changes_nothing_and_reports(
    addresses: Addresses, before: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    done = adopt(addresses, "--report", str(path))
    assert done.exit_code == 0, done.stderr
    assert fingerprint(addresses.superuser) == before
    report = json.loads(path.read_text("utf-8"))
    assert not report["applied"]
    assert "rolled back: nothing has changed" in done.stdout
    for table in report["tables"]:
        assert table in done.stdout
    assert report["tables"]["users"]["shape"]["columns_extra"] == ["referral_code"]
    assert "numeric(15,2) → numeric(18,2): users.coin_balance" in done.stdout
    assert report["beside"] == ["cache_locks", "migrations", "telescope_entries", "user_notes"]
    assert report["views"] == ["rich_users"]
    assert [reference["table"] for reference in report["referring"]] == ["user_notes"]
    assert {table: aside["rows"] for table, aside in report["left_aside"].items()} == {
        "jobs": 1, "failed_jobs": 1, "cache": 1, "sessions": 1, "password_reset_tokens": 1,
        "phone_reset_tokens": 1,
    }  # fmt: skip


def test_a_dry_run_waits_for_nobody_and_nobody_for_it(
    addresses: Addresses, before: dict[str, Any]
) -> None:
    """Somebody is in the middle of writing to every table: no lock of ours is in his way."""
    with psycopg.connect(addresses.owner) as writer:
        for table in FACTS["tables"]:
            writer.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())
        done = adopt(addresses)
        assert done.exit_code == 0, done.stderr
        assert "connected, and able to write" in done.stdout
        writer.rollback()
    assert fingerprint(addresses.superuser) == before


@contextmanager
def changed(addresses: Addresses, there: str, back: str) -> Iterator[None]:
    """The database with a change of the superuser's, for a while."""
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        connection.execute(there.encode())
    try:
        yield
    finally:
        with psycopg.connect(addresses.superuser, autocommit=True) as connection:
            connection.execute(back.encode())


@pytest.mark.parametrize("arguments", [(), ("--apply",)])
@pytest.mark.parametrize(
    ("there", "back", "words"),
    [
        (
            "ALTER TABLE gifts RENAME TO presents",
            "ALTER TABLE presents RENAME TO gifts",
            "missing: gifts",
        ),
        (
            "ALTER TABLE rooms RENAME logo TO picture",
            "ALTER TABLE rooms RENAME picture TO logo",
            "rooms lacks columns that must have a value: logo",
        ),
        ("CREATE SCHEMA laravel", "DROP SCHEMA laravel", 'a schema "laravel" already'),
        (
            "ALTER TABLE gifts OWNER TO postgres",
            f"ALTER TABLE gifts OWNER TO {OWNER}",
            "Another role owns gifts",
        ),
        ("CREATE TABLE streams (id bigint)", "DROP TABLE streams", "streams"),
        (
            "CREATE INDEX idx_streams_notes ON user_notes (note);"
            " ALTER INDEX idx_streams_notes RENAME TO idx_uploads_user_id",
            "DROP INDEX idx_uploads_user_id",
            "idx_uploads_user_id",
        ),
    ],
)
def test_what_cannot_be_adopted_is_refused(
    addresses: Addresses, arguments: tuple[str, ...], there: str, back: str, words: str
) -> None:
    with changed(addresses, there, back):
        before = fingerprint(addresses.superuser)
        done = adopt(addresses, *arguments)
        assert done.exit_code == 1
        assert words in done.stderr
        assert fingerprint(addresses.superuser) == before


def test_wrong_words_are_refused(addresses: Addresses, before: dict[str, Any]) -> None:
    done = adopt(addresses, "--timezone", "Middle-earth/Shire")
    assert done.exit_code == 2
    assert "time zone" in done.stderr
    assert fingerprint(addresses.superuser) == before


def test_a_database_without_the_seed_is_refused(template: str) -> None:
    with laravel_database(filled=False) as addresses:
        with psycopg.connect(addresses.owner) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        done = adopt(addresses)
        assert done.exit_code == 1
        assert "Tables of the seed are missing: users, rooms" in done.stderr


def test_ours_is_not_adopted_again(template: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {template}_again TEMPLATE {template} OWNER {OWNER}")
    try:
        address = psycopg.conninfo.make_conninfo
        addresses = Addresses(
            address(SERVER, dbname=f"{template}_again", user=OWNER, password="test"),
            address(SERVER, dbname=f"{template}_again", user=SERVING, password="test"),
            address(SERVER, dbname=f"{template}_again"),
        )
        done = adopt(addresses, "--apply")
        assert done.exit_code == 1
        assert "is FlyLive's already" in done.stderr
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {template}_again WITH (FORCE)")


def test_an_empty_database_of_laravels_is_adopted_too(template: str) -> None:
    with laravel_database(filled=False) as addresses:
        done = adopt(addresses, "--apply")
        assert done.exit_code == 0, done.stderr
        assert "Money: 0 opening rows" in done.stdout
