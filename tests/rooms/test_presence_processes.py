"""Presence over the product's own processes: gateways that are killed, clients that vanish."""

import asyncio
from pathlib import Path

import httpx

from flylive.database import Database
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.product import Product
from tests.rooms.crowd import crowd
from tests.rooms.picture import assert_exact
from tests.world import Person, World

TIMEOUT_SECONDS = 15


async def test_who_vanishes_is_out_and_who_comes_back_in_time_is_not(
    addresses: Addresses, database: Database, tmp_path: Path
) -> None:
    product = Product(addresses, tmp_path)
    product.environment |= {
        "FLYLIVE_PRESENCE_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        "FLYLIVE_HEARTBEAT_SECONDS": "4",
    }
    async with product, httpx.AsyncClient(base_url=product.address, timeout=60) as client:
        world = World(client, database, addresses.owner)
        owner, back, frozen, dropped = await crowd(world, 4)
        room_id = await world.room(owner, back, frozen, dropped, can_tourists_speak=True)
        for number, person in enumerate((back, frozen, dropped), 1):
            seat = f"/rooms/{room_id}/seats/{number}"
            assert (await world.call("PUT", seat, person)).status_code == 200
        stream = f"room:{room_id}"

        async def follow(person: Person) -> Client:
            socket = await Client(product.gateway_port, bearer=person.token).__aenter__()
            assert (await socket.subscribe(stream))["ok"]
            return socket

        sockets = {person.id: await follow(person) for person in (owner, back, frozen, dropped)}
        await product.kill("gateway")
        for socket in sockets.values():
            await socket.closed()
        await product.start("gateway")
        # One comes back and stays, one comes back and then answers no ping, one never does.
        watching, here, silent = [await follow(person) for person in (owner, back, frozen)]
        silent.socket.transport.pause_reading()
        left: dict[int, str] = {}
        async with asyncio.timeout(20 * TIMEOUT_SECONDS):
            while len(left) < 2:
                event = await watching_next(watching, stream)
                if event["type"] == "participant.left":
                    left[event["data"]["user_id"]] = event["data"]["reason"]
        assert left == {frozen.id: "absent", dropped.id: "absent"}
        seats = (await world.call("GET", f"/rooms/{room_id}/seats", owner)).json()["data"]
        assert [seat["user"] and seat["user"]["id"] for seat in seats[:3]] == [back.id, None, None]
        silent.drop()
        for socket in (watching, here):
            await socket.socket.close()
        assert_exact(world)


async def watching_next(client: Client, stream: str) -> dict[str, object]:
    """The next event, however long it takes."""
    while True:
        try:
            return await client.next("event", stream=stream)
        except TimeoutError:
            continue
