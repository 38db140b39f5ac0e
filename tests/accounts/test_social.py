"""Log-in and sign-up by id tokens of Google and Facebook."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from flylive import clock
from flylive.accounts.identities import IdTokens
from tests.accounts.postman import Postman, forget, log_in, reset
from tests.accounts.provider import PlayedProvider
from tests.world import Person, World

PROFILE = {"name": "Layla", "dob": "1994-03-02", "gender": 2, "country": "ARE"}


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def enter(
    world: World, token: str, provider: str = "google", **fields: Any
) -> httpx.Response:
    return await world.call(
        "POST", "/auth/social", json={"provider": provider, "id_token": token} | fields
    )


def person(answer: httpx.Response) -> Person:
    document = answer.json()
    return Person(document["user"]["id"], document["token"], document["user"])


def faults(answer: httpx.Response) -> dict[str, str]:
    return {fault["field"]: fault["message"] for fault in answer.json()["errors"]}


async def test_a_new_identity_opens_an_account_and_the_known_one_enters_it(
    world: World, google: PlayedProvider
) -> None:
    token = google.token("g-new", email="Layla.New@example.com", email_verified=True)
    opened = await enter(world, token, **PROFILE, device_name="Pixel 9")
    assert opened.status_code == 201, opened.text
    user = opened.json()["user"]
    assert {
        name: user[name] for name in ("name", "dob", "gender", "country", "email", "phone")
    } == {
        "name": "Layla",
        "dob": "1994-03-02",
        "gender": 2,
        "country": "AE",
        "email": "Layla.New@example.com",
        "phone": None,
    }
    assert user["email_verified_at"] is not None
    assert (user["social_provider"], user["social_provider_id"]) == ("google", "g-new")
    assert user["signature"].isdigit()
    assert (await world.call("GET", "/me", person(opened))).status_code == 200
    [(name,)] = world.sql(
        "SELECT name FROM personal_access_tokens WHERE tokenable_id = %s", user["id"]
    )
    assert name == "Pixel 9"

    # Another token of the same identity; what else the body says changes nothing.
    again = await enter(world, google.token("g-new", name="Other"), name="Other", gender=1)
    assert again.status_code == 200, again.text
    assert again.json()["user"]["id"] == user["id"]
    assert again.json()["user"]["name"] == "Layla"
    assert again.json()["token"] != opened.json()["token"]


async def test_facebooks_token_brings_a_name_but_no_email(
    world: World, facebook: PlayedProvider
) -> None:
    token = facebook.token("f-1", email="layla@example.com", name="Layla F.", nonce="n", jti="j")
    answer = await enter(world, token, "facebook", dob="1990-01-01", gender=2, country="SA")
    assert answer.status_code == 201, answer.text
    user = answer.json()["user"]
    assert (user["name"], user["email"], user["email_verified_at"]) == ("Layla F.", None, None)
    assert (user["social_provider"], user["social_provider_id"]) == ("facebook", "f-1")


@pytest.mark.parametrize("verified", [False, None, "true", 1, "false"])
async def test_an_unverified_email_is_not_taken(
    world: World, google: PlayedProvider, verified: Any
) -> None:
    owner = await world.register()
    token = google.token(
        f"g-unverified-{verified}", email=owner.user["email"], email_verified=verified
    )
    answer = await enter(world, token, **PROFILE)
    assert answer.status_code == 201, answer.text
    assert answer.json()["user"]["email"] is None
    assert answer.json()["user"]["email_verified_at"] is None


@pytest.mark.parametrize("email", ["no address", "x" * 250 + "@example.com", 5, ["a@b.example"]])
async def test_a_strange_email_or_name_in_a_token_is_passed_over(
    world: World, google: PlayedProvider, email: Any
) -> None:
    token = google.token(
        f"g-strange-{len(str(email))}", email=email, email_verified=True, name=["x"]
    )
    missing = await enter(world, token, **(PROFILE | {"name": None}))
    assert set(faults(missing)) == {"name"}
    answer = await enter(world, token, **PROFILE)
    assert answer.status_code == 201, answer.text
    assert answer.json()["user"]["email"] is None


async def test_a_new_account_names_each_field_that_is_missing(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    before = stored()
    token = google.token("g-missing")
    answer = await enter(world, token)
    assert outcome(answer) == (422, "request.invalid")
    assert set(faults(answer)) == {"name", "dob", "gender", "country"}
    partly = await enter(world, google.token("g-missing", name="From Google"), gender=1)
    assert set(faults(partly)) == {"dob", "country"}
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"dob": (date.today() - timedelta(days=17 * 365)).isoformat()}, "dob"),
        ({"dob": "1700-01-01"}, "dob"),
        ({"dob": "yesterday"}, "dob"),
        ({"country": "Atlantis"}, "country"),
        ({"gender": 7}, "gender"),
        ({"name": "  "}, "name"),
        ({"name": "bell\x07"}, "name"),
        ({"device_name": ""}, "device_name"),
        ({"email": "mine@example.com"}, "email"),
        ({"password": "a long password"}, "password"),
    ],
)
async def test_a_new_accounts_fields_follow_the_rules_of_registration(
    world: World,
    google: PlayedProvider,
    stored: Callable[[], Any],
    body: dict[str, Any],
    field: str,
) -> None:
    before = stored()
    answer = await enter(world, google.token("g-rules"), **(PROFILE | body))
    assert outcome(answer) == (422, "request.invalid"), answer.text
    assert field in faults(answer)
    assert stored() == before


async def test_an_email_that_an_account_has_is_linked_from_inside_alone(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    owner = await world.register()
    before = stored()
    token = google.token("g-taken", email=owner.user["email"].upper(), email_verified=True)
    answer = await enter(world, token, **PROFILE)
    assert outcome(answer) == (409, "auth.email_taken")
    assert stored() == before


async def test_a_blocked_account_stays_closed(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    someone = person(await enter(world, google.token("g-blocked"), **PROFILE))
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", someone.id)
    before = stored()
    answer = await enter(world, google.token("g-blocked"), **PROFILE)
    assert outcome(answer) == (403, "auth.blocked")
    assert stored() == before


async def test_a_deleted_account_leaves_its_identity_free(
    world: World, google: PlayedProvider
) -> None:
    gone = person(await enter(world, google.token("g-deleted"), **PROFILE))
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", gone.id)
    unknown = await enter(world, google.token("g-deleted"))
    assert outcome(unknown) == (422, "request.invalid")
    answer = await enter(world, google.token("g-deleted"), **PROFILE)
    assert answer.status_code == 201, answer.text
    assert answer.json()["user"]["id"] != gone.id


async def test_one_sub_at_two_providers_is_two_people(
    world: World, google: PlayedProvider, facebook: PlayedProvider
) -> None:
    at_google = await enter(world, google.token("same"), **PROFILE)
    at_facebook = await enter(world, facebook.token("same"), "facebook", **PROFILE)
    assert (at_google.status_code, at_facebook.status_code) == (201, 201)
    # A token of one is not shown to the other.
    swapped = await enter(world, google.token("same"), "facebook", **PROFILE)
    assert outcome(swapped) == (422, "auth.invalid_id_token")


async def test_of_sign_ups_at_once_one_opens_and_the_others_enter(
    world: World, google: PlayedProvider
) -> None:
    token = google.token("g-race", email="race@example.com", email_verified=True)
    answers = await asyncio.gather(*(enter(world, token, **PROFILE) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    assert world.sql("SELECT count(*) FROM users WHERE email = 'race@example.com'") == [(1,)]


async def test_of_two_identities_with_one_email_one_opens(
    world: World, google: PlayedProvider
) -> None:
    tokens = [
        google.token(f"g-email-{number}", email="shared@example.com", email_verified=True)
        for number in range(2)
    ]
    answers = await asyncio.gather(*(enter(world, token, **PROFILE) for token in tokens))
    assert sorted(outcome(answer) for answer in answers) == [
        (201, ""),
        (409, "auth.email_taken"),
    ]


async def test_such_an_account_has_no_password_and_says_so(
    world: World, google: PlayedProvider, stored: Callable[[], Any]
) -> None:
    token = google.token("g-password", email="nopassword@example.com", email_verified=True)
    someone = person(await enter(world, token, **PROFILE))
    [(kept,)] = world.sql("SELECT password FROM users WHERE id = %s", someone.id)
    for guess in (kept, "!", "password"):
        answer = await world.call(
            "POST", "/auth/login", json={"login": "nopassword@example.com", "password": guess}
        )
        assert outcome(answer) == (401, "auth.wrong_credentials")
    before = stored()
    changed = await world.call(
        "POST",
        "/auth/password/change",
        someone,
        json={"current_password": kept, "password": "a new long one"},
    )
    assert outcome(changed) == (409, "auth.no_password")
    assert stored() == before


async def test_a_reset_by_mail_gives_such_an_account_a_password(
    world: World, google: PlayedProvider, postman: Postman
) -> None:
    email = "gets.one@example.com"
    token = google.token("g-gets-one", email=email, email_verified=True)
    assert (await enter(world, token, **PROFILE)).status_code == 201
    assert (await forget(world, email=email)).status_code == 202
    letter = await postman.last(email)
    assert (await reset(world, email=email, token=letter["token"])).status_code == 204
    by_password = await log_in(world, email)
    assert by_password.status_code == 200
    # The provider had verified the e-mail, so the identity stays; now it may go.
    assert (await enter(world, google.token("g-gets-one"))).status_code == 200
    someone = person(by_password)
    unlinked = await world.call("DELETE", "/me/identities/google", someone)
    assert unlinked.status_code == 204
    assert (await log_in(world, email)).status_code == 200


async def test_a_provider_without_an_application_of_ours_is_off(
    world: World, google: PlayedProvider, stored: Callable[[], Any], app: Litestar
) -> None:
    before = stored()
    kept = app.state.id_tokens
    app.state.id_tokens = IdTokens(app.state.settings.model_copy(update={"google_client_ids": ()}))
    try:
        asked = google.asked
        for audience in (google.audience, ""):
            answer = await enter(world, google.token("g-off", aud=audience), **PROFILE)
            assert outcome(answer) == (422, "auth.provider_unavailable")
        assert google.asked == asked
    finally:
        await app.state.id_tokens.close()
        app.state.id_tokens = kept
    assert stored() == before


async def test_an_unknown_provider_is_a_wrong_field(world: World, google: PlayedProvider) -> None:
    answer = await enter(world, google.token("g"), "apple", **PROFILE)
    assert outcome(answer) == (422, "request.invalid")
    assert set(faults(answer)) == {"provider"}


async def test_every_audience_of_ours_opens_and_the_leeway_is_small(
    world: World, google: PlayedProvider
) -> None:
    other = google.token("g-audience", aud="our-other-app.google.example")
    assert (await enter(world, other, **PROFILE)).status_code == 201
    listed = google.token("g-audience", aud=[google.audience], iss="accounts.google.com")
    assert (await enter(world, listed)).status_code == 200
    moment = int(clock.now().timestamp())
    for claims in ({"exp": moment - 50}, {"iat": moment + 50, "nbf": moment + 50}):
        assert (await enter(world, google.token("g-audience", **claims))).status_code == 200
