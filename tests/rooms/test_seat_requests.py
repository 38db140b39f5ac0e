"""Applying for seats and inviting to them: the queue, its end, and each refusal."""

from datetime import datetime, timedelta

import pytest

from flylive import clock
from flylive.database import Database
from flylive.rooms import rules
from flylive.rooms.requests.tasks import end_overdue, prune
from tests.rooms.crowd import crowd
from tests.rooms.hands import (
    appoint,
    ask,
    change,
    decide,
    join,
    queue,
    refusal,
    roles,
    sitting,
    take,
    told,
)
from tests.rooms.picture import assert_exact, picture
from tests.world import World


def later(seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


async def test_the_queue_shows_ones_place_and_is_worked_off(world: World) -> None:
    owner, moderator, *guests = await crowd(world, 5)
    room_id = await world.room(owner, moderator, *guests, seat_mode="apply", mic_seat_quantity=3)
    await appoint(world, room_id, owner, moderator)
    asked = []
    for place, guest in enumerate(guests, 1):
        answer = await ask(world, room_id, guest)
        assert answer.status_code == 201, answer.text
        asked.append(answer.json())
        assert (asked[-1]["place"], asked[-1]["status"]) == (place, "pending")
        assert (asked[-1]["kind"], asked[-1]["user"]["id"]) == ("application", guest.id)
        [(kind, data)] = told(world, f"room:{room_id}")
        assert kind == "seat.requested"
        assert data["request"] == {key: asked[-1][key] for key in asked[-1] if key != "place"}
    expires = datetime.fromisoformat(asked[0]["expires_at"])
    assert expires - datetime.fromisoformat(asked[0]["created_at"]) == timedelta(minutes=10)
    for person in (owner, guests[2]):
        assert [row["id"] for row in await queue(world, room_id, person)] == [
            row["id"] for row in asked
        ]
    screen = (await join(world, room_id, guests[0])).json()
    assert [row["id"] for row in screen["seat_requests"]] == [row["id"] for row in asked]
    refused = await take(world, room_id, guests[2], 1)
    assert refusal(refused) == (403, "seat.apply_first")
    assert (refused.json()["queue_length"], refused.json()["place"]) == (3, 3)
    accepted = await decide(world, asked[0]["id"], moderator, "accept")
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["status"], accepted.json()["seat_number"]) == ("accepted", 1)
    assert accepted.json()["decided_by"] == moderator.id
    declined = await decide(world, asked[1]["id"], owner, "decline")
    assert declined.json()["status"] == "declined"
    assert await sitting(world, room_id, owner) == {1: guests[0].id}
    [last] = await queue(world, room_id, guests[2])
    assert (last["id"], last["place"]) == (asked[2]["id"], 1)
    assert (
        await world.call("DELETE", f"/seat-requests/{last['id']}", guests[2])
    ).status_code == 204
    assert await queue(world, room_id, owner) == []
    again = await ask(world, room_id, guests[1])
    assert again.json()["place"] == 1
    assert_exact(world)


