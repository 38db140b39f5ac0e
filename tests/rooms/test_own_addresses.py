"""Logos and music: the platform's own, or what the owner uploaded for just that."""

import uuid
from typing import Any

import pytest

from tests.rooms.picture import picture
from tests.uploads import files
from tests.uploads.hands import uploaded
from tests.world import World

FOREIGN = [
    "https://tracker.example/logo.png",
    "//tracker.example/logo.png",
    "/uploads/../assets/x.svg",
    "/uploads/private/" + "0" * 32 + ".webp",
    "/uploads/" + "0" * 32 + ".webp",
    "/uploads/" + "0" * 32 + ".webp?x=1",
    "javascript:alert(1)",
    "",
]


async def test_a_room_shows_its_owners_uploads(world: World) -> None:
    owner = await world.register()
    logo = await uploaded(world, owner, "room_logo", files.png())
    music = await uploaded(world, owner, "room_music", files.mp3())
    body = {"name": f"Room {uuid.uuid4().hex}", "logo": logo, "background_music_url": music}
    made = await world.call("POST", "/rooms", owner, json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["logo"], made.json()["background_music_url"]) == (logo, music)
    other = await uploaded(world, owner, "room_logo", files.jpeg())
    room = made.json()["id"]
    for change in ({"logo": other}, {"background_music_url": None}, {"logo": other}):
        edited = await world.call("PATCH", f"/rooms/{room}", owner, json=change)
        assert edited.status_code == 200, edited.text
    assert (edited.json()["logo"], edited.json()["background_music_url"]) == (other, None)


@pytest.mark.parametrize("field", ["logo", "background_music_url"])
async def test_foreign_addresses_are_refused(world: World, field: str) -> None:
    owner, stranger = await world.people(2)
    room = await world.room(owner)
    wrong: list[Any] = [
        *FOREIGN,
        await uploaded(world, stranger, "room_logo", files.png()),
        await uploaded(world, stranger, "room_music", files.mp3()),
        await uploaded(world, owner, "avatar", files.png()),
        await uploaded(world, owner, "message", files.png()),
        await uploaded(
            world, owner, *(("room_music", files.mp3()) if field == "logo" else
                            ("room_logo", files.png()))
        ),
    ]  # fmt: skip
    before = picture(world)
    for url in wrong:
        answer = await world.call("PATCH", f"/rooms/{room}", owner, json={field: url})
        assert answer.status_code == 422, (url, answer.text)
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    for url in FOREIGN:
        answer = await world.call("POST", "/rooms", stranger, json={"name": "New", field: url})
        assert answer.status_code == 422, (url, answer.text)
    assert picture(world) == before


async def test_uploads_of_others_open_no_room(world: World) -> None:
    owner, stranger = await world.people(2)
    logo = await uploaded(world, owner, "room_logo", files.png())
    before = picture(world)
    answer = await world.call("POST", "/rooms", stranger, json={"name": "New", "logo": logo})
    assert [error["field"] for error in answer.json()["errors"]] == ["logo"]
    assert picture(world) == before
