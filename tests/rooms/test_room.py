"""Opening, showing, listing, changing and closing rooms, through the outside."""

import asyncio
from typing import Any

import pytest

from tests.rooms.crowd import crowd
from tests.rooms.picture import assert_exact, picture
from tests.world import Person, World

SEED_COLUMNS = {
    "id", "user_id", "name", "logo", "type", "country", "greetings", "theme_id",
    "mic_seat_quantity", "max_participants", "can_tourists_speak", "can_tourists_send_text",
    "can_tourists_send_files", "participant_count", "total_coins_spent", "daily_coins_spent",
    "weekly_coins_spent", "monthly_coins_spent", "room_level", "room_xp", "popularity_index",
    "background_music_url", "is_hidden", "is_featured", "status", "created_at", "updated_at",
    "deleted_at",
}  # fmt: skip


async def create(world: World, owner: Person, name: str, **fields: Any) -> dict[str, Any]:
    answer = await world.call("POST", "/rooms", owner, json={"name": name} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_new_room_has_the_seeds_defaults(world: World) -> None:
    owner = await world.register(country="PK")
    room = await create(world, owner, "  Evening songs ")
    assert set(room) >= SEED_COLUMNS
    assert "password" not in room
    assert room["name"] == "Evening songs"
    assert room["owner"]["id"] == room["user_id"] == owner.id
    assert (room["type"], room["country"], room["seat_mode"]) == ("public", "PK", "free")
    assert (room["mic_seat_quantity"], room["max_participants"]) == (5, 1000)
    assert room["logo"] == "/assets/rooms/default.svg"
    assert room["total_coins_spent"] == room["popularity_index"] == "0.00"
    assert (room["participant_count"], room["has_password"]) == (0, False)
    shown = await world.call("GET", f"/rooms/{room['id']}", owner)
    assert shown.json() == room


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "a\u0000b"}, "body"),
        ({"name": "a\nb"}, "name"),
        ({"name": 7}, "name"),
        ({"type": "secret"}, "type"),
        ({"type": "private"}, "password"),
        ({"password": "open"}, "password"),
        ({"type": "private", "password": ""}, "password"),
        ({"type": "private", "password": "x" * 65}, "password"),
        ({"logo": "https://tracker.example/pixel.png"}, "logo"),
        ({"logo": "/assets/../secret"}, "logo"),
        ({"logo": "//tracker.example/pixel.png"}, "logo"),
        ({"background_music_url": "http://tracker.example/a.mp3"}, "background_music_url"),
        ({"country": "XX"}, "country"),
        ({"greetings": "x" * 501}, "greetings"),
        ({"mic_seat_quantity": 0}, "mic_seat_quantity"),
        ({"mic_seat_quantity": 31}, "mic_seat_quantity"),
        ({"max_participants": 1}, "max_participants"),
        ({"max_participants": 10_001}, "max_participants"),
        ({"seat_mode": "auction"}, "seat_mode"),
        ({"can_tourists_speak": "yes"}, "can_tourists_speak"),
        ({"is_featured": True}, "is_featured"),
        ({"participant_count": 7}, "participant_count"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_opened(
    world: World, fields: dict[str, Any], at_fault: str
) -> None:
    [owner] = await crowd(world, 1)
    before = picture(world)
    answer = await world.call("POST", "/rooms", owner, json={"name": "Fine"} | fields)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [at_fault]
    assert picture(world) == before


async def test_without_a_token_nothing_is_shown_or_done(world: World) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)
    before = picture(world)
    for method, path in (
        ("POST", "/rooms"), ("GET", "/rooms"), ("GET", f"/rooms/{room_id}"),
        ("PATCH", f"/rooms/{room_id}"), ("DELETE", f"/rooms/{room_id}"),
        ("POST", f"/rooms/{room_id}/join"), ("POST", f"/rooms/{room_id}/leave"),
        ("POST", f"/rooms/{room_id}/heartbeat"), ("GET", f"/rooms/{room_id}/participants"),
        ("GET", f"/rooms/{room_id}/seats"), ("PUT", f"/rooms/{room_id}/seats/1"),
        ("DELETE", f"/rooms/{room_id}/seats/1"), ("PATCH", f"/rooms/{room_id}/seats/1"),
        ("PUT", f"/rooms/{room_id}/follow"), ("DELETE", f"/rooms/{room_id}/follow"),
        ("GET", f"/rooms/{room_id}/followers"), ("GET", f"/rooms/{room_id}/events"),
        ("POST", f"/rooms/{room_id}/messages"), ("GET", f"/rooms/{room_id}/messages"),
        ("DELETE", "/messages/1"), ("PUT", f"/users/{owner.id}/follow"),
        ("DELETE", f"/users/{owner.id}/follow"), ("GET", f"/users/{owner.id}/followers"),
        ("GET", f"/users/{owner.id}/following"), ("PUT", f"/users/{owner.id}/block"),
        ("DELETE", f"/users/{owner.id}/block"), ("GET", "/me/blocks"),
    ):  # fmt: skip
        body = {"json": {}} if method in ("POST", "PATCH", "PUT") else {}
        answer = await world.call(method, path, **body)
        assert answer.status_code == 401, (method, path, answer.text)
    assert picture(world) == before