async def test_an_invitation_seats_where_one_could_not_sit_down(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, seat_mode="apply")
    await world.call("PATCH", f"/rooms/{room_id}/seats/2", owner, json={"is_locked": True})
    asked = await ask(world, room_id, owner, kind="invitation", user_id=guest.id, seat_number=2)
    assert asked.status_code == 201, asked.text
    invitation = asked.json()
    assert (invitation["place"], invitation["requester"]["id"]) == (None, owner.id)
    expires = datetime.fromisoformat(invitation["expires_at"])
    assert expires - datetime.fromisoformat(invitation["created_at"]) == timedelta(seconds=30)
    [(kind, data)] = told(world, f"user:{guest.id}")
    assert (kind, data["request"]["id"]) == ("seat.invited", invitation["id"])
    assert [row["id"] for row in await queue(world, room_id, guest)] == [invitation["id"]]
    assert [row["id"] for row in await queue(world, room_id, owner)] == [invitation["id"]]
    assert await queue(world, room_id, other) == []
    before = picture(world)
    for verb in ("accept", "decline"):
        stranger = await decide(world, invitation["id"], other, verb)
        assert refusal(stranger) == (404, "seat_request.not_found")
        mine = await decide(world, invitation["id"], owner, verb)
        assert refusal(mine) == (403, "seat_request.not_yours")
    withdrawn = await world.call("DELETE", f"/seat-requests/{invitation['id']}", guest)
    assert refusal(withdrawn) == (403, "seat_request.not_yours")
    assert picture(world) == before
    accepted = await decide(world, invitation["id"], guest, "accept")
    assert (accepted.json()["status"], accepted.json()["seat_number"]) == ("accepted", 2)
    assert (await roles(world, room_id, owner))[guest.id] == "speaker"
    assert told(world, f"user:{owner.id}")[0][1]["request"]["status"] == "accepted"
    muted = await world.call("PATCH", f"/rooms/{room_id}/seats/2", owner, json={"is_muted": True})
    assert (muted.json()["user"]["id"], muted.json()["is_locked"]) == (guest.id, True)
    before = picture(world)
    over = await decide(world, invitation["id"], guest, "accept")
    assert refusal(over) == (409, "seat_request.over")
    assert over.json()["request_status"] == "accepted"
    assert picture(world) == before
    assert_exact(world)


async def test_when_the_seat_is_taken_it_is_the_next_or_none(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, mic_seat_quantity=2)
    request = (await ask(world, room_id, guest, seat_number=1)).json()
    await take(world, room_id, owner, 1)
    await take(world, room_id, owner, 2, user_id=other.id)
    before = picture(world)
    full = await decide(world, request["id"], owner, "accept")
    assert refusal(full) == (409, "seat.none_free")
    assert (full.json()["free_seats"], full.json()["locked_seats"]) == ([], [])
    assert picture(world) == before
    await world.call("DELETE", f"/rooms/{room_id}/seats/2", owner)
    await world.call("PATCH", f"/rooms/{room_id}/seats/2", owner, json={"is_locked": True})
    locked = await decide(world, request["id"], owner, "accept")
    assert locked.json()["locked_seats"] == [2]
    await world.call("PATCH", f"/rooms/{room_id}/seats/2", owner, json={"is_locked": False})
    accepted = await decide(world, request["id"], owner, "accept")
    assert accepted.json()["seat_number"] == 2
    assert await sitting(world, room_id, owner) == {1: owner.id, 2: guest.id}


async def test_what_is_asked_wrongly_is_refused(world: World) -> None:
    owner, moderator, guest, seated, stranger, shy = await crowd(world, 6)
    room_id = await world.room(owner, moderator, guest, seated, shy)
    await appoint(world, room_id, owner, moderator)
    await take(world, room_id, owner, 1, user_id=seated.id)
    await world.call("PATCH", f"/rooms/{room_id}/seats/2", owner, json={"is_locked": True})
    await world.call("PUT", f"/users/{moderator.id}/block", shy)
    before = picture(world)
    for actor, body, expected in (
        (guest, {"kind": "invitation"}, (422, "request.invalid")),
        (guest, {"user_id": seated.id}, (422, "request.invalid")),
        (guest, {"kind": "order"}, (422, "request.invalid")),
        (guest, {"seat_number": 0}, (422, "request.invalid")),
        (guest, {"seat_number": 31}, (422, "request.invalid")),
        (owner, {"kind": "invitation", "user_id": owner.id}, (422, "user.not_oneself")),
        (guest, {"kind": "invitation", "user_id": owner.id}, (403, "room.moderators_only")),
        (owner, {"kind": "invitation", "user_id": stranger.id}, (409, "room.user_not_in_room")),
        (owner, {"kind": "invitation", "user_id": 10**9}, (409, "room.user_not_in_room")),
        (owner, {"kind": "invitation", "user_id": seated.id}, (409, "seat.already_seated")),
        (moderator, {"kind": "invitation", "user_id": shy.id}, (403, "user.not_available")),
        (seated, {}, (409, "seat.already_seated")),
        (stranger, {}, (403, "room.not_in_room")),
        (guest, {"seat_number": 6}, (404, "seat.not_found")),
        (guest, {"seat_number": 2}, (409, "seat.locked")),
        (guest, {"seat_number": 1}, (409, "seat.occupied")),
    ):
        answer = await ask(world, room_id, actor, **body)
        assert refusal(answer) == expected, body
    occupied = await ask(world, room_id, guest, seat_number=1)
    assert occupied.json()["occupant"]["id"] == seated.id
    assert occupied.json()["free_seats"] == [3, 4, 5]
    for verb in ("accept", "decline"):
        missing = await decide(world, 10**9, owner, verb)
        assert refusal(missing) == (404, "seat_request.not_found")
    missing = await world.call("DELETE", "/seat-requests/1000000000", owner)
    assert refusal(missing) == (404, "seat_request.not_found")
    assert refusal(await world.call("GET", f"/rooms/{room_id}/seat-requests", stranger)) == (
        403,
        "room.not_in_room",
    )
    assert picture(world) == before


