"""Order and completeness under fire.

Two who write, in a room and to each other; three devices that come and go; two gateways, one of
which is now and then killed. In the end each device has the list that the database has: nothing
missing, nothing twice, deleted words gone, read marks where they stand. ``fly.py test --long``
plays a thousand rounds; each is made by a number, which a failure names.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import WebSocketException

from flylive.database import Database
from flylive.realtime import bus, room_stream, user_stream
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.product import Product
from tests.rooms.crowd import crowd
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
ROUNDS = int(os.environ.get("FLYLIVE_TEST_SEQUENCES", "1000" if LONG else "7"))
FIRST = int(os.environ.get("FLYLIVE_TEST_SEED", "0"))
WRITES = 9
KILL_EVERY = 6
"""One round in so many loses a gateway."""
PATIENCE_SECONDS = 180.0


@dataclass
class Device:
    """An app that keeps two streams, and what it has folded of each."""

    person: Person
    room: str
    places: dict[str, tuple[int, int]]
    """By stream: epoch, and the last sequence that is folded in."""
    lists: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    """By who read: up to where."""
    resyncs: int = 0

    @property
    def own(self) -> str:
        """The stream of its user."""
        return user_stream(self.person.id)

    async def live(self, ports: list[int], rng: random.Random, until: dict[str, int]) -> None:
        """Come and go until everything up to `until`, filled in the end, has arrived."""
        while not self.has_all(until):
            try:
                await self.visit(rng.choice(ports), rng, until)
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(rng.uniform(0.005, 0.05))

    def has_all(self, until: dict[str, int]) -> bool:
        """Whether it is where the senders ended."""
        return bool(until) and all(self.places[stream][1] >= until[stream] for stream in until)

    async def visit(self, port: int, rng: random.Random, until: dict[str, int]) -> None:
        """One connection, which ends in the middle of something."""
        epoch, after = self.places[self.own]
        query = {"epoch": epoch, "after": after}
        async with Client(port, bearer=self.person.token, **query) as client:
            await client.next("hello")
            epoch, after = self.places[self.room]
            await client.send(op="subscribe", id=1, stream=self.room, epoch=epoch, after=after)
            frames = rng.choice([1, 2, 5, 30, 1000])
            while frames and not self.has_all(until):
                try:
                    async with asyncio.timeout(0.3):
                        await self.take(
                            await client.read() if not client.inbox else client.inbox.pop(0)
                        )
                except TimeoutError:
                    continue
                frames -= 1
            if rng.random() < 0.7:
                client.drop()

    async def take(self, frame: dict[str, Any]) -> None:
        """Fold one frame; a gap or a double is a failure, and so is a resync."""
        assert frame["op"] != "resync", frame
        if frame["op"] != "event":
            assert frame.get("ok", True), frame
            return
        stream, seq, data = frame["stream"], frame["seq"], frame["data"]
        epoch, last = self.places[stream]
        assert (frame["epoch"], seq) == (epoch, last + 1), (self.places, frame)
        self.places[stream] = (epoch, seq)
        kept = self.lists.setdefault(stream, {})
        if frame["type"] == "message.created":
            message = data["message"]
            assert message["seq"] == len(kept) + 1
            kept[message["seq"]] = message
        elif frame["type"] == "message.deleted":
            kept[data["seq"]] |= {"content": "", "is_deleted": True}
        elif frame["type"] == "message.read":
            reader = data["reader_id"]
            assert data["seq"] > self.marks.get(reader, 0)
            self.marks[reader] = data["seq"]


@dataclass
class Writer:
    """Somebody who writes to the room and to the other one, and never waits long."""

    world: World
    person: Person
    other: Person
    room_id: int
    rng: random.Random
    sent: list[int] = field(default_factory=list)

    async def act(self) -> None:
        """All he does in a round."""
        for number in range(WRITES):
            await self.write(number)
            if self.rng.random() < 0.25 and self.sent:
                message_id = self.rng.choice(self.sent)
                await self.call("DELETE", f"/messages/{message_id}")
            if self.rng.random() < 0.3:
                await self.read()
            await asyncio.sleep(self.rng.choice([0, 0, 0.002, 0.01, 0.04]))

    async def write(self, number: int) -> None:
        """One message, at times sent twice at once as by a client that lost the answer."""
        where = self.rng.choice(
            [f"/rooms/{self.room_id}/messages", f"/conversations/{self.other.id}/messages"]
        )
        body = {"content": f"{self.person.id}: {number}", "client_id": f"c-{number}"}
        times = self.rng.choice([1, 1, 1, 2, 3])
        answers = await asyncio.gather(*(self.call("POST", where, json=body) for _ in range(times)))
        [message_id] = {answer.json()["id"] for answer in answers}
        self.sent.append(message_id)

    async def read(self) -> None:
        """Read what the other one wrote, at times what was read long ago."""
        path = f"/conversations/{self.other.id}"
        listed = (await self.call("GET", f"{path}/messages?limit=1")).json()["data"]
        if listed:
            seq = max(1, listed[0]["seq"] - self.rng.randrange(3))
            await self.call("POST", f"{path}/read", json={"seq": seq})

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, which is answered well."""
        answer = await self.world.call(method, path, self.person, **options)
        assert answer.is_success, answer.text
        return answer


