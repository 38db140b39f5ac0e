"""Staff find rooms, watch one unseen, and keep order in it."""

import asyncio
from typing import Any

import pytest

from flylive.accounts.staff import Role
from tests.console.hands import WHY, admin, audited, document, refusal, staffed
from tests.rooms.crowd import crowd
from tests.rooms.fold import fold, state_of
from tests.rooms.hands import appoint, join, kick, take, told
from tests.rooms.picture import assert_exact, picture
from tests.world import Person, World


@pytest.fixture(scope="module")
async def guard(world: World) -> Person:
    """A moderator of the staff."""
    return await staffed(world, Role.MODERATOR)


async def names(world: World, person: Person, query: str) -> list[str]:
    """All the rooms of a search, page by page."""
    found, cursor = [], ""
    while cursor is not None:
        page = await document(
            world, person, f"/rooms?limit=2&{query}{cursor and f'&cursor={cursor}'}"
        )
        found += [room["name"] for room in page["data"]]
        cursor = page["next_cursor"]
    return found


async def test_rooms_are_found_whatever_became_of_them(world: World, guard: Person) -> None:
    people = await crowd(world, 6)
    for person, name in zip(people, "ABCDEF", strict=True):
        await world.call("POST", "/rooms", person, json={"name": f"Desert 5%_ {name}"})
    rooms = dict(world.sql("SELECT name, id FROM rooms WHERE name LIKE 'Desert%%' ORDER BY id"))
    ids = [rooms[f"Desert 5%_ {name}"] for name in "ABCDEF"]
    world.sql("UPDATE rooms SET is_hidden = true WHERE id = %s", ids[1])
    world.sql("UPDATE rooms SET status = 'suspended' WHERE id = %s", ids[2])
    world.sql("UPDATE rooms SET deleted_at = now(), status = 'inactive' WHERE id = %s", ids[3])
    world.sql("UPDATE rooms SET country = 'PK', is_featured = true WHERE id = %s", ids[4])
    for room_id, guests in ((ids[0], people[2:4]), (ids[1], people[4:5])):
        for guest in guests:
            assert (await join(world, room_id, guest)).status_code == 200

    async def found(query: str) -> str:
        return "".join(name[-1] for name in await names(world, guard, query))

    assert await found("q=desert%205%25_") == "FEDCBA"
    assert await found("q=Desert%20500") == ""
    assert await found("q=desert&live=true") == "AB"
    assert await found("q=desert&status=hidden") == "B"
    assert await found("q=desert&status=suspended") == "C"
    assert await found("q=desert&status=deleted") == "D"
    assert await found("q=desert&status=active") == "FEBA"
    assert await found("q=desert&country=PAK") == "E"
    assert await found("q=desert&featured=true") == "E"
    assert await found(f"owner_id={people[3].id}") == "D"
    assert await found(f"q={ids[3]}") == "D"
    for query in ("country=XX", "status=open", "limit=0", "cursor=x", "q=%00", "owner_id=0"):
        assert (await admin(world, guard, "GET", f"/rooms?{query}")).status_code == 422, query
    shown = await document(world, guard, f"/rooms/{ids[3]}")
    assert shown["room"]["deleted_at"] is not None
    assert refusal(await admin(world, guard, "GET", "/rooms/999999")) == (404, "room.not_found")


