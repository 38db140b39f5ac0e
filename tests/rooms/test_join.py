"""Coming in and being out again: what a join answers, and each of its refusals."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive import clock
from tests.rooms.crowd import crowd
from tests.rooms.picture import assert_exact, picture
from tests.world import Person, World


async def join(world: World, room_id: int, person: Person, **body: Any) -> httpx.Response:
    return await world.call("POST", f"/rooms/{room_id}/join", person, json=body)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_join_answers_the_whole_room(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, mic_seat_quantity=3)
    answer = await world.call("POST", f"/rooms/{room_id}/join", guest)
    assert answer.status_code == 200, answer.text
    screen = answer.json()
    assert screen["room"]["id"] == room_id
    assert screen["room"]["participant_count"] == 2
    assert screen["participant"]["user_id"] == guest.id
    assert screen["participant"]["role"] == "listener"
    assert [seat["seat_number"] for seat in screen["seats"]] == [1, 2, 3]
    assert screen["seats"][0] == {
        "seat_number": 1, "user": None, "is_locked": False, "is_muted": False, "since": None,
    }  # fmt: skip
    assert [p["user_id"] for p in screen["participants"]["data"]] == [owner.id, guest.id]
    assert screen["participants"]["data"][0]["role"] == "owner"
    assert screen["messages"] == []
    assert screen["stream"]["name"] == f"room:{room_id}"
    assert screen["stream"]["seq"] == 2
    assert screen["realtime"]["url"].startswith("ws://")
    assert len(screen["realtime"]["ticket"]) == 40
    assert screen["voice"] is None
    events = (await world.call("GET", f"/rooms/{room_id}/events?after=1", guest)).json()
    assert events["epoch"] == screen["stream"]["epoch"]
    assert [event["type"] for event in events["data"]] == ["participant.joined"]
    assert events["data"][0]["data"]["participant"] == screen["participant"]


async def test_joining_again_changes_nothing(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    before = picture(world)
    first, second = [(await join(world, room_id, guest)).json() for _ in range(2)]
    first.pop("realtime"), second.pop("realtime")
    assert first == second
    assert picture(world) == before


async def test_joining_another_room_leaves_the_first_and_its_seat(world: World) -> None:
    one, two, guest = await crowd(world, 3)
    first = await world.room(one, guest, can_tourists_speak=True)
    second = await world.room(two)
    assert (await world.call("PUT", f"/rooms/{first}/seats/1", guest)).status_code == 200
    assert (await join(world, second, guest)).status_code == 200
    events = (await world.call("GET", f"/rooms/{first}/events?limit=100", one)).json()["data"]
    assert [event["type"] for event in events[-2:]] == ["seat.updated", "participant.left"]
    assert events[-1]["data"] == {
        "user_id": guest.id, "reason": "moved", "participant_count": 1,
    }  # fmt: skip
    assert events[-2]["data"]["seat"]["user"] is None
    assert_exact(world)


async def test_leaving_frees_the_seat_and_again_does_nothing(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, can_tourists_speak=True)
    await world.call("PUT", f"/rooms/{room_id}/seats/1", guest)
    assert (await world.call("POST", f"/rooms/{room_id}/leave", guest)).status_code == 204
    before = picture(world)
    assert (await world.call("POST", f"/rooms/{room_id}/leave", guest)).status_code == 204
    assert picture(world) == before
    seats = (await world.call("GET", f"/rooms/{room_id}/seats", guest)).json()["data"]
    assert all(seat["user"] is None for seat in seats)
    assert_exact(world)


async def test_from_outside_nothing_of_the_inside(world: World) -> None:
    owner, stranger = await crowd(world, 2)
    room_id = await world.room(owner)
    before = picture(world)
    for method, path, body in (
        ("POST", "/heartbeat", None), ("GET", "/events", None), ("GET", "/messages", None),
        ("POST", "/messages", {"content": "hi", "client_id": "1"}), ("PUT", "/seats/1", {}),
        ("DELETE", "/seats/1", None), ("PATCH", "/seats/1", {"is_locked": True}),
    ):  # fmt: skip
        options = {} if body is None else {"json": body}
        answer = await world.call(method, f"/rooms/{room_id}{path}", stranger, **options)
        assert refusal(answer) == (403, "room.not_in_room"), (method, path)
    assert (await world.call("POST", f"/rooms/{room_id}/heartbeat", owner)).status_code == 204
    assert picture(world) == before


async def test_a_private_room_shows_its_people_only_inside(world: World) -> None:
    owner, stranger = await crowd(world, 2)
    room_id = await world.room(owner, type="private", password="open sesame")
    for path in ("/participants", "/seats"):
        answer = await world.call("GET", f"/rooms/{room_id}{path}", stranger)
        assert refusal(answer) == (403, "room.not_in_room")
    assert (await join(world, room_id, stranger, password="open sesame")).status_code == 200
    for path in ("/participants", "/seats"):
        answer = await world.call("GET", f"/rooms/{room_id}{path}", stranger)
        assert answer.status_code == 200


async def test_a_full_room_keeps_a_place_for_its_owner(world: World) -> None:
    owner, *guests = await crowd(world, 4)
    room_id = await world.room(owner, max_participants=3)
    await world.call("POST", f"/rooms/{room_id}/leave", owner)
    for guest in guests[:2]:
        assert (await join(world, room_id, guest)).status_code == 200
    before = picture(world)
    answer = await join(world, room_id, guests[2])
    assert refusal(answer) == (409, "room.full")
    assert (answer.json()["participant_count"], answer.json()["max_participants"]) == (2, 3)
    assert picture(world) == before
    assert (await join(world, room_id, owner)).status_code == 200
    assert refusal(await join(world, room_id, guests[2])) == (409, "room.full")


async def test_a_full_room_does_not_take_one_out_of_his_own(world: World) -> None:
    owner, guest, other, host = await crowd(world, 4)
    full = await world.room(owner, guest, max_participants=2)
    mine = await world.room(host, other)
    before = picture(world)
    assert refusal(await join(world, full, other)) == (409, "room.full")
    assert picture(world) == before
    [[current]] = world.sql(
        "SELECT room_id FROM room_participants WHERE user_id = %s AND is_active", other.id
    )
    assert current == mine


async def test_not_available_to_whom_the_owner_blocked_nor_when_not_active(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner)
    await world.call("PUT", f"/users/{guest.id}/block", owner)
    before = picture(world)
    blocked = await join(world, room_id, guest)
    assert refusal(blocked) == (403, "room.not_available")
    assert picture(world) == before
    world.sql("UPDATE rooms SET status = 'suspended' WHERE id = %s", room_id)
    suspended = await join(world, room_id, other)
    assert suspended.json() == blocked.json()
    world.sql("UPDATE rooms SET status = 'active', is_hidden = true WHERE id = %s", room_id)
    assert (await join(world, room_id, other)).status_code == 200
    await world.call("DELETE", f"/users/{guest.id}/block", owner)
    assert (await join(world, room_id, guest)).status_code == 200


async def test_five_wrong_passwords_lock_out_for_half_an_hour(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, type="private", password="open sesame")
    before = picture(world)
    unaware = await world.call("POST", f"/rooms/{room_id}/join", guest)
    assert refusal(unaware) == (403, "room.wrong_password")
    assert unaware.json()["tries_left"] == 5
    for left in (4, 3, 2, 1, 0):
        answer = await join(world, room_id, guest, password=f"wrong {left}")
        assert refusal(answer) == (403, "room.wrong_password")
        assert answer.json()["tries_left"] == left
    for password in ("open sesame", "wrong", None):
        answer = await join(world, room_id, guest, password=password)
        assert refusal(answer) == (429, "room.locked_out")
        assert 1700 < int(answer.headers["retry-after"]) <= 1800
        assert answer.headers["ratelimit-remaining"] == "0"
        assert answer.headers["ratelimit-reset"] == answer.headers["retry-after"]
    assert picture(world) == before
    assert (await join(world, room_id, other, password="open sesame")).status_code == 200
    with clock.turned_to(clock.now() + timedelta(minutes=29)):
        answer = await join(world, room_id, guest, password="open sesame")
        assert refusal(answer) == (429, "room.locked_out")
    with clock.turned_to(clock.now() + timedelta(minutes=31)):
        assert (await join(world, room_id, guest, password="open sesame")).status_code == 200


async def test_the_right_password_costs_no_try_and_is_asked_once(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, type="private", password="open sesame")
    for _ in range(7):
        assert (await join(world, room_id, guest, password="open sesame")).status_code == 200
        assert (await join(world, room_id, guest)).status_code == 200
        await world.call("POST", f"/rooms/{room_id}/leave", guest)
    await world.call("PATCH", f"/rooms/{room_id}", owner, json={"password": "another"})
    answer = await join(world, room_id, guest, password="open sesame")
    assert refusal(answer) == (403, "room.wrong_password")


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"password": 7}},
        {"json": {"password": "x" * 1025}},
        {"json": {"key": "x"}},
        {"json": []},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b'{"password": "\\u0000"}', "headers": {"content-type": "application/json"}},
    ],
)
async def test_an_unreadable_join(world: World, options: dict[str, Any]) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner)
    before = picture(world)
    answer = await world.call("POST", f"/rooms/{room_id}/join", guest, **options)
    assert answer.status_code in (400, 422), answer.text
    assert picture(world) == before


async def test_participants_page_in_the_order_of_coming(world: World) -> None:
    owner, *guests = await crowd(world, 4)
    room_id = await world.room(owner, *guests)
    first = (await world.call("GET", f"/rooms/{room_id}/participants?limit=3", owner)).json()
    await world.call("POST", f"/rooms/{room_id}/leave", guests[0])
    second = (
        await world.call(
            "GET", f"/rooms/{room_id}/participants?limit=3&cursor={first['next_cursor']}", owner
        )
    ).json()
    seen = [row["user"]["id"] for row in first["data"] + second["data"]]
    assert seen == [owner.id, *(guest.id for guest in guests)]
    assert second["next_cursor"] is None


async def test_events_page_on_and_say_when_they_cannot(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    path = f"/rooms/{room_id}/events"
    first = (await world.call("GET", f"{path}?limit=1", owner)).json()
    assert [event["seq"] for event in first["data"]] == [1]
    second = (await world.call("GET", f"{path}?after={first['next_after']}", owner)).json()
    assert [event["seq"] for event in second["data"]] == [2]
    rest = (await world.call("GET", f"{path}?after=2", owner)).json()
    assert (rest["data"], rest["next_after"]) == ([], 2)
    ahead = await world.call("GET", f"{path}?after=3", owner)
    assert refusal(ahead) == (410, "stream.too_old")
    assert (ahead.json()["epoch"], ahead.json()["seq"]) == (first["epoch"], 2)
    for after in ("-1", "x", str(2**63)):
        assert (await world.call("GET", f"{path}?after={after}", owner)).status_code == 422
