"""Recording events, reading them back, forgetting old ones."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from flylive.clock import now, turned_to
from flylive.database import Database, Transaction
from flylive.realtime import record, room_stream, service
from flylive.realtime.errors import StreamTooOld
from flylive.realtime.service import EventPage
from tests.realtime.cast import Cast, Tick


async def read(database: Database, stream: str, after: int, limit: int = 100) -> EventPage:
    return await database.read(lambda tx: service.events_after(tx, stream, after, limit))


async def test_a_position_is_made_once(cast: Cast, database: Database) -> None:
    async def ask(tx: Transaction) -> Any:
        return await service.position(tx, "room:1")

    assert await database.read(lambda tx: service.find_position(tx, "room:1")) is None
    places = await asyncio.gather(*(database.run(ask) for _ in range(10)))
    assert len(set(places)) == 1
    assert (places[0].name, places[0].seq) == ("room:1", 0)
    await cast.ticks("room:1", 1, 2)
    later = await database.run(ask)
    assert (later.epoch, later.seq) == (places[0].epoch, 2)
    assert later._asdict() == {"name": "room:1", "epoch": later.epoch, "seq": 2}


async def test_writers_at_once_make_one_gapless_sequence(cast: Cast, database: Database) -> None:
    streams = [room_stream(number) for number in (11, 12, 13)]

    async def write(writer: int) -> None:
        async def work(tx: Transaction) -> None:
            # Each writer names the streams in another order: the counters are locked by name.
            for stream in streams[writer % 3 :] + streams[: writer % 3]:
                record(tx, stream, Tick(n=writer))
                record(tx, stream, Tick(n=-writer))

        await database.run(work)

    await asyncio.gather(*(write(writer) for writer in range(1, 41)))
    for stream in streams:
        page = await read(database, stream, 0)
        assert [event.seq for event in page.data] == list(range(1, 81))
        data = [msgspec.json.decode(event.data)["n"] for event in page.data]
        assert sorted(data) == sorted([*range(1, 41), *range(-40, 0)])
        # What one transaction recorded stands together and in its order.
        assert all(data[at] == -data[at + 1] > 0 for at in range(0, 80, 2))


async def test_a_rolled_back_event_leaves_no_gap(cast: Cast, database: Database) -> None:
    stream = room_stream(21)
    await cast.ticks(stream, 1, 1)

    async def fail(tx: Transaction) -> None:
        record(tx, stream, Tick(n=2))
        await tx.finish()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        await database.run(fail)
    await cast.ticks(stream, 3, 3)
    page = await read(database, stream, 0)
    assert [(event.seq, bytes(event.data)) for event in page.data] == [
        (1, b'{"n":1,"padding":""}'),
        (2, b'{"n":3,"padding":""}'),
    ]


async def test_pages_join_without_gap(cast: Cast, database: Database) -> None:
    stream = room_stream(31)
    await cast.ticks(stream, 1, 25)
    seen: list[int] = []
    page = await read(database, stream, 0, 10)
    while page.data:
        seen += [event.seq for event in page.data]
        assert page.next_after == seen[-1]
        page = await read(database, stream, page.next_after, 10)
    assert seen == list(range(1, 26))
    assert page.next_after == 25
    document = msgspec.json.decode(msgspec.json.encode(await read(database, stream, 24)))
    assert document == {
        "epoch": page.epoch,
        "data": [
            {
                "stream": stream,
                "epoch": page.epoch,
                "seq": 25,
                "type": "test.tick",
                "data": {"n": 25, "padding": ""},
                "at": document["data"][0]["at"],
            }
        ],
        "next_after": 25,
    }


async def test_a_stream_that_nobody_used(database: Database) -> None:
    page = await read(database, "room:404", 0)
    assert (page.data, page.next_after) == ([], 0)
    with pytest.raises(StreamTooOld):
        await read(database, "room:404", 1)


async def test_a_place_ahead_is_refused(cast: Cast, database: Database) -> None:
    stream = room_stream(41)
    await cast.ticks(stream, 1, 3)
    with pytest.raises(StreamTooOld) as caught:
        await read(database, stream, 4)
    body = caught.value.body()
    assert (body["status"], body["code"], body["seq"]) == (410, "stream.too_old", 3)


async def test_pruning_keeps_the_newest_gapless(cast: Cast, database: Database) -> None:
    old, mixed, young = (room_stream(number) for number in (51, 52, 53))
    with turned_to(now() - timedelta(hours=80)):
        await cast.ticks(old, 1, 3)
        await cast.ticks(mixed, 1, 5)
    await cast.ticks(mixed, 6, 9)
    await cast.ticks(young, 1, 2)
    assert await service.prune(database, 72) == 8
    assert await service.prune(database, 72) == 0
    for stream, after in ((old, 2), (mixed, 4)):
        with pytest.raises(StreamTooOld):
            await read(database, stream, after)
    assert (await read(database, old, 3)).data == []
    assert [event.seq for event in (await read(database, mixed, 5)).data] == [6, 7, 8, 9]
    assert [event.seq for event in (await read(database, young, 0)).data] == [1, 2]
    await cast.ticks(old, 4, 4)
    assert [event.seq for event in (await read(database, old, 3)).data] == [4]


async def test_pruning_in_many_small_steps(
    cast: Cast, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_STREAMS_AT_ONCE", 2)
    monkeypatch.setattr(service, "_EVENTS_AT_ONCE", 3)
    streams = [room_stream(number) for number in range(61, 66)]
    with turned_to(now() - timedelta(hours=2)):
        for stream in streams:
            await cast.ticks(stream, 1, 7)
    assert await service.prune(database, 1) == 35


async def test_pruning_beside_writers(cast: Cast, database: Database) -> None:
    stream = room_stream(71)
    with turned_to(now() - timedelta(hours=2)):
        await cast.ticks(stream, 1, 50)
    await asyncio.gather(cast.ticks(stream, 51, 100), service.prune(database, 1))
    assert [event.seq for event in (await read(database, stream, 50)).data] == list(range(51, 101))
