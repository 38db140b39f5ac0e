"""Hands for account tests: requests from any address, and a picture of what is stored."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive import clock, jobs
from flylive.config import Settings
from flylive.database import Database
from flylive.outbox import Outbox
from flylive.worker import LETTERS
from tests.accounts.postman import Postman
from tests.accounts.provider import PlayedProvider
from tests.world import World

Wait = Callable[[float], None]
From = Callable[[str], httpx.AsyncClient]


@pytest.fixture(scope="module")
async def google() -> AsyncIterator[PlayedProvider]:
    """Google, played."""
    provider = PlayedProvider("google", "https://accounts.google.com", "our-app.google.example")
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture(scope="module")
async def facebook() -> AsyncIterator[PlayedProvider]:
    """Facebook, played."""
    provider = PlayedProvider("facebook", "https://www.facebook.com", "1234567890")
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture(scope="module")
def settings(settings: Settings, google: PlayedProvider, facebook: PlayedProvider) -> Settings:
    """The tests' settings, with the played providers in place of the real ones."""
    return settings.model_copy(
        update={
            "google_client_ids": (google.audience, "our-other-app.google.example"),
            "google_keys_url": google.url,
            "facebook_app_ids": (facebook.audience,),
            "facebook_keys_url": facebook.url,
        }
    )


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


@pytest.fixture(scope="module")
async def postman(world: World, database: Database, settings: Settings) -> AsyncIterator[Postman]:
    """Whoever sends what the API only notes down, as the worker does."""
    queue = jobs.create_queue(settings.serving_dsn)
    jobs.register(queue, LETTERS, Outbox(database, settings))
    async with queue.open_async():
        yield Postman(world, queue, database)


@pytest.fixture
def minutes_pass() -> Iterator[Wait]:
    """Lets the clock run ahead, until the test's end."""
    contexts = []

    def wait(minutes: float) -> None:
        context = clock.turned_to(clock.now() + timedelta(minutes=minutes))
        context.__enter__()
        contexts.append(context)

    yield wait
    for context in reversed(contexts):
        context.__exit__(None, None, None)


@pytest.fixture
def stored(world: World) -> Callable[[], list[Any]]:
    """Every user, token and identity as the database has them, but for when they were seen."""

    def picture() -> list[Any]:
        return (
            world.sql("SELECT to_jsonb(u) - 'last_active_at' FROM users u ORDER BY id")
            + world.sql(
                "SELECT to_jsonb(t) - 'last_used_at' FROM personal_access_tokens t ORDER BY id"
            )
            + world.sql("SELECT to_jsonb(i) FROM user_identities i ORDER BY id")
        )

    return picture
