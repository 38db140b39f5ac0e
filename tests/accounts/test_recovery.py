"""A forgotten password: what is sent, what resets it, and what a reset brings with it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from flylive.clock import now
from tests.accounts.conftest import From, Wait
from tests.accounts.postman import NEW, Postman, email_of, forget, log_in, new_phone, reset
from tests.accounts.provider import PlayedProvider
from tests.standing import standing_at
from tests.world import World


async def test_a_mailed_token_resets_the_password_once(world: World, postman: Postman) -> None:
    person = await world.register()
    email = email_of(person)
    asked = await forget(world, email=email.upper())
    assert (asked.status_code, asked.json()) == (202, {"expires_in": 3600})
    letter = await postman.last(email)
    assert letter["channel"] == "email"
    assert letter["token"] in letter["text"]
    assert letter["subject"] == "Reset your FlyLive password"
    done = await reset(world, email=email, token=letter["token"])
    assert (done.status_code, done.content) == (204, b"")
    assert (await log_in(world, email, "a long password")).status_code == 401
    assert (await log_in(world, email)).status_code == 200
    again = await reset(world, email=email, token=letter["token"], password="a third password")
    assert (again.status_code, again.json()["code"]) == (422, "auth.reset_invalid")
    assert (await log_in(world, email)).status_code == 200


async def test_a_code_by_sms_resets_the_password_once(world: World, postman: Postman) -> None:
    phone = new_phone()
    await world.register(email=None, phone=phone)
    asked = await forget(world, phone=phone)
    assert (asked.status_code, asked.json()) == (202, {"expires_in": 300})
    letter = await postman.last(phone)
    assert letter["channel"] == "sms"
    assert letter["code"] in letter["text"]
    assert len(letter["code"]) == 6
    done = await reset(world, phone=phone, code=letter["code"])
    assert done.status_code == 204, done.text
    assert (await log_in(world, phone)).status_code == 200
    assert (await log_in(world, phone, "a long password")).status_code == 401
    again = await reset(world, phone=phone, code=letter["code"])
    assert (again.status_code, again.json()["code"]) == (422, "auth.reset_invalid")


async def test_unknown_addresses_get_the_same_answers_and_no_letter(
    world: World, postman: Postman
) -> None:
    for address, kind in (("nobody@flylive.example", "email"), (new_phone(), "phone")):
        known = await world.register(
            **({"email": None, "phone": new_phone()} if kind == "phone" else {})
        )
        theirs = str(known.user[kind])
        answers = []
        for to in (theirs, address):
            first, second = await forget(world, **{kind: to}), await forget(world, **{kind: to})
            assert second.headers["retry-after"] == str(second.json()["retry_after"])
            answers.append(
                (first.status_code, first.json(), second.status_code, second.json()["code"])
            )
        assert answers[0] == answers[1]
        assert answers[0][0::2] == (202, 429)
        assert await postman.letters(address) == []
        field = "token" if kind == "email" else "code"
        guesses = [await reset(world, **{kind: to, field: "000000"}) for to in (theirs, address)]
        assert guesses[0].json() == guesses[1].json()
        assert {guess.status_code for guess in guesses} == {422}
    assert postman.failed() == []


async def test_ten_a_day(world: World, postman: Postman, minutes_pass: Wait) -> None:
    person = await world.register()
    for to in (email_of(person), "never@flylive.example"):
        for _ in range(10):
            assert (await forget(world, email=to)).status_code == 202
            minutes_pass(1.1)
        refused = await forget(world, email=to)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 3600
    minutes_pass(24 * 60)
    assert (await forget(world, email=email_of(person))).status_code == 202


async def test_a_reset_ends_every_token_and_opens_a_locked_log_in(
    world: World, postman: Postman
) -> None:
    person = await world.register()
    email = email_of(person)
    other = (await log_in(world, email, "a long password")).json()["token"]
    for _ in range(5):
        assert (await log_in(world, email, "wrong")).status_code == 401
    assert (await log_in(world, email, "a long password")).status_code == 429
    await forget(world, email=email)
    assert (await reset(world, email=email, token=await postman.token(email))).status_code == 204
    for token in (person.token, other):
        answer = await world.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    assert (await log_in(world, email)).status_code == 200
    notice = await postman.last(email)
    assert notice["subject"] == "Your FlyLive password was changed"


async def test_a_new_token_takes_the_place_of_the_last(
    world: World, postman: Postman, minutes_pass: Wait
) -> None:
    email = email_of(await world.register())
    await forget(world, email=email)
    first = await postman.token(email)
    minutes_pass(1.1)
    await forget(world, email=email)
    second = await postman.token(email)
    assert first != second
    assert (await reset(world, email=email, token=first)).status_code == 422
    assert (await reset(world, email=email, token=second)).status_code == 204


@pytest.mark.parametrize(("kind", "minutes"), [("email", 60.1), ("phone", 5.1)])
async def test_what_has_expired_resets_nothing(
    world: World,
    postman: Postman,
    stored: Callable[[], Any],
    minutes_pass: Wait,
    kind: str,
    minutes: float,
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    to = email_of(person) if kind == "email" else phone
    await forget(world, **{kind: to})
    letter = await postman.last(to)
    proof = {"token": letter["token"]} if kind == "email" else {"code": letter["code"]}
    minutes_pass(minutes)
    before = stored()
    expired = await reset(world, **{kind: to}, **proof)
    assert (expired.status_code, expired.json()["code"]) == (422, "auth.reset_invalid")
    assert [error["field"] for error in expired.json()["errors"]] == list(proof)
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"email": "a@b.example", "token": "x", "password": "short"}, ["password"]),
        ({"email": "a@b.example", "password": NEW}, ["token"]),
        ({"email": "a@b.example", "token": "x", "code": "123456", "password": NEW}, ["token"]),
        ({"phone": "+923012345678", "password": NEW}, ["code"]),
        ({"phone": "+923012345678", "code": "12345", "password": NEW}, ["code"]),
        ({"phone": "+923012345678", "code": "123456\n", "password": NEW}, ["code"]),
        ({"phone": "+923012345678", "code": "١٢٣٤٥٦", "password": NEW}, ["code"]),
        ({"phone": "0301 2345678", "code": "123456", "password": NEW}, ["phone"]),
        ({"email": "a@b.example", "phone": "+923012345678", "password": NEW}, ["email"]),
        ({"password": NEW}, ["email"]),
    ],
)
async def test_what_does_not_fit_together_is_refused(
    world: World, stored: Callable[[], Any], body: dict[str, str], fields: list[str]
) -> None:
    before = stored()
    answer = await world.call("POST", "/auth/password/reset", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert stored() == before


async def test_a_first_proof_by_mail_shuts_what_nobody_proved(
    world: World, postman: Postman, minutes_pass: Wait
) -> None:
    phone = new_phone()
    person = await world.register(phone=phone)
    world.sql(
        "INSERT INTO user_identities (user_id, provider, provider_id) VALUES (%s, 'google', %s)",
        person.id,
        phone,
    )
    world.sql(
        "UPDATE users SET social_provider = 'google', social_provider_id = %s WHERE id = %s",
        phone,
        person.id,
    )
    email = email_of(person)
    await forget(world, email=email)
    assert (await reset(world, email=email, token=await postman.token(email))).status_code == 204
    me = (await log_in(world, email)).json()["user"]
    assert me["email_verified_at"] is not None
    assert (me["social_provider"], me["recovery_barred"]) == (None, "phone")
    assert world.sql("SELECT 1 FROM user_identities WHERE user_id = %s", person.id) == []
    # The phone still names the account at log-in, but whoever gave it cannot reset with it.
    assert (await log_in(world, phone)).status_code == 200
    assert (await forget(world, phone=phone)).status_code == 202
    assert await postman.letters(phone) == []
    # Nor does what was linked later survive the next reset: a stolen token may have linked it.
    world.sql(
        "INSERT INTO user_identities (user_id, provider, provider_id) VALUES (%s, 'google', %s)",
        person.id,
        phone,
    )
    minutes_pass(1.1)
    await forget(world, email=email)
    assert (await reset(world, email=email, token=await postman.token(email))).status_code == 204
    assert world.sql("SELECT 1 FROM user_identities WHERE user_id = %s", person.id) == []


async def test_a_link_in_a_mail_that_was_followed_opens_nothing_to_whoever_signed_up(
    world: World, postman: Postman, google: PlayedProvider
) -> None:
    """He gave somebody else's e-mail with a phone and an identity of his own."""
    phone, sub = new_phone(), uuid.uuid4().hex
    person = await world.register(phone=phone)
    body = {"provider": "google", "id_token": google.token(sub)}
    assert (await world.call("POST", "/me/identities", person, json=body)).status_code == 201
    email = email_of(person)
    confirmed = {"token": await postman.token(email)}
    assert (await world.call("POST", "/auth/email/verify", json=confirmed)).status_code == 204
    await forget(world, email=email)
    assert (await reset(world, email=email, token=await postman.token(email))).status_code == 204
    back = await world.call("POST", "/auth/social", json=body)
    assert back.status_code == 422, back.text
    await forget(world, phone=phone)
    assert await postman.letters(phone) == []


