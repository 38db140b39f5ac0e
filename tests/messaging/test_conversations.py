"""Messages between two people: one order, both hear everything, nobody is harassed."""

import asyncio
import random
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from flylive import clock
from flylive.realtime import user_stream
from flylive.realtime.service import events_after
from tests.rooms.crowd import crowd
from tests.rooms.picture import assert_exact, picture
from tests.standing import standing_at
from tests.uploads import files
from tests.uploads.hands import uploaded
from tests.world import Person, World

TABLES = ("conversations", "conversation_members", "cache")


def everything(world: World) -> dict[str, list[Any]]:
    """What a refusal must leave as it is."""
    return picture(world) | {
        table: world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1") for table in TABLES
    }


async def write(
    world: World, sender: Person, other: Person, client_id: str, **fields: Any
) -> httpx.Response:
    body = {"content": f"words {client_id}", "client_id": client_id} | fields
    return await world.call("POST", f"/conversations/{other.id}/messages", sender, json=body)


async def read(world: World, reader: Person, other: Person, seq: int) -> httpx.Response:
    return await world.call("POST", f"/conversations/{other.id}/read", reader, json={"seq": seq})


async def history(world: World, person: Person, other: Person) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        path = (
            f"/conversations/{other.id}/messages?after=0&limit=7"
            if not cursor
            else (f"/conversations/{other.id}/messages?limit=7&cursor={cursor}")
        )
        page = (await world.call("GET", path, person)).json()
        found += page["data"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


async def conversations(world: World, person: Person) -> list[dict[str, Any]]:
    answer = await world.call("GET", "/conversations", person)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def events(world: World, person: Person, prefix: str = "message.") -> list[dict[str, Any]]:
    page = await world.database.read(lambda tx: events_after(tx, user_stream(person.id), 0, 1000))
    told: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(page.data))
    return [event for event in told if event["type"].startswith(prefix)]