async def test_who_watches_is_not_there(world: World, guard: Person) -> None:
    owner, guest = await crowd(world, 2)
    body = {"name": "Behind a door", "type": "private", "password": "a secret"}
    room_id = (await world.call("POST", "/rooms", owner, json=body)).json()["id"]
    for person in (owner, guest):
        assert (await join(world, room_id, person, password="a secret")).status_code == 200
    before = picture(world)
    seen = await document(world, guard, f"/rooms/{room_id}/live")
    assert picture(world) == before, "nobody is told, and nobody is counted"
    assert [one["user_id"] for one in seen["participants"]["data"]] == [owner.id, guest.id]
    assert seen["room"]["participant_count"] == 2
    assert "password" not in seen["room"]
    fresh = (await join(world, room_id, owner)).json()
    assert seen["stream"]["seq"] == fresh["stream"]["seq"]

    await world.recharge(owner, 100)
    assert (await take(world, room_id, owner, 2)).status_code == 200
    body = {"content": "hello", "client_id": "1"}
    assert (await world.call("POST", f"/rooms/{room_id}/messages", owner, json=body)).is_success
    gift = world.gift("10.00")
    assert (await world.send(owner, gift, [guest], room_id=room_id)).status_code == 201
    path = f"/rooms/{room_id}/events?after={seen['stream']['seq']}"
    page = await document(world, guard, path)
    kinds = [event["type"] for event in page["data"]]
    assert {"seat.updated", "message.created", "gift.sent"} <= set(kinds)
    fresh = (await join(world, room_id, owner)).json()
    state = state_of(seen | {"seat_requests": []})
    told_of_room = [event for event in page["data"] if event["type"] != "gift.sent"]
    assert fold(state, told_of_room) == state_of(fresh)
    assert [m["content"] for m in (await document(
        world, guard, f"/rooms/{room_id}/messages"))["data"]] == ["hello"]  # fmt: skip
    [given] = (await document(world, guard, f"/rooms/{room_id}/gifts"))["data"]
    assert (given["sender_id"], given["total_cost"]) == (owner.id, "10.00")
    again = await document(world, guard, f"/rooms/{room_id}/live")
    assert [message["content"] for message in again["messages"]] == ["hello"]
    assert [one["id"] for one in again["gifts"]] == [given["id"]]
    assert again["seats"][1]["user"]["id"] == owner.id


async def test_only_who_keeps_order_watches(world: World) -> None:
    [owner] = await crowd(world, 1)
    room_id = await world.room(owner)
    for role in (Role.SUPPORT, Role.READ_ONLY):
        reader = await staffed(world, role)
        assert (await admin(world, reader, "GET", f"/rooms/{room_id}")).status_code == 200
        for part in ("live", "events", "messages", "participants", "gifts"):
            refused = await admin(world, reader, "GET", f"/rooms/{room_id}/{part}")
            assert refusal(refused) == (403, "staff.right_missing"), (role, part)


