"""Images, sounds and files in rooms: one's own uploads, signed, for whom the room allows it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive import clock
from tests.rooms.fold import fold, state_of
from tests.rooms.picture import picture
from tests.rooms.test_snapshot import events_behind
from tests.uploads import files
from tests.uploads.hands import uploaded
from tests.world import Person, World

DATA = {"image": files.png(64, 48), "audio": files.ogg(), "file": files.pdf()}


async def send(
    world: World, person: Person, room: int, client_id: str = "1", **fields: Any
) -> httpx.Response:
    return await world.call(
        "POST", f"/rooms/{room}/messages", person, json={"client_id": client_id} | fields
    )


@pytest.mark.parametrize("kind", DATA)
async def test_an_attachment_reaches_everybody_in_the_room(world: World, kind: str) -> None:
    owner, guest = await world.people(2)
    room = await world.room(owner, guest)
    before = (await world.call("POST", f"/rooms/{room}/join", guest, json={})).json()
    url = await uploaded(world, owner, "message", DATA[kind])
    answer = await send(world, owner, room, message_type=kind, attachment_url=url)
    assert answer.status_code == 201, answer.text
    message = answer.json()
    plain = url.partition("?")[0]
    assert message["attachment_url"].startswith(plain + "?expires=")
    assert (message["message_type"], message["attachment_type"]) == (kind, kind)
    assert message["content"] == ""
    assert (await world.client.get(message["attachment_url"])).status_code == 200
    # Stored plain: no address in the database ever goes stale.
    assert world.sql("SELECT attachment_url FROM messages WHERE id = %s", message["id"]) == [
        (plain,)
    ]
    listed = (await world.call("GET", f"/rooms/{room}/messages", guest)).json()["data"][0]
    assert listed["attachment_url"] == message["attachment_url"]
    events = await events_behind(world, room, guest, before["stream"]["seq"])
    fresh = (await world.call("POST", f"/rooms/{room}/join", guest, json={})).json()
    assert fold(state_of(before), events) == state_of(fresh)


async def test_an_old_message_gets_a_fresh_address(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    url = await uploaded(world, owner, "message", DATA["image"])
    sent = await send(world, owner, room, message_type="image", attachment_url=url, content="look")
    first = sent.json()["attachment_url"]
    with clock.turned_to(clock.now() + timedelta(days=20)):
        await world.call("POST", f"/rooms/{room}/join", owner, json={})
        listed = await world.call("GET", f"/rooms/{room}/messages", owner)
        assert listed.json()["data"][0]["attachment_url"] == first
    with clock.turned_to(clock.now() + timedelta(days=40)):
        assert (await world.client.get(first)).json()["code"] == "upload.address_expired"
        listed = await world.call("GET", f"/rooms/{room}/messages", owner)
        again = listed.json()["data"][0]["attachment_url"]
        assert again != first
        assert (await world.client.get(again)).status_code == 200


async def test_the_same_again_gives_the_same_message(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    url = await uploaded(world, owner, "message", DATA["image"])
    other = await uploaded(world, owner, "message", DATA["image"])
    first = await send(world, owner, room, message_type="image", attachment_url=url)
    # With its signature, without it, or with the one that the message carries.
    for same in (url, url.partition("?")[0], first.json()["attachment_url"]):
        again = await send(world, owner, room, message_type="image", attachment_url=same)
        assert again.json() == first.json()
    before = picture(world)
    for fields in (
        {"message_type": "image", "attachment_url": other},
        {"message_type": "image", "attachment_url": url, "content": "words"},
        {"content": "words"},
    ):
        answer = await send(world, owner, room, **fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "message.client_id_reused")
    assert picture(world) == before


@pytest.mark.parametrize("place", ["room", "conversation"])
@pytest.mark.parametrize("kind", DATA)
async def test_the_upload_tells_what_a_message_is(world: World, kind: str, place: str) -> None:
    owner, other = await world.people(2)
    room = await world.room(owner)
    path = f"/rooms/{room}/messages" if place == "room" else f"/conversations/{other.id}/messages"
    url = await uploaded(world, owner, "message", DATA[kind])

    async def post(client_id: str, **fields: Any) -> httpx.Response:
        return await world.call("POST", path, owner, json={"client_id": client_id} | fields)

    told = await post("1", attachment_url=url)
    assert told.status_code == 201, told.text
    message = told.json()
    assert (message["message_type"], message["attachment_type"]) == (kind, kind)
    named = await post("2", attachment_url=url, attachment_type=kind, content="words")
    assert named.json()["message_type"] == kind
    plain = await post("3", content="words")
    assert (plain.json()["message_type"], plain.json()["attachment_url"]) == ("text", None)
    # Sent again, with the type or without it, it is the same.
    for again in ({}, {"message_type": kind}, {"attachment_type": kind}):
        assert (await post("1", attachment_url=url, **again)).json() == message
    before = picture(world)
    for fields in ({"attachment_url": url, "content": "more"}, {"content": "words"}):
        reused = await post("1", **fields)
        assert (reused.status_code, reused.json()["code"]) == (409, "message.client_id_reused")
    assert picture(world) == before


async def test_what_is_not_ones_own_is_refused(world: World) -> None:
    owner, stranger = await world.people(2)
    room = await world.room(owner, stranger)
    mine = await uploaded(world, owner, "message", DATA["image"])
    theirs = await uploaded(world, stranger, "message", DATA["image"])
    logo = await uploaded(world, owner, "room_logo", files.png())
    before = picture(world)
    for fields, field in (
        ({"message_type": "image", "attachment_url": theirs}, "attachment_url"),
        ({"message_type": "image", "attachment_url": logo}, "attachment_url"),
        ({"message_type": "image", "attachment_url": "https://a.example/b"}, "attachment_url"),
        ({"message_type": "image", "attachment_url": "/assets/gifts/rose.svg"}, "attachment_url"),
        ({"message_type": "image", "attachment_url": ""}, "attachment_url"),
        ({"message_type": "image"}, "attachment_url"),
        ({"message_type": "image", "content": "words"}, "attachment_url"),
        ({"message_type": "audio", "attachment_url": mine}, "message_type"),
        (
            {"message_type": "image", "attachment_url": mine, "attachment_type": "audio"},
            "attachment_type",
        ),
        ({"message_type": "text", "content": "w", "attachment_url": mine}, "attachment_url"),
        ({"attachment_url": theirs}, "attachment_url"),
        ({"attachment_url": "https://a.example/b"}, "attachment_url"),
        ({"attachment_url": mine, "attachment_type": "audio"}, "attachment_type"),
        ({"attachment_url": mine, "content": " "}, "content"),
        ({"content": "words", "attachment_type": "image"}, "attachment_type"),
        ({"message_type": "image", "attachment_url": mine, "content": " "}, "content"),
        ({"message_type": "system", "content": "words"}, "message_type"),
        ({"message_type": "text"}, "content"),
    ):
        answer = await send(world, owner, room, **fields)
        assert answer.status_code == 422, (fields, answer.text)
        assert field in [error["field"] for error in answer.json()["errors"]], answer.text
    assert picture(world) == before


async def test_tourists_send_files_where_the_room_allows_it(world: World) -> None:
    owner, tourist, follower = await world.people(3)
    room = await world.room(owner, tourist, follower)
    await world.call("PUT", f"/rooms/{room}/follow", follower)
    theirs = {
        person.id: await uploaded(world, person, "message", DATA["image"])
        for person in (tourist, follower)
    }

    async def tries(person: Person, client_id: str, **fields: Any) -> tuple[int, Any]:
        answer = await send(
            world, person, room, client_id,
            message_type="image", attachment_url=theirs[person.id], **fields,
        )  # fmt: skip
        return answer.status_code, answer.json().get("code")

    before = picture(world)
    refused = (403, "message.tourists_may_not_send_files")
    assert await tries(tourist, "a") == refused
    assert await tries(tourist, "a", content="words") == refused
    assert picture(world) == before
    assert await tries(follower, "a") == (201, None)
    edit = {"can_tourists_send_files": True, "can_tourists_send_text": False}
    assert (await world.call("PATCH", f"/rooms/{room}", owner, json=edit)).status_code == 200
    assert await tries(tourist, "b") == (201, None)
    assert await tries(tourist, "c", content="words") == (
        403,
        "message.tourists_may_not_write",
    )


async def test_a_deleted_message_has_no_attachment(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    url = await uploaded(world, owner, "message", DATA["file"])
    sent = await send(world, owner, room, message_type="file", attachment_url=url)
    assert (await world.call("DELETE", f"/messages/{sent.json()['id']}", owner)).status_code == 204
    listed = (await world.call("GET", f"/rooms/{room}/messages", owner)).json()["data"][0]
    assert (listed["attachment_url"], listed["attachment_type"]) == (None, None)