def fold(person: Person, told: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """What a device makes of its user's stream: by the other's id, messages, marks, unread."""
    state: dict[int, dict[str, Any]] = {}
    for event in told:
        data = event["data"]
        if event["type"] == "message.created":
            message = data["message"]
            is_own = message["sender_id"] == person.id
            other = message["recipient_id"] if is_own else message["sender_id"]
            talk = state.setdefault(
                other, {"messages": {}, "read_seq": 0, "unread_count": 0, "other_read_seq": 0}
            )
            assert message["seq"] == len(talk["messages"]) + 1
            talk["messages"][message["seq"]] = message
            talk["unread_count"] += not is_own
        elif event["type"] == "message.deleted":
            is_own = data["sender_id"] == person.id
            talk = state[data["recipient_id"] if is_own else data["sender_id"]]
            talk["messages"][data["seq"]] |= {
                "content": "",
                "attachment_url": None,
                "attachment_type": None,
                "is_deleted": True,
            }
            talk["unread_count"] -= not is_own and data["seq"] > talk["read_seq"]
        else:
            is_own = data["reader_id"] == person.id
            talk = state[data["other_id"] if is_own else data["reader_id"]]
            mark = "read_seq" if is_own else "other_read_seq"
            for seq in range(talk[mark] + 1, data["seq"] + 1):
                message = talk["messages"][seq]
                if (message["sender_id"] == person.id) != is_own:
                    message |= {"is_read": True, "read_at": data["read_at"]}
            talk[mark] = data["seq"]
            if is_own:
                talk["unread_count"] = data["unread_count"]
    return state


async def assert_all_told(world: World, people: list[Person]) -> None:
    """Each stream, folded, is what the addresses answer; and the streams have no gap."""
    assert_exact(world)
    for person in people:
        folded = fold(person, await events(world, person))
        listed = await conversations(world, person)
        assert [talk["user"]["id"] for talk in listed] == sorted(
            folded,
            key=lambda other: max(m["id"] for m in folded[other]["messages"].values()),
            reverse=True,
        )
        for talk in listed:
            mine = folded[talk["user"]["id"]]
            other = Person(talk["user"]["id"], "", {})
            assert list(mine["messages"].values()) == await history(world, person, other)
            assert {
                name: talk[name] for name in ("read_seq", "unread_count", "other_read_seq")
            } == {name: mine[name] for name in ("read_seq", "unread_count", "other_read_seq")}
            assert talk["seq"] == len(mine["messages"])
            assert talk["last_message"] == mine["messages"][talk["seq"]]


async def test_a_message_reaches_both_on_every_device(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    sent = await write(world, anna, bilal, "1", content="Salam 🌹")
    assert sent.status_code == 201, sent.text
    message = sent.json()
    assert (message["seq"], message["recipient_id"], message["room_id"]) == (1, bilal.id, None)
    assert (message["is_read"], message["read_at"]) == (False, None)
    for person in (anna, bilal):
        [told] = await events(world, person)
        assert (told["type"], told["data"]) == ("message.created", {"message": message})
    [mine] = await conversations(world, anna)
    [his] = await conversations(world, bilal)
    assert (mine["unread_count"], his["unread_count"]) == (0, 1)
    assert (mine["user"]["id"], his["user"]["id"]) == (bilal.id, anna.id)
    assert mine["last_message"] == his["last_message"] == message
    assert (await read(world, bilal, anna, 1)).status_code == 204
    [read_now] = await history(world, anna, bilal)
    assert read_now["is_read"]
    assert read_now["read_at"]
    # The other's mark tells nothing of what is left to him.
    assert (await events(world, anna))[-1]["data"]["unread_count"] is None
    await assert_all_told(world, [anna, bilal])


async def test_the_same_again_is_the_same_message(world: World) -> None:
    anna, bilal, clara = await crowd(world, 3)
    first = await write(world, anna, bilal, "1")
    answers = await asyncio.gather(*(write(world, anna, bilal, "1") for _ in range(8)))
    assert [a.json() for a in answers] == [first.json()] * 8
    before = everything(world)
    for changed in (
        await write(world, anna, bilal, "1", content="others"),
        await write(world, anna, clara, "1"),
    ):
        assert (changed.status_code, changed.json()["code"]) == (409, "message.client_id_reused")
    assert everything(world) == before


async def test_two_write_read_and_delete_at_once(world: World) -> None:
    """Random turns of three people on several devices each, many under way at a time."""
    people = await crowd(world, 3)
    pairs = [(a, b) for a in people for b in people if a is not b]
    for a, b in pairs:
        assert (await write(world, a, b, f"hello-{a.id}-{b.id}")).status_code == 201
    chance = random.Random(7)

    async def turn(number: int) -> None:
        a, b = chance.choice(pairs)
        kind = chance.random()
        if kind < 0.5:
            answer = await write(world, a, b, f"{number}")
            assert answer.status_code in (201, 429), answer.text
        elif kind < 0.8:
            [talk] = [t for t in await conversations(world, a) if t["user"]["id"] == b.id]
            answer = await read(world, a, b, chance.randint(1, talk["seq"]))
            assert answer.status_code == 204, answer.text
        else:
            message = chance.choice(await history(world, a, b))
            answer = await world.call("DELETE", f"/messages/{message['id']}", a)
            assert answer.status_code == (204 if message["sender_id"] == a.id else 403), answer.text

    for start in range(0, 96, 12):
        await asyncio.gather(*(turn(start + n) for n in range(12)))
    await assert_all_told(world, people)


async def test_read_marks_only_move_forward(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    for number in range(4):
        await write(world, anna, bilal, str(number))
    assert (await read(world, bilal, anna, 3)).status_code == 204
    before = everything(world)
    assert (await read(world, bilal, anna, 2)).status_code == 204
    assert everything(world) == before
    beyond = await read(world, bilal, anna, 5)
    assert (beyond.status_code, beyond.json()["errors"][0]["field"]) == (422, "seq")
    assert everything(world) == before
    await asyncio.gather(*(read(world, bilal, anna, seq) for seq in (4, 1, 3, 2, 4)))
    assert (await conversations(world, bilal))[0]["read_seq"] == 4
    await assert_all_told(world, [anna, bilal])


async def test_a_deleted_message_keeps_its_place_and_is_unread_no_more(world: World) -> None:
    anna, bilal, clara = await crowd(world, 3)
    first = (await write(world, anna, bilal, "1", content="secret words")).json()
    second = (await write(world, anna, bilal, "2")).json()
    before = everything(world)
    for person, status, code in (
        (bilal, 403, "message.may_not_delete"),
        (clara, 404, "message.not_found"),
    ):
        answer = await world.call("DELETE", f"/messages/{first['id']}", person)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything(world) == before
    for _ in range(2):
        assert (await world.call("DELETE", f"/messages/{first['id']}", anna)).status_code == 204
    assert (await conversations(world, bilal))[0]["unread_count"] == 1
    # Nobody reads it any more, not even who catches up on the stream; the row is evidence.
    assert "secret words" not in str(await events(world, bilal))
    assert world.sql("SELECT content FROM messages WHERE id = %s", first["id"]) == [
        ("secret words",)
    ]
    await read(world, bilal, anna, 2)
    await world.call("DELETE", f"/messages/{second['id']}", anna)
    assert (await conversations(world, bilal))[0]["unread_count"] == 0
    assert (await conversations(world, bilal))[0]["last_message"]["is_deleted"]
    await assert_all_told(world, [anna, bilal])


async def test_who_may_not_write_to_whom(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    await write(world, anna, bilal, "1")
    assert (await world.call("PUT", f"/users/{anna.id}/block", bilal)).status_code == 204
    before = everything(world)
    for sender, other, status, code in (
        (anna, bilal, 403, "user.not_available"),
        (bilal, anna, 409, "user.blocked_by_you"),
        (anna, anna, 422, "user.not_oneself"),
        (anna, Person(10**9, "", {}), 404, "user.not_found"),
    ):
        answer = await write(world, sender, other, "2")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert everything(world) == before
    # What was written before stays readable to both.
    assert len(await history(world, anna, bilal)) == len(await history(world, bilal, anna)) == 1


async def test_blocking_against_writing(world: World) -> None:
    people = await crowd(world, 10)
    for anna, bilal in zip(people[::2], people[1::2], strict=True):
        sent, _ = await asyncio.gather(
            write(world, anna, bilal, "1"), world.call("PUT", f"/users/{anna.id}/block", bilal)
        )
        assert sent.status_code in (201, 403)
        assert len(await history(world, bilal, anna)) == (sent.status_code == 201)
        assert (await write(world, anna, bilal, "2")).status_code == 403
    await assert_all_told(world, people)


async def test_who_was_not_answered_waits(world: World) -> None:
    anna, bilal, friend = await crowd(world, 3)
    for one, other in ((anna, friend), (friend, anna)):
        await world.call("PUT", f"/users/{other.id}/follow", one)
    for number in range(5):
        assert (await write(world, anna, bilal, f"b{number}")).status_code == 201
    before = everything(world)
    slow = await write(world, anna, bilal, "b5")
    assert (slow.status_code, slow.json()["code"]) == (429, "message.slow_down")
    assert 1 <= int(slow.headers["Retry-After"]) <= 30
    assert everything(world) == before
    # Friends are exempt; the answer lifts it.
    for number in range(7):
        assert (await write(world, anna, friend, f"f{number}")).status_code == 201
    await write(world, bilal, anna, "hello")
    assert (await write(world, anna, bilal, "b6")).status_code == 201


async def test_five_in_thirty_seconds_is_all_that_is_counted_for_who_was_not_answered(
    world: World,
) -> None:
    anna, bilal = await crowd(world, 2)
    moment = clock.now()
    for window in range(6):
        with standing_at(moment + timedelta(seconds=31 * window)):
            for number in range(5):
                sent = await write(world, anna, bilal, f"{window}-{number}")
                assert sent.status_code == 201, sent.text
            slow = await write(world, anna, bilal, f"{window}-more")
            assert (slow.status_code, slow.json()["code"]) == (429, "message.slow_down")


async def test_twenty_in_thirty_seconds_to_everybody_together(world: World) -> None:
    anna, *others = await crowd(world, 6)
    answers = await asyncio.gather(
        *(write(world, anna, other, f"{other.id}-{n}") for other in others for n in range(5))
    )
    assert sorted(a.status_code for a in answers) == [201] * 20 + [429] * 5
    await assert_all_told(world, [anna, *others])


async def test_a_picture_goes_to_the_one_it_is_for(world: World) -> None:
    anna, bilal = await crowd(world, 2)
    url = await uploaded(world, anna, "message", files.png(64, 48))
    sent = await write(
        world, anna, bilal, "1", content="", message_type="image", attachment_url=url
    )
    assert sent.status_code == 201, sent.text
    [message] = await history(world, bilal, anna)
    assert message["attachment_url"].startswith(url.partition("?")[0] + "?expires=")
    foreign = await write(
        world, bilal, anna, "1", content="", message_type="image", attachment_url=url
    )
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "attachment_url")
    await assert_all_told(world, [anna, bilal])


async def test_conversations_page_newest_first_and_outlive_accounts(world: World) -> None:
    anna = await world.register()
    others = await crowd(world, 5)
    for other in others:
        await write(world, other, anna, "1")
    await write(world, others[1], anna, "2")
    seen, cursor = [], ""
    while True:
        page = (await world.call("GET", f"/conversations?limit=2{cursor}", anna)).json()
        seen += [talk["user"]["id"] for talk in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    newest = [others[n].id for n in (1, 4, 3, 2, 0)]
    assert seen == newest
    gone = await world.call("DELETE", "/me", anna, json={"password": "a long password"})
    assert gone.status_code == 204, gone.text
    [talk] = await conversations(world, others[1])
    assert (talk["user"]["id"], len(await history(world, others[1], anna))) == (anna.id, 2)
    refused = await write(world, others[1], anna, "3")
    assert (refused.status_code, refused.json()["code"]) == (404, "user.not_found")


async def test_friends_follow_each_other(world: World) -> None:
    anna, *others = await crowd(world, 4)
    for other in others:
        await world.call("PUT", f"/users/{other.id}/follow", anna)
    for other in others[::-1][:2]:
        await world.call("PUT", f"/users/{anna.id}/follow", other)
    first = (await world.call("GET", "/me/friends?limit=1", anna)).json()
    second = (
        await world.call("GET", f"/me/friends?limit=1&cursor={first['next_cursor']}", anna)
    ).json()
    friends = [row["user"]["id"] for row in first["data"] + second["data"]]
    assert friends == [others[1].id, others[2].id]
    assert second["next_cursor"] is None
    await world.call("DELETE", f"/users/{anna.id}/follow", others[1])
    [row] = (await world.call("GET", "/me/friends", anna)).json()["data"]
    assert row["user"]["id"] == others[2].id