async def test_one_waits_once_and_hears_his_place(world: World) -> None:
    owner, first, guest = await crowd(world, 3)
    room_id = await world.room(owner, first, guest)
    await ask(world, room_id, first)
    mine = (await ask(world, room_id, guest)).json()
    before = picture(world)
    again = await ask(world, room_id, guest)
    assert refusal(again) == (409, "seat_request.pending")
    assert (again.json()["request"]["id"], again.json()["request"]["place"]) == (mine["id"], 2)
    assert picture(world) == before
    invited = await ask(world, room_id, owner, kind="invitation", user_id=guest.id)
    assert invited.status_code == 201
    twice = await ask(world, room_id, owner, kind="invitation", user_id=guest.id)
    assert refusal(twice) == (409, "seat_request.pending")
    # Both ends with the seat.
    assert (await decide(world, invited.json()["id"], guest, "accept")).status_code == 200
    assert [row["user_id"] for row in await queue(world, room_id, owner)] == [first.id]
    assert_exact(world)


async def test_who_decides(world: World) -> None:
    owner, one, two, guest, other, stranger = await crowd(world, 6)
    room_id = await world.room(owner, one, two, guest, other)
    await appoint(world, room_id, owner, one, two)
    mine = (await ask(world, room_id, guest)).json()["id"]
    colleague = (await ask(world, room_id, two)).json()["id"]
    before = picture(world)
    for verb in ("accept", "decline"):
        for request_id, actor, expected in (
            (mine, guest, (403, "seat_request.not_yours")),
            (mine, other, (403, "room.moderators_only")),
            (mine, stranger, (403, "room.not_in_room")),
            (colleague, one, (403, "room.not_above_them")),
            (colleague, two, (403, "room.not_above_them")),
        ):
            assert refusal(await decide(world, request_id, actor, verb)) == expected
    withdrawn = await world.call("DELETE", f"/seat-requests/{mine}", one)
    assert refusal(withdrawn) == (403, "seat_request.not_yours")
    assert picture(world) == before
    offer = (await ask(world, room_id, one, kind="invitation", user_id=other.id)).json()["id"]
    withdrawn = await world.call("DELETE", f"/seat-requests/{offer}", two)
    assert refusal(withdrawn) == (403, "seat_request.not_yours")
    assert (await world.call("DELETE", f"/seat-requests/{offer}", owner)).status_code == 204
    assert (await decide(world, colleague, owner, "accept")).json()["status"] == "accepted"
    assert (await roles(world, room_id, owner))[two.id] == "moderator"


