"""Push tokens and preferences."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from flylive.accounts.preferences.service import DEVICES_PER_USER
from tests.world import Person, World

DEFAULTS = {
    "language": None,
    "push": {
        "messages": True,
        "followed_rooms": True,
        "friends_rooms": True,
        "gifts": True,
        "announcements": True,
    },
    "quiet_hours": None,
}


async def register(world: World, person: Person, token: str, **fields: Any) -> None:
    answer = await world.call(
        "PUT", "/me/push-tokens", person, json={"token": token, "platform": "android"} | fields
    )
    assert answer.status_code == 204, answer.text


def devices(world: World, person: Person) -> list[str]:
    rows = world.sql("SELECT token FROM push_tokens WHERE user_id = %s ORDER BY id", person.id)
    return [row[0] for row in rows]


@pytest.fixture
def kept(world: World) -> Callable[[], Any]:
    def picture() -> Any:
        return world.sql("SELECT to_jsonb(t) FROM push_tokens t ORDER BY id") + world.sql(
            "SELECT to_jsonb(p) FROM user_preferences p ORDER BY user_id"
        )

    return picture


async def log_in(world: World, person: Person) -> Person:
    answer = await world.call(
        "POST",
        "/auth/login",
        json={"login": person.user["email"], "password": "a long password"},
    )
    return Person(person.id, answer.json()["token"], person.user)


async def test_a_device_has_one_row_however_often_it_says_so(world: World) -> None:
    person = await world.register()
    await register(world, person, "one", device_name="Phone")
    await register(world, person, "one", platform="ios")
    await register(world, person, "two", platform="web")
    rows = world.sql(
        "SELECT token, platform, device_name, token_id FROM push_tokens"
        " WHERE user_id = %s ORDER BY token",
        person.id,
    )
    token_id = int(person.token.split("|")[0])
    assert rows == [("one", "ios", None, token_id), ("two", "web", None, token_id)]


async def test_a_device_that_changes_hands_is_the_new_users_alone(world: World) -> None:
    first, second = await world.people(2)
    await register(world, first, "shared")
    await register(world, second, "shared")
    assert (devices(world, first), devices(world, second)) == ([], ["shared"])
    answer = await world.call("DELETE", "/me/push-tokens", first, json={"token": "shared"})
    assert answer.status_code == 204
    assert devices(world, second) == ["shared"]
    for _ in range(2):
        answer = await world.call("DELETE", "/me/push-tokens", second, json={"token": "shared"})
        assert answer.status_code == 204
    assert devices(world, second) == []


async def test_the_device_registered_longest_ago_makes_room(world: World) -> None:
    person = await world.register()
    for number in range(DEVICES_PER_USER):
        await register(world, person, f"many-{number}")
    await register(world, person, "many-0")
    await register(world, person, "many-new")
    names = [f"many-{number}" for number in range(DEVICES_PER_USER)] + ["many-new"]
    assert devices(world, person) == [name for name in names if name != "many-1"]


async def test_registering_at_once_keeps_to_the_limit(world: World) -> None:
    one, two = await world.people(2)
    await asyncio.gather(*(register(world, (one, two)[n % 2], f"race-{n // 3}") for n in range(60)))
    assert len(devices(world, one)) <= DEVICES_PER_USER
    assert len(devices(world, two)) <= DEVICES_PER_USER
    assert not set(devices(world, one)) & set(devices(world, two))


async def test_a_device_ends_with_the_access_token_that_registered_it(world: World) -> None:
    person = await world.register()
    other = await log_in(world, person)
    await register(world, person, "stays")
    await register(world, other, "goes")
    answer = await world.call("POST", "/auth/logout", other)
    assert answer.status_code == 204
    assert devices(world, person) == ["stays"]
    third = await log_in(world, person)
    await register(world, third, "goes-too")
    assert (await world.call("DELETE", "/auth/tokens", person)).status_code == 204
    assert devices(world, person) == ["stays"]


async def test_a_token_that_ends_meanwhile_registers_nothing(
    world: World, kept: Callable[[], Any]
) -> None:
    person = await world.register()
    other = await log_in(world, person)
    assert (await world.call("GET", "/me", other)).status_code == 200
    before = kept()
    # Behind the process's back: it still knows the token for some seconds.
    world.sql("DELETE FROM personal_access_tokens WHERE id = %s", int(other.token.split("|")[0]))
    answer = await world.call(
        "PUT", "/me/push-tokens", other, json={"token": "late", "platform": "web"}
    )
    assert answer.status_code == 401
    assert kept() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"platform": "ios"}, "token"),
        ({"token": "x"}, "platform"),
        ({"token": "", "platform": "ios"}, "token"),
        ({"token": "a b", "platform": "ios"}, "token"),
        ({"token": "x\n", "platform": "ios"}, "token"),
        ({"token": "é", "platform": "ios"}, "token"),
        ({"token": "x" * 1025, "platform": "ios"}, "token"),
        ({"token": "x", "platform": "symbian"}, "platform"),
        ({"token": "x", "platform": "ios", "device_name": ""}, "device_name"),
        ({"token": "x", "platform": "ios", "user_id": 1}, "user_id"),
    ],
)
async def test_wrong_devices_are_refused(
    world: World, kept: Callable[[], Any], body: dict[str, Any], field: str
) -> None:
    person = await world.register()
    before = kept()
    answer = await world.call("PUT", "/me/push-tokens", person, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept() == before


async def test_defaults_need_no_row_and_reading_makes_none(world: World) -> None:
    person = await world.register()
    assert (await world.call("GET", "/me/preferences", person)).json() == DEFAULTS
    answer = await world.call("PATCH", "/me/preferences", person, json={})
    assert (answer.status_code, answer.json()) == (200, DEFAULTS)
    assert world.sql("SELECT count(*) FROM user_preferences WHERE user_id = %s", person.id) == [
        (0,)
    ]


async def test_only_what_is_sent_changes(world: World) -> None:
    person, other = await world.people(2)
    quiet = {"from": "22:30", "to": "07:00", "timezone": "Asia/Dubai"}
    wanted: dict[str, Any] = {**DEFAULTS, "push": dict(DEFAULTS["push"])}  # type: ignore[arg-type]
    for body, change in (
        ({"quiet_hours": quiet}, {"quiet_hours": quiet}),
        ({"language": "pt-br"}, {"language": "pt-BR"}),
        ({"push": {"gifts": False}}, {"push": wanted["push"] | {"gifts": False}}),
        (
            {"push": {"messages": False}},
            {"push": wanted["push"] | {"gifts": False, "messages": False}},
        ),
        ({"quiet_hours": None, "push": {}}, {"quiet_hours": None}),
        ({"language": None}, {"language": None}),
    ):
        wanted |= change
        answer = await world.call("PATCH", "/me/preferences", person, json=body)
        assert (answer.status_code, answer.json()) == (200, wanted)
        assert (await world.call("GET", "/me/preferences", person)).json() == wanted
    assert (await world.call("GET", "/me/preferences", other)).json() == DEFAULTS


async def test_changes_at_once_are_all_kept(world: World) -> None:
    person = await world.register()
    await asyncio.gather(
        *(
            world.call("PATCH", "/me/preferences", person, json=body)
            for body in (
                *({"push": {name: False}} for name in DEFAULTS["push"]),  # type: ignore[union-attr]
                {"language": "ar"},
                {"quiet_hours": {"from": "00:00", "to": "06:00", "timezone": "UTC"}},
            )
        )
    )
    found = (await world.call("GET", "/me/preferences", person)).json()
    assert set(found["push"].values()) == {False}
    assert found["language"] == "ar"
    assert found["quiet_hours"]["to"] == "06:00"


QUIET = {"from": "22:00", "to": "07:00", "timezone": "UTC"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "klingon"}, "language"),
        ({"language": "root"}, "language"),
        ({"language": "en_US"}, "language"),
        ({"language": ""}, "language"),
        ({"language": "x" * 40}, "language"),
        ({"push": {"gifts": 1}}, "push.gifts"),
        ({"push": {"gifts": None}}, "push.gifts"),
        ({"push": None}, "push"),
        ({"push": {"spam": True}}, "push.spam"),
        ({"quiet_hours": {"from": "22:00", "to": "07:00"}}, "quiet_hours.timezone"),
        ({"quiet_hours": QUIET | {"timezone": "Mars/Olympus"}}, "quiet_hours.timezone"),
        ({"quiet_hours": QUIET | {"timezone": "../../etc/passwd"}}, "quiet_hours.timezone"),
        ({"quiet_hours": QUIET | {"from": "24:00"}}, "quiet_hours.from"),
        ({"quiet_hours": QUIET | {"from": "7:00"}}, "quiet_hours.from"),
        ({"quiet_hours": QUIET | {"to": "22:00"}}, "quiet_hours.to"),
        ({"quiet_hours": QUIET | {"days": [1]}}, "quiet_hours.days"),
    ],
)
async def test_wrong_preferences_are_refused(
    world: World, kept: Callable[[], Any], body: dict[str, Any], field: str
) -> None:
    person = await world.register()
    before = kept()
    answer = await world.call("PATCH", "/me/preferences", person, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert kept() == before
