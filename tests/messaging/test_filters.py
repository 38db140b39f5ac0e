"""Words, links and repeats that are refused: in a room, on the whole platform, to strangers."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive import clock
from flylive.messaging.filters import rules
from tests.messaging.test_room_messages import refusal, write
from tests.rooms.crowd import crowd
from tests.rooms.picture import picture
from tests.standing import standing_at
from tests.world import Person, World

REASON = {"reason": "Reported by many"}


@pytest.fixture(autouse=True)
def clean(world: World) -> Iterator[None]:
    """No test leaves a platform's filter behind."""
    yield
    world.sql("DELETE FROM message_filters WHERE room_id IS NULL")


async def moderator(world: World) -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'moderator')", person.id)
    return person


async def say(
    world: World, sender: Person, to: Person, content: str, number: int
) -> httpx.Response:
    body = {"content": content, "client_id": f"s-{number}"}
    return await world.call("POST", f"/conversations/{to.id}/messages", sender, json=body)


async def set_room(world: World, room_id: int, person: Person, **body: Any) -> httpx.Response:
    body = {"words": [], "allows_links": True} | body
    return await world.call("PUT", f"/rooms/{room_id}/message-filter", person, json=body)


async def set_platform(world: World, staff: Person, **body: Any) -> httpx.Response:
    body = {"words": [], "allows_links": True} | REASON | body
    return await world.call("PUT", "/admin/message-filter", staff, json=body)


def count(world: World) -> int:
    [(rows,)] = world.sql("SELECT count(*) FROM messages")
    return int(rows)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("you bad man", "bad"),
        ("BAAAAD!", "bad"),
        ("ｂａｄ", "bad"),
        ("bád", "bad"),
        ("b\u200dad", "bad"),
        ("badge", None),
        ("is it, or two  WORDS?", "two words"),
        ("two. words", None),
        ("أنت كَلْب", "كلب"),
        ("كـــلب", "كلب"),
        ("你是坏人啊", "坏人"),
        ("100%!", "100%"),
        ("fine", None),
    ],
)
def test_words_are_found(content: str, word: str | None) -> None:
    assert rules.find_word(content, ["bad", "two words", "كلب", "坏人", "100%"]) == word


@pytest.mark.parametrize(
    ("content", "is_link"),
    [
        ("see https://evil.example/x", True),
        ("www.evil.com", True),
        ("t.me/group", True),
        ("come to evil.com!", True),
        ("بيت.com", True),
        ("it costs 1.50, really...", False),
        ("1.2.3", False),
        ("wait... what", False),
        ("mail@home", False),
    ],
)
def test_links_are_found(content: str, *, is_link: bool) -> None:
    assert (rules.find_link(content) is not None) == is_link


@given(st.text(max_size=60), st.text(min_size=1, max_size=20))
def test_folding_is_stable_and_finds_itself(content: str, listed: str) -> None:
    assert rules.folded(rules.folded(content)) == rules.folded(content)
    try:
        word = rules.word(listed)
    except ValueError:
        return
    assert rules.find_word(f"… {listed} …", [word]) == word


async def test_a_room_refuses_words_and_links(world: World) -> None:
    owner, helper, guest = await crowd(world, 3)
    room_id = await world.room(owner, helper, guest)
    path = f"/rooms/{room_id}/participants/{helper.id}"
    await world.call("PATCH", path, owner, json={"role": "moderator"})
    empty = await world.call("GET", f"/rooms/{room_id}/message-filter", owner)
    assert empty.json() == {"words": [], "allows_links": True}
    body = {"words": [" bad ", "Bad", "two  words"], "allows_links": False}
    kept = await set_room(world, room_id, owner, **body)
    assert (kept.status_code, kept.json()) == (
        200,
        {"words": ["bad", "two words"], "allows_links": False},
    )
    shown = await world.call("GET", f"/rooms/{room_id}/message-filter", helper)
    assert shown.json() == kept.json()
    before = picture(world)
    refused = await write(world, room_id, guest, "so BAAAD", "1")
    assert refusal(refused) == (422, "message.word_not_allowed")
    assert refused.json()["word"] == "bad"
    assert [error["field"] for error in refused.json()["errors"]] == ["content"]
    refused = await write(world, room_id, guest, "join t.me/x", "1")
    assert refusal(refused) == (422, "message.link_not_allowed")
    assert picture(world) == before
    # Who runs the room may name what he forbids; elsewhere it does not hold.
    assert (await write(world, room_id, helper, "no bad words, no t.me/x", "1")).status_code == 201
    assert (await say(world, guest, owner, "this is bad", 1)).status_code == 201
    assert (await set_room(world, room_id, owner)).status_code == 200
    assert (await write(world, room_id, guest, "so bad", "1")).status_code == 201


async def test_only_the_owner_sets_it(world: World) -> None:
    owner, helper, guest = await crowd(world, 3)
    room_id = await world.room(owner, helper, guest)
    path = f"/rooms/{room_id}/participants/{helper.id}"
    await world.call("PATCH", path, owner, json={"role": "moderator"})
    for person in (helper, guest):
        answer = await set_room(world, room_id, person, words=["x"])
        assert refusal(answer) == (403, "room.owner_only")
    answer = await world.call("GET", f"/rooms/{room_id}/message-filter", guest)
    assert refusal(answer) == (403, "room.moderators_only")
    for words in (["x" * 65], ["!!"], [""], ["w"] * 1001):
        answer = await set_room(world, room_id, owner, words=words)
        assert refusal(answer) == (422, "request.invalid")
    assert world.sql("SELECT * FROM message_filters WHERE room_id = %s", room_id) == []


