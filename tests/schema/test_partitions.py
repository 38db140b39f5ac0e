"""Months: made ahead over a year's end, strays moved, months detached, plans that open few."""

import asyncio
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
import structlog
from psycopg.rows import dict_row, tuple_row
from sqlalchemy import text

from flylive import clock, worker
from flylive.database import Database, Reading
from flylive.database.partitions import (
    PARTITIONED,
    Detached,
    add_months,
    create_partition,
    ensure_partitions,
    list_partitions,
    partition_name,
)
from flylive.database.strays import (
    PartitionRefused,
    Stray,
    attach_partition,
    count_strays,
    detach_partition,
    move_strays,
)
from flylive.gifts import catalogue
from flylive.wallet import proof, queries
from flylive.wallet.proving import ledger
from tests.conftest import SERVING, Addresses
from tests.product import FLYLIVE
from tests.schema.rows import Rows
from tests.standing import standing_at
from tests.world import World

FAR = datetime(2061, 5, 9, tzinfo=UTC)
MAY = date(2061, 5, 1)


@pytest.fixture
def owner(addresses: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """The owner, whose changes are taken back."""
    with psycopg.connect(addresses.owner) as connection:
        yield connection
        connection.rollback()


class Hands:
    """Adds rows as the owner, within the same transaction."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.rows = Rows(connection)

    def add(self, table: str, **values: Any) -> int:
        self.connection.row_factory = dict_row
        try:
            return self.rows.id(table, **values)
        finally:
            self.connection.row_factory = tuple_row


@pytest.fixture
def hands(owner: psycopg.Connection[Any]) -> Hands:
    return Hands(owner)


def home(connection: psycopg.Connection[Any], table: str, id: int) -> str:
    row = connection.execute(
        f"SELECT tableoid::regclass::text FROM {table} WHERE id = %s".encode(), (id,)
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_what_lies_in_default_is_moved_with_all_that_points_at_it(
    owner: psycopg.Connection[Any], hands: Hands
) -> None:
    line = hands.add("gift_transactions", sent_at=FAR)
    hands.add("agency_earnings", source_type="gift", source_id=line, source_date=FAR)
    entry = hands.add("transactions", created_at=FAR, updated_at=FAR)
    assert count_strays(owner) == [Stray(table, MAY, 1) for table in PARTITIONED]
    before = owner.execute("SELECT * FROM transactions WHERE id = %s", (entry,)).fetchone()
    for stray in count_strays(owner):
        assert move_strays(owner, stray) == 1
    assert count_strays(owner) == []
    assert home(owner, "gift_transactions", line) == "gift_transactions_y2061m05"
    assert home(owner, "transactions", entry) == "transactions_y2061m05"
    after = owner.execute("SELECT * FROM transactions WHERE id = %s", (entry,)).fetchone()
    assert after == before
    # What pointed at the row still does, and is still held to it.
    with pytest.raises(psycopg.errors.IntegrityError), owner.transaction():
        owner.execute("DELETE FROM gift_transactions WHERE id = %s", (line,))
    for privilege in ("SELECT", "INSERT"):
        granted = owner.execute(
            "SELECT has_table_privilege(%s, 'transactions_y2061m05', %s)", (SERVING, privilege)
        ).fetchone()
        assert granted == (False,)


def test_a_month_whose_rows_are_named_by_others_stays(
    owner: psycopg.Connection[Any], hands: Hands
) -> None:
    create_partition(owner, "gift_transactions", MAY)
    line = hands.add("gift_transactions", sent_at=FAR)
    hands.add("agency_earnings", source_type="gift", source_id=line, source_date=FAR)
    with pytest.raises(PartitionRefused, match="agency_earnings"):
        detach_partition(owner, "gift_transactions", MAY)
    assert home(owner, "gift_transactions", line) == "gift_transactions_y2061m05"


def test_a_detached_month_is_read_by_the_serving_role_and_comes_back(
    owner: psycopg.Connection[Any], hands: Hands
) -> None:
    create_partition(owner, "transactions", MAY)
    entry = hands.add("transactions", created_at=FAR, updated_at=FAR)
    assert detach_partition(owner, "transactions", MAY) == "transactions_y2061m05"
    with pytest.raises(PartitionRefused, match="no partition of 2061-05"):
        detach_partition(owner, "transactions", MAY)
    count = "SELECT count(*) FROM {} WHERE id = %s"
    assert owner.execute(count.format("transactions").encode(), (entry,)).fetchone() == (0,)
    rights = [
        owner.execute(
            "SELECT has_table_privilege(%s, 'transactions_y2061m05', %s)", (SERVING, privilege)
        ).fetchone()
        for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")
    ]
    assert rights == [(True,), (False,), (False,), (False,)]
    # What comes for that month now lies in DEFAULT, and waits for the month to come back.
    hands.add("transactions", created_at=FAR, updated_at=FAR)
    [stray] = count_strays(owner)
    with pytest.raises(PartitionRefused, match="attach it first"):
        move_strays(owner, stray)
    owner.execute("DELETE FROM transactions_default")
    assert attach_partition(owner, "transactions", MAY) == "transactions_y2061m05"
    assert owner.execute(count.format("transactions").encode(), (entry,)).fetchone() == (1,)
    with pytest.raises(PartitionRefused, match="not detached"):
        attach_partition(owner, "transactions", MAY)


def test_no_month_is_detached_from_under_who_has_begun_to_read_the_ledger(
    addresses: Addresses, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was in its table when the detached ones were read, and beside it when the table was."""
    month = add_months(clock.now().date(), 1)
    monkeypatch.setattr("flylive.database.strays.LOCK_TIMEOUT", "50ms")
    found = ledger.list_detached
    refused = []

    def detaching(connection: psycopg.Connection[Any]) -> list[Detached]:
        detached = found(connection)
        with pytest.raises(psycopg.errors.LockNotAvailable) as raised:
            detach_partition(owner, "transactions", month)
        refused.append(raised)
        return detached

    monkeypatch.setattr(ledger, "list_detached", detaching)
    with psycopg.connect(addresses.serving) as reader:
        assert ledger.locate(reader).relations == ("(SELECT * FROM transactions WHERE true)",)
    assert refused


async def flylive(addresses: Addresses, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        FLYLIVE,
        *words,
        env=os.environ
        | {"DATABASE_URL": addresses.serving, "FLYLIVE_OWNER_DATABASE_URL": addresses.owner},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_the_commands(addresses: Addresses) -> None:
    month = f"{add_months(clock.now().date(), 2):%Y-%m}"
    detached, refused = await asyncio.gather(
        flylive(addresses, "partitions", "detach", "transactions", month),
        flylive(addresses, "partitions", "detach", "transactions", "1999-01"),
    )
    assert detached[0] == 0, detached
    assert re.search(rf"transactions +{month} +transactions_y\w+ +detached", detached[1])
    assert refused == (1, "Error: transactions has no partition of 1999-01\n")
    attached = await flylive(addresses, "partitions", "attach", "transactions", month)
    assert (attached[0], "detached" in attached[1]) == (0, False), attached


def test_a_month_that_another_worker_made_meanwhile_is_no_fault(
    owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_partitions(owner, today=MAY)
    monkeypatch.setattr("flylive.database.partitions.list_partitions", lambda _: [])
    later = add_months(MAY, 1)
    made = [f"{table}_y2061m09" for table in PARTITIONED]
    assert ensure_partitions(owner, today=later) == (made, [])


FIRSTS = (date(2030, 12, 1), date(2031, 1, 1), date(2031, 2, 1))


async def test_nothing_fails_on_the_first_of_a_month_over_a_years_end(
    world: World, addresses: Addresses
) -> None:
    """The clock stands at the last moment of a month, and then at the first of the next."""
    sender, recipient = await world.people(2)
    gift = world.gift("10.00")
    with clock.turned_to(datetime(2030, 11, 30, 12, tzinfo=UTC)):
        worker._make_partitions(addresses.owner)
        await world.recharge(sender, 1000)
    homes = []
    for month in FIRSTS:
        first = datetime(month.year, month.month, 1, tzinfo=UTC)
        for moment in (first - timedelta(milliseconds=1), first):
            with standing_at(moment):
                # Tokens of today do not live that long; whoever comes back logs in.
                world.sql(
                    "UPDATE personal_access_tokens SET expires_at = %s, last_used_at = %s",
                    moment + timedelta(days=1),
                    moment,
                )
                answer = await world.send(sender, gift, [recipient])
                assert answer.status_code == 201, answer.text
        rows = world.sql(
            "SELECT DISTINCT tableoid::regclass::text FROM transactions WHERE user_id = %s"
            " AND created_at >= %s - interval '1 second' ORDER BY 1",
            sender.id,
            first,
        )
        homes += [row[0] for row in rows]
    assert homes == [
        partition_name("transactions", add_months(month, offset))
        for month in FIRSTS
        for offset in (-1, 0)
    ]
    said: list[str] = []
    assert proof.verify(addresses.serving, said.append) == 0, said
    with psycopg.connect(addresses.owner) as connection:
        assert count_strays(connection) == []


async def test_a_month_that_nobody_made_loses_nothing_and_is_an_alarm(
    world: World, addresses: Addresses
) -> None:
    sender, recipient = await world.people(2)
    gift = world.gift("10.00")
    await world.recharge(sender, 1000)
    with clock.turned_to(datetime(2041, 1, 1, tzinfo=UTC)):
        world.sql("UPDATE personal_access_tokens SET expires_at = %s", clock.now() + timedelta(1))
        answer = await world.send(sender, gift, [recipient])
        assert answer.status_code == 201, answer.text
    with structlog.testing.capture_logs() as logged:
        worker._make_partitions(addresses.owner)
    alarms = [entry for entry in logged if entry["event"] == "partition.strays"]
    assert [(entry["table"], entry["month"], entry["rows"]) for entry in alarms] == [
        ("transactions", "2041-01-01", 1),
        ("gift_transactions", "2041-01-01", 1),
    ]
    status, words = await flylive(addresses, "partitions", "move")
    assert status == 0, words
    assert "moved 1 rows of transactions to 2041-01" in words
    with structlog.testing.capture_logs() as logged:
        worker._make_partitions(addresses.owner)
    assert [entry for entry in logged if entry["event"] == "partition.strays"] == []
    assert proof.verify(addresses.serving, lambda _words: None) == 0


async def opened(database: Database, statement: str, **values: Any) -> set[str]:
    """The months that a statement's execution opened; DEFAULT, which is empty, not counted."""

    async def work(tx: Reading) -> list[str]:
        rows = await tx.rows(text(f"EXPLAIN (ANALYZE, COSTS OFF) {statement}"), values)
        return [row[0] for row in rows]

    plan = await database.read(work)
    return {name for line in plan for name in re.findall(r" on (\w+_y\d+m\d+)", line)}


async def test_queries_by_user_and_date_open_the_months_they_need(
    database: Database, addresses: Addresses
) -> None:
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        present = {partition.name for partition in list_partitions(connection)}
        for index in range(1, 7):
            for table in PARTITIONED:
                if partition_name(table, date(2035, index, 1)) not in present:
                    create_partition(connection, table, date(2035, index, 1))
    march, april = (datetime(2035, index, 1, tzinfo=UTC) for index in (3, 4))
    mine: dict[str, Any] = {
        "viewer": 1,
        "limit": 30,
        "type": None,
        "currency": None,
        "since": march,
        "until": april,
        "before_at": None,
        "before_id": None,
    }
    only = {"transactions_y2035m03"}
    statement = str(queries._LIST)
    assert await opened(database, statement, **mine) == only
    page = mine | {"until": None, "before_at": march + timedelta(days=9), "before_id": 5}
    assert await opened(database, statement, **page) == only
    for statement in catalogue._HISTORY.values():
        found = await opened(
            database,
            str(statement),
            user_id=1,
            limit=30,
            before_at=datetime(2035, 1, 2, tzinfo=UTC),
            before_id=5,
        )
        assert found
        assert not {name for name in found if name > "gift_transactions_y2035m01"}
