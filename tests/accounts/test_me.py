"""The own view and its editing; what others see, and how they find somebody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from flylive import clock
from tests.world import Person, World

PUBLIC = {
    "id", "signature", "name", "gender", "country", "avatar_image", "static_src", "animated_src",
    "wealth_level", "charm_level", "vip_level", "agency", "badges", "followers_count",
    "following_count", "is_following", "is_friend", "partner", "privileges",
}  # fmt: skip


def follow(world: World, follower: Person, followed: Person) -> None:
    world.sql(
        "INSERT INTO user_followers (follower_id, following_id) VALUES (%s, %s)",
        follower.id,
        followed.id,
    )


async def test_own_view_shows_every_seed_column_but_the_password(world: World) -> None:
    person = await world.register(password="not to be shown")
    answer = await world.call("GET", "/me", person)
    columns = {
        name
        for (name,) in world.sql(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'users'"
        )
    }
    assert columns - {
        *("password", "coin_debt", "wealth_level_paid", "charm_level_paid", "frame_expires_at")
    } <= set(answer.json())
    assert "password" not in answer.json()
    assert "argon2" not in answer.text


async def test_own_view_follows_wallet_agency_and_vip(world: World) -> None:
    person = await world.register()
    world.sql(
        "WITH a AS (INSERT INTO agencies (name, owner_id) VALUES ('Stars', %s) RETURNING id)"
        " UPDATE users SET agency_id = a.id, agency_role = 'admin', agency_joined_at = now(),"
        " vip_level = 3, vip_expires_at = now() + interval '1 hour',"
        " coin_balance = 12.5, coin_debt = 3 FROM a WHERE users.id = %s",
        person.id,
        person.id,
    )
    me = (await world.call("GET", "/me", person)).json()
    assert me["wallet"]["coin_balance"] == me["coin_balance"] == "12.50"
    assert me["wallet"]["debt"] == "3.00"
    assert me["agency"] == {"id": me["agency_id"], "name": "Stars", "role": "admin"}
    assert me["vip_level"] == 3
    public = await world.call("GET", f"/users/{person.id}", person)
    assert public.json()["vip_level"] == 3
    assert public.json()["agency"] == me["agency"]
    with clock.turned_to(clock.now() + timedelta(hours=1, seconds=1)):
        later = (await world.call("GET", "/me", person)).json()
        assert later["vip_level"] == 0
        public = await world.call("GET", f"/users/{person.id}", person)
        assert public.json()["vip_level"] == 0


async def test_only_what_is_sent_changes(world: World) -> None:
    person = await world.register()
    answer = await world.call("PATCH", "/me", person, json={"name": "  Zoë 🎤 ", "country": "gbr"})
    assert answer.status_code == 200, answer.text
    changed = {name for name, value in answer.json().items() if value != person.user[name]} - {
        "last_active_at"
    }
    assert changed == {"name", "country", "updated_at"}
    assert (answer.json()["name"], answer.json()["country"]) == ("Zoë 🎤", "GB")
    more = await world.call("PATCH", "/me", person, json={"dob": "1980-02-29", "gender": 3})
    assert (more.json()["dob"], more.json()["gender"]) == ("1980-02-29", 3)
    assert more.json()["name"] == "Zoë 🎤"


async def test_an_empty_edit_changes_nothing(world: World, stored: Callable[[], Any]) -> None:
    person = await world.register()
    before = stored()
    answer = await world.call("PATCH", "/me", person, json={})
    assert answer.status_code == 200
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "bell\x07"}, "name"),
        ({"name": "fine", "dob": (date.today() - timedelta(days=17 * 365)).isoformat()}, "dob"),
        ({"gender": 9}, "gender"),
        ({"gender": "2"}, "gender"),
        ({"country": "Atlantis"}, "country"),
        ({"email": "new@example.com"}, "email"),
        ({"phone": "+923012345678"}, "phone"),
        ({"coin_balance": "1000000.00"}, "coin_balance"),
        ({"vip_level": 7}, "vip_level"),
        ({"password": "something else"}, "password"),
        ({"id": 1}, "id"),
    ],
)
async def test_what_may_not_be_edited_is_refused(
    world: World, stored: Callable[[], Any], body: dict[str, Any], field: str
) -> None:
    person = await world.register()
    before = stored()
    answer = await world.call("PATCH", "/me", person, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert stored() == before


async def test_nobody_sees_nobody(world: World) -> None:
    person = await world.register()
    for method, path in (
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("GET", f"/users/{person.id}"),
        ("GET", "/users?q=Person"),
        ("GET", "/auth/tokens"),
        ("DELETE", "/auth/tokens"),
        ("DELETE", "/auth/tokens/1"),
        ("POST", "/auth/logout"),
        ("POST", "/auth/password/change"),
    ):
        body = {} if method in {"PATCH"} else None
        if path == "/auth/password/change":
            body = {"current_password": "a long password", "password": "another one"}
        answer = await world.call(method, path, json=body)
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.json()["code"] == "auth.unauthenticated"


async def test_the_public_view_has_exactly_its_fields(world: World) -> None:
    person, viewer = await world.people(2)
    answer = await world.call("GET", f"/users/{person.id}", viewer)
    assert answer.status_code == 200
    assert set(answer.json()) == PUBLIC
    assert person.user["email"] not in answer.text


async def test_followers_friends_and_badges_are_shown(world: World) -> None:
    host, fan, friend = await world.people(3)
    follow(world, fan, host)
    follow(world, friend, host)
    follow(world, host, friend)
    world.sql(
        "WITH b AS (INSERT INTO badges (name, category, requirements, icon_url, rarity)"
        " VALUES ('First gift', 'achievement', '{\"all\": []}', '/b.svg', 'rare') RETURNING id)"
        " INSERT INTO user_badges (user_id, badge_id) SELECT %s, id FROM b",
        host.id,
    )

    async def seen_by(viewer: Person) -> dict[str, Any]:
        return dict((await world.call("GET", f"/users/{host.id}", viewer)).json())

    by_fan, by_friend, by_host = await seen_by(fan), await seen_by(friend), await seen_by(host)
    assert (by_fan["followers_count"], by_fan["following_count"]) == (2, 1)
    assert (by_fan["is_following"], by_fan["is_friend"]) == (True, False)
    assert (by_friend["is_following"], by_friend["is_friend"]) == (True, True)
    assert (by_host["is_following"], by_host["is_friend"]) == (False, False)
    (badge,) = by_fan["badges"]
    assert (badge["name"], badge["rarity"], badge["icon_url"]) == ("First gift", "rare", "/b.svg")
    assert badge["earned_at"].endswith("Z")


async def test_unknown_and_deleted_users_are_not_found(world: World) -> None:
    person, viewer = await world.people(2)
    world.sql("UPDATE users SET deleted_at = now() WHERE id = %s", person.id)
    for user_id in (person.id, 0, -1, 10**12, 2**63, 10**40, "9" * 5000, "me", "1.5", "%00", "%ff"):
        answer = await world.call("GET", f"/users/{user_id}", viewer)
        assert answer.status_code == 404, user_id
        assert answer.headers["content-type"] == "application/problem+json"
