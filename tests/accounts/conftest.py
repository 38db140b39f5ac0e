"""Hands for account tests: requests from any address, and a picture of what is stored."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from litestar import Litestar

from tests.world import World

From = Callable[[str], httpx.AsyncClient]


@pytest.fixture(scope="module")
async def from_address(app: Litestar) -> AsyncIterator[From]:
    """A client whose peer address is the one given."""
    async with AsyncExitStack() as stack:
        clients: dict[str, httpx.AsyncClient] = {}

        def client(address: str) -> httpx.AsyncClient:
            if address not in clients:
                transport = httpx.ASGITransport(app=app, client=(address, 40_000))
                clients[address] = httpx.AsyncClient(
                    transport=transport, base_url="http://flylive.test"
                )
                stack.push_async_callback(clients[address].aclose)
            return clients[address]

        yield client


@pytest.fixture
def stored(world: World) -> Callable[[], list[Any]]:
    """Every user and token as the database has them now, but for when they were last seen."""

    def picture() -> list[Any]:
        return world.sql(
            "SELECT to_jsonb(u) - 'last_active_at' FROM users u ORDER BY id"
        ) + world.sql(
            "SELECT to_jsonb(t) - 'last_used_at' FROM personal_access_tokens t ORDER BY id"
        )

    return picture
