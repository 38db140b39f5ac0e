"""Changing e-mail and phone: the password, a code to the new one, and word to the old one."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from flylive.accounts import codes
from tests.accounts.conftest import Wait
from tests.accounts.postman import Postman, email_of, forget, log_in, new_phone, reset
from tests.world import Person, World

PASSWORD = "a long password"


async def ask(
    world: World, person: Person, kind: str, contact: str, password: str = PASSWORD
) -> httpx.Response:
    body = {kind: contact, "password": password}
    return await world.call("POST", f"/me/{kind}", person, json=body)


async def confirm(world: World, person: Person, kind: str, code: str) -> httpx.Response:
    return await world.call("POST", f"/me/{kind}/confirm", person, json={"code": code})


def new_contact(person: Person, kind: str) -> str:
    return f"new-{email_of(person)}" if kind == "email" else new_phone()


def changes(world: World) -> list[Any]:
    return world.sql("SELECT id, user_id, kind, contact FROM contact_changes ORDER BY id")


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_a_code_to_the_new_one_changes_it(world: World, postman: Postman, kind: str) -> None:
    person = await world.register(phone=new_phone())
    old, new = str(person.user[kind]), new_contact(person, kind)
    asked = await ask(world, person, kind, new)
    assert (asked.status_code, asked.json()) == (202, {"expires_in": 300})
    before = (await world.call("GET", "/me", person)).json()
    assert before[kind] == old
    letter = await postman.last(new)
    assert letter["code"] in letter["text"]
    assert letter["channel"] == ("email" if kind == "email" else "sms")
    done = await confirm(world, person, kind, letter["code"])
    assert done.status_code == 200, done.text
    changed = {name for name, value in done.json().items() if value != before[name]}
    assert changed - {"last_active_at"} == {kind, f"{kind}_verified_at", "updated_at"}
    assert done.json()[kind] == new
    assert (await log_in(world, new, PASSWORD)).status_code == 200
    assert (await log_in(world, old, PASSWORD)).status_code == 401
    notice = await postman.last(old)
    assert notice["text"].startswith("This is no longer the ")
    assert (notice["code"], notice["token"]) == (None, None)
    again = await confirm(world, person, kind, letter["code"])
    assert (again.status_code, again.json()["code"]) == (422, "auth.code_invalid")


async def test_a_national_number_is_one_of_ones_country(world: World, postman: Postman) -> None:
    person = await world.register(country="PK")
    assert (await ask(world, person, "phone", "0301 7654321")).status_code == 202
    code = await postman.code("+923017654321")
    done = await confirm(world, person, "phone", code)
    assert done.json()["phone"] == "+923017654321"


async def test_the_password_is_needed(
    world: World, postman: Postman, stored: Callable[[], Any]
) -> None:
    person = await world.register()
    await postman.deliver()
    new = new_contact(person, "email")
    before = stored(), changes(world), world.sql("SELECT * FROM jobs")
    for _ in range(5):
        refused = await ask(world, person, "email", new, "wrong")
        assert (refused.status_code, refused.json()["code"]) == (403, "auth.wrong_password")
    locked = await ask(world, person, "email", new)
    assert (locked.status_code, locked.json()["code"]) == (429, "auth.locked")
    assert (stored(), changes(world), world.sql("SELECT * FROM jobs")) == before


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_a_taken_one_is_told_to_whoever_reads_its_code(
    world: World, postman: Postman, stored: Callable[[], Any], kind: str
) -> None:
    owner = await world.register(phone=new_phone())
    person = await world.register(phone=new_phone())
    taken = str(owner.user[kind]).upper()
    assert (await ask(world, person, kind, taken)).status_code == 202
    code = await postman.code(taken)
    before = stored()
    refused = await confirm(world, person, kind, code)
    assert (refused.status_code, refused.json()["code"]) == (409, f"auth.{kind}_taken")
    assert stored() == before


@pytest.mark.parametrize("kind", ["email", "phone"])
async def test_five_guesses_and_no_more(
    world: World, postman: Postman, stored: Callable[[], Any], minutes_pass: Wait, kind: str
) -> None:
    person = await world.register(phone=new_phone())
    new = new_contact(person, kind)
    await ask(world, person, kind, new)
    code = await postman.code(new)
    before = stored()
    wrong = [f"{(int(code) + step) % 10**6:06d}" for step in range(1, 101)]
    answers = await asyncio.gather(*(confirm(world, person, kind, guess) for guess in wrong))
    assert {answer.status_code for answer in answers} == {422, 429}
    assert world.sql("SELECT max(attempts) FROM contact_changes") == [(codes.TRIES,)]
    minutes_pass(1.1)
    late = await confirm(world, person, kind, code)
    assert (late.status_code, late.json()["code"]) == (422, "auth.code_invalid")
    assert stored() == before
    world.sql("DELETE FROM contact_changes")


async def test_of_many_confirmations_at_once_one_counts(world: World, postman: Postman) -> None:
    person = await world.register()
    new = new_contact(person, "email")
    await ask(world, person, "email", new)
    code = await postman.code(new)
    answers = await asyncio.gather(*(confirm(world, person, "email", code) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 4


async def test_two_accounts_after_one_address(world: World, postman: Postman) -> None:
    """Both read the code there; of both confirmations at once one wins."""
    rivals = await world.people(2)
    phone = new_phone()
    held = []
    for person in rivals:
        await ask(world, person, "phone", phone)
        # The number gets one code a minute, whoever asks.
        world.sql("DELETE FROM cache WHERE key LIKE 'limit:code-minute:%%'")
        held.append(await postman.code(phone))
    answers = await asyncio.gather(
        *(confirm(world, person, "phone", code) for person, code in zip(rivals, held, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert world.sql("SELECT count(*) FROM users WHERE phone = %s", phone) == [(1,)]


async def test_one_change_is_pending_and_its_code_expires(
    world: World, postman: Postman, minutes_pass: Wait
) -> None:
    person = await world.register()
    one, two = f"one-{email_of(person)}", f"two-{email_of(person)}"
    await ask(world, person, "email", one)
    first = await postman.code(one)
    soon = await ask(world, person, "email", two)
    assert (soon.status_code, soon.json()["code"]) == (429, "request.too_many")
    minutes_pass(1.1)
    await ask(world, person, "email", two)
    # Until the worker has sent the new code, no code is right.
    assert (await confirm(world, person, "email", first)).status_code == 422
    second = await postman.code(two)
    assert [row[3] for row in changes(world) if row[1] == person.id] == [two]
    if first != second:
        assert (await confirm(world, person, "email", first)).status_code == 422
    minutes_pass(5.1)
    assert (await confirm(world, person, "email", second)).status_code == 422
    assert (await world.call("GET", "/me", person)).json()["email"] == email_of(person)


@pytest.mark.parametrize("way", ["change", "reset"])
async def test_a_pending_change_dies_with_the_password(
    world: World, postman: Postman, way: str
) -> None:
    person = await world.register()
    new, email = new_contact(person, "email"), email_of(person)
    await ask(world, person, "email", new)
    code = await postman.code(new)
    await forget(world, email=email)
    token = await postman.token(email)
    if way == "change":
        body = {"current_password": PASSWORD, "password": "another long password"}
        done = await world.call("POST", "/auth/password/change", person, json=body)
        assert done.status_code == 204, done.text
        assert (await reset(world, email=email, token=token)).status_code == 422
    else:
        assert (await reset(world, email=email, token=token)).status_code == 204
    assert (await postman.last(email))["subject"] == "Your FlyLive password was changed"
    token = (await log_in(world, email)).json()["token"]
    again = Person(person.id, token, person.user)
    assert (await confirm(world, again, "email", code)).status_code == 422
    assert [row for row in changes(world) if row[1] == person.id] == []


async def test_what_was_sent_to_the_former_address_resets_nothing(
    world: World, postman: Postman, stored: Callable[[], Any]
) -> None:
    person = await world.register()
    old, new = email_of(person), new_contact(person, "email")
    await forget(world, email=old)
    token = await postman.token(old)
    await ask(world, person, "email", new)
    assert (await confirm(world, person, "email", await postman.code(new))).status_code == 200
    before = stored()
    for email in (old, new):
        assert (await reset(world, email=email, token=token)).status_code == 422
    assert stored() == before


async def test_a_barred_phone_may_reset_again_once_it_is_proved(
    world: World, postman: Postman
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    world.sql("UPDATE users SET recovery_barred = 'phone' WHERE id = %s", person.id)
    await forget(world, phone=phone)
    assert await postman.letters(phone) == []
    await ask(world, person, "phone", phone)
    code = await postman.code(phone)
    done = await confirm(world, person, "phone", code)
    assert (done.status_code, done.json()["recovery_barred"]) == (200, None)
    # Nothing changed hands, so nobody is told.
    assert len(await postman.letters(phone)) == 1
