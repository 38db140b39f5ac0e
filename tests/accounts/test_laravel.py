"""What a Laravel application left behind goes on working: its password hashes and its tokens.

`fixtures/laravel.json` was made by PHP itself; `fixtures/make_laravel.php` says how.
"""

import json
import zlib
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from flylive.accounts import login
from flylive.config import Settings
from flylive.database import Database
from flylive.gateway.server import Gateway
from tests.accounts.conftest import From
from tests.conftest import Addresses
from tests.gateway.client import Client
from tests.world import Person, World

LEFT = json.loads((Path(__file__).parent / "fixtures" / "laravel.json").read_text())
USERS = {user["name"]: user for user in LEFT["users"]}
TOKENS = {token["name"]: token for token in LEFT["tokens"]}
FULL = [
    "older Sanctum", "newer Sanctum", "newer Sanctum with a prefix", "until far away",
    "several abilities with all", "abilities null",
]  # fmt: skip
SHUT = ["expired", "narrow", "without abilities"]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong answers at once, since these tests give many."""
    monkeypatch.setattr(login, "REFUSAL_SECONDS", 0.0)


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def log_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"login": email, "password": password})


async def adopted(world: World, name: str) -> Person:
    """A user with the password hash of this name, as Laravel kept it."""
    person = await world.register()
    world.sql("UPDATE users SET password = %s WHERE id = %s", USERS[name]["password"], person.id)
    return person


def kept_hash(world: World, person: Person) -> str:
    [(kept,)] = world.sql("SELECT password FROM users WHERE id = %s", person.id)
    return str(kept)


def put_token(world: World, person: Person, name: str, **columns: Any) -> str:
    """Sanctum's row of this name, for `person`; the bearer in his phone."""
    row = {
        "tokenable_type": "App\\Models\\User",
        "tokenable_id": person.id,
        **{key: value for key, value in TOKENS[name].items() if key != "bearer"},
    } | columns
    world.sql("DELETE FROM personal_access_tokens WHERE id = %s", row["id"])
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    world.sql(f"INSERT INTO personal_access_tokens ({names}) VALUES ({marks})", *row.values())
    return str(TOKENS[name]["bearer"])


async def me(world: World, bearer: str) -> httpx.Response:
    return await world.client.get("/v1/me", headers={"Authorization": f"Bearer {bearer}"})


@pytest.fixture(scope="module")
async def gateway(
    settings: Settings, addresses: Addresses, world: World
) -> AsyncIterator[Callable[[str], Client]]:
    """A gateway in this process; a client of it with this bearer."""
    database = Database(addresses.serving, size=4, application_name="flylive-gateway")
    gateway = Gateway(settings, database)
    port = await gateway.start("127.0.0.1", 0)
    yield lambda bearer: Client(port, bearer=bearer)
    await gateway.stop()
    await database.close()


def test_the_fixture_is_what_it_says() -> None:
    forms = {name: user["password"].split("$")[1:3] for name, user in USERS.items()}
    assert forms["bcrypt 10"] == ["2y", "10"]
    assert forms["bcrypt 12"] == ["2y", "12"]
    assert forms["argon2id"][0] == "argon2id"
    assert forms["argon2i"][0] == "argon2i"
    assert len(USERS["bcrypt long"]["plain_password"].encode()) == 100
    for token in TOKENS.values():
        number, plain = token["bearer"].split("|")
        assert int(number) == token["id"]
        assert token["token"] == sha256(plain.encode()).hexdigest()
    newer = TOKENS["newer Sanctum with a prefix"]["bearer"].split("|")[1]
    assert newer.startswith("flylive_")
    assert newer[-8:] == f"{zlib.crc32(newer[8:-8].encode()):08x}"


@pytest.mark.usefixtures("dear_passwords")
@pytest.mark.parametrize("name", list(USERS))
async def test_phps_hash_opens_and_becomes_argon2id(
    world: World, from_address: From, stored: Callable[[], Any], name: str
) -> None:
    person, password = await adopted(world, name), USERS[name]["plain_password"]
    email = person.user["email"]
    client = from_address(f"203.0.113.{list(USERS).index(name)}")
    before = stored()
    for wrong in (password[1:], "x" + password, "x"):
        assert outcome(await log_in(client, email, wrong)) == (401, "auth.wrong_credentials")
    assert stored() == before
    assert (await log_in(client, email, password)).status_code == 200
    assert kept_hash(world, person).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (await log_in(client, email, password)).status_code == 200
    again = await log_in(client, email, password + "x")
    assert outcome(again) == (401, "auth.wrong_credentials")


