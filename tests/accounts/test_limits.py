"""What one address may ask of accounts, whatever accounts it names; and across processes."""

import asyncio
import itertools
import math
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive.accounts import passwords
from flylive.clock import now
from flylive.config import Settings
from flylive.errors import Unavailable
from flylive.http.addresses import asking
from tests.accounts.conftest import From
from tests.conftest import Addresses
from tests.product import Product
from tests.standing import standing_at
from tests.world import World


@pytest.fixture
async def few(app: Litestar) -> AsyncIterator[Settings]:
    """Limits that a test can reach, before a hit comes back."""
    whole = app.state.settings
    app.state.settings = whole.model_copy(
        update={
            "auth_requests_per_address_minute": 12,
            "wrong_logins_per_address_hour": 3,
            "registrations_per_address_hour": 2,
            "searches_per_address_minute": 3,
        }
    )
    with standing_at(now()):
        yield app.state.settings
    app.state.settings = whole


def sign_up() -> dict[str, Any]:
    return {
        "name": "Somebody", "email": f"{uuid.uuid4().hex}@example.com", "gender": 2,
        "password": "a long password", "dob": "1990-05-17", "country": "AE",
    }  # fmt: skip


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.usefixtures("few")
async def test_sign_ups_of_one_address(
    world: World, from_address: From, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = from_address("203.0.113.61")
    for _ in range(2):
        assert (await client.post("/v1/auth/register", json=sign_up())).status_code == 201
    hashed = 0

    async def counted(password: str) -> str:
        nonlocal hashed
        hashed += 1
        return password

    monkeypatch.setattr(passwords, "hash_password", counted)
    before = world.sql("SELECT count(*) FROM users")
    refused = await client.post("/v1/auth/register", json=sign_up())
    assert outcome(refused) == (429, "request.too_many")
    assert refused.headers["ratelimit-policy"] == "12;w=60, 2;w=3600"
    assert int(refused.headers["retry-after"]) > 60
    # What cannot be read at all is told first, and is no sign-up.
    wrong = await client.post("/v1/auth/register", json=sign_up() | {"name": " "})
    assert outcome(wrong) == (422, "request.invalid")
    assert hashed == 0
    assert world.sql("SELECT count(*) FROM users") == before
    monkeypatch.undo()
    assert (
        await from_address("203.0.113.62").post("/v1/auth/register", json=sign_up())
    ).status_code == 201


@pytest.mark.usefixtures("few")
async def test_this_machine_is_exempt_in_development(world: World) -> None:
    for _ in range(4):
        assert (await world.call("POST", "/auth/register", json=sign_up())).status_code == 201


@pytest.mark.usefixtures("few")
async def test_one_address_guesses_for_many_accounts(world: World, from_address: From) -> None:
    people = await world.people(5, password="the right one")
    client = from_address("203.0.113.63")

    async def log_in(login: str, password: str) -> httpx.Response:
        return await client.post("/v1/auth/login", json={"login": login, "password": password})

    logins = [person.user["email"] for person in people]
    for _ in range(4):
        assert (await log_in(logins[4], "the right one")).status_code == 200
    for login in (logins[0], "nobody@example.com", logins[1]):
        assert outcome(await log_in(login, "wrong")) == (401, "auth.wrong_credentials")
    for login in (logins[2], "nobody.else@example.com"):
        assert outcome(await log_in(login, "wrong")) == (429, "request.too_many")
    assert outcome(await log_in(logins[4], "the right one")) == (429, "request.too_many")


@pytest.mark.usefixtures("few")
async def test_one_address_asks_too_much_without_a_token(world: World, from_address: From) -> None:
    person = await world.register()
    client = from_address("203.0.113.64")
    statuses = [
        (await client.post("/v1/auth/password/reset", json={"password": "x"})).status_code
        for _ in range(13)
    ]
    assert statuses == [422] * 12 + [429]
    for path in ("/login", "/register", "/social", "/password/forgot"):
        answer = await client.post(f"/v1/auth{path}", content=b"{")
        assert outcome(answer) == (429, "request.too_many"), path
    # Whoever shows a token, and whatever is elsewhere, is not asked about it.
    assert (await client.get("/v1/auth/tokens", headers=person.headers)).status_code == 200
    assert (await client.get("/v1/me", headers=person.headers)).status_code == 200
    assert (await client.get("/v1/auth/tokens")).status_code == 401


@pytest.mark.usefixtures("few")
async def test_searches_of_one_address(world: World, from_address: From) -> None:
    people = await world.people(3)
    client = from_address("203.0.113.65")
    for person in people:
        assert (await client.get("/v1/users?q=abc", headers=person.headers)).status_code == 200
    refused = await client.get("/v1/users?q=abc", headers=people[0].headers)
    assert outcome(refused) == (429, "request.too_many")
    assert refused.headers["ratelimit-limit"] == "3"
    assert refused.headers["ratelimit-policy"] == "3;w=60"


async def test_one_address_fills_a_part_of_the_queue_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MAX_WAITING_OF_ADDRESS", 3)

    async def hashed(address: str) -> bool:
        asking.set(address)
        try:
            await passwords.hash_password("a long password")
        except Unavailable:
            return False
        return True

    def at_once(address: str, count: int) -> list[asyncio.Task[bool]]:
        return [asyncio.create_task(hashed(address)) for _ in range(count)]

    flood, other = at_once("203.0.113.66", 8), at_once("203.0.113.67", 2)
    ours = at_once("127.0.0.1", 5)
    assert [await task for task in flood].count(True) == 3
    assert all([await task for task in (*other, *ours)])
    assert await hashed("203.0.113.66")


@asynccontextmanager
async def two_processes(addresses: Addresses, logs: Path) -> AsyncIterator[list[str]]:
    """Two API processes over one database; where each answers."""
    folders = [logs / "one", logs / "two"]
    for folder in folders:
        folder.mkdir()
    async with (
        Product(addresses, folders[0], "serve") as one,
        Product(addresses, folders[1], "serve") as two,
    ):
        yield [one.address, two.address]


async def test_a_thousand_guesses_at_two_processes_get_five_tries(
    world: World, addresses: Addresses, tmp_path: Path
) -> None:
    guessed, searcher = await world.people(2, password="the right one")
    logins = itertools.cycle([guessed.user["email"], guessed.user["signature"]])
    gate = asyncio.Semaphore(40)
    async with (
        two_processes(addresses, tmp_path) as bases,
        httpx.AsyncClient(timeout=None) as client,
    ):

        async def guess(number: int) -> tuple[int, str]:
            body = {"login": next(logins), "password": f"guess {number}"}
            async with gate:
                return outcome(await client.post(f"{bases[number % 2]}/v1/auth/login", json=body))

        async def search(number: int) -> int:
            async with gate:
                answer = await client.get(
                    f"{bases[number % 2]}/v1/users?q=abc", headers=searcher.headers
                )
            return answer.status_code

        answers = Counter(await asyncio.gather(*(guess(number) for number in range(1000))))
        assert answers == {(401, "auth.wrong_credentials"): 5, (429, "auth.locked"): 995}
        for base in bases:
            right = {"login": guessed.user["email"], "password": "the right one"}
            locked = await client.post(f"{base}/v1/auth/login", json=right)
            assert outcome(locked) == (429, "auth.locked")

        # A quota at once, and one more in each second that it takes.
        begun = time.monotonic()
        statuses = Counter(await asyncio.gather(*(search(number) for number in range(150))))
        most = 60 + math.ceil(time.monotonic() - begun)
        assert statuses.keys() <= {200, 429}
        assert 60 <= statuses[200] <= most
