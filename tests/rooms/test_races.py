"""Races, by racing: the counts are exact afterwards, and nobody sees an error of the database."""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.rooms.crowd import crowd as copies
from tests.rooms.picture import assert_exact
from tests.world import Person, World


@pytest.fixture(scope="module")
async def crowd(world: World) -> list[Person]:
    return await copies(world, 100)


async def join(world: World, room_id: int, person: Person) -> httpx.Response:
    return await world.call("POST", f"/rooms/{room_id}/join", person)


def counted(answers: list[httpx.Response]) -> Counter[object]:
    return Counter(
        answer.status_code if answer.is_success else answer.json()["code"] for answer in answers
    )


async def test_of_a_hundred_takes_at_once_one_wins(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, can_tourists_speak=True)
    joined = await asyncio.gather(*(join(world, room_id, person) for person in crowd))
    assert counted(joined) == {200: 100}
    takes = await asyncio.gather(
        *(world.call("PUT", f"/rooms/{room_id}/seats/1", person) for person in crowd)
    )
    assert counted(takes) == {200: 1, "seat.occupied": 99}
    winner = next(answer.json()["user"]["id"] for answer in takes if answer.status_code == 200)
    assert {a.json()["occupant"]["id"] for a in takes if a.status_code == 409} == {winner}
    assert_exact(world)


async def test_of_fifty_joins_with_one_place_left_one_gets_it(
    world: World, crowd: list[Person]
) -> None:
    owner, guest = await copies(world, 2)
    room_id = await world.room(owner, guest, max_participants=3)
    answers = await asyncio.gather(*(join(world, room_id, person) for person in crowd[:50]))
    assert counted(answers) == {200: 1, "room.full": 49}
    assert_exact(world)


async def test_the_same_user_joins_two_rooms_at_once(world: World, crowd: list[Person]) -> None:
    owners = await copies(world, 2)
    rooms = [await world.room(owner) for owner in owners]
    for person in crowd[:5]:
        answers = await asyncio.gather(
            *(join(world, rooms[number % 2], person) for number in range(6))
        )
        # Moved on before the answer was put together: not in the room any more, and told so.
        assert set(counted(answers)) <= {200, "room.not_in_room"}
        [[active]] = world.sql(
            "SELECT count(*) FROM room_participants WHERE user_id = %s AND is_active", person.id
        )
        assert active == 1
    assert_exact(world)


async def test_two_rooms_swap_their_people_at_once(world: World, crowd: list[Person]) -> None:
    owners = await copies(world, 2)
    rooms = [await world.room(owner) for owner in owners]
    halves = crowd[:20], crowd[20:40]
    for _ in range(2):
        answers = await asyncio.gather(
            *(join(world, rooms[0], person) for person in halves[0]),
            *(join(world, rooms[1], person) for person in halves[1]),
        )
        assert counted(answers) == {200: 40}
        halves = halves[1], halves[0]
    assert_exact(world)


async def test_the_owner_closes_while_people_join(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner)
    joins = [join(world, room_id, person) for person in crowd[:40]]
    answers = await asyncio.gather(
        *joins[:20], world.call("DELETE", f"/rooms/{room_id}", owner), *joins[20:]
    )
    assert answers[20].status_code == 204
    assert set(counted([*answers[:20], *answers[21:]])) <= {200, "room.not_found"}
    assert world.sql(
        "SELECT count(*) FROM room_participants WHERE room_id = %s AND is_active", room_id
    ) == [(0,)]
    assert_exact(world)


async def test_lock_against_take(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, *crowd[:10], can_tourists_speak=True)
    for _ in range(5):
        answers = await asyncio.gather(
            *(world.call("PUT", f"/rooms/{room_id}/seats/1", person) for person in crowd[:5]),
            world.call("PATCH", f"/rooms/{room_id}/seats/1", owner, json={"is_locked": True}),
            *(world.call("PUT", f"/rooms/{room_id}/seats/1", person) for person in crowd[5:10]),
        )
        assert set(counted(answers)) <= {200, "seat.occupied", "seat.locked"}
        seats = (await world.call("GET", f"/rooms/{room_id}/seats", owner)).json()["data"]
        assert seats[0]["user"] is None
        assert seats[0]["is_locked"]
        await world.call("PATCH", f"/rooms/{room_id}/seats/1", owner, json={"is_locked": False})
    assert_exact(world)


async def test_capacity_against_joins(world: World, crowd: list[Person]) -> None:
    [owner] = await copies(world, 1)
    room_id = await world.room(owner, max_participants=20)
    answers = await asyncio.gather(
        *(join(world, room_id, person) for person in crowd[:10]),
        world.call("PATCH", f"/rooms/{room_id}", owner, json={"max_participants": 5}),
        *(join(world, room_id, person) for person in crowd[10:30]),
    )
    assert set(counted(answers)) <= {200, "room.full", "room.capacity_too_small"}
    [[count, most]] = world.sql(
        "SELECT participant_count, max_participants FROM rooms WHERE id = %s", room_id
    )
    assert count == most
    assert_exact(world)