async def test_what_is_deleted_gets_no_letter(world: World, postman: Postman) -> None:
    person = await world.register()
    await postman.deliver()
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", person.id)
    sent = len(await postman.letters(email_of(person)))
    assert (await forget(world, email=email_of(person))).status_code == 202
    assert len(await postman.letters(email_of(person))) == sent


async def test_peers_have_an_allowance_of_their_own(
    world: World, from_address: From, minutes_pass: Wait
) -> None:
    client = from_address("203.0.113.77")
    with standing_at(now()):
        statuses = [
            (
                await client.post(
                    "/v1/auth/password/forgot", json={"email": f"someone{number}@flylive.example"}
                )
            ).status_code
            for number in range(61)
        ]
    assert statuses == [202] * 60 + [429]
    here = await forget(world, email="someone-else@flylive.example")
    assert here.status_code == 202
    minutes_pass(61)
    again = await client.post(
        "/v1/auth/password/forgot", json={"email": "someone-again@flylive.example"}
    )
    assert again.status_code == 202


async def test_no_spelling_of_an_address_has_a_limit_of_its_own(
    world: World, postman: Postman
) -> None:
    """PostgreSQL's lower makes an i of \u0130, Python's makes two letters of it."""
    person = await world.register()
    email = email_of(person)
    await forget(world, email=email)
    before = await postman.letters(email)
    for letter in ("\u0130", "I"):
        spelt = email.replace("i", letter)
        assert spelt != email
        assert (await forget(world, email=spelt)).status_code in (422, 429)
    assert await postman.letters(email) == before
