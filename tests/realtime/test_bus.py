"""The bus: after the commit, in bulk, and back again when it was lost."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from flylive.database import Database, Transaction
from flylive.realtime import bus, control, record, record_value
from flylive.realtime.listener import Listener
from tests.conftest import Addresses
from tests.patience import eventually
from tests.realtime.cast import Cast, Tick


@pytest.fixture
async def sender(database: Database) -> AsyncIterator[bus.PostgresBus]:
    """This process's bus."""
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    yield sender
    bus.install(None)
    await sender.stop()


@pytest.fixture
async def heard(database: Database) -> AsyncIterator[list[str]]:
    """Every line of both channels."""
    lines: list[str] = []
    listener = Listener(database, [bus.CHANNEL_STREAMS, bus.CHANNEL_CONTROL], lines.append)
    await listener.start()
    await eventually(lambda: listener.is_connected)
    yield lines
    await listener.stop()


async def test_hints_follow_the_commit(
    cast: Cast, database: Database, sender: bus.PostgresBus, heard: list[str]
) -> None:
    async def work(tx: Transaction) -> None:
        record(tx, "room:2", Tick(n=1))
        record(tx, "room:2", Tick(n=2))
        record(tx, "user:1", Tick(n=1))
        record_value(tx, "user:1", "wallet.updated")
        control.announce_revoked(tx, [7, 8])
        control.announce_blocked(tx, 9)

    await database.run(work)
    await eventually(lambda: len(heard) >= 6)
    assert sorted(heard) == [
        "blocked|9",
        "e|room:2|2",
        "e|user:1|1",
        "revoked|7",
        "revoked|8",
        "v|user:1|wallet.updated",
    ]


async def test_no_commit_no_hint(
    database: Database, sender: bus.PostgresBus, heard: list[str]
) -> None:
    async def fail(tx: Transaction) -> None:
        record(tx, "room:3", Tick(n=1))
        control.announce_blocked(tx, 9)
        await tx.finish()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await database.run(fail)
    await asyncio.sleep(0.2)
    assert heard == []


async def test_many_lines_go_in_few_payloads(sender: bus.PostgresBus, heard: list[str]) -> None:
    lines = [f"e|room:{number}|1" for number in range(5_000)]
    assert len(bus._payloads({(bus.CHANNEL_STREAMS, line): None for line in lines})) < 15
    for line in lines:
        bus.publish(bus.CHANNEL_STREAMS, line)
    await eventually(lambda: len(heard) >= 5_000)
    assert heard == lines


async def test_a_killed_sender_sends_again(
    sender: bus.PostgresBus, heard: list[str], addresses: Addresses
) -> None:
    bus.publish(bus.CHANNEL_STREAMS, "first")
    await eventually(lambda: "first" in heard)
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE '%pg_notify(%'"
            " AND pid <> pg_backend_pid()"
        )
    bus.publish(bus.CHANNEL_STREAMS, "second")
    await eventually(lambda: "second" in heard)


async def test_stopping_sends_what_has_gathered(database: Database, heard: list[str]) -> None:
    sender = bus.PostgresBus(database)
    await sender.start()
    sender.publish(bus.CHANNEL_STREAMS, "last words")
    await sender.stop()
    await eventually(lambda: heard == ["last words"])


async def test_a_listener_comes_back_and_says_so(database: Database, addresses: Addresses) -> None:
    began: list[None] = []
    listener = Listener(database, ["somewhere"], lambda line: None, lambda: began.append(None))
    await listener.start()
    await eventually(lambda: len(began) == 1)
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN \"somewhere\"'"
        )
    await eventually(lambda: len(began) == 2)
    await listener.stop()


def test_control_lines() -> None:
    revoked: list[int] = []
    blocked: list[int] = []
    for line in ("revoked|1", "blocked|2", "revoked|x", "revoked", "", "other|3", "revoked|²"):
        control.dispatch(line, revoked.append, blocked.append)
    assert (revoked, blocked) == ([1], [2])
