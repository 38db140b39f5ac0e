"""Signing up: what is kept, what is refused, and who wins when many want one e-mail."""

import asyncio
import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from tests.world import World

BODY: dict[str, Any] = {
    "name": "Ayla",
    "email": "ayla@example.com",
    "password": "correct horse",
    "dob": "1995-04-03",
    "gender": 2,
    "country": "PK",
}
OWN_COLUMNS = {
    "id", "name", "email", "phone", "signature", "dob", "gender", "country", "avatar_image",
    "animated_src", "static_src", "coin_balance", "diamond_balance", "total_spent",
    "total_received", "wealth_level_id", "charm_level_id", "wealth_xp", "charm_xp", "agency_id",
    "agency_role", "agency_joined_at", "vip_level", "vip_expires_at", "social_provider",
    "social_provider_id", "is_blocked", "blocked_at", "block_reason", "last_active_at",
    "email_verified_at", "phone_verified_at", "recovery_barred", "created_at",
    "updated_at", "deleted_at", "wallet", "wealth_level", "charm_level", "agency",
    "privileges",
}  # fmt: skip


def body(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (BODY | fields).items() if value is not None}


async def test_sign_up_gives_a_token_and_the_own_view(world: World) -> None:
    email = "  New.Person@Example.com "
    answer = await world.call("POST", "/auth/register", json=body(email=email, country="pak"))
    assert answer.status_code == 201, answer.text
    token, user = answer.json()["token"], answer.json()["user"]
    assert set(user) == OWN_COLUMNS
    assert user["email"] == "New.Person@Example.com"
    assert user["country"] == "PK"
    assert user["dob"] == "1995-04-03"
    assert user["signature"].isdigit()
    assert user["wallet"] == {
        "coin_balance": "0.00",
        "diamond_balance": "0.00",
        "total_spent": "0.00",
        "total_received": "0.00",
        "debt": "0.00",
    }
    assert user["created_at"].endswith("Z")
    me = await world.client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json() == user


async def test_password_and_token_are_kept_only_as_hashes(world: World) -> None:
    person = await world.register(password="kept by nobody")
    token_id, secret = person.token.split("|")
    assert len(secret) == 40
    (hashed,) = world.sql("SELECT password FROM users WHERE id = %s", person.id)[0]
    assert hashed.startswith("$argon2id$")
    row = world.sql(
        "SELECT token, tokenable_type, tokenable_id, name, abilities"
        " FROM personal_access_tokens WHERE id = %s",
        int(token_id),
    )[0]
    assert row == (
        hashlib.sha256(secret.encode()).hexdigest(),
        "App\\Models\\User",
        person.id,
        "unnamed device",
        '["*"]',
    )


async def test_level_one_is_given_where_the_catalogue_has_it(world: World) -> None:
    before = await world.register()
    assert before.user["wealth_level"] is None
    for kind in ("wealth", "charm"):
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, badge_url)"
            " VALUES (%s, %s, 1, 0, '/one.svg')",
            f"{kind} one",
            kind,
        )
    after = await world.register()
    assert after.user["wealth_level"] == {
        "level_number": 1,
        "name": "wealth one",
        "badge_url": "/one.svg",
    }
    assert after.user["charm_level"]["name"] == "charm one"


@pytest.mark.parametrize(
    ("phone", "country", "kept"),
    [
        ("0301 2345678", "PK", "+923012345678"),
        ("+92 301-2345679", "DE", "+923012345679"),
        ("(415) 555-2671", "USA", "+14155552671"),
    ],
)
async def test_phone_is_kept_as_e164(world: World, phone: str, country: str, kept: str) -> None:
    person = await world.register(phone=phone, country=country, email=None)
    assert person.user["phone"] == kept
    assert person.user["email"] is None


