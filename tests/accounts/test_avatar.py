"""The avatar: a square of one's own, shown at once wherever one is seen."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.uploads import files
from tests.uploads.hands import change_avatar, uploaded
from tests.world import World


async def test_an_avatar_is_the_square_middle_of_a_photo(world: World) -> None:
    person, viewer = await world.people(2)
    me = await change_avatar(world, person, files.located_jpeg())
    assert me["avatar_image"].startswith("/uploads/")
    changed = {key for key, value in me.items() if value != person.user[key]}
    assert changed - {"last_active_at"} == {"avatar_image", "updated_at"}
    stored = (await world.client.get(me["avatar_image"])).content
    assert files.SECRET not in stored
    image = files.decoded(stored)
    assert image.size == (400, 400)
    seen = await world.call("GET", f"/users/{person.id}", viewer)
    assert seen.json()["avatar_image"] == me["avatar_image"]
    assert (await world.call("GET", "/me", person)).json()["avatar_image"] == me["avatar_image"]
    (row,) = world.sql(
        "SELECT purpose, width, height, discarded_at FROM uploads WHERE url = %s",
        me["avatar_image"],
    )
    assert row == ("avatar", 400, 400, None)


async def test_a_refused_avatar_leaves_the_old_one(world: World, stored: Callable[[], Any]) -> None:
    person = await world.register()
    await change_avatar(world, person, files.png())
    before = stored()
    for data in (files.SVG, files.bomb_png(), files.jpeg() + files.archive(), b"", files.mp3()):
        answer = await world.call("PUT", "/me/avatar", person, files={"file": ("a.png", data)})
        assert answer.status_code in (413, 415, 422)
    assert stored() == before
    assert world.sql(
        "SELECT count(*), count(discarded_at) FROM uploads WHERE user_id = %s", person.id
    ) == [(1, 0)]


async def test_the_profile_takes_no_avatar(world: World, stored: Callable[[], Any]) -> None:
    person = await world.register()
    own = await uploaded(world, person, "avatar", files.png())
    before = stored()
    for url in (own, "https://tracker.example/a.png", "/assets/people/1.svg"):
        answer = await world.call("PATCH", "/me", person, json={"avatar_image": url})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["avatar_image"]
    assert stored() == before


async def test_of_avatars_at_once_one_stays_and_the_others_are_discarded(world: World) -> None:
    person = await world.register()
    await asyncio.gather(*(change_avatar(world, person, files.png(64 + n, 64)) for n in range(4)))
    me = (await world.call("GET", "/me", person)).json()
    kept = world.sql(
        "SELECT url FROM uploads WHERE user_id = %s AND discarded_at IS NULL", person.id
    )
    assert kept == [(me["avatar_image"],)]
    assert world.sql("SELECT count(*) FROM uploads WHERE user_id = %s", person.id) == [(4,)]


async def test_an_asset_that_was_the_avatar_is_left_alone(world: World) -> None:
    person = await world.register()
    world.sql("UPDATE users SET avatar_image = '/assets/people/1.svg' WHERE id = %s", person.id)
    await change_avatar(world, person, files.png())
    assert world.sql(
        "SELECT count(*) FROM uploads WHERE user_id = %s AND discarded_at IS NOT NULL", person.id
    ) == [(0,)]


async def test_nobody_has_no_avatar(world: World) -> None:
    answer = await world.call("PUT", "/me/avatar", files={"file": ("a.png", files.png())})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
