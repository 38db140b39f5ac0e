"""Who asks: headers are heard from trusted proxies alone, and never open what is for loopback."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from pydantic import ValidationError

from flylive.asgi import create_app
from flylive.config import Settings
from flylive.http import addresses
from tests.world import World

TRUSTED = addresses.networks(["10.0.0.0/8", "127.0.0.1", "2001:db8:ffff::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.1", [], "203.0.113.1"),
        # Whoever is not trusted may say what he likes.
        ("203.0.113.1", ["127.0.0.1"], "203.0.113.1"),
        ("10.1.2.3", ["198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["127.0.0.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.7", "203.0.113.9", "10.9.9.9"], "203.0.113.9"),
        ("10.1.2.3", ["10.5.5.5, 10.9.9.9"], "10.5.5.5"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("::ffff:10.1.2.3", ["[2001:db8::5]:443"], "2001:db8::5"),
        ("2001:db8:ffff::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.1.2.3", ["::ffff:203.0.113.9"], "203.0.113.9"),
        # What is no address ends the search at the peer himself.
        ("10.1.2.3", ["203.0.113.9, unknown"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9, "], "10.1.2.3"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["garbage, 203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9, 10.1.1.1 10.2.2.2"], "10.1.2.3"),
        # A long tale before what a proxy says takes nobody out of sight.
        ("10.1.2.3", [", ".join(["198.51.100.7"] * 33 + ["203.0.113.9"])], "203.0.113.9"),
        ("127.0.0.1", ["," * 9000 + "203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", [", ".join(["203.0.113.9"] + ["10.9.9.9"] * 40)], "10.9.9.9"),
        ("testclient", ["203.0.113.9"], "testclient"),
    ],
)
def test_the_client_is_the_last_one_that_is_no_proxy(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert addresses.client(peer, [one.encode() for one in forwarded], TRUSTED) == expected


@given(st.lists(st.binary(max_size=40), max_size=5), st.ip_addresses())
def test_no_header_breaks_it_or_moves_who_is_not_trusted(
    forwarded: list[bytes], peer: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    found = addresses.client(str(peer), forwarded, TRUSTED)
    ipaddress.ip_address(found)
    if not any(addresses.read(str(peer)) in network for network in TRUSTED):
        assert found == str(peer)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        (None, addresses.NOWHERE),
        ("", addresses.NOWHERE),
        ("unix", addresses.NOWHERE),
    ],
)
def test_what_counts_as_one_address(host: str | None, expected: str) -> None:
    assert addresses.network(host) == expected


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        (b"", None),
        (b"  \t ", None),
        (b"FlyLive/1.2 (Android 15)", "FlyLive/1.2 (Android 15)"),
        ("Fly\u00fc/\u0627".encode(), "Fly\u00fc/\u0627"),
        (b"caf\xe9", "caf\u00e9"),
        (b"a\x00b\x1b[31m\x7fc", "ab[31mc"),
        (b"x" * 2000, "x" * 512),
    ],
)
def test_a_user_agent_is_kept_in_printable_characters(sent: bytes | None, kept: str | None) -> None:
    headers = [] if sent is None else [(b"user-agent", sent)]
    scope: Any = {"headers": headers}
    assert addresses.user_agent(scope) == kept


@pytest.mark.parametrize("given", ["10.0.0.0/33", "everybody", "10.0.0.0/8,,x"])
def test_a_setting_that_names_no_networks_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=given)  # type: ignore[arg-type]


Behind = Callable[[str], httpx.AsyncClient]


@asynccontextmanager
async def _clients(app: Litestar) -> AsyncIterator[Behind]:
    async with AsyncExitStack() as stack:

        def client(peer: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=app, client=(peer, 40_000))
            made = httpx.AsyncClient(transport=transport, base_url="http://flylive.test")
            stack.push_async_callback(made.aclose)
            return made

        yield client


@pytest.fixture
async def direct(app: Litestar) -> AsyncIterator[Behind]:
    """Clients of a platform that trusts no proxy."""
    async with _clients(app) as client:
        yield client


@pytest.fixture
async def behind(settings: Settings, world: World) -> AsyncIterator[Behind]:
    """Clients of one that trusts proxies on this machine and in 10.0.0.0/8."""
    trusting = settings.model_copy(update={"trusted_proxies": ("127.0.0.1", "::1", "10.0.0.0/8")})
    app = create_app(trusting)
    async with _clients(app) as client:
        yield client
    await app.state.database.close()


OPEN = {"X-Forwarded-For": "127.0.0.1"}


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("203.0.113.1", {}, 404),
        ("203.0.113.1", OPEN, 404),
        ("203.0.113.1", {"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}, 404),
        # A proxy that nobody told us about: everybody seems to be on this machine.
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1"}, 404),
        ("127.0.0.1", OPEN, 404),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.1"}, 404),
    ],
)
async def test_no_header_opens_what_is_for_this_machine(
    direct: Behind, behind: Behind, peer: str, headers: dict[str, str], expected: int
) -> None:
    for client in (direct(peer), behind(peer)):
        answer = await client.get("/dev/outbox", headers=headers)
        assert answer.status_code == expected, answer.text


@pytest.mark.parametrize("headers", [OPEN, {"X-Forwarded-For": "garbage"}, {"X-Forwarded-For": ""}])
async def test_neither_does_a_trusted_proxy(behind: Behind, headers: dict[str, str]) -> None:
    for peer in ("10.0.0.1", "127.0.0.1"):
        answer = await behind(peer).get("/dev/outbox", headers=headers)
        assert answer.status_code == 404, (peer, answer.text)


async def test_people_behind_one_proxy_do_not_share_its_limits(
    direct: Behind, behind: Behind, world: World
) -> None:
    person = await world.register(password="the right one")

    async def log_in(client: httpx.AsyncClient, forwarded: str, password: str) -> int:
        answer = await client.post(
            "/v1/auth/login",
            json={"login": person.user["email"], "password": password},
            headers={"X-Forwarded-For": forwarded},
        )
        return answer.status_code

    trusted = behind("10.0.0.1")
    statuses = [await log_in(trusted, "203.0.113.1", "wrong") for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert await log_in(trusted, "203.0.113.2", "the right one") == 200
    # A client cannot get a new address for each guess: the proxy's own word stands last.
    made_up = [f"198.51.100.{number}, 203.0.113.1" for number in range(3)]
    assert [await log_in(trusted, one, "the right one") for one in made_up] == [429] * 3
    stranger = direct("203.0.113.77")
    statuses = [await log_in(stranger, f"198.51.100.{n}", "wrong") for n in range(6)]
    assert statuses == [401] * 5 + [429]
