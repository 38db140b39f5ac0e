"""Old state + events = fresh state, whatever happens in a room."""

import asyncio
import random
from typing import Any

import pytest

from tests.rooms.crowd import crowd
from tests.rooms.fold import fold, state_of
from tests.rooms.picture import assert_exact
from tests.world import Person, World

ACTIONS = 60


async def events_behind(
    world: World, room_id: int, person: Person, after: int
) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        answer = await world.call("GET", f"/rooms/{room_id}/events?limit=100&after={after}", person)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        if not page["data"]:
            assert [e["seq"] for e in events] == sorted({e["seq"] for e in events})
            return events
        events += page["data"]
        after = page["next_after"]


async def act(
    world: World, chance: random.Random, room_id: int, owner: Person, guests: list[Person]
) -> None:
    """One thing that somebody may try; refusals are as welcome as successes."""
    person = chance.choice([owner, *guests])
    guest = chance.choice(guests)
    path, seat = f"/rooms/{room_id}", chance.randint(1, 6)
    number = chance.randrange(2**32)
    settings: dict[str, Any] = chance.choice(
        [
            {"mic_seat_quantity": chance.randint(1, 8)},
            {"name": f"Name {number}"},
            {"greetings": f"Hello {number}"},
            {"can_tourists_speak": chance.random() < 0.8},
            {"seat_mode": chance.choice(["free", "free", "apply"])},
            {"max_participants": chance.randint(3, 9)},
        ]
    )
    newest = world.sql("SELECT max(id) FROM messages WHERE room_id = %s", room_id)[0][0] or 0
    method, url, actor, body = chance.choice(
        [
            ("POST", f"{path}/join", guest, {}),
            ("POST", f"{path}/join", guest, {}),
            ("POST", f"{path}/leave", guest, None),
            ("PUT", f"{path}/seats/{seat}", person, {}),
            ("PUT", f"{path}/seats/{seat}", person, {}),
            ("PUT", f"{path}/seats/{seat}", owner, {"user_id": guest.id}),
            ("DELETE", f"{path}/seats/{seat}", person, None),
            ("PATCH", f"{path}/seats/{seat}", owner, {"is_locked": chance.random() < 0.5}),
            ("PATCH", f"{path}/seats/{seat}", owner, {"is_muted": chance.random() < 0.5}),
            ("PATCH", path, owner, settings),
            ("PUT", f"{path}/follow", guest, None),
            ("POST", f"{path}/messages", person, {"content": "hi", "client_id": f"c{number}"}),
            ("DELETE", f"/messages/{max(1, newest - chance.randint(0, 3))}", person, None),
        ]
    )
    options = {} if body is None else {"json": body}
    answer = await world.call(method, url, actor, **options)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("seed", range(6))
async def test_a_join_folded_with_what_follows_is_a_fresh_join(world: World, seed: int) -> None:
    chance = random.Random(seed)
    owner, *guests = await crowd(world, 6)
    room_id = await world.room(owner, can_tourists_speak=True)
    first = (await world.call("POST", f"/rooms/{room_id}/join", owner)).json()
    state, seq = state_of(first), first["stream"]["seq"]
    for number in range(ACTIONS):
        await act(world, chance, room_id, owner, guests)
        if number % 10 == 9:
            events = await events_behind(world, room_id, owner, seq)
            fresh = (await world.call("POST", f"/rooms/{room_id}/join", owner)).json()
            assert fresh["stream"]["epoch"] == first["stream"]["epoch"]
            seq += len(events)
            assert fresh["stream"]["seq"] == seq
            assert fold(state, events) == state_of(fresh)
    assert_exact(world)


@pytest.mark.parametrize("seed", range(3))
async def test_every_join_in_the_middle_of_it_fits_its_position(world: World, seed: int) -> None:
    chance = random.Random(1000 + seed)
    owner, *guests = await crowd(world, 6)
    room_id = await world.room(owner, can_tourists_speak=True)
    joins: list[dict[str, Any]] = []

    async def trouble() -> None:
        for _ in range(15):
            await act(world, chance, room_id, owner, guests)

    async def watch() -> None:
        for _ in range(12):
            answer = await world.call("POST", f"/rooms/{room_id}/join", owner)
            assert answer.status_code == 200, answer.text
            joins.append(answer.json())

    await asyncio.gather(watch(), *(trouble() for _ in range(5)))
    events = await events_behind(world, room_id, owner, 0)
    fresh = state_of((await world.call("POST", f"/rooms/{room_id}/join", owner)).json())
    assert len({join["stream"]["seq"] for join in joins}) > 1
    for join in joins:
        behind = [event for event in events if event["seq"] > join["stream"]["seq"]]
        assert fold(state_of(join), behind) == fresh
    assert_exact(world)
