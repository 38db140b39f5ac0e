"""The serving role reads and adds to the evidence, and cannot change or remove a row of it."""

from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row

from flylive.database.migrate import EVIDENCE_TABLES, READ_ONLY_TABLES
from flylive.database.partitions import create_partition
from tests.conftest import SERVING, Addresses
from tests.schema.catalogue import OURS
from tests.schema.rows import Rows

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def evidence(addresses: Addresses) -> None:
    """One committed row in each table of evidence, put there by the serving role itself."""
    with psycopg.connect(addresses.serving, row_factory=dict_row) as connection:
        rows = Rows(connection)
        rows.add("transactions")
        rows.add("agency_earnings")
        rows.add("gift_odds")
        rows.add("lucky_draws")
        rows.add("audit_log")
        rows.add("staff_notes")
        rows.add("ledger_seals")
        rows.add("game_transactions")
        rows.add("platform_settings")
        rows.add("gift_reversals")


@pytest.mark.usefixtures("evidence")
@pytest.mark.parametrize("table", EVIDENCE_TABLES)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE", "DROP TABLE {} CASCADE",
     "ALTER TABLE {} DISABLE TRIGGER ALL", "SELECT FROM {} FOR UPDATE"],
)  # fmt: skip
def test_a_row_of_evidence_cannot_be_changed(
    serving: Connection, owner: Connection, table: str, statement: str
) -> None:
    column = {
        "transactions": "amount",
        "agency_earnings": "amount",
        "audit_log": "reason",
        "platform_settings": "reason",
        "staff_notes": "content",
        "ledger_seals": "seal",
        "game_transactions": "amount",
        "gift_reversals": "reason",
        "gift_odds": "odds",
    }.get(table, "sent_at")
    before = owner.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()
    assert before
    with pytest.raises(errors.InsufficientPrivilege):
        serving.execute(statement.format(table, column, column))
    assert owner.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() == before
    assert serving.execute(f"SELECT count(*) FROM {table}").fetchone() == (len(before),)


def test_partitions_are_closed_to_the_serving_role(serving: Connection, owner: Connection) -> None:
    names = owner.execute(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE relispartition AND relkind = 'r'"
    ).fetchall()
    assert len(names) >= 12
    for (name,) in names:
        for statement in (
            f"SELECT FROM {name}",
            f"UPDATE {name} SET id = id",
            f"DELETE FROM {name}",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                serving.execute(statement)


def test_a_partition_made_later_is_closed_too(serving: Connection, owner: Connection) -> None:
    name = create_partition(owner, "transactions", date(2040, 2, 1))
    with pytest.raises(errors.InsufficientPrivilege):
        serving.execute(f"DELETE FROM {name}")


def test_ordinary_tables_are_the_serving_roles_to_write(owner: Connection) -> None:
    tables = [name for (name,) in owner.execute(f"SELECT oid::regclass::text FROM ({OURS}) o")]
    assert len(tables) > 40
    for table in tables:
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            expected = right in ("SELECT", "INSERT") if table in EVIDENCE_TABLES else True
            if table in READ_ONLY_TABLES:
                expected = right == "SELECT"
            held = owner.execute(
                "SELECT has_table_privilege(%s, %s, %s)", (SERVING, table, right)
            ).fetchone()
            assert held == (expected,), (table, right)
        assert owner.execute(
            "SELECT has_table_privilege(%s, %s, 'TRUNCATE')", (SERVING, table)
        ).fetchone() == (False,)


def test_views_and_the_version_are_only_read(serving: Connection) -> None:
    for table in READ_ONLY_TABLES:
        serving.execute(f"SELECT * FROM {table}")
        with pytest.raises((errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState)):
            serving.execute(f"DELETE FROM {table}")


def test_a_table_to_come_is_granted_by_default(serving: Connection, owner: Connection) -> None:
    owner.execute("CREATE TABLE later (id bigserial PRIMARY KEY)")
    try:
        serving.execute("INSERT INTO later DEFAULT VALUES")
        serving.execute("DELETE FROM later")
    finally:
        owner.execute("DROP TABLE later")