async def test_whom_staff_ban_nobody_in_the_room_lets_in(world: World, guard: Person) -> None:
    owner, guest, deputy = await crowd(world, 3)
    room_id = await world.room(owner, guest, deputy)
    await appoint(world, room_id, owner, guest, deputy)
    path = f"/rooms/{room_id}/participants/{guest.id}"
    out = await admin(world, guard, "DELETE", path, ban_minutes=60, **WHY)
    assert out.status_code == 204, out.text
    assert_exact(world)
    events = told(world, f"room:{room_id}", 6)
    assert ("participant.left", "removed") in [(k, d.get("reason")) for k, d in events]
    refused = await join(world, room_id, guest)
    assert refusal(refused) == (403, "room.banned")
    assert refused.json()["reason"] is None, "why is the staff's own matter"
    notice = told(world, f"user:{guest.id}")[0]
    assert (notice[0], notice[1]["kind"]) == ("notice", "room_kicked")
    # Neither by lifting, nor by a shorter one, nor by making him a moderator again.
    before = world.sql("SELECT to_jsonb(b) FROM room_bans b WHERE room_id = %s", room_id)
    for person in (owner, deputy):
        lifted = await world.call("DELETE", f"/rooms/{room_id}/bans/{guest.id}", person)
        assert refusal(lifted) == (403, "room.not_above_them")
    await kick(world, room_id, owner, guest, "?ban_minutes=1")
    await appoint(world, room_id, owner, guest)
    assert world.sql("SELECT to_jsonb(b) FROM room_bans b WHERE room_id = %s", room_id) == before
    assert refusal(await join(world, room_id, guest)) == (403, "room.banned")
    # The owner sees that staff said so, and not who.
    [ban] = (await world.call("GET", f"/rooms/{room_id}/bans", owner)).json()["data"]
    assert (ban["is_by_staff"], ban["banned_by"], ban["banner"]) == (True, None, None)
    [ban] = (await document(world, guard, f"/rooms/{room_id}/bans"))["data"]
    assert (ban["is_by_staff"], ban["banner"]["id"]) == (True, guard.id)
    # A longer one of the owner's stays the staff's.
    await kick(world, room_id, owner, guest, "?ban_minutes=600")
    lifted = await world.call("DELETE", f"/rooms/{room_id}/bans/{guest.id}", owner)
    assert refusal(lifted) == (403, "room.not_above_them")
    let_in = await admin(world, guard, "DELETE", f"/rooms/{room_id}/bans/{guest.id}", **WHY)
    assert let_in.status_code == 204
    assert (await join(world, room_id, guest)).status_code == 200
    acts = [entry for entry in audited(world, guard) if entry[2] == room_id]
    assert [(action, kind, reason) for action, kind, _, reason, _, _ in acts] == [
        ("room.put_out", "room", "because"),
        ("room.let_in", "room", "because"),
    ]
    assert acts[0][5]["user_id"] == guest.id
    assert acts[1][4]["banned_by"] == guard.id
    # Nothing to end: nothing is written down.
    again = await admin(world, guard, "DELETE", f"/rooms/{room_id}/bans/{guest.id}", **WHY)
    assert again.status_code == 204
    assert len([entry for entry in audited(world, guard) if entry[2] == room_id]) == 2


async def test_seats_and_voices_are_taken(world: World, guard: Person) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest, can_tourists_speak=True)
    assert (await take(world, room_id, owner, 1)).status_code == 200
    assert (await take(world, room_id, guest, 2)).status_code == 200
    seen = await document(world, guard, f"/rooms/{room_id}/live")
    of = f"/rooms/{room_id}"
    assert (await admin(world, guard, "DELETE", f"{of}/seats/1", **WHY)).status_code == 204
    locked = await admin(world, guard, "PATCH", f"{of}/seats/2", is_locked=True, **WHY)
    assert (locked.json()["is_locked"], locked.json()["user"]) == (True, None)
    muted = await admin(
        world, guard, "PATCH", f"{of}/participants/{guest.id}", is_muted=True, **WHY
    )
    assert muted.json()["is_muted"] is True
    refused = await world.call(
        "POST", f"{of}/messages", guest, json={"content": "x", "client_id": "x"}
    )
    assert refusal(refused) == (403, "room.muted")
    # Again changes nothing, and is not written down.
    before = picture(world), len(audited(world, guard))
    assert (await admin(world, guard, "DELETE", f"{of}/seats/1", **WHY)).status_code == 204
    assert (await admin(world, guard, "PATCH", f"{of}/seats/2", is_locked=True, **WHY)).is_success
    again = await admin(
        world, guard, "PATCH", f"{of}/participants/{guest.id}", is_muted=True, **WHY
    )
    assert again.status_code == 200
    assert (picture(world), len(audited(world, guard))) == before
    spoken = await admin(
        world, guard, "PATCH", f"{of}/participants/{guest.id}", is_muted=False, **WHY
    )
    assert spoken.json()["is_muted"] is False
    assert_exact(world)
    page = await document(world, guard, f"{of}/events?after={seen['stream']['seq']}&limit=100")
    fresh = (await join(world, room_id, owner)).json()
    assert fold(state_of(seen | {"seat_requests": []}), page["data"]) == state_of(fresh)
    acts = [entry for entry in audited(world, guard) if entry[2] == room_id]
    assert [(action, before, after) for action, _, _, _, before, after in acts] == [
        ("room.unseat", {"seat_number": 1, "user_id": owner.id},
         {"seat_number": 1, "user_id": None}),
        ("room.seat",
         {"seat_number": 2, "is_locked": False, "is_muted": False, "user_id": guest.id},
         {"seat_number": 2, "is_locked": True, "is_muted": False, "user_id": None}),
        ("room.mute", {"user_id": guest.id, "is_muted": False},
         {"user_id": guest.id, "is_muted": True}),
        ("room.mute", {"user_id": guest.id, "is_muted": True},
         {"user_id": guest.id, "is_muted": False}),
    ]  # fmt: skip