TODAY = date.today()
WRONG = [
    ("name", ""),
    ("name", "   "),
    ("name", "a" * 256),
    ("name", "two\nlines"),
    ("name", "tab\there"),
    ("name", "\u202eevil"),
    ("name", "\u200b\u200d"),
    ("name", 5),
    ("email", "no at sign"),
    ("email", "a@b"),
    ("email", "a b@example.com"),
    ("email", "a@@example.com"),
    ("email", "a@" + "b" * 250 + ".com"),
    ("email", ""),
    ("phone", "12"),
    ("phone", "+1"),
    ("phone", "call me"),
    ("phone", "9" * 40),
    ("password", "seven77"),
    ("password", "x" * 256),
    ("dob", (date(TODAY.year - 18, TODAY.month, 1) + timedelta(days=TODAY.day + 1)).isoformat()),
    ("dob", (TODAY + timedelta(days=400)).isoformat()),
    ("dob", "1899-12-31"),
    ("dob", "1995-02-30"),
    ("dob", "yesterday"),
    ("gender", 0),
    ("gender", 4),
    ("gender", "1"),
    ("country", "ZZ"),
    ("country", "EU"),
    ("country", "XYZ"),
    ("country", ""),
    ("device_name", "d" * 256),
    ("is_blocked", False),
    ("coin_balance", "1000000"),
    ("signature", "1"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    world: World, stored: Any, field: str, value: Any
) -> None:
    before = stored()
    answer = await world.call("POST", "/auth/register", json=body(**{field: value}))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["code"] == "request.invalid"
    assert field in [error["field"] for error in problem["errors"]]
    assert stored() == before


@pytest.mark.parametrize("field", ["name", "password", "dob", "gender", "country"])
async def test_what_is_missing_is_named(world: World, stored: Any, field: str) -> None:
    before = stored()
    answer = await world.call("POST", "/auth/register", json=body(**{field: None}))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert stored() == before


async def test_neither_email_nor_phone_is_refused(world: World) -> None:
    answer = await world.call("POST", "/auth/register", json=body(email=None))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "email"


async def test_several_wrong_fields_are_told_at_once(world: World) -> None:
    answer = await world.call(
        "POST", "/auth/register", json=body(name=" ", country="ZZ", password="short")
    )
    assert {error["field"] for error in answer.json()["errors"]} == {
        "name",
        "country",
        "password",
    }


async def test_a_birthday_of_today_is_old_enough(world: World) -> None:
    try:
        birthday = TODAY.replace(year=TODAY.year - 18)
    except ValueError:
        birthday = date(TODAY.year - 18, 2, 28)
    await world.register(dob=birthday.isoformat())


async def test_taken_email_and_phone_are_refused_without_case(world: World, stored: Any) -> None:
    await world.register(email="Taken@Example.com", phone="+923012345600", country="PK")
    before = stored()
    by_email = await world.call("POST", "/auth/register", json=body(email="tAKEN@example.COM"))
    assert (by_email.status_code, by_email.json()["code"]) == (409, "auth.email_taken")
    by_phone = await world.call(
        "POST", "/auth/register", json=body(email="other@example.com", phone="0301 2345600")
    )
    assert (by_phone.status_code, by_phone.json()["code"]) == (409, "auth.phone_taken")
    assert stored() == before


async def test_a_deleted_users_email_is_free_again(world: World) -> None:
    person = await world.register(email="again@example.com")
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", person.id)
    again = await world.register(email="again@example.com")
    assert again.id != person.id


async def test_of_twenty_at_once_exactly_one_gets_the_email(world: World) -> None:
    answers = await asyncio.gather(
        *(
            world.call("POST", "/auth/register", json=body(email=f"{case}ace@example.com"))
            for case in ("r", "R") * 10
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"auth.email_taken"}
    found = world.sql("SELECT count(*) FROM users WHERE lower(email) = 'race@example.com'")
    assert found == [(1,)]


async def test_a_signature_that_is_taken_is_drawn_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await world.register()
    drawn = iter([person.user["signature"], person.user["signature"], "987654321"])
    monkeypatch.setattr("flylive.accounts.service.new_signature", lambda: next(drawn))
    other = await world.register()
    assert other.user["signature"] == "987654321"
