"""The guests: they talk, give, come and go over the API, and leave nothing behind."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from random import Random

import httpx
import psycopg
import pytest

from flylive.config import Settings
from flylive.database import Database
from flylive.demo.guests.api import Api, Stopped
from flylive.demo.guests.ears import Ears
from flylive.demo.guests.guest import Guest
from flylive.demo.guests.run import PASS_NAME, address, issue_passes
from flylive.demo.roster import GUEST_NUMBERS, LIVELY_HOSTS
from flylive.demo.world import make_world
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.demo.processes import running
from tests.product import free_port

PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Platform:
    """A running API and gateway over the demo world."""

    addresses: Addresses
    ports: dict[str, str]
    settings: Settings

    def counts(self) -> dict[str, int]:
        """What the guests move."""
        with psycopg.connect(self.addresses.owner) as connection:
            return {
                name: int((connection.execute(query.encode()).fetchone() or (0,))[0])
                for name, query in {
                    "messages": "SELECT count(*) FROM messages",
                    "gifts": "SELECT count(*) FROM gift_transactions",
                    "stays": "SELECT count(*) FROM room_participants",
                    "present": "SELECT count(*) FROM room_participants WHERE is_active",
                    "rooms": "SELECT count(*) FROM rooms WHERE participant_count > 0",
                    "seated": "SELECT count(*) FROM room_participants WHERE seat_number > 0",
                    "passes": "SELECT count(*) FROM personal_access_tokens"
                    f" WHERE name = '{PASS_NAME}'",
                }.items()
            }


@pytest.fixture(scope="module")
async def populated(database: Database, settings: Settings) -> None:
    """The demo world, its password unknown to all."""
    assert await make_world(database, settings, "!", lambda line: None)


@pytest.fixture(scope="module")
def platform(populated: None, addresses: Addresses, settings: Settings) -> Iterator[Platform]:
    """API and gateway as processes of their own."""
    port, gateway_port = free_port(), free_port()
    ports = {"FLYLIVE_PORT": str(port), "FLYLIVE_GATEWAY_PORT": str(gateway_port)}
    near = settings.model_copy(update={"port": port, "gateway_port": gateway_port})
    with running(addresses, "serve", **ports), running(addresses, "gateway", **ports):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if httpx.get(f"{address(near)}/readyz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                assert time.monotonic() < deadline, "the API did not come up"
            time.sleep(0.1)
        yield Platform(addresses, ports, near)


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[Api]:
    """A way to the platform."""
    api = Api(address(platform.settings), asyncio.Event(), Random(1))
    yield api
    await api.close()


async def test_passes_take_the_place_of_those_left_behind(
    platform: Platform, database: Database
) -> None:
    first = await database.run(issue_passes)
    second = await database.run(issue_passes)
    assert len(first) == len(second) == len(GUEST_NUMBERS)
    assert not {one.token for one in first} & {one.token for one in second}
    assert platform.counts()["passes"] == len(GUEST_NUMBERS)


async def test_the_one_with_a_socket_hears_his_room_and_comes_back(
    platform: Platform, api: Api, database: Database
) -> None:
    *others, host = [
        Guest(api, identity, Random(2)) for identity in await database.run(issue_passes)
    ]
    with psycopg.connect(platform.addresses.owner) as connection:
        [(room_id,)] = connection.execute(
            "SELECT id FROM rooms WHERE user_id = %s", (host.id,)
        ).fetchall()
    assert await host.join(room_id)
    ears = Ears(api, room_id, host, {guest.id for guest in (host, *others)}, Random(3))
    listening = asyncio.create_task(ears.listen())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for guest in others:
                assert await guest.join(room_id)
                await asyncio.sleep(0.1)
                if ears.heard:
                    break
        assert ears.heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        for guest in (host, *others):
            await guest.leave()
    assert platform.counts()["present"] == 0


async def test_somebody_who_is_broke_buys_coins_and_gives(
    platform: Platform, api: Api, database: Database
) -> None:
    one, other, *_ = [
        Guest(api, identity, Random(4)) for identity in await database.run(issue_passes)
    ]
    with psycopg.connect(platform.addresses.owner) as connection:
        [(room_id,)] = connection.execute(
            "SELECT id FROM rooms WHERE name = 'Morning Coffee Radio'"
        ).fetchall()
        [(before,)] = connection.execute("SELECT count(*) FROM recharge_orders").fetchall()
    await one.join(room_id)
    await other.join(room_id)
    balance = (await api.call("GET", "/wallet", one.token)).document["coin_balance"]
    if float(balance) >= 1:
        catalogue = (await api.call("GET", "/gifts?category=normal", one.token)).document["data"]
        price = float(catalogue[0]["price"])
        quantity = int(float(balance) // price)
        while quantity:
            body = {
                "gift_id": catalogue[0]["id"],
                "recipient_ids": [other.id],
                "quantity": min(quantity, 9_999),
            }
            key = f"spend-{quantity}"
            assert (await api.call("POST", "/gifts/send", one.token, body, key=key)).is_ok
            quantity -= min(quantity, 9_999)
    answer = await one.give([other.id], 1)
    assert answer.is_ok, answer
    with psycopg.connect(platform.addresses.owner) as connection:
        [(after,)] = connection.execute("SELECT count(*) FROM recharge_orders").fetchall()
    assert after == before + 1
    await one.leave()
    await other.leave()


async def test_a_request_is_sent_with_the_same_key_until_it_is_answered() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadError("cut off")
        if len(keys) == 2:
            return httpx.Response(503)
        return httpx.Response(201, json={"id": 7})

    api = Api("http://flylive.test", asyncio.Event(), Random(5), httpx.MockTransport(answer))
    sent = await api.call("POST", "/gifts/send", "1|x", {}, key="the-key")
    assert (sent.status, sent.document) == (201, {"id": 7})
    assert keys == ["the-key"] * 3
    await api.close()


async def test_whoever_waits_for_an_answer_goes_home_when_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flylive.demo.guests.api.FIRST_PAUSE_SECONDS", 3_600)

    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away")

    stop = asyncio.Event()
    api = Api("http://flylive.test", stop, Random(6), httpx.MockTransport(never))
    calling = asyncio.create_task(api.call("GET", "/wallet", "1|x"))
    await asyncio.sleep(0.3)
    stop.set()
    with pytest.raises(Stopped):
        await asyncio.wait_for(calling, 60)
    await api.close()


def test_guests_live_and_leave_nothing_behind(platform: Platform) -> None:
    # They leave as well as they can in a second or two: a machine that stands still just then
    # keeps one from it, and not the next ones.
    for _ in range(3):
        took = an_evening(platform)
        after = platform.counts()
        assert after["passes"] == 0
        if took < 3 and after["present"] == 0:
            break
    assert took < 3
    assert after["present"] == after["rooms"] == after["seated"] == 0
    lines: list[str] = []
    assert proof.verify(platform.addresses.serving, lines.append) == 0, lines


def an_evening(platform: Platform) -> float:
    """Guests who come, live, and are told to go; how long that took them."""
    before = platform.counts()
    with running(platform.addresses, "demo", "--guests", "--pace=0.2", **platform.ports) as guests:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            now = platform.counts()
            if (
                all(now[name] >= before[name] + 5 for name in ("messages", "gifts", "stays"))
                and now["rooms"] == len(LIVELY_HOSTS)
                and now["seated"] >= len(LIVELY_HOSTS)
            ):
                break
            assert guests.poll() is None
            assert time.monotonic() < deadline, now
            time.sleep(0.2)
        told = time.monotonic()
        guests.terminate()
        assert guests.wait(60) == 0
        return time.monotonic() - told


def test_without_a_demo_world_they_say_so(template: str, platform: Platform) -> None:
    """A database of somebody else's."""
    with psycopg.connect(platform.addresses.owner, autocommit=True) as connection:
        connection.execute("UPDATE users SET email = 'other.' || email")
    try:
        with running(platform.addresses, "demo", "--guests", **platform.ports) as guests:
            assert guests.wait(PATIENCE_SECONDS) == 1
    finally:
        with psycopg.connect(platform.addresses.owner, autocommit=True) as connection:
            connection.execute("UPDATE users SET email = substr(email, 7)")
