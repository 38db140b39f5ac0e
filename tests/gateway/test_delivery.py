"""Nothing is lost and nothing comes twice, whatever is cut off, killed or raced."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from websockets.exceptions import InvalidStatus, WebSocketException

from flylive.config import Settings
from flylive.database import Database
from flylive.gateway import delivery
from flylive.gateway.server import Gateway
from flylive.realtime import bus, room_stream, user_stream
from tests.conftest import Addresses
from tests.gateway.client import Client, numbers
from tests.gateway.conftest import Running
from tests.patience import eventually, once_within
from tests.product import free_port
from tests.realtime.cast import Cast, Tick


@pytest.fixture
async def no_bus(sender: bus.PostgresBus) -> AsyncIterator[None]:
    """Hints go nowhere."""
    bus.install(None)
    yield
    bus.install(sender)


async def test_cut_off_and_back_gets_what_was_missed(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    async with running.client(member) as client:
        epoch = (await client.subscribe(stream))["data"]["epoch"]
        await cast.ticks(stream, 1, 3)
        assert numbers(await client.events(stream, 3)) == [1, 2, 3]
        client.drop()
    await cast.ticks(stream, 4, 500)
    async with running.client(member) as client:
        reply = await client.subscribe(stream, epoch=epoch, after=3)
        assert reply["data"] == {"stream": stream, "epoch": epoch, "seq": 500}
        events = await client.events(stream, 497)
        assert numbers(events) == list(range(4, 501))
        assert [event["data"]["n"] for event in events] == list(range(4, 501))
        await cast.ticks(stream, 501, 502)
        assert numbers(await client.events(stream, 2)) == [501, 502]
        assert not [f for f in await client.silence(0.3) if f["op"] == "event"]


async def test_the_own_stream_resumes_by_the_query(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = user_stream(member.user_id)
    await cast.ticks(stream, 1, 5)
    async with running.client(member, after=2) as client:
        (place,) = (await client.next("hello"))["streams"]
        assert place["seq"] == 5
        assert numbers(await client.events(stream, 3)) == [3, 4, 5]
    async with running.client(member) as client:
        await client.next("hello")
        await cast.ticks(stream, 6, 6)
        assert numbers(await client.events(stream, 1)) == [6]
    async with running.client(member, after=6, epoch=place["epoch"] + 1) as client:
        resync = await client.next("resync")
        assert resync == {
            "op": "resync",
            "stream": stream,
            "epoch": place["epoch"],
            "seq": 6,
            "reason": "epoch",
        }


async def test_an_unknown_place_brings_a_resync(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    await cast.ticks(stream, 1, 10)
    cast.sql("UPDATE streams SET first_seq = 6 WHERE name = %s", stream)
    cast.sql(
        "DELETE FROM stream_events e USING streams s"
        " WHERE s.id = e.stream_id AND s.name = %s AND e.seq < 6",
        stream,
    )
    n = itertools.count(11)
    for place, reason in (
        ({"after": 3}, "too_old"),
        ({"after": 4}, "too_old"),
        ({"after": 1_000}, "ahead"),
        ({"after": 7, "epoch": 1}, "epoch"),
    ):
        async with running.client(member) as client:
            reply = await client.subscribe(stream, **place)
            assert reply["ok"] is True
            resync = await client.next("resync")
            assert (resync["seq"], resync["reason"]) == (reply["data"]["seq"], reason)
            await cast.tell(stream, Tick(n=(number := next(n))))
            assert numbers(await client.events(stream, 1)) == [number]
    async with running.client(member) as client:
        await client.subscribe(stream, after=5)
        assert numbers(await client.events(stream, 5)) == [6, 7, 8, 9, 10]


async def test_a_stream_made_anew_under_its_followers(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    await cast.ticks(stream, 1, 5)
    async with running.client(member) as client:
        epoch = (await client.subscribe(stream, after=4))["data"]["epoch"]
        await client.events(stream, 1)
        cast.sql("DELETE FROM streams WHERE name = %s", stream)
        await cast.ticks(stream, 1, 2)
        resync = await client.next("resync", stream=stream)
        assert resync["reason"] == "epoch"
        assert resync["epoch"] != epoch
        if resync["seq"] == 1:
            await client.events(stream, 1)
        await cast.ticks(stream, 3, 3)
        (event,) = await client.events(stream, 1)
        assert (event["epoch"], event["seq"]) == (resync["epoch"], 3)


async def test_events_lost_under_followers_bring_a_resync(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    await cast.ticks(stream, 1, 3)
    async with running.client(member) as client:
        await client.subscribe(stream)
        cast.sql("DELETE FROM stream_events WHERE seq = 3")
        cast.sql("UPDATE streams SET seq = 2 WHERE name = %s", stream)
        resync = await client.next("resync", stream=stream)
        assert (resync["seq"], resync["reason"]) == (2, "ahead")
        cast.sql("UPDATE streams SET seq = 9 WHERE name = %s", stream)
        resync = await client.next("resync", stream=stream)
        assert (resync["seq"], resync["reason"]) == (9, "too_old")
        await cast.ticks(stream, 10, 10)
        assert numbers(await client.events(stream, 1)) == [10]


async def test_lost_hints_cost_a_second_and_no_event(
    running: Running, cast: Cast, no_bus: None
) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    async with running.client(member) as client:
        await client.subscribe(stream)

        async def lost(turn: int) -> float:
            first = 1 + 300 * turn
            await cast.ticks(stream, first, first + 299)
            began = time.monotonic()
            assert numbers(await client.events(stream, 300)) == list(range(first, first + 300))
            return time.monotonic() - began

        await once_within(2.5, lost)


async def test_a_hint_is_fast(
    running: Running, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))
    async with running.client(member) as client:
        await client.subscribe(stream)
        monkeypatch.setattr(delivery, "SWEEP_SECONDS", 60.0)
        await asyncio.sleep(1.1)

        async def hinted(turn: int) -> float:
            began = time.monotonic()
            await cast.ticks(stream, 1 + 20 * turn, 20 + 20 * turn)
            await client.events(stream, 20)
            return time.monotonic() - began

        await once_within(1, hinted)
    running.gateway.delivery.sweep()


async def test_a_lost_listening_connection_comes_back(running: Running, cast: Cast) -> None:
    member = cast.member()
    stream = room_stream(cast.room(member))

    with psycopg.connect(running.gateway.database.dsn, autocommit=True) as connection:

        def backend() -> int:
            (found,) = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'flylive-gateway' AND query LIKE 'LISTEN%'"
            ).fetchall()
            return int(found[0])

        async with running.client(member) as client:
            await client.subscribe(stream)
            first = backend()
            writing = asyncio.create_task(cast.ticks(stream, 1, 200))
            await asyncio.sleep(0.05)
            connection.execute("SELECT pg_terminate_backend(%s)", (first,))
            await writing
            assert numbers(await client.events(stream, 200)) == list(range(1, 201))
            await eventually(lambda: running.gateway.listener.is_connected)
            assert backend() != first


async def test_every_connection_killed(running: Running, cast: Cast) -> None:
    """Readers, listener and all: what was committed still arrives, once and in order."""
    member = cast.member()
    stream = room_stream(cast.room(member))
    async with running.client(member) as client:
        await client.subscribe(stream)
        for first in (1, 51, 101):
            await cast.ticks(stream, first, first + 49)
            with psycopg.connect(running.gateway.database.dsn) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name = 'flylive-gateway'"
                )
        assert numbers(await client.events(stream, 150)) == list(range(1, 151))


class Follower:
    """A client that is cut off again and again and resumes behind what it has seen."""

    def __init__(self, running: Running, member: Any, stream: str) -> None:
        self.running, self.member, self.stream = running, member, stream
        self.seen: list[int] = []
        self.epoch: int | None = None
        self.cuts = 0
        self.resyncs = 0

    async def run(self, total: int) -> None:
        while len(self.seen) < total:
            try:
                async with self.running.client(self.member) as client:
                    place = {"after": len(self.seen)}
                    if self.epoch is not None:
                        place["epoch"] = self.epoch
                    await client.send(op="subscribe", id=1, stream=self.stream, **place)
                    # Counted in events: so often, however fast they are written.
                    cut = len(self.seen) + random.randint(0, 40)
                    while len(self.seen) < cut:
                        frame = await client.read()
                        if frame["op"] == "event" and frame["stream"] == self.stream:
                            self.seen.append(frame["seq"])
                            self.epoch = frame["epoch"]
                        elif frame["op"] == "resync":
                            self.resyncs += 1
                        if len(self.seen) >= total:
                            return
                    client.drop()
                    self.cuts += 1
            except (WebSocketException, OSError):
                self.cuts += 1


@pytest.mark.parametrize("with_bus", [True, False])
async def test_racing_writers_and_clients_that_come_and_go(
    running: Running, cast: Cast, sender: bus.PostgresBus, with_bus: bool
) -> None:
    members = [cast.member() for _ in range(12)]
    stream = room_stream(cast.room(*members))
    writers, each = 6, 60
    total = writers * each
    followers = [Follower(running, member, stream) for member in members]
    bus.install(sender if with_bus else None)
    running.gateway.delivery.page = 7
    try:
        following = [asyncio.create_task(f.run(total)) for f in followers]

        async def write(writer: int) -> None:
            for n in range(each):
                await cast.tell(stream, Tick(n=writer * each + n))
                await asyncio.sleep(random.uniform(0, 0.03))

        await asyncio.gather(*(write(writer) for writer in range(writers)))
        async with asyncio.timeout(180):
            await asyncio.gather(*following)
    finally:
        bus.install(sender)
        running.gateway.delivery.page = delivery.PAGE
    for follower in followers:
        assert follower.seen == list(range(1, total + 1))
        assert follower.resyncs == 0
    assert sum(follower.cuts for follower in followers) > 20


async def test_many_subscribing_at_every_moment_of_a_busy_stream(
    running: Running, cast: Cast
) -> None:
    """Each joins at some place while events flow: behind it, all, once."""
    members = [cast.member() for _ in range(30)]
    stream = room_stream(cast.room(*members))
    total = 300
    running.gateway.delivery.page = 5

    async def follow(member: Any, after: int | None) -> list[int]:
        await asyncio.sleep(random.uniform(0, 0.5))
        async with running.client(member) as client:
            place = {} if after is None else {"after": after}
            reply = await client.subscribe(stream, **place)
            first = reply["data"]["seq"] if after is None else after
            return [first, *numbers(await client.events(stream, total - first))]

    following = [
        asyncio.create_task(follow(member, random.choice([None, 0])))
        for number, member in enumerate(members)
    ]
    await asyncio.gather(*(cast.ticks(stream, 1 + 50 * n, 50 + 50 * n) for n in range(total // 50)))
    for seen in await asyncio.gather(*following):
        assert seen == list(range(seen[0], total + 1))
    running.gateway.delivery.page = delivery.PAGE


async def test_a_slow_reader_is_closed_and_resumes_in_full(running: Running, cast: Cast) -> None:
    member, quick = cast.member(), cast.member()
    stream = room_stream(cast.room(member, quick))
    padding = "x" * 60_000
    async with running.client(quick) as reader, running.client(member) as sleeper:
        await reader.subscribe(stream)
        epoch = (await sleeper.subscribe(stream))["data"]["epoch"]
        sleeper.socket.transport.pause_reading()
        reading = asyncio.create_task(reader.events(stream, 300))
        await cast.ticks(stream, 1, 300, padding)
        assert numbers(await reading) == list(range(1, 301))
        assert running.gateway.sessions.user_ids() == {quick.user_id}
        sleeper.socket.transport.resume_reading()
        assert await sleeper.closed() == 4001
        seen = numbers([frame for frame in sleeper.inbox if frame["op"] == "event"])
        assert seen == list(range(1, len(seen) + 1))
        assert 0 < len(seen) < 300
    async with running.client(member) as client:
        await client.subscribe(stream, epoch=epoch, after=len(seen))
        for seq in range(len(seen) + 1, 301):
            # Reading slowly while catching up is no fault: there the gateway waits.
            if seq % 50 == 0:
                await asyncio.sleep(0.1)
            assert (await client.next("event"))["seq"] == seq


GATEWAY = """
import sys
from flylive.config import Settings
from flylive.gateway.server import main
main(Settings(env="development", database_url=sys.argv[1], gateway_port=int(sys.argv[2])))
"""


async def started(dsn: str, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", GATEWAY, dsn, str(port)], stdout=subprocess.DEVNULL
    )
    async with asyncio.timeout(120):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.poll() is None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return process


async def test_killed_and_started_again(
    settings: Settings, addresses: Addresses, cast: Cast, sender: bus.PostgresBus
) -> None:
    members = [cast.member() for _ in range(8)]
    stream = room_stream(cast.room(*members))
    port, total = free_port(), 300
    process = await started(addresses.serving, port)

    class Elsewhere:
        def client(self, member: Any, **query: Any) -> Client:
            return Client(port, bearer=member.bearer, **query)

    followers = [Follower(Elsewhere(), member, stream) for member in members]  # type: ignore[arg-type]
    following = [asyncio.create_task(f.run(total)) for f in followers]
    try:
        for first in range(1, total, 100):
            await cast.ticks(stream, first, first + 49)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            await cast.ticks(stream, first + 50, first + 99)
            process = await started(addresses.serving, port)
        async with asyncio.timeout(180):
            await asyncio.gather(*following)
        for follower in followers:
            assert follower.seen == list(range(1, total + 1))
        process.terminate()
        assert process.wait(60) == 0
    finally:
        for task in following:
            task.cancel()
        process.kill()
        process.wait()


async def test_a_database_that_is_away_is_said_so(addresses: Addresses, settings: Settings) -> None:
    database = Database("host=127.0.0.1 port=1 dbname=none user=none")
    gateway = Gateway(settings, database)
    port = await gateway.start("127.0.0.1", 0)
    try:
        with pytest.raises(InvalidStatus) as caught:
            await Client(port, bearer="1|x").__aenter__()
        assert caught.value.response.status_code == 503
        assert caught.value.response.headers["Retry-After"] == "1"
    finally:
        await gateway.stop()
        await database.close()
