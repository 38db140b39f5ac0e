"""Messages in rooms: sent once, in one order, deleted in their place, not too fast."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive import clock
from tests.rooms.crowd import crowd
from tests.rooms.picture import picture
from tests.world import Person, World


async def write(
    world: World, room_id: int, person: Person, content: str, client_id: str, **fields: Any
) -> httpx.Response:
    body = {"content": content, "client_id": client_id} | fields
    return await world.call("POST", f"/rooms/{room_id}/messages", person, json=body)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_message_is_answered_listed_and_told(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    sent = await write(world, room_id, guest, "Salam\n🌹 everybody", "a-1")
    assert sent.status_code == 201, sent.text
    message = sent.json()
    assert (message["seq"], message["sender"]["id"], message["room_id"]) == (1, guest.id, room_id)
    assert (message["message_type"], message["is_deleted"]) == ("text", False)
    listed = (await world.call("GET", f"/rooms/{room_id}/messages", owner)).json()
    assert listed == {"data": [message], "next_cursor": None}
    events = (await world.call("GET", f"/rooms/{room_id}/events", owner)).json()["data"]
    assert (events[-1]["type"], events[-1]["data"]) == ("message.created", {"message": message})
    screen = (await world.call("POST", f"/rooms/{room_id}/join", owner)).json()
    assert screen["messages"] == [message]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"content": ""}, "content"),
        ({"content": " \n "}, "content"),
        ({"content": "x" * 2001}, "content"),
        ({"content": "a\u0007b"}, "content"),
        ({"content": "a\u0000b"}, "body"),
        ({"content": 7}, "content"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "x" * 65}, "client_id"),
        ({"client_id": "ä"}, "client_id"),
        ({"message_type": "system"}, "message_type"),
        ({"attachment_url": "https://tracker.example/a.png"}, "attachment_url"),
        ({"attachment_type": "image"}, "attachment_type"),
        ({"sender_id": 1}, "sender_id"),
    ],
)
async def test_a_wrong_field_is_named(world: World, fields: dict[str, Any], at_fault: str) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)
    before = picture(world)
    answer = await world.call(
        "POST",
        f"/rooms/{room_id}/messages",
        owner,
        json={"content": "x", "client_id": "y"} | fields,
    )
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [at_fault]
    assert picture(world) == before


async def test_sent_again_it_is_the_same_message(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest)
    answers = await asyncio.gather(*(write(world, room_id, guest, "once", "c") for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["seq"] for answer in answers} == {1}
    before = picture(world)
    assert (await write(world, room_id, guest, "once", "c")).json() == answers[0].json()
    reused = await write(world, room_id, guest, "another", "c")
    assert refusal(reused) == (409, "message.client_id_reused")
    assert picture(world) == before
    assert (await write(world, room_id, owner, "mine", "c")).json()["seq"] == 2
    elsewhere = await world.room(other, guest)
    reused = await write(world, elsewhere, guest, "once", "c")
    assert refusal(reused) == (409, "message.client_id_reused")


async def test_many_at_once_leave_no_gap_and_page_both_ways(world: World) -> None:
    owner, *guests = await crowd(world, 5)
    room_id = await world.room(owner, *guests)
    answers = await asyncio.gather(
        *(
            write(world, room_id, guest, f"{number}", f"{number}")
            for guest in guests
            for number in range(15)
        )
    )
    assert sorted(answer.json()["seq"] for answer in answers) == list(range(1, 61))

    async def all_of(query: str) -> list[int]:
        seen: list[int] = []
        cursor = ""
        while True:
            path = f"/rooms/{room_id}/messages?limit=7{cursor or query}"
            answer = await world.call("GET", path, owner)
            assert answer.status_code == 200, answer.text
            seen += [message["seq"] for message in answer.json()["data"]]
            if answer.json()["next_cursor"] is None:
                return seen
            cursor = f"&cursor={answer.json()['next_cursor']}"

    assert await all_of("") == list(range(60, 0, -1))
    assert await all_of("&before=31") == list(range(30, 0, -1))
    assert await all_of("&after=30") == list(range(31, 61))
    screen = (await world.call("POST", f"/rooms/{room_id}/join", owner)).json()
    assert [message["seq"] for message in screen["messages"]] == list(range(11, 61))
    for query in ("before=1&after=1", "before=-1", "after=x", "cursor=zzz", f"after={2**63}"):
        answer = await world.call("GET", f"/rooms/{room_id}/messages?{query}", owner)
        assert answer.status_code == 422, query


async def test_tourists_write_only_where_they_may(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, can_tourists_send_text=False)
    before = picture(world)
    answer = await write(world, room_id, guest, "hi", "1")
    assert refusal(answer) == (403, "message.tourists_may_not_write")
    assert picture(world) == before
    assert (await write(world, room_id, owner, "hi", "1")).status_code == 201
    await world.call("PUT", f"/rooms/{room_id}/follow", guest)
    assert (await write(world, room_id, guest, "hi", "1")).status_code == 201


async def test_twenty_in_half_a_minute_and_a_hundred_for_the_owner(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    answers = await asyncio.gather(
        *(write(world, room_id, guest, "hi", f"{number}") for number in range(25))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [429] * 5
    before = picture(world)
    refused = await write(world, room_id, guest, "hi", "late")
    assert refusal(refused) == (429, "message.slow_down")
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert picture(world) == before
    sent = next(answer.json() for answer in answers if answer.status_code == 201)
    again = await write(world, room_id, guest, "hi", sent["client_id"])
    assert again.json() == sent
    for number in range(30):
        assert (await write(world, room_id, owner, "hi", f"{number}")).status_code == 201
    with clock.turned_to(clock.now() + timedelta(seconds=31)):
        assert (await write(world, room_id, guest, "hi", "late")).status_code == 201


async def test_deleting_takes_the_words_and_keeps_the_place(world: World) -> None:
    owner, guest, other, stranger = await crowd(world, 4)
    room_id = await world.room(owner, guest, other)
    ids = [(await write(world, room_id, guest, f"{n}", f"{n}")).json()["id"] for n in range(3)]
    before = picture(world)
    for person, expected in (
        (other, (403, "message.may_not_delete")),
        (stranger, (404, "message.not_found")),
    ):
        answer = await world.call("DELETE", f"/messages/{ids[0]}", person)
        assert refusal(answer) == expected
    for unknown in (0, 999_999, 9 * 10**30):
        answer = await world.call("DELETE", f"/messages/{unknown}", guest)
        assert answer.status_code == 404
    assert picture(world) == before
    assert (await world.call("DELETE", f"/messages/{ids[0]}", guest)).status_code == 204
    assert (await world.call("DELETE", f"/messages/{ids[1]}", owner)).status_code == 204
    before = picture(world)
    assert (await world.call("DELETE", f"/messages/{ids[0]}", guest)).status_code == 204
    assert picture(world) == before
    listed = (await world.call("GET", f"/rooms/{room_id}/messages?after=0", other)).json()["data"]
    assert [(m["seq"], m["is_deleted"], m["content"]) for m in listed] == [
        (1, True, ""), (2, True, ""), (3, False, "2"),
    ]  # fmt: skip
    events = (await world.call("GET", f"/rooms/{room_id}/events?limit=100", other)).json()["data"]
    told = {"room_id": room_id, "sender_id": guest.id, "recipient_id": None}
    assert [event["data"] for event in events[-2:]] == [
        {"id": ids[0], "seq": 1} | told, {"id": ids[1], "seq": 2} | told,
    ]  # fmt: skip
    kept = world.sql("SELECT content FROM messages WHERE id = %s", ids[0])
    assert kept == [("0",)]
