"""What was answered is kept, whoever is killed: the API with -9 while a crowd gives to one host.

Every client retries with its key until it is answered; sockets stay with the gateway. In the
end the gifts in the database are exactly the answered keys, the money adds up, and what each
socket was told equals what the database holds.
"""

import asyncio
import os
import random
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from flylive.database import Database
from flylive.gifts.group import WORTH_A_CUT
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.patience import eventually
from tests.product import Product
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
SECONDS = 30.0 if LONG else 6.0
KILLS = 3
CLIENTS = 60
"""More than `WORTH_A_CUT`, so that groups are written in two parts."""


@dataclass
class Sender:
    """A client who gives until the time is up, each gift under a key of its own."""

    person: Person
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    retries: int = 0

    async def run(
        self, product: Product, host: Person, gift: int, room: int, until: asyncio.Event
    ) -> None:
        body = {"gift_id": gift, "recipient_ids": [host.id], "quantity": 1, "room_id": room}
        async with httpx.AsyncClient(base_url=product.address, timeout=60) as client:
            while not until.is_set():
                key = uuid.uuid4().hex
                while key not in self.answered:
                    try:
                        answer = await client.post(
                            "/v1/gifts/send",
                            json=body,
                            headers=self.person.headers | {"Idempotency-Key": key},
                        )
                    except httpx.HTTPError:
                        self.retries += 1
                        await asyncio.sleep(0.05)
                        continue
                    if answer.status_code == 503:
                        self.retries += 1
                        await asyncio.sleep(float(answer.headers["retry-after"]) / 10)
                        continue
                    assert answer.status_code == 201, answer.text
                    self.answered[key] = answer.json()


async def listen(product: Product, person: Person, room: int, join: dict[str, Any],
                 done: asyncio.Event, events: list[dict[str, Any]]) -> None:  # fmt: skip
    """Note the room's events after the join, over a socket that comes back when it is cut."""
    stream, place = f"room:{room}", join["stream"]
    while not done.is_set():
        try:
            async with Client(product.gateway_port, bearer=person.token) as client:
                after = events[-1]["seq"] if events else place["seq"]
                reply = await client.subscribe(stream, epoch=place["epoch"], after=after)
                assert reply["ok"], reply
                while not done.is_set():
                    try:
                        async with asyncio.timeout(0.5):
                            events.append(await client.next("event", stream=stream))
                    except TimeoutError:
                        continue
        except (OSError, httpx.HTTPError):
            await asyncio.sleep(0.1)


async def test_a_crowd_gives_while_the_api_is_killed(addresses: Addresses, tmp_path: Path) -> None:
    randomness = random.Random(7)
    database = Database(addresses.serving)
    loop = asyncio.get_running_loop()
    async with (
        Product(addresses, tmp_path) as product,
        httpx.AsyncClient(base_url=product.address, timeout=60) as http,
    ):
        world = World(http, database, addresses.owner)
        host, *people = await world.people(CLIENTS + 1)
        for person in people:
            await world.recharge(person, 1_000_000)
        gift = world.gift("1.00")
        room = await world.room(host, *people)
        join = (await world.call("POST", f"/rooms/{room}/join", host, json={})).json()
        done = asyncio.Event()
        told: list[list[dict[str, Any]]] = [[] for _ in range(4)]
        sockets = [
            asyncio.create_task(listen(product, person, room, join, done, events))
            for person, events in zip((host, *people), told, strict=False)
        ]
        senders = [Sender(person) for person in people]
        until = asyncio.Event()
        begun = loop.time()
        running = [
            asyncio.create_task(sender.run(product, host, gift, room, until)) for sender in senders
        ]
        kills = 0
        while kills < KILLS or loop.time() - begun < SECONDS:
            await asyncio.sleep(randomness.uniform(0.8, 2.0))
            await product.kill("serve")
            await product.start("serve")
            kills += 1
        until.set()
        await asyncio.gather(*running)
        fresh = (await world.call("POST", f"/rooms/{room}/join", host, json={})).json()
        last = fresh["stream"]["seq"]
        await eventually(lambda: all(events and events[-1]["seq"] >= last for events in told))
        # Nothing comes twice, and nothing comes behind the last one.
        await asyncio.sleep(1)
        done.set()
        await asyncio.gather(*sockets)

        answered = {
            answer["id"]: answer for sender in senders for answer in sender.answered.values()
        }
        retries = sum(sender.retries for sender in senders)
        groups = [
            n for (n,) in world.sql("SELECT count(*) FROM gift_transactions GROUP BY sent_at")
        ]
        in_two = sum(n >= WORTH_A_CUT for n in groups)
        print(f"{len(answered)} gifts answered, {retries} retries, {kills} kills,")
        print(f"{len(groups)} groups, {in_two} of them written in two parts")
        assert in_two > 0
        sent = {row[0] for row in world.sql("SELECT batch_id FROM gift_transactions")}
        assert retries > 0
        assert len(answered) == sum(len(sender.answered) for sender in senders) > 100
        assert sent == set(answered)
        said: list[str] = []
        assert verify(addresses.owner, said.append) == 0, said
        wallet = await world.wallet(host)
        assert wallet["diamond_balance"] == f"{len(answered) // 2}.{len(answered) % 2 * 50:02d}"
        for events in told:
            assert [event["seq"] for event in events] == list(
                range(join["stream"]["seq"] + 1, last + 1)
            )
            shown = [event["data"]["id"] for event in events if event["type"] == "gift.sent"]
            assert len(shown) == len(set(shown))
            assert set(shown) == sent
    await database.close()
