"""A gateway in this process, and a bus for the events that tests record."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.gateway.server import Gateway
from flylive.realtime import bus
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.realtime.cast import Cast, Member


@pytest.fixture(scope="module")
def cast(database: Database, addresses: Addresses) -> Iterator[Cast]:
    """People and rooms on this module's database."""
    cast = Cast(database, addresses.owner)
    yield cast
    cast.close()


@pytest.fixture(scope="module")
async def sender(database: Database) -> AsyncIterator[bus.PostgresBus]:
    """This process's bus."""
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    yield sender
    bus.install(None)
    await sender.stop()


@dataclass
class Running:
    """A gateway that serves."""

    gateway: Gateway
    port: int

    def client(self, member: Member, **query: Any) -> Client:
        """A client with the member's token in its header."""
        return Client(self.port, bearer=member.bearer, **query)


@pytest.fixture(scope="module")
async def running(
    settings: Settings, addresses: Addresses, sender: bus.PostgresBus
) -> AsyncIterator[Running]:
    """A gateway of this module's own."""
    database = Database(addresses.serving, size=10, application_name="flylive-gateway")
    gateway = Gateway(settings, database)
    port = await gateway.start("127.0.0.1", 0)
    yield Running(gateway, port)
    await gateway.stop()
    await database.close()