async def test_the_platform_refuses_everywhere(world: World) -> None:
    staff, [owner, other] = await moderator(world), await crowd(world, 2)
    room_id = await world.room(owner)
    assert (await set_platform(world, staff, words=["worse"])).status_code == 200
    assert (await set_platform(world, staff, words=["worse"], allows_links=False)).json() == {
        "words": ["worse"],
        "allows_links": False,
    }
    before = count(world)
    # The owner of a room is not above it.
    answer = await write(world, room_id, owner, "Worse.", "1")
    assert refusal(answer) == (422, "message.word_not_allowed")
    assert refusal(await say(world, owner, other, "worse", 1)) == (422, "message.word_not_allowed")
    assert refusal(await say(world, owner, other, "a.com", 1)) == (422, "message.link_not_allowed")
    assert count(world) == before
    audited = world.sql(
        "SELECT action, after FROM audit_log WHERE actor_id = %s ORDER BY id", staff.id
    )
    assert [action for action, _ in audited] == ["message_filter.set"] * 2
    assert audited[-1][1] == {"words": ["worse"], "allows_links": False}


async def test_the_same_again_and_again(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    texts = [
        f"{words} in my room, all of you"
        for words in ("Join me", "join  me", "JOIN MEEEE", "join mé")
    ]
    with standing_at(clock.now()):
        sent = await asyncio.gather(
            *(write(world, room_id, guest, text, f"r-{i}") for i, text in enumerate(texts))
        )
        assert sorted(answer.status_code for answer in sent) == [201, 201, 201, 429]
        [refused] = [answer for answer in sent if answer.status_code == 429]
        assert refused.json()["code"] == "message.repeated"
        assert int(refused.headers["Retry-After"]) in (60, 61)
        assert (await write(world, room_id, guest, "something else", "r-9")).status_code == 201
    with clock.turned_to(clock.now() + timedelta(seconds=62)):
        assert (await write(world, room_id, guest, texts[0], "r-10")).status_code == 201
    # Who runs the room may greet everybody; what is short anybody may say often.
    for number in range(5):
        greeting = await write(world, room_id, owner, texts[0], f"w-{number}")
        short = await write(world, room_id, guest, "Welcome!", f"v-{number}")
        assert (greeting.status_code, short.status_code) == (201, 201)


async def test_the_same_to_many_strangers(world: World) -> None:
    sender, *strangers = await crowd(world, 8)
    friend = strangers.pop()
    for one, other in ((sender, friend), (friend, sender)):
        await world.call("PUT", f"/users/{other.id}/follow", one)
    for number, stranger in enumerate(strangers[:5]):
        answer = await say(world, sender, stranger, f"Buy coins! {'!' * number}", number)
        assert answer.status_code == 201, answer.text
    for number, stranger in enumerate(strangers[:5], 10):
        await say(world, sender, stranger, "Buy the cheapest coins of all", number)
    before = count(world)
    refused = await say(world, sender, strangers[5], "BUY the cheapest coins of all", 20)
    assert refusal(refused) == (429, "message.repeated")
    assert count(world) == before
    assert (
        await say(world, sender, friend, "buy the cheapest coins of all", 21)
    ).status_code == 201
    assert (await say(world, sender, strangers[5], "hello", 22)).status_code == 201


async def test_staff_take_a_message_away_and_speak(world: World) -> None:
    staff, [owner, guest] = await moderator(world), await crowd(world, 2)
    room_id = await world.room(owner, guest)
    sent = (await write(world, room_id, guest, "something ugly", "1")).json()
    private = (await say(world, owner, guest, "ugly too", 1)).json()
    for message in (sent, private, private):
        answer = await world.call("DELETE", f"/admin/messages/{message['id']}", staff, json=REASON)
        assert answer.status_code == 204, answer.text
    said = await world.call(
        "POST", f"/admin/rooms/{room_id}/messages", staff, json=REASON | {"content": "Be kind"}
    )
    assert said.status_code == 201, said.text
    assert (said.json()["message_type"], said.json()["seq"]) == ("system", 2)
    listed = (await world.call("GET", f"/rooms/{room_id}/messages", guest)).json()["data"]
    assert [(one["content"], one["is_deleted"]) for one in listed] == [
        ("Be kind", False),
        ("", True),
    ]
    box = (await world.call("GET", "/conversations", guest)).json()["data"]
    assert [(one["unread_count"], one["last_message"]["content"]) for one in box] == [(0, "")]
    events = (await world.call("GET", f"/rooms/{room_id}/events", owner)).json()["data"]
    assert [one["type"] for one in events[-2:]] == ["message.deleted", "message.created"]
    audited = world.sql("SELECT action FROM audit_log WHERE actor_id = %s ORDER BY id", staff.id)
    assert audited == [("message.delete",), ("message.delete",), ("room.announce",)]
    answer = await world.call("DELETE", "/admin/messages/999999999", staff, json=REASON)
    assert refusal(answer) == (404, "message.not_found")
