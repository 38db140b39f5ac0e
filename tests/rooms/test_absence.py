"""Who was not heard of for the timeout is out, and nobody else."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import Connection, event

from flylive import clock
from flylive.database import Database
from flylive.errors import Unavailable
from flylive.realtime import presence
from flylive.rooms.tasks import Watch
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal, sitting, take
from tests.rooms.picture import assert_exact
from tests.standing import standing_at
from tests.world import Person, World

TIMEOUT, STEP = 60, 10


class Night:
    """Time that passes in steps: beats are written and the worker looks, unless they cannot."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.sockets: set[int] = set()
        self.beating: list[Person] = []
        self.asking: list[tuple[Person, str]] = []
        self.room_id = 0
        self.flusher = presence.Flusher(database, also=lambda: self.sockets)
        self.began = clock.now()
        self.passed = 0
        self.watch = Watch(database, TIMEOUT)

    async def go(self, seconds: int, *, is_looked: bool = True) -> int:
        """Let so many seconds pass; how many were taken out."""
        out, end = 0, self.passed + seconds
        while self.passed < end:
            self.passed += STEP
            with standing_at(self.began + timedelta(seconds=self.passed)):
                for person in self.beating:
                    beat = f"/rooms/{self.room_id}/heartbeat"
                    answer = await self.world.call("POST", beat, person)
                    assert answer.status_code == 204
                for person, path in self.asking:
                    assert (await self.world.call("GET", path, person)).status_code == 200
                await self.flusher.flush()
                if is_looked:
                    out += await self.watch.look()
        return out


@pytest.fixture
async def night(world: World, database: Database) -> Night:
    """The start of a night, with nobody in any room."""
    world.sql(
        "UPDATE room_participants SET is_active = false, left_at = now(), seat_number = NULL,"
        " seat_taken_at = NULL WHERE is_active"
    )
    world.sql("UPDATE rooms SET participant_count = 0")
    presence._seen.clear()
    return Night(world, database)


def inside(world: World, room_id: int) -> set[int]:
    rows = world.sql(
        "SELECT user_id FROM room_participants WHERE room_id = %s AND is_active", room_id
    )
    return {user_id for (user_id,) in rows}


async def test_only_the_silent_go_and_their_seats_are_free(world: World, night: Night) -> None:
    owner, beating, socket, silent = await crowd(world, 4)
    night.room_id = await world.room(owner, beating, socket, silent, can_tourists_speak=True)
    assert (await take(world, night.room_id, silent, 1)).status_code == 200
    night.beating, night.sockets = [owner, beating], {socket.id}
    assert await night.go(60) == 0
    assert len(inside(world, night.room_id)) == 4
    assert await night.go(20) == 1
    assert inside(world, night.room_id) == {owner.id, beating.id, socket.id}
    assert await sitting(world, night.room_id, owner) == {}
    path = f"/rooms/{night.room_id}"
    events = (await world.call("GET", f"{path}/events?limit=100", owner)).json()["data"]
    types = [(e["type"], e["data"].get("reason")) for e in events[-2:]]
    assert types == [("seat.updated", None), ("participant.left", "absent")]
    assert events[-1]["data"]["user_id"] == silent.id
    refused = await world.call("POST", f"{path}/heartbeat", silent)
    assert refusal(refused) == (403, "room.not_in_room")
    assert await night.go(100) == 0
    assert_exact(world)


async def test_whatever_one_asks_about_one_s_room_is_a_beat_and_about_another_none(
    world: World, night: Night
) -> None:
    owner, *guests, stranger = await crowd(world, 6)
    night.room_id = await world.room(owner, *guests)
    path, other = f"/rooms/{night.room_id}", f"/rooms/{await world.room(stranger)}"
    night.beating = [owner]
    about = [f"{path}/levels", f"{path}/badges", f"{path}/gifts"]
    night.asking = list(zip(guests, [*about, other], strict=True))
    night.asking += [(guests[-1], f"{other}/levels"), (guests[0], other), (stranger, other)]
    assert await night.go(120) == 1
    assert inside(world, night.room_id) == {owner.id, *(guest.id for guest in guests[:-1])}
    assert_exact(world)


async def test_after_a_restart_of_the_worker_everybody_has_the_whole_time_again(
    world: World, night: Night
) -> None:
    owner, guest = await crowd(world, 2)
    night.room_id = await world.room(owner, guest)
    night.beating = [owner]
    assert await night.go(300, is_looked=False) == 0
    with clock.turned_to(night.began + timedelta(seconds=night.passed)):
        night.watch = Watch(night.watch.database, TIMEOUT)
    assert await night.go(60) == 0
    assert await night.go(20) == 1
    assert inside(world, night.room_id) == {owner.id}
    assert_exact(world)


async def test_an_outage_of_the_beats_empties_no_room(
    world: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, guest, gone = await crowd(world, 3)
    night.room_id = await world.room(owner, guest, gone)
    night.sockets = {owner.id, guest.id, gone.id}
    assert await night.go(100) == 0

    async def unwritten(*anything: Any) -> None:
        """The app's own flusher cannot write either."""

    with monkeypatch.context() as patched:
        patched.setattr(presence, "mark", unwritten)
        patched.setattr(presence, "tell_flush", unwritten)
        assert await night.go(600) == 0
    assert len(inside(world, night.room_id)) == 3
    night.sockets = {owner.id, guest.id}
    assert await night.go(60) == 0
    assert await night.go(30) == 1
    assert inside(world, night.room_id) == {owner.id, guest.id}
    assert_exact(world)


async def test_an_outage_of_the_database_empties_no_room(
    world: World, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, guest = await crowd(world, 2)
    night.room_id = await world.room(owner, guest)
    night.sockets = {owner.id}
    assert await night.go(50) == 0

    async def away(database: Database, work: Any) -> Any:
        raise Unavailable("The database is away")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "read", away)
        patched.setattr(Database, "run", away)
        for _ in range(6):
            with pytest.raises(Unavailable):
                await night.go(STEP)
    # One process writes again before the worker looks, the others do not yet.
    assert await night.go(60) == 0
    assert len(inside(world, night.room_id)) == 2
    assert await night.go(20) == 1
    assert inside(world, night.room_id) == {owner.id}


async def test_of_whom_nothing_is_known_the_time_begins_then(world: World, night: Night) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    presence._seen.clear()
    world.sql("DELETE FROM presence")
    assert await night.go(120) == 0
    assert await night.go(30) == 2
    assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room_id) == [(0,)]
    assert_exact(world)


async def test_a_beat_writes_nothing(world: World, app: Litestar, night: Night) -> None:
    people = await crowd(world, 3)
    room_id = await world.room(people[0], *people[1:])
    await night.flusher.flush()
    row_versions = "SELECT user_id, xmin::text, ctid::text FROM presence"
    before = set(world.sql(row_versions))
    statements: list[str] = []
    mine = asyncio.current_task()

    def note(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        # What runs beside requests, such as the app's own flushing, is no cost of a beat.
        if asyncio.current_task() is mine:
            statements.append(statement.split()[0].upper())

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for _ in range(20):
        for person in people:
            answer = await world.call("POST", f"/rooms/{room_id}/heartbeat", person)
            assert answer.status_code == 204
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) >= 60
    assert set(statements) == {"SELECT"}
    await night.flusher.flush()
    # Sixty beats: three rows in one transaction, or in two where the app's came between.
    written = set(world.sql(row_versions)) - before
    assert {user_id for user_id, _, _ in written} == {person.id for person in people}
    assert len({transaction for _, transaction, _ in written}) <= 2