async def test_a_block_that_came_between_refuses_the_seat(world: World) -> None:
    owner, moderator, guest = await crowd(world, 3)
    room_id = await world.room(owner, moderator, guest)
    await appoint(world, room_id, owner, moderator)
    invitation = (await ask(world, room_id, moderator, kind="invitation", user_id=guest.id)).json()
    await world.call("PUT", f"/users/{guest.id}/block", moderator)
    before = picture(world)
    answer = await decide(world, invitation["id"], guest, "accept")
    assert refusal(answer) == (403, "user.not_available")
    assert picture(world) == before
    assert (await decide(world, invitation["id"], guest, "decline")).status_code == 200


@pytest.mark.parametrize(("kind", "seconds"), [("invitation", 30), ("application", 600)])
async def test_a_request_is_over_in_time(
    world: World, database: Database, kind: str, seconds: int
) -> None:
    with clock.turned_to(later(1000)):
        await end_overdue(database)
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    maker, decider = (owner, guest) if kind == "invitation" else (guest, owner)
    target = {"user_id": guest.id} if kind == "invitation" else {}
    request = (await ask(world, room_id, maker, kind=kind, **target)).json()
    with clock.turned_to(later(seconds - 5)):
        assert await end_overdue(database) == 0
        assert [row["id"] for row in await queue(world, room_id, decider)] == [request["id"]]
    with clock.turned_to(later(seconds + 1)):
        before = picture(world)
        assert await queue(world, room_id, decider) == []
        assert (await join(world, room_id, decider)).json()["seat_requests"] == []
        over = await decide(world, request["id"], decider, "accept")
        assert refusal(over) == (409, "seat_request.over")
        assert over.json()["request_status"] == "expired"
        assert over.json()["expires_at"] == request["expires_at"]
        assert picture(world) == before
        again = await ask(world, room_id, maker, kind=kind, **target)
        assert again.status_code == 201
        assert await end_overdue(database) == 0
        stream = f"user:{guest.id}" if kind == "invitation" else f"room:{room_id}"
        [(_, old), (_, new)] = told(world, stream, 2)
        assert (old["request"]["id"], old["request"]["status"]) == (request["id"], "expired")
        assert (new["request"]["id"], new["request"]["status"]) == (again.json()["id"], "pending")
    with clock.turned_to(later(2 * seconds + 10)):
        assert await end_overdue(database) == 1
        assert await end_overdue(database) == 0
        assert told(world, stream)[0][1]["request"]["status"] == "expired"
    assert_exact(world)


async def test_leaving_closing_and_muting_end_what_waits(world: World) -> None:
    owner, one, two, three = await crowd(world, 4)
    room_id = await world.room(owner, one, two, three, seat_mode="apply")
    for person in (one, two, three):
        await ask(world, room_id, person)
    await world.call("POST", f"/rooms/{room_id}/leave", one)
    assert [row["user_id"] for row in await queue(world, room_id, owner)] == [two.id, three.id]
    await change(world, room_id, owner, two, is_muted=True)
    assert [row["user_id"] for row in await queue(world, room_id, owner)] == [three.id]
    await ask(world, room_id, owner, kind="invitation", user_id=two.id)
    await world.call("DELETE", f"/rooms/{room_id}", owner)
    left = world.sql("SELECT DISTINCT status FROM seat_requests WHERE room_id = %s", room_id)
    assert left == [("withdrawn",)]
    assert told(world, f"user:{two.id}")[0][1]["request"]["status"] == "withdrawn"
    assert_exact(world)


async def test_who_is_seated_otherwise_waits_no_more(world: World) -> None:
    owner, guest, other = await crowd(world, 3)
    room_id = await world.room(owner, guest, other, can_tourists_speak=True)
    for person in (guest, other):
        await ask(world, room_id, person)
    await take(world, room_id, owner, 3, user_id=guest.id)
    await take(world, room_id, other, 4)
    assert await queue(world, room_id, owner) == []
    ended = world.sql(
        "SELECT status, seat_number FROM seat_requests WHERE room_id = %s ORDER BY id", room_id
    )
    assert ended == [("accepted", 3), ("accepted", 4)]