@pytest.mark.parametrize("room_id", ["0", "-1", "999999999", "9" * 30, "abc"])
async def test_a_room_that_is_not_there(world: World, room_id: str) -> None:
    [person] = await crowd(world, 1)
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/join"), ("POST", "/leave"),
        ("POST", "/heartbeat"), ("GET", "/participants"), ("GET", "/seats"), ("PUT", "/seats/1"),
        ("DELETE", "/seats/1"), ("PATCH", "/seats/1"), ("PUT", "/follow"), ("DELETE", "/follow"),
        ("GET", "/followers"), ("GET", "/events"), ("GET", "/messages"),
    ):  # fmt: skip
        body = {"json": {}} if method in ("POST", "PATCH") else {}
        answer = await world.call(method, f"/rooms/{room_id}{path}", person, **body)
        assert answer.status_code == 404, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_name_is_taken_whatever_its_case(world: World) -> None:
    one, two = await crowd(world, 2)
    await create(world, one, "Desert Rose")
    before = picture(world)
    answer = await world.call("POST", "/rooms", two, json={"name": "dESERT rOSE"})
    assert (answer.status_code, answer.json()["code"]) == (409, "room.name_taken")
    assert picture(world) == before


async def test_one_owner_one_room_also_at_once(world: World) -> None:
    [owner] = await crowd(world, 1)
    answers = await asyncio.gather(
        *(
            world.call("POST", "/rooms", owner, json={"name": f"Mine {number}"})
            for number in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["code"], refused["limit"]) == ("room.limit_reached", 1)
    assert len(refused["room_ids"]) == 1


async def test_one_name_one_room_also_at_once(world: World) -> None:
    owners = await crowd(world, 8)
    names = ["One name", "ONE NAME", "one name", "One NAME"] * 2
    answers = await asyncio.gather(
        *(
            world.call("POST", "/rooms", owner, json={"name": name})
            for owner, name in zip(owners, names, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"room.name_taken"}


async def test_two_rooms_renamed_to_one_name_at_once(world: World) -> None:
    owners = await crowd(world, 6)
    rooms = [await world.room(owner) for owner in owners]
    answers = await asyncio.gather(
        *(
            world.call("PATCH", f"/rooms/{room_id}", owner, json={"name": "The new name"})
            for owner, room_id in zip(owners, rooms, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


async def test_lists_leave_out_what_is_not_open(world: World) -> None:
    owners = await world.people(5, country="BR")
    ids = [(await create(world, owner, f"Brazil {owner.id}"))["id"] for owner in owners]
    world.sql("UPDATE rooms SET is_hidden = true WHERE id = %s", ids[0])
    world.sql("UPDATE rooms SET status = 'suspended' WHERE id = %s", ids[1])
    assert (await world.call("DELETE", f"/rooms/{ids[2]}", owners[2])).status_code == 204
    answer = await world.call("GET", "/rooms?country=BRA&sort=newest", owners[0])
    assert [room["id"] for room in answer.json()["data"]] == [ids[4], ids[3]]
    assert (await world.call("GET", f"/rooms/{ids[0]}", owners[1])).status_code == 200
    suspended = (await world.call("GET", f"/rooms/{ids[1]}", owners[0])).json()
    assert suspended["status"] == "suspended"


async def test_filters_and_sorts_page_through_everything_once(world: World) -> None:
    owners = await world.people(7, country="JP")
    ids = [(await create(world, owner, f"100%_Tokyo {owner.id}"))["id"] for owner in owners]
    for place, room_id in enumerate(ids):
        world.sql(
            "UPDATE rooms SET popularity_index = %s, total_coins_spent = %s,"
            " participant_count = %s, is_featured = %s WHERE id = %s",
            place // 2, 10 - place // 3, place % 2, place < 3, room_id,
        )  # fmt: skip
    expected = {
        "newest": list(reversed(ids)),
        "popular": [ids[i] for i in (6, 5, 4, 3, 2, 1, 0)],
        "coins": [ids[i] for i in (2, 1, 0, 5, 4, 3, 6)],
        "participants": [ids[i] for i in (5, 3, 1, 6, 4, 2, 0)],
    }
    for sort, order in expected.items():
        seen: list[int] = []
        cursor = ""
        while True:
            answer = await world.call(
                "GET", f"/rooms?country=JP&limit=2&sort={sort}{cursor}", owners[0]
            )
            assert answer.status_code == 200, answer.text
            seen += [room["id"] for room in answer.json()["data"]]
            if answer.json()["next_cursor"] is None:
                break
            cursor = f"&cursor={answer.json()['next_cursor']}"
        assert seen == order, sort
    world.sql("UPDATE rooms SET participant_count = 0 WHERE id = ANY(%s)", ids)

    async def found(query: str) -> set[int]:
        answer = await world.call("GET", f"/rooms?limit=100&{query}", owners[0])
        assert answer.status_code == 200, answer.text
        return {room["id"] for room in answer.json()["data"]}

    assert await found("q=100%25_toKYO") == set(ids)
    assert await found("q=100__Tokyo") == set()
    assert await found("country=JP&featured=true") == set(ids[:3])
    assert await found("country=JP&type=private") == set()
    assert (await world.call("PUT", f"/rooms/{ids[4]}/follow", owners[0])).status_code == 204
    assert await found("followed=true") == {ids[4]}
    assert ids[4] not in await found("country=JP&followed=false")
    [row] = (await world.call("GET", "/me/rooms/followed", owners[0])).json()["data"]
    assert row["room"]["id"] == row["room_id"] == ids[4]
    [[follow_id]] = world.sql("SELECT id FROM room_followers WHERE room_id = %s", ids[4])
    assert (row["id"], row["user_id"]) == (follow_id, owners[0].id)


@pytest.mark.parametrize(
    "query",
    ["sort=best", "country=XX", "country=", "type=x", "featured=maybe", "limit=0", "limit=101",
     "cursor=xxx", "sort=coins&cursor=WzFd", "q=", "q=%00", "q=" + "x" * 41],
)  # fmt: skip
async def test_a_wrong_query_is_named(world: World, query: str) -> None:
    [person] = await crowd(world, 1)
    answer = await world.call("GET", f"/rooms?{query}", person)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def test_only_the_owner_changes_and_closes(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    before = picture(world)
    for method, body in (("PATCH", {"name": "Mine now"}), ("PATCH", {"password": "x"})):
        answer = await world.call(method, f"/rooms/{room_id}", guest, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "room.owner_only")
    answer = await world.call("DELETE", f"/rooms/{room_id}", guest)
    assert (answer.status_code, answer.json()["code"]) == (403, "room.owner_only")
    assert picture(world) == before


async def test_a_change_is_an_event_and_no_change_is_none(world: World) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)
    seq = (await world.call("POST", f"/rooms/{room_id}/join", owner)).json()["stream"]["seq"]
    body = {
        "greetings": "Welcome\nall", "country": "FRA", "can_tourists_speak": True,
        "seat_mode": "apply", "max_participants": 2, "background_music_url": "/assets/a/b.mp3",
    }  # fmt: skip
    changed = await world.call("PATCH", f"/rooms/{room_id}", owner, json=body)
    assert changed.status_code == 200, changed.text
    assert changed.json() | body | {"country": "FR"} == changed.json()
    again = await world.call("PATCH", f"/rooms/{room_id}", owner, json=body)
    assert again.json() == changed.json()
    cleared = await world.call("PATCH", f"/rooms/{room_id}", owner, json={"greetings": None})
    assert cleared.json()["greetings"] is None
    events = (await world.call("GET", f"/rooms/{room_id}/events?after={seq}", owner)).json()
    assert [event["type"] for event in events["data"]] == ["room.updated"] * 2
    assert events["data"][0]["data"]["room"] == changed.json()


async def test_a_room_becomes_private_and_public_again(world: World) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)

    async def edit(**body: Any) -> Any:
        answer = await world.call("PATCH", f"/rooms/{room_id}", owner, json=body)
        return answer.status_code, answer.json()

    assert (await edit(type="private"))[0] == 422
    assert (await edit(password="secret"))[0] == 422
    status, room = await edit(type="private", password="secret")
    assert (status, room["type"], room["has_password"]) == (200, "private", True)
    assert "secret" not in str(room)
    [[kept]] = world.sql("SELECT password FROM rooms WHERE id = %s", room_id)
    assert kept.startswith("$argon2id$")
    assert (await edit(type="public", password="secret"))[0] == 422
    status, room = await edit(type="public")
    assert (status, room["has_password"]) == (200, False)
    assert world.sql("SELECT password FROM rooms WHERE id = %s", room_id) == [(None,)]


async def test_capacity_is_not_set_below_those_present_and_the_owners_place(world: World) -> None:
    owner, *guests = await crowd(world, 4)
    room_id = await world.room(owner, *guests)
    await world.call("POST", f"/rooms/{room_id}/leave", owner)
    before = picture(world)
    answer = await world.call("PATCH", f"/rooms/{room_id}", owner, json={"max_participants": 3})
    assert (answer.status_code, answer.json()["code"]) == (409, "room.capacity_too_small")
    assert answer.json()["minimum"] == 4
    assert picture(world) == before
    answer = await world.call("PATCH", f"/rooms/{room_id}", owner, json={"max_participants": 4})
    assert answer.status_code == 200
    assert (await world.call("POST", f"/rooms/{room_id}/join", owner)).status_code == 200


async def test_closing_puts_everybody_out_and_frees_the_name(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, name="Short lived", can_tourists_speak=True)
    await world.call("PUT", f"/rooms/{room_id}/seats/2", guest)
    assert (await world.call("DELETE", f"/rooms/{room_id}", owner)).status_code == 204
    assert (await world.call("DELETE", f"/rooms/{room_id}", owner)).status_code == 404
    assert (await world.call("POST", f"/rooms/{room_id}/join", guest)).status_code == 404
    assert_exact(world)
    [[last]] = world.sql(
        "SELECT e.type FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s ORDER BY e.seq DESC LIMIT 1",
        f"room:{room_id}",
    )
    assert last == "room.closed"
    await create(world, other, "short LIVED")
    await create(world, owner, "Another one")


async def test_following_a_room(world: World) -> None:
    owner, *fans = await crowd(world, 4)
    room_id = await world.room(owner)
    for fan in (*fans, fans[0]):
        assert (await world.call("PUT", f"/rooms/{room_id}/follow", fan)).status_code == 204
    page = (await world.call("GET", f"/rooms/{room_id}/followers?limit=2", owner)).json()
    rest = (
        await world.call(
            "GET", f"/rooms/{room_id}/followers?limit=2&cursor={page['next_cursor']}", owner
        )
    ).json()
    assert [row["user"]["id"] for row in page["data"] + rest["data"]] == [
        fan.id for fan in reversed(fans)
    ]
    assert rest["next_cursor"] is None
    assert (await world.call("DELETE", f"/rooms/{room_id}/follow", fans[1])).status_code == 204
    assert (await world.call("DELETE", f"/rooms/{room_id}/follow", fans[1])).status_code == 204
    left = (await world.call("GET", f"/rooms/{room_id}/followers", owner)).json()["data"]
    assert [row["user_id"] for row in left] == [fans[2].id, fans[0].id]
    await world.call("PUT", f"/users/{fans[1].id}/block", owner)
    refused = await world.call("PUT", f"/rooms/{room_id}/follow", fans[1])
    assert (refused.status_code, refused.json()["code"]) == (403, "room.not_available")
