"""The proof without being asked: once a night, each hour, by one worker; and its alarm."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from flylive import clock
from flylive.config import Settings
from flylive.database import Database
from flylive.wallet.proving import watch
from flylive.wallet.proving.watch import Due, claim, last_night, prove_due
from tests.standing import standing_at
from tests.world import Person, World

HOUR = timedelta(hours=1)


@pytest.fixture
async def buyer(world: World) -> Person:
    """A ledger with something in it, and no run of the proof yet."""
    world.sql("DELETE FROM proof_runs")
    person = await world.register()
    await world.recharge(person, 100)
    return person


@pytest.fixture
def tomorrow(settings: Settings) -> Iterator[datetime]:
    """An hour after the next proof's hour."""
    moment = last_night(clock.now(), settings) + 25 * HOUR
    with clock.turned_to(moment):
        yield moment


async def begin(database: Database, settings: Settings, moment: datetime) -> Due | None:
    with standing_at(moment):
        return await database.run(lambda tx: claim(tx, settings))


def end(world: World, due: Due | None) -> None:
    assert due is not None
    world.sql("UPDATE proof_runs SET finished_at = started_at WHERE id = %s", due.id)


async def test_a_young_ledger_waits(
    world: World, buyer: Person, database: Database, settings: Settings
) -> None:
    assert await database.run(lambda tx: claim(tx, settings)) is None


async def test_everything_each_night_and_what_is_recent_each_hour(
    world: World, buyer: Person, database: Database, settings: Settings
) -> None:
    night = last_night(clock.now(), settings) + timedelta(days=1, minutes=1)
    full = await begin(database, settings, night)
    assert full is not None
    assert full.since is None
    assert await begin(database, settings, night + 2 * HOUR) is None, "one at a time"
    end(world, full)
    assert await begin(database, settings, night + timedelta(minutes=59)) is None
    hourly = await begin(database, settings, night + HOUR + timedelta(minutes=1))
    assert hourly is not None
    assert hourly.since is not None
    assert hourly.since == night - watch.OVERLAP
    # Broken off, and after an hour the next one reaches back to where the last whole one began.
    again = await begin(database, settings, night + 2 * HOUR + timedelta(minutes=2))
    assert again is not None
    assert again.since == hourly.since
    end(world, again)
    # Whatever ran by day, the next night everything is proved again.
    next_night = await begin(database, settings, night + timedelta(days=1))
    assert next_night is not None
    assert next_night.since is None


async def test_of_two_workers_one_proves(
    world: World, buyer: Person, database: Database, settings: Settings, tomorrow: datetime
) -> None:
    with structlog.testing.capture_logs() as logged:
        ran = await asyncio.gather(prove_due(database, settings), prove_due(database, settings))
    assert sum(due is not None for due in ran) == 1
    assert [entry["event"] for entry in logged] == ["proof.fits"]
    [row] = world.sql(
        "SELECT kind, started_by, rows_read, rows_unfit, findings, failure FROM proof_runs"
    )
    assert row == (
        "full",
        "worker",
        world.sql("SELECT count(*) FROM transactions")[0][0],
        0,
        [],
        None,
    )


async def test_what_does_not_fit_is_an_alarm(
    world: World, buyer: Person, database: Database, settings: Settings, tomorrow: datetime
) -> None:
    world.sql("UPDATE users SET coin_balance = coin_balance + 1 WHERE id = %s", buyer.id)
    try:
        with structlog.testing.capture_logs() as logged:
            await prove_due(database, settings)
    finally:
        world.sql("UPDATE users SET coin_balance = coin_balance - 1 WHERE id = %s", buyer.id)
    [alarm] = logged
    assert (alarm["event"], alarm["log_level"]) == ("proof.unfit", "error")
    assert alarm["rows"] >= 1
    assert any(f"balances: user_id {buyer.id}," in words for words in alarm["findings"])
    assert await metric(world, 'flylive_proof_rows_unfit{kind="full"}') == alarm["rows"]


async def test_a_proof_that_cannot_end_is_an_alarm(
    world: World,
    buyer: Person,
    database: Database,
    settings: Settings,
    tomorrow: datetime,
) -> None:
    world.sql("ALTER TABLE ledger_seals RENAME TO ledger_seals_away")
    try:
        with structlog.testing.capture_logs() as logged:
            await prove_due(database, settings)
    finally:
        world.sql("ALTER TABLE ledger_seals_away RENAME TO ledger_seals")
    assert [entry["event"] for entry in logged] == ["proof.broken"]
    [row] = world.sql("SELECT failure, finished_at FROM proof_runs")
    assert row[0].startswith("UndefinedTable: ")
    assert row[1] is None


async def metric(world: World, name: str) -> float:
    answer = await world.client.get("/metrics/ledger")
    assert answer.status_code == 200
    values: dict[str, Any] = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    return float(values[name])


async def test_rows_in_default_and_waiting_seals_are_shown(
    world: World, buyer: Person, database: Database
) -> None:
    strays = 'flylive_partition_stray_rows{table="transactions"}'
    assert await metric(world, strays) == 0
    assert await metric(world, 'flylive_partition_days_ahead{table="transactions"}') > 89
    far = datetime(2061, 5, 1, tzinfo=UTC)
    world.sql(
        "INSERT INTO transactions (id, user_id, type, direction, currency_type, amount,"
        " user_balance_before, user_balance_after, created_at, updated_at)"
        " VALUES (-1, %s, 'adjustment', 2, 1, 1, 0, 1, %s, %s)",
        buyer.id,
        far,
        far,
    )
    try:
        assert await metric(world, strays) == 1
    finally:
        world.sql("DELETE FROM transactions WHERE id = -1")
    with clock.turned_to(clock.now() + HOUR):
        assert await metric(world, "flylive_ledger_unsealed_seconds") >= 3500
