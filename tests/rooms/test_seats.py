"""Taking, leaving, locking and muting seats, and each refusal."""

from typing import Any

import httpx
import pytest

from tests.rooms.crowd import crowd
from tests.rooms.hands import appoint, refusal, roles, sitting, take
from tests.rooms.picture import assert_exact, picture
from tests.world import Person, World


async def edit(
    world: World, room_id: int, person: Person, number: int, **body: Any
) -> httpx.Response:
    return await world.call("PATCH", f"/rooms/{room_id}/seats/{number}", person, json=body)


async def test_taking_moving_and_leaving(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, can_tourists_speak=True)
    taken = await world.call("PUT", f"/rooms/{room_id}/seats/2", guest)
    assert taken.status_code == 200, taken.text
    assert taken.json()["user"]["id"] == guest.id
    assert taken.json()["since"] is not None
    assert (await roles(world, room_id, owner))[guest.id] == "speaker"
    before = picture(world)
    assert (await take(world, room_id, guest, 2)).json() == taken.json()
    assert picture(world) == before
    assert (await take(world, room_id, guest, 5)).json()["seat_number"] == 5
    assert await sitting(world, room_id, owner) == {5: guest.id}
    assert (await take(world, room_id, owner, 1)).status_code == 200
    assert (await roles(world, room_id, owner))[owner.id] == "owner"
    left = await world.call("DELETE", f"/rooms/{room_id}/seats/5", guest)
    assert left.status_code == 204
    assert await roles(world, room_id, owner) == {owner.id: "owner", guest.id: "listener"}
    before = picture(world)
    assert (await world.call("DELETE", f"/rooms/{room_id}/seats/5", guest)).status_code == 204
    assert picture(world) == before
    assert_exact(world)


async def test_an_occupied_seat_names_who_since_when_and_what_is_free(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, can_tourists_speak=True, mic_seat_quantity=4)
    taken = (await take(world, room_id, guest, 2)).json()
    await edit(world, room_id, owner, 3, is_locked=True)
    before = picture(world)
    answer = await take(world, room_id, other, 2)
    assert refusal(answer) == (409, "seat.occupied")
    assert answer.json()["occupant"] == taken["user"]
    assert answer.json()["since"] == taken["since"]
    assert answer.json()["free_seats"] == [1, 4]
    locked = await take(world, room_id, other, 3)
    assert refusal(locked) == (409, "seat.locked")
    assert locked.json()["free_seats"] == [1, 4]
    for number in (0, 5, 31):
        missing = await take(world, room_id, other, number)
        assert refusal(missing) == (404, "seat.not_found")
    assert picture(world) == before


