"""The demo's provider of games: a process of its own, at which the demo's guests play."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.demo.guests.api import Api
from flylive.demo.guests.guest import Guest, Pass
from flylive.demo.loading import load_catalogue
from flylive.launcher.supervisor import Spec
from flylive.launcher.up import Options, Up
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.product import Product
from tests.world import World

UNSETTLED = """
    SELECT FROM game_transactions b
    WHERE type = 'bet' AND status = 200 AND NOT EXISTS (
        SELECT FROM game_transactions o
        WHERE o.status = 200 AND (o.bet_transaction_id = b.provider_transaction_id
                                  OR o.type = 'win' AND o.round_id = b.round_id))
"""
"""Bets whose rounds were neither paid nor given back."""


def played(world: World) -> dict[str, int]:
    """How many calls of each game's provider were carried out."""
    return dict(
        world.sql(
            "SELECT g.code, count(*) FROM game_transactions t JOIN games g"
            " ON g.id = t.game_id WHERE t.status = 200 GROUP BY 1"
        )
    )


@asynccontextmanager
async def running(spec: Spec, product: Product) -> AsyncIterator[asyncio.subprocess.Process]:
    """The provider's process, answering, until it is killed with -9."""
    environment = product.environment | dict(spec.environment)
    process = await asyncio.create_subprocess_exec(*spec.argv, env=environment)
    port = spec.argv[spec.argv.index("--port") + 1]
    try:
        async with asyncio.timeout(120), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.TransportError:
                    assert process.returncode is None
                    await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_guests_play_though_the_provider_dies(
    addresses: Addresses,
    settings: Settings,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("FLYLIVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", addresses.owner)
    await database.run(lambda tx: load_catalogue(tx, settings))
    async with Product(addresses, tmp_path, "serve") as product:
        up = Up(
            Options(data=tmp_path / "data", port=product.port, gateway_port=product.gateway_port)
        )
        [spec] = up.house_of_games("127.0.0.1", f"{product.address}/")
        assert addresses.owner not in " ".join([*spec.argv, *spec.environment.values()])
        async with httpx.AsyncClient(base_url=product.address, timeout=60) as client:
            world = World(client, database, addresses.owner)
            people = await world.people(3)
            for person in people:
                await world.recharge(person, 500)
        api = Api(product.address, asyncio.Event(), Random(4))
        guests = [
            Guest(api, Pass(person.id, person.user["name"], "AE", person.token), Random(number))
            for number, person in enumerate(people)
        ]

        async def evening() -> None:
            await asyncio.gather(*(guest.play() for guest in guests for _ in range(3)))

        async with running(spec, product) as process:
            await evening()
            dying = asyncio.create_task(evening())
            await asyncio.sleep(0.1)
            process.kill()
            await dying
        async with running(spec, product):
            # How many of a guest's sessions come to a round depends on who ends whose.
            for _ in range(20):
                await evening()
                if sum(played(world).values()) > 20:
                    break
            async with asyncio.timeout(120):
                while True:
                    if not world.sql(UNSETTLED):
                        break
                    await asyncio.sleep(0.1)
        await api.close()
    assert set(played(world)) == {"teen_patti", "fruit_loop"}
    assert sum(played(world).values()) > 20
    with psycopg.connect(addresses.owner) as connection:
        assert proof.check(connection, print) == 0
