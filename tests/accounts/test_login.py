"""Logging in: three ways to name an account, old hashes, and tries that run out."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import bcrypt
import httpx
import pytest

from flylive import clock
from flylive.accounts import login as login_module
from flylive.accounts import passwords
from tests.accounts.conftest import From
from tests.world import Person, World

LARAVEL_HASH = "$2y$10$92IXUNpkjO0rOQ5byMi.Ye4oKoEa3Ro9llC/.og/at2.uheWG/igi"
"""What Laravel's own user factory carries: bcrypt of the word password."""


async def log_in(
    client: httpx.AsyncClient, login: str, password: str, **fields: Any
) -> httpx.Response:
    return await client.post("/v1/auth/login", json={"login": login, "password": password} | fields)


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_email_phone_and_signature_all_name_the_account(world: World) -> None:
    person = await world.register(
        email="Three.Ways@example.com", phone="+923012345678", password="open sesame"
    )
    for login in (
        "three.ways@EXAMPLE.com",
        " Three.Ways@example.com ",
        "+923012345678",
        "+92 301 234 5678",
        "00923012345678",
        "923012345678",
        person.user["signature"],
    ):
        answer = await log_in(world.client, login, "open sesame", device_name="Pixel 9")
        assert answer.status_code == 200, (login, answer.text)
        assert answer.json()["user"]["id"] == person.id
        token = answer.json()["token"]
        me = await world.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200
    names = world.sql(
        "SELECT name FROM personal_access_tokens WHERE tokenable_id = %s ORDER BY id DESC LIMIT 1",
        person.id,
    )
    assert names == [("Pixel 9",)]


async def test_unknown_account_and_wrong_password_answer_alike(
    world: World, from_address: From, stored: Callable[[], Any]
) -> None:
    person = await world.register(password="the right one")
    before = stored()
    client = from_address("203.0.113.1")
    wrong = await log_in(client, person.user["email"], "a wrong one")
    unknown = await log_in(client, "nobody@example.com", "a wrong one")
    assert outcome(wrong) == outcome(unknown) == (401, "auth.wrong_credentials")
    assert wrong.json() == unknown.json()
    assert stored() == before


async def test_laravels_hash_opens_and_becomes_argon2id(world: World) -> None:
    person = await world.register()
    world.sql("UPDATE users SET password = %s WHERE id = %s", LARAVEL_HASH, person.id)
    assert (await log_in(world.client, person.user["email"], "passwort")).status_code == 401
    assert (await log_in(world.client, person.user["email"], "password")).status_code == 200
    (kept,) = world.sql("SELECT password FROM users WHERE id = %s", person.id)[0]
    assert kept.startswith("$argon2id$")
    assert (await log_in(world.client, person.user["email"], "password")).status_code == 200


async def test_bcrypt_looked_at_72_bytes_and_argon2id_looks_at_all(world: World) -> None:
    person = await world.register()
    long = "ü" * 36 + "and the rest"
    old = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$")
    world.sql("UPDATE users SET password = %s WHERE id = %s", old, person.id)
    assert (await log_in(world.client, person.user["email"], long)).status_code == 200
    assert (await log_in(world.client, person.user["email"], long)).status_code == 200
    cut = await log_in(world.client, person.user["email"], "ü" * 36)
    assert outcome(cut) == (401, "auth.wrong_credentials")


async def test_what_is_no_hash_never_opens(world: World) -> None:
    person = await world.register()
    for kept in ("!", "$2y$10$broken", "$argon2id$broken"):
        world.sql("UPDATE users SET password = %s WHERE id = %s", kept, person.id)
        answer = await log_in(world.client, person.user["email"], kept)
        assert outcome(answer) == (401, "auth.wrong_credentials")


async def test_blocked_is_told_only_to_whoever_knows_the_password(
    world: World, from_address: From, stored: Callable[[], Any]
) -> None:
    person = await world.register(password="the right one")
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", person.id)
    before = stored()
    client = from_address("203.0.113.2")
    wrong = await log_in(client, person.user["email"], "a wrong one")
    assert outcome(wrong) == (401, "auth.wrong_credentials")
    right = await log_in(client, person.user["email"], "the right one")
    assert outcome(right) == (403, "auth.blocked")
    assert stored() == before