async def test_tourists_speak_only_where_they_may_and_followers_always(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    before = picture(world)
    answer = await take(world, room_id, guest, 1)
    assert refusal(answer) == (403, "seat.tourists_may_not_speak")
    assert picture(world) == before
    await world.call("PUT", f"/rooms/{room_id}/follow", guest)
    assert (await take(world, room_id, guest, 1)).status_code == 200


async def test_where_one_applies_the_owner_gives_the_seats(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, seat_mode="apply", can_tourists_speak=True)
    before = picture(world)
    assert refusal(await take(world, room_id, guest, 1)) == (403, "seat.apply_first")
    assert picture(world) == before
    assert (await take(world, room_id, owner, 1)).status_code == 200
    given = await take(world, room_id, owner, 2, user_id=guest.id)
    assert given.json()["user"]["id"] == guest.id
    assert (await take(world, room_id, guest, 3)).status_code == 200


async def test_who_runs_the_room_seats_and_unseats_others(world: World) -> None:
    owner, moderator, second, guest, stranger = await crowd(world, 5)
    room_id = await world.room(owner, moderator, second, guest)
    await appoint(world, room_id, owner, moderator, second)
    before = picture(world)
    for actor, subject, expected in (
        (guest, owner, (403, "room.moderators_only")),
        (moderator, owner, (403, "room.not_above_them")),
        (moderator, second, (403, "room.not_above_them")),
        (moderator, stranger, (409, "room.user_not_in_room")),
    ):
        answer = await take(world, room_id, actor, 1, user_id=subject.id)
        assert refusal(answer) == expected
    for body in ({"user_id": "7"}, {"user_id": 0}, {"user_id": 2**63}, {"seat": 1}):
        answer = await world.call("PUT", f"/rooms/{room_id}/seats/1", owner, json=body)
        assert answer.status_code == 422
    assert picture(world) == before
    await edit(world, room_id, moderator, 1, is_locked=True)
    assert (await take(world, room_id, moderator, 1, user_id=guest.id)).status_code == 200
    assert (await take(world, room_id, owner, 2, user_id=second.id)).status_code == 200
    assert (await roles(world, room_id, owner))[second.id] == "moderator"
    before = picture(world)
    for actor, number, expected in (
        (guest, 2, (403, "seat.not_yours")),
        (moderator, 2, (403, "room.not_above_them")),
    ):
        answer = await world.call("DELETE", f"/rooms/{room_id}/seats/{number}", actor)
        assert refusal(answer) == expected
    assert picture(world) == before
    assert (await world.call("DELETE", f"/rooms/{room_id}/seats/1", moderator)).status_code == 204
    assert (await world.call("DELETE", f"/rooms/{room_id}/seats/2", owner)).status_code == 204
    assert await sitting(world, room_id, owner) == {}
    await world.call("PUT", f"/users/{moderator.id}/block", guest)
    answer = await take(world, room_id, moderator, 3, user_id=guest.id)
    assert refusal(answer) == (403, "user.not_available")


async def test_locking_unseats_and_muting_stays_with_the_seat(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, can_tourists_speak=True)
    await take(world, room_id, guest, 1)
    before = picture(world)
    assert refusal(await edit(world, room_id, guest, 1, is_muted=False)) == (
        403,
        "room.moderators_only",
    )
    assert picture(world) == before
    muted = await edit(world, room_id, owner, 1, is_muted=True)
    assert (muted.json()["is_muted"], muted.json()["user"]["id"]) == (True, guest.id)
    before = picture(world)
    assert (await edit(world, room_id, owner, 1, is_muted=True)).json() == muted.json()
    assert (await edit(world, room_id, owner, 1)).json() == muted.json()
    assert picture(world) == before
    locked = (await edit(world, room_id, owner, 1, is_locked=True)).json()
    assert locked == {
        "seat_number": 1, "user": None, "is_locked": True, "is_muted": True, "since": None,
    }  # fmt: skip
    assert (await roles(world, room_id, owner))[guest.id] == "listener"
    await edit(world, room_id, owner, 1, is_locked=False)
    assert (await take(world, room_id, other, 1)).json()["is_muted"] is True
    assert_exact(world)


async def test_who_runs_the_room_keeps_its_seats_from_outside_too(world: World) -> None:
    owner, moderator, guest, other, stranger = await crowd(world, 5)
    room_id = await world.room(owner, moderator, guest, other, can_tourists_speak=True)
    await appoint(world, room_id, owner, moderator)
    await take(world, room_id, guest, 1)
    await take(world, room_id, other, 2)
    await take(world, room_id, owner, 5)
    for person in (owner, moderator):
        await world.call("POST", f"/rooms/{room_id}/leave", person)
    before = picture(world)
    for person in (owner, moderator, stranger):
        refused = await take(world, room_id, person, 3)
        assert refusal(refused) == (403, "room.not_in_room")
    for method, body in (("PATCH", {"is_locked": True}), ("DELETE", None), ("PUT", {})):
        path = f"/rooms/{room_id}/seats/1"
        refused = await world.call(method, path, stranger, json=body)
        assert refusal(refused) == (403, "room.not_in_room")
    assert picture(world) == before
    locked = await edit(world, room_id, owner, 3, is_locked=True, is_muted=True)
    assert (locked.status_code, locked.json()["is_locked"], locked.json()["is_muted"]) == (
        200, True, True,
    )  # fmt: skip
    assert (await edit(world, room_id, moderator, 3, is_locked=False)).status_code == 200
    moved = await take(world, room_id, moderator, 4, user_id=guest.id)
    assert moved.json()["user"]["id"] == guest.id
    swapped = await take(world, room_id, owner, 2, user_id=guest.id, swap=True)
    assert swapped.json()["user"]["id"] == guest.id
    assert await sitting(world, room_id, guest) == {2: guest.id, 4: other.id}
    assert (await world.call("DELETE", f"/rooms/{room_id}/seats/4", owner)).status_code == 204
    assert await sitting(world, room_id, guest) == {2: guest.id}
    # Nobody came in by it, and whom the owner blocked keeps nothing any more.
    assert set(await roles(world, room_id, guest)) == {guest.id, other.id}
    await world.call("PUT", f"/users/{moderator.id}/block", owner)
    before = picture(world)
    refused = await edit(world, room_id, moderator, 3, is_locked=True)
    assert refusal(refused) == (403, "room.not_in_room")
    assert picture(world) == before
    assert_exact(world)


async def test_a_moderator_does_not_lock_the_owners_seat(world: World) -> None:
    owner, moderator = await crowd(world, 2)
    room_id = await world.room(owner, moderator)
    await appoint(world, room_id, owner, moderator)
    await take(world, room_id, owner, 1)
    await take(world, room_id, moderator, 2)
    before = picture(world)
    for body in ({"is_locked": True}, {"is_muted": True}):
        answer = await edit(world, room_id, moderator, 1, **body)
        assert refusal(answer) == (403, "room.not_above_them")
    assert picture(world) == before
    assert (await edit(world, room_id, moderator, 2, is_locked=True)).json()["user"] is None


async def test_fewer_seats_unseat_those_above_and_come_back_open(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, can_tourists_speak=True)
    await take(world, room_id, guest, 2)
    await take(world, room_id, other, 5)
    await edit(world, room_id, owner, 4, is_locked=True, is_muted=True)
    path = f"/rooms/{room_id}"
    await world.call("PATCH", path, owner, json={"mic_seat_quantity": 3})
    assert await sitting(world, room_id, owner) == {2: guest.id}
    assert (await roles(world, room_id, owner))[other.id] == "listener"
    assert_exact(world)
    await world.call("PATCH", path, owner, json={"mic_seat_quantity": 6})
    seats = (await world.call("GET", f"{path}/seats", owner)).json()["data"]
    assert [seat["seat_number"] for seat in seats] == [1, 2, 3, 4, 5, 6]
    assert not any(seat["is_locked"] or seat["is_muted"] for seat in seats)


@pytest.mark.parametrize(
    "body", [{"is_locked": "yes"}, {"is_locked": None}, {"user_id": 1}, [], "x"]
)
async def test_a_wrong_change_of_a_seat(world: World, body: Any) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)
    before = picture(world)
    answer = await world.call("PATCH", f"/rooms/{room_id}/seats/1", owner, json=body)
    assert answer.status_code == 422, answer.text
    assert picture(world) == before