async def test_refusals_change_nothing(world: World, guard: Person) -> None:
    owner, guest, away = await crowd(world, 3)
    boss = await staffed(world, Role.ADMIN)
    room_id = await world.room(owner, guest, boss)
    of = f"/rooms/{room_id}"
    before = picture(world), world.sql("SELECT count(*) FROM audit_log")
    cases: list[tuple[str, str, dict[str, Any], tuple[int, str]]] = [
        ("DELETE", f"{of}/participants/{owner.id}", {"ban_minutes": 5, **WHY},
         (409, "room.owner_not_banned")),
        ("DELETE", f"{of}/participants/{away.id}", {"ban_minutes": 0, **WHY},
         (409, "room.user_not_in_room")),
        ("DELETE", f"{of}/participants/{boss.id}", WHY, (403, "staff.not_above")),
        ("DELETE", f"{of}/participants/{guard.id}", WHY, (403, "staff.not_oneself")),
        ("DELETE", f"{of}/participants/{guest.id}", {"ban_minutes": -1, **WHY},
         (422, "request.invalid")),
        ("DELETE", f"{of}/participants/{guest.id}", {"reason": ""}, (422, "request.invalid")),
        ("DELETE", f"{of}/participants/999999", WHY, (404, "user.not_found")),
        ("PATCH", f"{of}/participants/{away.id}", {"is_muted": True, **WHY},
         (409, "room.user_not_in_room")),
        ("PATCH", f"{of}/seats/99", {"is_locked": True, **WHY}, (404, "seat.not_found")),
        ("DELETE", f"{of}/seats/99", WHY, (404, "seat.not_found")),
        ("DELETE", "/rooms/999999/seats/1", WHY, (404, "room.not_found")),
        ("DELETE", f"/rooms/999999/bans/{guest.id}", WHY, (404, "room.not_found")),
    ]  # fmt: skip
    for method, path, body, expected in cases:
        assert refusal(await admin(world, guard, method, path, **body)) == expected, path
    assert (picture(world), world.sql("SELECT count(*) FROM audit_log")) == before


async def test_an_owner_is_put_out_and_comes_back(world: World, guard: Person) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    path = f"/rooms/{room_id}/participants/{owner.id}"
    assert (await admin(world, guard, "DELETE", path, **WHY)).status_code == 204
    assert_exact(world)
    assert (await join(world, room_id, owner)).status_code == 200


async def test_a_ban_and_a_return_at_once(world: World, guard: Person) -> None:
    """Whoever comes first: afterwards he is banned and not inside."""
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    path = f"/rooms/{room_id}/participants/{guest.id}"
    for _ in range(4):
        out, *joined = await asyncio.gather(
            admin(world, guard, "DELETE", path, ban_minutes=5, **WHY),
            *(join(world, room_id, guest) for _ in range(3)),
        )
        assert out.status_code == 204, out.text
        assert {answer.status_code for answer in joined} <= {200, 403}
        inside = world.sql(
            "SELECT count(*) FROM room_participants WHERE user_id = %s AND is_active", guest.id
        )
        assert inside == [(0,)]
        assert_exact(world)
        back = await admin(world, guard, "DELETE", f"/rooms/{room_id}/bans/{guest.id}", **WHY)
        assert back.status_code == 204
