"""Who changes his profile is seen changed at once in the room: old state + events = fresh state."""

import asyncio
import random
from typing import Any

from tests.rooms.fold import fold, state_of
from tests.rooms.test_snapshot import events_behind
from tests.uploads import files
from tests.uploads.hands import change_avatar
from tests.world import Person, World


async def join(world: World, person: Person, room_id: int) -> dict[str, Any]:
    answer = await world.call("POST", f"/rooms/{room_id}/join", person, json={})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def told(world: World, person: Person, room_id: int, before: dict[str, Any]) -> list[str]:
    """The events behind that state, which lead to the state that a fresh join shows."""
    events = await events_behind(world, room_id, person, before["stream"]["seq"])
    assert fold(state_of(before), events) == state_of(await join(world, person, room_id))
    return [event["type"] for event in events]


async def edit(world: World, person: Person, **fields: Any) -> None:
    answer = await world.call("PATCH", "/me", person, json=fields)
    assert answer.status_code == 200, answer.text


async def test_a_listener_a_speaker_and_the_owner_change(world: World) -> None:
    owner, speaker, listener, watcher = await world.people(4)
    room = await world.room(owner, speaker, listener, watcher, can_tourists_speak=True)
    assert (await world.call("PUT", f"/rooms/{room}/seats/2", speaker)).status_code == 200
    for person in (owner, speaker, listener):
        sent = await world.call(
            "POST", f"/rooms/{room}/messages", person, json={"content": "hi", "client_id": "1"}
        )
        assert sent.status_code == 201, sent.text
    for person, kinds in (
        (listener, ["participant.updated"]),
        (speaker, ["participant.updated", "seat.updated"]),
        (owner, ["participant.updated", "room.updated"]),
    ):
        before = await join(world, watcher, room)
        await edit(world, person, name=f"Renamed {person.id}", country="PK")
        assert await told(world, watcher, room, before) == kinds
        before = await join(world, watcher, room)
        await change_avatar(world, person, files.png(32, 32))
        assert await told(world, watcher, room, before) == kinds


async def test_what_no_card_shows_is_not_told(world: World) -> None:
    owner, person = await world.people(2)
    room = await world.room(owner, person)
    before = await join(world, owner, room)
    await edit(world, person, dob="1980-01-01")
    await edit(world, person, name=person.user["name"])
    await edit(world, person)
    assert await told(world, owner, room, before) == []


async def test_an_owner_who_is_elsewhere_is_told_in_both_rooms(world: World) -> None:
    owner, guest, host = await world.people(3)
    own = await world.room(owner, guest)
    other = await world.room(host)
    elsewhere = await join(world, host, other)
    await join(world, owner, other)
    before, there = await join(world, guest, own), await join(world, host, other)
    assert elsewhere["stream"]["seq"] < there["stream"]["seq"]
    await edit(world, owner, name="Owner elsewhere")
    assert await told(world, guest, own, before) == ["room.updated"]
    assert await told(world, host, other, there) == ["participant.updated"]


async def test_who_is_in_no_room_tells_none(world: World) -> None:
    person = await world.register()
    [(before,)] = world.sql("SELECT count(*) FROM stream_events")
    await edit(world, person, name="Alone")
    await change_avatar(world, person, files.png(32, 32))
    assert world.sql("SELECT count(*) FROM stream_events") == [(before,)]


async def test_a_refused_edit_tells_nothing(world: World) -> None:
    owner, person = await world.people(2)
    room = await world.room(owner, person)
    before = await join(world, owner, room)
    answer = await world.call("PATCH", "/me", person, json={"name": "", "country": "PK"})
    assert answer.status_code == 422
    answer = await world.call("PUT", "/me/avatar", person, files={"file": ("a", files.SVG)})
    assert answer.status_code == 415
    assert await told(world, owner, room, before) == []


async def test_edits_among_everything_else_at_once(world: World) -> None:
    """Edits, seats, leaving and coming back, racing: what a watcher folds is what is there."""
    chance = random.Random(20_261_123)
    owner, watcher, *guests = await world.people(5)
    room = await world.room(owner, watcher, *guests, can_tourists_speak=True)
    for _ in range(6):
        before = await join(world, watcher, room)
        answers = await asyncio.gather(
            *(
                chance.choice(
                    [
                        lambda p: world.call(
                            "PATCH", "/me", p, json={"name": f"N {chance.random()}"}
                        ),
                        lambda p: world.call(
                            "PUT", f"/rooms/{room}/seats/{chance.randint(1, 5)}", p, json={}
                        ),
                        lambda p: world.call("POST", f"/rooms/{room}/leave", p),
                        lambda p: world.call("POST", f"/rooms/{room}/join", p, json={}),
                        lambda p: world.call(
                            "PUT", "/me/avatar", p, files={"file": ("a", files.png(9, 9))}
                        ),
                    ]
                )(chance.choice([owner, *guests]))
                for _ in range(10)
            )
        )
        assert all(answer.status_code < 500 for answer in answers)
        await told(world, watcher, room, before)