async def test_deleted_accounts_are_unknown(world: World, from_address: From) -> None:
    person = await world.register(password="the right one")
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", person.id)
    client = from_address("203.0.113.3")
    for login in (person.user["email"], person.user["signature"]):
        answer = await log_in(client, login, "the right one")
        assert outcome(answer) == (401, "auth.wrong_credentials")


@pytest.mark.parametrize("login", ["known", "unknown"])
async def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(
    world: World, from_address: From, login: str
) -> None:
    person = await world.register(password="the right one")
    name = person.user["email"] if login == "known" else "stranger@example.com"
    client = from_address("203.0.113.10")
    for _ in range(5):
        assert (await log_in(client, name, "a wrong one")).status_code == 401
    locked = await log_in(client, name, "the right one")
    assert outcome(locked) == (429, "auth.locked")
    assert 0 < int(locked.headers["retry-after"]) <= 15 * 60
    assert locked.json()["retry_after"] == int(locked.headers["retry-after"])
    # The same account under another name has no more tries, another address has its own.
    if login == "known":
        other_name = await log_in(client, person.user["signature"], "the right one")
        assert outcome(other_name) == (429, "auth.locked")
        elsewhere = await log_in(from_address("203.0.113.11"), name, "the right one")
        assert elsewhere.status_code == 200
        with clock.turned_to(clock.now() + timedelta(minutes=15, seconds=2)):
            assert (await log_in(client, name, "the right one")).status_code == 200


async def test_right_passwords_use_no_tries(world: World, from_address: From) -> None:
    person = await world.register(password="the right one")
    client = from_address("203.0.113.12")
    for _ in range(4):
        assert (await log_in(client, person.user["email"], "a wrong one")).status_code == 401
    for _ in range(3):
        assert (await log_in(client, person.user["email"], "the right one")).status_code == 200
    assert (await log_in(client, person.user["email"], "a wrong one")).status_code == 401
    locked = await log_in(client, person.user["email"], "the right one")
    assert outcome(locked) == (429, "auth.locked")


