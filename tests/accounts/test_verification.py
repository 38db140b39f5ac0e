"""Proving an e-mail: by the token that was mailed to it, and by nothing else."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from tests.accounts.conftest import Wait
from tests.accounts.postman import Postman, email_of, forget, log_in, new_phone, reset
from tests.agencies.hands import picture as agency_picture
from tests.world import Person, World


async def verify(world: World, token: str) -> httpx.Response:
    return await world.call("POST", "/auth/email/verify", json={"token": token})


async def verified_at(world: World, person: Person) -> str | None:
    at: str | None = (await world.call("GET", "/me", person)).json()["email_verified_at"]
    return at


async def test_signing_up_sends_a_token_that_proves_the_address(
    world: World, postman: Postman
) -> None:
    person = await world.register()
    assert person.user["email_verified_at"] is None
    letter = await postman.last(email_of(person))
    assert letter["subject"] == "Confirm your e-mail address"
    assert letter["token"] in letter["text"]
    assert await verified_at(world, person) is None
    done = await verify(world, letter["token"])
    assert (done.status_code, done.content) == (204, b"")
    assert await verified_at(world, person) is not None
    again = await verify(world, letter["token"])
    assert (again.status_code, again.json()["code"]) == (422, "auth.verification_invalid")


async def test_a_phone_alone_gets_no_mail(world: World, postman: Postman) -> None:
    phone = new_phone()
    person = await world.register(email=None, phone=phone)
    assert await postman.letters(phone) == []
    asked = await world.call("POST", "/auth/email/verification", person)
    assert (asked.status_code, asked.json()["code"]) == (409, "auth.no_email")


async def test_any_of_the_mails_proves_the_address_once(
    world: World, postman: Postman, stored: Callable[[], Any], minutes_pass: Wait
) -> None:
    person = await world.register()
    first = await postman.token(email_of(person))
    asked = await world.call("POST", "/auth/email/verification", person)
    assert (asked.status_code, asked.json()) == (202, {"expires_in": 86400})
    second = await postman.token(email_of(person))
    assert first != second
    soon = await world.call("POST", "/auth/email/verification", person)
    assert soon.status_code == 429
    assert int(soon.headers["retry-after"]) <= 60
    # Whoever asked again may open the first mail all the same.
    assert (await verify(world, first)).status_code == 204
    before = stored()
    for used in (first, second):
        assert (await verify(world, used)).status_code == 422
    assert stored() == before
    minutes_pass(1.1)
    sent = len(await postman.letters(email_of(person)))
    assert (await world.call("POST", "/auth/email/verification", person)).status_code == 202
    assert len(await postman.letters(email_of(person))) == sent


async def test_an_expired_token_and_one_for_a_former_address_prove_nothing(
    world: World, postman: Postman, stored: Callable[[], Any], minutes_pass: Wait
) -> None:
    person, other = await world.people(2)
    moved = await postman.token(email_of(person))
    late = await postman.token(email_of(other))
    world.sql("UPDATE users SET email = %s WHERE id = %s", f"x{email_of(person)}", person.id)
    minutes_pass(24 * 60 + 1)
    before = stored()
    for token in (moved, late, "no such token"):
        assert (await verify(world, token)).status_code == 422
    assert stored() == before


async def test_of_many_at_once_one_is_told_that_it_worked(world: World, postman: Postman) -> None:
    person = await world.register()
    token = await postman.token(email_of(person))
    answers = await asyncio.gather(*(verify(world, token) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 9


async def test_a_mail_that_was_asked_for_before_its_address_was_barred_is_not_sent_after(
    world: World, postman: Postman
) -> None:
    """Whoever signed up with somebody's phone lets his mail server put the letter off."""
    phone = new_phone()
    person = await world.register(phone=phone)
    email = email_of(person)
    await postman.deliver()
    asked = await world.call("POST", "/auth/email/verification", person)
    assert asked.status_code == 202
    world.sql(
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
        " WHERE status = 'todo' AND task_name = 'accounts.verification_mail'"
    )
    await forget(world, phone=phone)
    code = await postman.code(phone)
    assert (await reset(world, phone=phone, code=code)).status_code == 204
    world.sql("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    assert (await postman.last(email))["subject"] != "Confirm your e-mail address"
    # Whoever is in now may prove it.
    token = (await log_in(world, phone)).json()["token"]
    owner = Person(person.id, token, person.user)
    asked = await world.call("POST", "/auth/email/verification", owner)
    if asked.status_code == 429:
        world.sql("DELETE FROM cache WHERE key LIKE '%%code-%%'")
        asked = await world.call("POST", "/auth/email/verification", owner)
    assert asked.status_code == 202
    proved = {"token": await postman.token(email)}
    assert (await world.call("POST", "/auth/email/verify", json=proved)).status_code == 204


async def test_founding_an_agency_needs_a_proven_address(world: World, postman: Postman) -> None:
    person = await world.register()
    body = {"name": "Reachable"}
    before = agency_picture(world)
    refused = await world.call("POST", "/agencies", person, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "agency.email_not_verified")
    assert agency_picture(world) == before
    letter = await postman.last(email_of(person))
    assert (await verify(world, letter["token"])).status_code == 204
    founded = await world.call("POST", "/agencies", person, json=body)
    assert (founded.status_code, founded.json()["owner_id"]) == (201, person.id)