async def test_bytes_beyond_72_count_only_once_the_hash_is_new(world: World) -> None:
    person, password = await adopted(world, "bcrypt long"), USERS["bcrypt long"]["plain_password"]
    email, other = person.user["email"], password[:72] + "something else than it was"
    # So it was in Laravel too: bcrypt never saw what differs.
    assert (await log_in(world.client, email, other)).status_code == 200
    assert (await log_in(world.client, email, other)).status_code == 200
    answer = await log_in(world.client, email, password)
    assert outcome(answer) == (401, "auth.wrong_credentials")


@pytest.mark.parametrize(
    "kept", ["$2y$99$" + "a" * 53, "$2x$10$" + "a" * 53, "$2y$10$" + "/" * 53, "$2y$10$", "$2y$"]
)
async def test_what_only_looks_like_a_hash_opens_nothing(
    world: World, from_address: From, kept: str
) -> None:
    person = await world.register()
    world.sql("UPDATE users SET password = %s WHERE id = %s", kept, person.id)
    answer = await log_in(from_address("203.0.113.90"), person.user["email"], kept)
    assert outcome(answer) == (401, "auth.wrong_credentials")


@pytest.mark.parametrize("name", FULL)
async def test_sanctums_tokens_open_http_and_the_socket(
    world: World, gateway: Callable[[str], Client], name: str
) -> None:
    person = await world.register()
    bearer = put_token(world, person, name)
    answer = await me(world, bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == person.id
    async with gateway(bearer) as client:
        hello = await client.next("hello")
        assert [stream["name"] for stream in hello["streams"]] == [f"user:{person.id}"]
    listed = (await world.call("GET", "/auth/tokens", person)).json()["data"]
    assert name in {token["name"] for token in listed}
    # It is ended like any other, and its socket's ticket with it.
    assert (
        await world.call("DELETE", f"/auth/tokens/{TOKENS[name]['id']}", person)
    ).status_code == 204
    assert outcome(await me(world, bearer)) == (401, "auth.unauthenticated")


@pytest.mark.parametrize("name", SHUT)
async def test_expired_and_narrow_tokens_open_nothing(
    world: World, gateway: Callable[[str], Client], name: str
) -> None:
    bearer = put_token(world, await world.register(), name)
    assert outcome(await me(world, bearer)) == (401, "auth.unauthenticated")
    with pytest.raises(InvalidStatus) as refused:
        async with gateway(bearer):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("abilities", ['{"*": 1}', "*", '"*"', "[1]", '["**"]', "", "[[]]"])
async def test_abilities_that_cannot_be_read_are_none(world: World, abilities: str) -> None:
    bearer = put_token(world, await world.register(), "newer Sanctum", abilities=abilities)
    assert outcome(await me(world, bearer)) == (401, "auth.unauthenticated")


@pytest.mark.parametrize("kind", ["App\\Models\\Admin", "App\\User", "user", "app\\models\\user"])
async def test_tokens_of_other_models_are_nobodys(world: World, kind: str) -> None:
    bearer = put_token(world, await world.register(), "older Sanctum", tokenable_type=kind)
    assert outcome(await me(world, bearer)) == (401, "auth.unauthenticated")


async def test_tokens_are_taken_whole(world: World) -> None:
    bearer = put_token(world, await world.register(), "newer Sanctum with a prefix")
    number, plain = bearer.split("|")
    for cut in (
        plain,  # Sanctum takes that too, for tokens from before 2020; here the id belongs to it.
        f"{number}|{plain.removeprefix('flylive_')}",
        f"{number}|{plain[:-8]}",
        f"{number}|{TOKENS['newer Sanctum with a prefix']['token']}",
        f"{int(number) + 1}|{plain}",
    ):
        assert outcome(await me(world, cut)) == (401, "auth.unauthenticated"), cut
    assert (await me(world, bearer)).status_code == 200
