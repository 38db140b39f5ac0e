"""What the platform's staff do to rooms, and how it is for those inside."""

import asyncio
from typing import Any

import httpx

from tests.rooms.crowd import crowd
from tests.rooms.hands import ask, join, refusal, take, told
from tests.rooms.picture import assert_exact, picture
from tests.world import Person, World


async def edit(world: World, staff: Person, room_id: int, **body: Any) -> httpx.Response:
    body = {"reason": "Reported by many"} | body
    return await world.call("PATCH", f"/admin/rooms/{room_id}", staff, json=body)


async def moderator(world: World) -> Person:
    """A member of the staff who looks after people and rooms."""
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'moderator')", person.id)
    return person


def audited(world: World, room_id: int) -> list[Any]:
    return world.sql(
        "SELECT actor_id, action, reason, before, after FROM audit_log"
        " WHERE subject_type = 'room' AND subject_id = %s ORDER BY id",
        room_id,
    )


async def test_a_suspended_room_is_closed_until_it_is_opened_again(world: World) -> None:
    staff, [owner, guest, other] = await moderator(world), await crowd(world, 3)
    room_id = await world.room(owner, guest, can_tourists_speak=True)
    await take(world, room_id, guest, 1)
    await ask(world, room_id, owner)
    suspended = await edit(world, staff, room_id, status="suspended")
    assert suspended.status_code == 200, suspended.text
    assert (suspended.json()["status"], suspended.json()["participant_count"]) == ("suspended", 0)
    kind, data = told(world, f"room:{room_id}")[0]
    assert (kind, data["reason"]) == ("room.closed", "suspended")
    assert_exact(world)
    before = picture(world)
    for person in (owner, guest, other):
        assert refusal(await join(world, room_id, person)) == (403, "room.not_available")
        beat = await world.call("POST", f"/rooms/{room_id}/heartbeat", person)
        assert refusal(beat) == (403, "room.not_in_room")
    assert (await edit(world, staff, room_id, status="suspended")).status_code == 200
    assert picture(world) == before
    listed = (await world.call("GET", "/rooms?sort=newest&limit=100", other)).json()["data"]
    assert room_id not in [room["id"] for room in listed]
    assert (await edit(world, staff, room_id, status="active")).json()["status"] == "active"
    assert (await join(world, room_id, guest)).status_code == 200
    assert audited(world, room_id) == [
        (staff.id, "room.edit", "Reported by many", {"status": "active"}, {"status": "suspended"}),
        (staff.id, "room.edit", "Reported by many", {"status": "suspended"}, {"status": "active"}),
    ]


async def test_featured_and_hidden(world: World) -> None:
    staff, [owner, guest] = await moderator(world), await crowd(world, 2)
    room_id = await world.room(owner)
    changed = await edit(world, staff, room_id, is_featured=True, is_hidden=True)
    assert (changed.json()["is_featured"], changed.json()["is_hidden"]) == (True, True)
    kind, data = told(world, f"room:{room_id}")[0]
    assert (kind, data["room"]["is_hidden"]) == ("room.updated", True)
    listed = (await world.call("GET", "/rooms?featured=true&limit=100", guest)).json()["data"]
    assert listed == []
    assert (await join(world, room_id, guest)).status_code == 200
    before = picture(world)
    assert (await edit(world, staff, room_id, is_hidden=True)).status_code == 200
    assert picture(world) == before
    await edit(world, staff, room_id, is_hidden=False)
    listed = (await world.call("GET", "/rooms?featured=true&limit=100", guest)).json()["data"]
    assert [room["id"] for room in listed] == [room_id]
    assert [after for *_, after in audited(world, room_id)] == [
        {"is_featured": True, "is_hidden": True},
        {"is_hidden": False},
    ]


async def test_only_staff_with_the_right_and_with_a_reason(world: World) -> None:
    staff, [owner, support] = await moderator(world), await crowd(world, 2)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'support')", support.id)
    room_id = await world.room(owner)
    before = picture(world)
    assert refusal(await edit(world, owner, room_id)) == (403, "staff.required")
    assert refusal(await edit(world, support, room_id)) == (403, "staff.right_missing")
    for body in ({"reason": " "}, {"reason": "x" * 501}, {"status": "inactive"}, {"name": "x"},
                 {"is_hidden": None}):  # fmt: skip
        assert (await edit(world, staff, room_id, **body)).status_code == 422
    missing = await edit(world, staff, 10**9, status="suspended")
    assert refusal(missing) == (404, "room.not_found")
    assert picture(world) == before
    assert audited(world, room_id) == []


async def test_suspending_while_people_join_and_sit_down(world: World) -> None:
    staff, [owner, *guests] = await moderator(world), await crowd(world, 21)
    room_id = await world.room(owner, *guests[:10], can_tourists_speak=True)
    answers = await asyncio.gather(
        *(join(world, room_id, guest) for guest in guests[10:15]),
        *(take(world, room_id, guest, 1 + n % 5) for n, guest in enumerate(guests[:5])),
        edit(world, staff, room_id, status="suspended"),
        *(take(world, room_id, guest, 1 + n % 5) for n, guest in enumerate(guests[5:10])),
        *(join(world, room_id, guest) for guest in guests[15:]),
    )
    assert answers[10].status_code == 200
    codes = {a.status_code if a.is_success else a.json()["code"] for a in answers}
    assert codes <= {200, "room.not_available", "room.not_in_room", "seat.occupied"}
    assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room_id) == [(0,)]
    assert_exact(world)


async def test_a_suspended_rooms_owner_does_not_open_the_next_in_its_place(world: World) -> None:
    staff, [owner] = await moderator(world), await crowd(world, 1)
    room_id = await world.room(owner)
    await edit(world, staff, room_id, status="suspended")
    before = picture(world)
    closed = await world.call("DELETE", f"/rooms/{room_id}", owner)
    assert refusal(closed) == (403, "room.not_available")
    another = await world.call("POST", "/rooms", owner, json={"name": f"Again {room_id}"})
    assert refusal(another) == (409, "room.limit_reached")
    assert picture(world) == before
    gone = await world.call("DELETE", "/me", owner, json={"password": "a long password"})
    assert gone.status_code == 204, gone.text
    assert world.sql("SELECT deleted_at IS NULL FROM rooms WHERE id = %s", room_id) == [(False,)]