async def test_who_asks_too_often_hears_when_he_may_again(world: World) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    for _ in range(rules.REQUESTS_PER_WINDOW):
        request = (await ask(world, room_id, guest)).json()
        await world.call("DELETE", f"/seat-requests/{request['id']}", guest)
    before = picture(world)
    answer = await ask(world, room_id, guest)
    assert refusal(answer) == (429, "seat_request.slow_down")
    assert 0 < int(answer.headers["retry-after"]) <= rules.REQUEST_WINDOW_SECONDS
    assert answer.json()["retry_after"] == int(answer.headers["retry-after"])
    assert picture(world) == before
    with clock.turned_to(later(rules.REQUEST_WINDOW_SECONDS + 1)):
        assert (await ask(world, room_id, guest)).status_code == 201


async def test_a_queue_has_an_end(world: World) -> None:
    owner, *guests = await crowd(world, rules.MAX_APPLICATIONS + 2)
    room_id = await world.room(owner, guests[-1])
    world.sql(
        "INSERT INTO room_participants (room_id, user_id) SELECT %s, unnest(%s::bigint[])",
        room_id,
        [guest.id for guest in guests[:-1]],
    )
    world.sql(
        "UPDATE rooms SET participant_count = participant_count + %s WHERE id = %s",
        len(guests) - 1,
        room_id,
    )
    world.sql(
        "INSERT INTO seat_requests (room_id, user_id, requested_by, kind, expires_at)"
        " SELECT %s, u, u, 'application', now() + interval '5 minutes'"
        " FROM unnest(%s::bigint[]) AS u",
        room_id,
        [guest.id for guest in guests[:-1]][: rules.MAX_APPLICATIONS],
    )
    before = picture(world)
    answer = await ask(world, room_id, guests[-1])
    assert refusal(answer) == (409, "seat_request.queue_full")
    assert answer.json()["limit"] == rules.MAX_APPLICATIONS
    assert picture(world) == before


async def test_what_was_decided_is_forgotten_after_a_day(world: World, database: Database) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    request = (await ask(world, room_id, guest)).json()
    await decide(world, request["id"], owner, "decline")
    assert await prune(database) == 0
    with clock.turned_to(later(25 * 3600)):
        assert await prune(database) >= 1
    assert world.sql("SELECT id FROM seat_requests WHERE id = %s", request["id"]) == []


async def test_two_who_sit_swap(world: World) -> None:
    owner, moderator, one, two, listener = await crowd(world, 5)
    room_id = await world.room(owner, moderator, one, two, listener, can_tourists_speak=True)
    await appoint(world, room_id, owner, moderator)
    await take(world, room_id, one, 1)
    await take(world, room_id, two, 2)
    await take(world, room_id, owner, 3)
    before = picture(world)
    for actor, number, body, expected in (
        (one, 2, {}, (403, "room.moderators_only")),
        (two, 1, {"user_id": two.id}, (403, "room.moderators_only")),
        (moderator, 1, {"user_id": listener.id}, (409, "seat.not_seated")),
        (moderator, 3, {"user_id": one.id}, (403, "room.not_above_them")),
        (moderator, 1, {}, (409, "seat.not_seated")),
    ):
        answer = await take(world, room_id, actor, number, swap=True, **body)
        assert refusal(answer) == expected
    assert picture(world) == before
    swapped = await take(world, room_id, moderator, 2, user_id=one.id, swap=True)
    assert swapped.status_code == 200, swapped.text
    assert (swapped.json()["seat_number"], swapped.json()["user"]["id"]) == (2, one.id)
    assert await sitting(world, room_id, owner) == {1: two.id, 2: one.id, 3: owner.id}
    await take(world, room_id, owner, 1, swap=True)
    assert await sitting(world, room_id, owner) == {1: owner.id, 2: one.id, 3: two.id}
    await take(world, room_id, owner, 5, user_id=one.id, swap=True)
    assert await sitting(world, room_id, owner) == {1: owner.id, 3: two.id, 5: one.id}
    assert_exact(world)