async def test_ipv6_counts_by_household(world: World, from_address: From) -> None:
    person = await world.register()
    for number in range(5):
        client = from_address(f"2001:db8:1:2::{number + 1}")
        assert (await log_in(client, person.user["email"], "wrong")).status_code == 401
    neighbour = from_address("2001:db8:1:2:ffff::9")
    assert (await log_in(neighbour, person.user["email"], "wrong")).status_code == 429


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong answers at once, since these tests give many."""
    monkeypatch.setattr(login_module, "REFUSAL_SECONDS", 0.0)


@pytest.mark.usefixtures("hurried")
async def test_fifty_wrong_passwords_in_all_lock_strangers_but_not_the_owner(
    world: World, from_address: From, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_module, "ACCOUNT_TRIES", 7)
    person = await world.register(password="the right one")
    home = from_address("198.51.100.1")
    assert (await log_in(home, person.user["email"], "the right one")).status_code == 200
    for number in range(7):
        client = from_address(f"203.0.113.{100 + number}")
        assert (await log_in(client, person.user["email"], "wrong")).status_code == 401
    stranger = await log_in(from_address("203.0.113.120"), person.user["email"], "the right one")
    assert outcome(stranger) == (429, "auth.locked")
    assert (await log_in(home, person.user["email"], "the right one")).status_code == 200


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("days", "expected"), [(29, 200), (31, 429)])
async def test_an_address_is_known_for_thirty_days(
    world: World, from_address: From, monkeypatch: pytest.MonkeyPatch, days: int, expected: int
) -> None:
    monkeypatch.setattr(login_module, "ACCOUNT_TRIES", 1)
    person = await world.register(password="the right one")
    home, stranger = from_address("198.51.100.2"), from_address("203.0.113.99")
    assert (await log_in(home, person.user["email"], "the right one")).status_code == 200
    with clock.turned_to(clock.now() + timedelta(days=days)):
        assert (await log_in(stranger, person.user["email"], "wrong")).status_code == 401
        answer = await log_in(home, person.user["email"], "the right one")
        assert answer.status_code == expected


@pytest.mark.usefixtures("hurried")
async def test_a_thousand_parallel_guesses_get_five_tries(
    world: World, from_address: From, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register(password="the right one")
    looked_at = 0
    verify = passwords.verify

    async def counted(password: str, stored: str | None) -> passwords.Verdict:
        nonlocal looked_at
        looked_at += 1
        return await verify(password, stored)

    monkeypatch.setattr(passwords, "verify", counted)
    client = from_address("203.0.113.200")
    gate = asyncio.Semaphore(60)

    async def guess(number: int) -> int:
        async with gate:
            return (await log_in(client, person.user["email"], f"guess {number}")).status_code

    statuses = await asyncio.gather(*(guess(number) for number in range(1000)))
    assert looked_at == 5
    assert sorted(set(statuses)) == [401, 429]
    assert statuses.count(401) == 5


async def test_login_refuses_what_is_missing_or_extra(
    world: World, stored: Callable[[], Any]
) -> None:
    before = stored()
    for body in (
        {},
        {"login": "a@example.com"},
        {"password": "a wrong one"},
        {"login": "", "password": "x"},
        {"login": "a@example.com", "password": "x", "remember": True},
        {"login": 5, "password": "x"},
        {"login": "a" * 256, "password": "x"},
        {"login": "a@example.com", "password": "x" * 1025},
        {"login": "a@example.com", "password": None},
    ):
        answer = await world.call("POST", "/auth/login", json=body)
        assert outcome(answer) == (422, "request.invalid"), body
    assert stored() == before


async def change(
    client: httpx.AsyncClient, person: Person, current: str, password: str
) -> httpx.Response:
    return await client.post(
        "/v1/auth/password/change",
        headers=person.headers,
        json={"current_password": current, "password": password},
    )


async def test_a_changed_password_ends_every_other_token(world: World) -> None:
    person = await world.register(password="the old one")
    other = (await log_in(world.client, person.user["email"], "the old one")).json()["token"]
    answer = await change(world.client, person, "the old one", "the new one")
    assert answer.status_code == 204
    assert (await world.call("GET", "/me", person)).status_code == 200
    gone = await world.client.get("/v1/me", headers={"Authorization": f"Bearer {other}"})
    assert outcome(gone) == (401, "auth.unauthenticated")
    assert (await log_in(world.client, person.user["email"], "the old one")).status_code == 401
    assert (await log_in(world.client, person.user["email"], "the new one")).status_code == 200


async def test_a_wrong_current_password_changes_nothing_and_runs_out(
    world: World, from_address: From, stored: Callable[[], Any]
) -> None:
    person = await world.register(password="the old one")
    before = stored()
    client = from_address("203.0.113.210")
    for _ in range(5):
        answer = await change(client, person, "not the old one", "the new one")
        assert outcome(answer) == (403, "auth.wrong_password")
    assert outcome(await change(client, person, "the old one", "the new one")) == (
        429,
        "auth.locked",
    )
    assert stored() == before


async def test_a_short_new_password_is_refused(world: World, stored: Callable[[], Any]) -> None:
    person = await world.register(password="the old one")
    before = stored()
    answer = await change(world.client, person, "the old one", "short")
    assert outcome(answer) == (422, "request.invalid")
    assert answer.json()["errors"][0]["field"] == "password"
    assert stored() == before


async def test_of_two_changes_at_once_one_wins(world: World) -> None:
    person = await world.register(password="the old one")
    first, second = await asyncio.gather(
        change(world.client, person, "the old one", "new number one"),
        change(world.client, person, "the old one", "new number two"),
    )
    assert sorted((first.status_code, second.status_code)) == [204, 403]
    winner = "new number one" if first.status_code == 204 else "new number two"
    assert (await log_in(world.client, person.user["email"], winner)).status_code == 200