@pytest.fixture(scope="module")
async def gateways(
    addresses: Addresses, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Product]]:
    """Two gateways, processes of their own; this process's writes are hinted to them."""
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    made: list[Product] = []
    for number in range(2):
        folder = Path(tmp_path_factory.mktemp(f"gateway{number}"))
        made.append(Product(addresses, folder, "gateway"))
    await asyncio.gather(*(one.start("gateway") for one in made))
    yield made
    await asyncio.gather(*(one.kill("gateway") for one in made))
    bus.install(None)
    await sender.stop()


async def places(world: World, *streams: str) -> dict[str, tuple[int, int]]:
    """Where the streams stand, by the database."""
    rows = world.sql("SELECT name, epoch, seq FROM streams WHERE name = ANY(%s)", list(streams))
    return {name: (epoch, seq) for name, epoch, seq in rows}


async def history(world: World, path: str, person: Person) -> dict[int, dict[str, Any]]:
    """All messages there as the address lists them, by their place."""
    found: list[dict[str, Any]] = []
    query = "?after=0&limit=100"
    while True:
        page = (await world.call("GET", f"{path}/messages{query}", person)).json()
        found += page["data"]
        if page["next_cursor"] is None:
            return {message["seq"]: message for message in found}
        query = f"?cursor={page['next_cursor']}&limit=100"


def bare(messages: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Without the marks, which events of their own move."""
    return {
        seq: {k: v for k, v in one.items() if k not in ("is_read", "read_at")}
        for seq, one in messages.items()
    }


async def play(world: World, gateways: list[Product], people: list[Person], number: int) -> None:
    """One round."""
    rng = random.Random(number)
    one, other = people
    for person, friend in ((one, other), (other, one)):
        assert (await world.call("PUT", f"/users/{friend.id}/follow", person)).is_success
    room_id = await world.room(one, other)
    room = room_stream(room_id)
    # Both have a stream of their own once something was told there.
    for person, friend in ((one, other), (other, one)):
        body = {"content": "Salam", "client_id": "first"}
        path = f"/conversations/{friend.id}/messages"
        assert (await world.call("POST", path, person, json=body)).is_success
    begun = await places(world, room, user_stream(one.id), user_stream(other.id))
    first = await history(world, f"/conversations/{other.id}", one)
    devices = [
        Device(
            person,
            room,
            {stream: begun[stream] for stream in (room, user_stream(person.id))},
            {user_stream(person.id): dict(first)},
        )
        for person in (one, other, other)
    ]
    writers = [
        Writer(world, person, friend, room_id, random.Random(number * 2 + side))
        for side, (person, friend) in enumerate(((one, other), (other, one)))
    ]
    until: dict[str, int] = {}
    ports = [gateway.gateway_port for gateway in gateways]
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        ends: list[dict[str, int]] = []
        for place, device in enumerate(devices):
            mine: dict[str, int] = {}
            ends.append(mine)
            group.create_task(device.live(ports, random.Random(number * 3 + place), mine))
        if number % KILL_EVERY == 0:
            group.create_task(kill(rng.choice(gateways), rng.uniform(0, 0.1)))
        await asyncio.gather(*(writer.act() for writer in writers))
        ended = await places(world, *begun)
        until |= {stream: seq for stream, (_, seq) in ended.items()}
        for mine, device in zip(ends, devices, strict=True):
            mine |= {stream: until[stream] for stream in device.places}
    in_room = await history(world, f"/rooms/{room_id}", one)
    for device in devices:
        friend = other if device.person is one else one
        private = await history(world, f"/conversations/{friend.id}", device.person)
        assert device.lists.get(room, {}) == in_room
        assert bare(device.lists[device.own]) == bare(private)
        [talk] = (await world.call("GET", "/conversations", device.person)).json()["data"]
        assert device.marks.get(device.person.id, 0) == talk["read_seq"]
        assert device.marks.get(friend.id, 0) == talk["other_read_seq"]
    assert len(in_room) + len(private) == 2 * WRITES + 2


async def kill(gateway: Product, after: float) -> None:
    """kill -9 in the middle of it, and a new one in its place."""
    await asyncio.sleep(after)
    await gateway.kill("gateway")
    await gateway.start("gateway")


async def test_every_device_ends_with_the_list_of_the_database(
    world: World, gateways: list[Product]
) -> None:
    fresh: list[Person] = []
    for number in range(FIRST, FIRST + ROUNDS):
        if not fresh:
            fresh = await crowd(world, min(200, 2 * ROUNDS))
        people = [fresh.pop(), fresh.pop()]
        try:
            await play(world, gateways, people, number)
        except BaseException as error:
            error.add_note(f"FLYLIVE_TEST_SEED={number} FLYLIVE_TEST_SEQUENCES=1 plays it again")
            raise
