"""Moderation and requests for seats, by racing: whoever comes first, all is exact afterwards."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import httpx
import pytest

from flylive import clock
from flylive.accounts import erasure
from flylive.accounts import queries as accounts
from flylive.database import Database, Transaction
from flylive.rooms import queries, removal
from flylive.rooms.requests.tasks import end_overdue
from tests.rooms.crowd import crowd as copies
from tests.rooms.hands import appoint, ask, change, decide, join, kick, sitting, take, told
from tests.rooms.picture import assert_exact
from tests.world import Person, World

ROUNDS = 5


@pytest.fixture(scope="module")
async def crowd(world: World) -> list[Person]:
    return await copies(world, 100)


def counted(answers: list[httpx.Response]) -> Counter[object]:
    return Counter(
        answer.status_code if answer.is_success else answer.json()["code"] for answer in answers
    )


def statuses(world: World, stream: str, request_id: int) -> list[str]:
    """What a stream told lately about a request."""
    about = [data["request"] for kind, data in told(world, stream, 20) if kind.startswith("seat.")
             and "request" in data]  # fmt: skip
    return [request["status"] for request in about if request["id"] == request_id]


async def test_of_a_hundred_joins_with_one_place_left_one_gets_it(
    world: World, crowd: list[Person]
) -> None:
    owner, guest, away = await copies(world, 3)
    room_id = await world.room(owner, guest, max_participants=4)
    await appoint(world, room_id, owner, away)
    answers = await asyncio.gather(*(join(world, room_id, person) for person in crowd))
    assert counted(answers) == {200: 1, "room.full": 99}
    assert (await join(world, room_id, away)).status_code == 200
    assert_exact(world)


async def test_kick_against_join(world: World, crowd: list[Person]) -> None:
    owner, guest = await copies(world, 2)
    room_id = await world.room(owner, *crowd[:3])
    for _ in range(ROUNDS):
        answers = await asyncio.gather(
            join(world, room_id, guest),
            kick(world, room_id, owner, guest),
            *(join(world, room_id, guest) for _ in range(4)),
        )
        assert answers[1].status_code == 204
        # Who was let in and put out before the answer was put together, hears that.
        assert set(counted([answers[0], *answers[2:]])) <= {
            200, "room.banned", "room.not_in_room",
        }  # fmt: skip
        inside = world.sql(
            "SELECT 1 FROM room_participants WHERE room_id = %s AND user_id = %s AND is_active",
            room_id,
            guest.id,
        )
        assert inside == []
        again = await join(world, room_id, guest)
        assert (again.status_code, again.json()["code"]) == (403, "room.banned")
        lifted = await world.call("DELETE", f"/rooms/{room_id}/bans/{guest.id}", owner)
        assert lifted.status_code == 204
    assert_exact(world)


async def test_two_moderators_at_once_on_the_same_person(world: World, crowd: list[Person]) -> None:
    owner, one, two = await copies(world, 3)
    room_id = await world.room(owner, one, two, *crowd[:8], can_tourists_speak=True)
    await appoint(world, room_id, owner, one, two)
    for guest in crowd[:8]:
        await take(world, room_id, guest, 1)
        answers = await asyncio.gather(
            kick(world, room_id, one, guest),
            change(world, room_id, two, guest, is_muted=True),
            take(world, room_id, two, 3, user_id=guest.id),
            kick(world, room_id, two, guest, "?ban_minutes=30"),
            world.call("DELETE", f"/rooms/{room_id}/seats/1", one),
        )
        assert set(counted(answers)) <= {
            200, 204, "room.user_not_in_room", "seat.occupied",
        }  # fmt: skip
        assert (answers[0].status_code, answers[3].status_code) == (204, 204)
        bans = world.sql(
            "SELECT banned_by FROM room_bans WHERE room_id = %s AND user_id = %s",
            room_id,
            guest.id,
        )
        assert len(bans) == 1
        left = [data for kind, data in told(world, f"room:{room_id}", 60)
                if kind == "participant.left" and data["user_id"] == guest.id]  # fmt: skip
        assert len(left) == 1
    assert await sitting(world, room_id, owner) == {}
    assert_exact(world)


async def test_moderators_at_each_other_and_being_dismissed(
    world: World, crowd: list[Person]
) -> None:
    owner, one, two = await copies(world, 3)
    room_id = await world.room(owner, one, two, *crowd[:4])
    for guest in crowd[:4]:
        await appoint(world, room_id, owner, one, two)
        answers = await asyncio.gather(
            kick(world, room_id, one, two),
            kick(world, room_id, two, one),
            kick(world, room_id, one, guest, "?ban_minutes=0"),
            world.call("DELETE", f"/rooms/{room_id}/moderators/{one.id}", owner),
            change(world, room_id, two, one, is_muted=True),
        )
        codes = counted(answers[:2])
        # Only who is dismissed already can be put out by the other, also before his own kick.
        assert set(codes) <= {
            204, "room.not_above_them", "room.moderators_only", "room.not_in_room",
        }  # fmt: skip
        assert answers[0].status_code != 204
        assert answers[3].status_code == 204
        await world.call("DELETE", f"/rooms/{room_id}/bans/{one.id}", owner)
        await join(world, room_id, one)
        await change(world, room_id, owner, one, is_muted=False)
    assert_exact(world)


async def test_of_ten_appointments_as_many_win_as_may(
    world: World, crowd: list[Person], database: Database
) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner)
    answers = await asyncio.gather(
        *(
            world.call("PUT", f"/rooms/{room_id}/moderators/{person.id}", owner)
            for person in crowd[:30]
        )
    )
    assert counted(answers) == {200: 20, "room.too_many_moderators": 10}
    assert world.sql("SELECT count(*) FROM room_moderators WHERE room_id = %s", room_id) == [(20,)]
    assert_exact(world)


async def test_appointing_the_absent_against_joins(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, max_participants=10)
    answers = await asyncio.gather(
        *(join(world, room_id, person) for person in crowd[:8]),
        *(
            world.call("PUT", f"/rooms/{room_id}/moderators/{person.id}", owner)
            for person in crowd[20:28]
        ),
        *(join(world, room_id, person) for person in crowd[8:16]),
    )
    assert counted(answers) == {200: 9, "room.full": 15}
    assert_exact(world)


async def test_one_application_accepted_by_two(world: World, crowd: list[Person]) -> None:
    owner, one, two = await copies(world, 3)
    room_id = await world.room(owner, one, two, *crowd[:ROUNDS], mic_seat_quantity=10)
    await appoint(world, room_id, owner, one, two)
    for guest in crowd[:ROUNDS]:
        request = (await ask(world, room_id, guest)).json()
        answers = await asyncio.gather(
            decide(world, request["id"], one, "accept"),
            decide(world, request["id"], two, "accept"),
            decide(world, request["id"], owner, "decline"),
            world.call("DELETE", f"/seat-requests/{request['id']}", guest),
        )
        won = [answer for answer in answers if answer.is_success]
        assert len(won) == 1, counted(list(answers))
        assert counted(list(answers))["seat_request.over"] == 3
        is_seated = guest.id in (await sitting(world, room_id, owner)).values()
        assert is_seated == (won[0] in answers[:2])
        assert len(statuses(world, f"room:{room_id}", request["id"])) == 2
    assert_exact(world)


async def test_the_last_seat_for_many_who_were_accepted(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, *crowd[:10], mic_seat_quantity=3)
    requests = [(await ask(world, room_id, guest)).json()["id"] for guest in crowd[:10]]
    answers = await asyncio.gather(
        *(decide(world, request_id, owner, "accept") for request_id in requests)
    )
    assert counted(answers) == {200: 3, "seat.none_free": 7}
    assert len(await sitting(world, room_id, owner)) == 3
    assert_exact(world)


async def test_an_invitation_accepted_while_it_expires(
    world: World, crowd: list[Person], database: Database
) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, *crowd[:ROUNDS], mic_seat_quantity=10)
    for guest in crowd[:ROUNDS]:
        body = {"kind": "invitation", "user_id": guest.id}
        invitation = (await ask(world, room_id, owner, **body)).json()
        expires = datetime.fromisoformat(invitation["expires_at"])
        # The moment itself passes while they race.
        with clock.turned_to(expires - timedelta(milliseconds=15)):
            accepted, *_ = await asyncio.gather(
                decide(world, invitation["id"], guest, "accept"),
                *(end_overdue(database) for _ in range(4)),
            )
        with clock.turned_to(expires + timedelta(seconds=1)):
            await end_overdue(database)
        assert set(counted([accepted])) <= {200, "seat_request.over"}
        is_seated = guest.id in (await sitting(world, room_id, owner)).values()
        assert is_seated == accepted.is_success
        [[status]] = world.sql("SELECT status FROM seat_requests WHERE id = %s", invitation["id"])
        assert status == ("accepted" if is_seated else "expired")
        assert statuses(world, f"user:{guest.id}", invitation["id"]) == ["pending", status]
    assert_exact(world)


async def test_ban_against_accept(world: World, crowd: list[Person]) -> None:
    owner, moderator = await copies(world, 2)
    room_id = await world.room(owner, moderator, *crowd[:ROUNDS], mic_seat_quantity=10)
    await appoint(world, room_id, owner, moderator)
    for guest in crowd[:ROUNDS]:
        mine = (await ask(world, room_id, guest)).json()["id"]
        body = {"kind": "invitation", "user_id": guest.id}
        theirs = (await ask(world, room_id, moderator, **body)).json()["id"]
        answers = await asyncio.gather(
            decide(world, mine, owner, "accept"),
            kick(world, room_id, moderator, guest),
            decide(world, theirs, guest, "accept"),
        )
        assert answers[1].status_code == 204
        assert set(counted([answers[0], answers[2]])) <= {
            200, "seat_request.over", "room.not_in_room",
        }  # fmt: skip
        assert guest.id not in (await sitting(world, room_id, owner)).values()
    assert_exact(world)


async def test_swaps_moves_and_takes_at_once(world: World, crowd: list[Person]) -> None:
    owner, moderator = await copies(world, 2)
    room_id = await world.room(
        owner, moderator, *crowd[:6], can_tourists_speak=True, mic_seat_quantity=4
    )
    await appoint(world, room_id, owner, moderator)
    for number in range(3):
        await take(world, room_id, crowd[number], number + 1)
    for turn in range(ROUNDS):
        answers = await asyncio.gather(
            take(world, room_id, owner, 1, user_id=crowd[1].id, swap=True),
            take(world, room_id, moderator, 2, user_id=crowd[0].id, swap=True),
            take(world, room_id, moderator, 3, user_id=crowd[0].id, swap=True),
            *(take(world, room_id, person, 4) for person in crowd[2:6]),
            world.call("PATCH", f"/rooms/{room_id}", owner,
                       json={"mic_seat_quantity": 3 + turn % 2}),
        )  # fmt: skip
        assert set(counted(list(answers))) <= {
            200, "seat.occupied", "seat.not_found", "seat.not_seated",
        }  # fmt: skip
    assert_exact(world)


async def test_the_owner_closes_while_everything_happens(world: World, crowd: list[Person]) -> None:
    owner, moderator = await copies(world, 2)
    room_id = await world.room(owner, moderator, *crowd[:10], can_tourists_speak=True)
    await appoint(world, room_id, owner, moderator)
    requests = [(await ask(world, room_id, guest)).json()["id"] for guest in crowd[5:8]]
    answers = await asyncio.gather(
        *(join(world, room_id, person) for person in crowd[10:20]),
        *(take(world, room_id, person, 1 + n) for n, person in enumerate(crowd[:5])),
        *(decide(world, request_id, moderator, "accept") for request_id in requests),
        kick(world, room_id, moderator, crowd[9]),
        world.call("DELETE", f"/rooms/{room_id}", owner),
        change(world, room_id, moderator, crowd[8], is_muted=True),
        world.call("PUT", f"/rooms/{room_id}/moderators/{crowd[8].id}", owner),
        *(join(world, room_id, person) for person in crowd[20:30]),
    )
    assert answers[19].status_code == 204
    assert set(counted(list(answers))) <= {
        200, 204, "room.not_found", "room.not_in_room", "seat_request.not_found", "seat.occupied",
        "seat.none_free",
        # Who is to be muted may have been appointed a moment before.
        "room.not_above_them",
    }  # fmt: skip
    left = world.sql(
        "SELECT count(*) FROM room_participants WHERE room_id = %s AND is_active", room_id
    )
    assert left == [(0,)]
    assert_exact(world)


async def test_a_name_that_only_the_index_knows_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = await copies(world, 6)
    room_id = await world.room(owners[0])

    async def unlocked(*anything: object) -> None:
        """What would keep two from looking at once."""

    async def free(*anything: object, but_by: int = 0) -> bool:
        return False

    monkeypatch.setattr(queries, "lock_name", unlocked)
    monkeypatch.setattr(queries, "is_name_taken", free)
    answers = await asyncio.gather(
        *(world.call("POST", "/rooms", owner, json={"name": "Only One"}) for owner in owners[1:])
    )
    assert counted(answers) == {201: 1, "room.name_taken": 4}
    renamed = await world.call("PATCH", f"/rooms/{room_id}", owners[0], json={"name": "only ONE"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "room.name_taken")


@pytest.mark.parametrize("act", ["appoint", "ban"])
async def test_against_an_account_that_is_deleted_at_that_moment(
    world: World, database: Database, act: str
) -> None:
    owner, gone = await world.people(2)
    room_id = await world.room(owner)
    locked, go = asyncio.Event(), asyncio.Event()

    async def delete(tx: Transaction) -> None:
        await accounts.lock_whole(tx, gone.id)
        await removal.leave_for_good(tx, gone.id, "left")
        await erasure.anonymise(tx, gone.id)
        locked.set()
        await go.wait()

    deleting = asyncio.create_task(database.run(delete))
    await locked.wait()
    path = f"/rooms/{room_id}/moderators/{gone.id}"
    if act == "ban":
        path = f"/rooms/{room_id}/participants/{gone.id}"
    acting = asyncio.create_task(world.call("PUT" if act == "appoint" else "DELETE", path, owner))
    await asyncio.sleep(0.4)
    go.set()
    await deleting
    answer = await acting
    assert (answer.status_code, answer.json()["code"]) == (404, "user.not_found")
    for table in ("room_moderators", "room_bans"):
        assert world.sql(f"SELECT 1 FROM {table} WHERE user_id = %s", gone.id) == []
