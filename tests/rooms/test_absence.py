"""Who was not heard of for the timeout is out, and nobody else."""

from datetime import datetime, timedelta

from flylive import clock
from flylive.database import Database
from flylive.realtime import presence
from flylive.rooms.tasks import remove_absent
from tests.rooms.crowd import crowd
from tests.rooms.picture import assert_exact
from tests.world import World

TIMEOUT = 60
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00Z")


def later(seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


async def test_only_the_silent_go_and_their_seats_are_free(
    world: World, database: Database
) -> None:
    owner, beating, socket, silent, late = await crowd(world, 5)
    room_id = await world.room(owner, beating, socket, silent, can_tourists_speak=True)
    assert (await world.call("PUT", f"/rooms/{room_id}/seats/1", silent)).status_code == 200
    flusher = presence.Flusher(database, also=lambda: [socket.id])
    await flusher.flush()
    assert await remove_absent(database, TIMEOUT, LONG_AGO) == 0
    with clock.turned_to(later(50)):
        for person in (owner, beating):
            beat = await world.call("POST", f"/rooms/{room_id}/heartbeat", person)
            assert beat.status_code == 204
        await flusher.flush()
        assert (await world.call("POST", f"/rooms/{room_id}/join", late)).status_code == 200
    presence._seen.clear()
    with clock.turned_to(later(70)):
        assert await remove_absent(database, TIMEOUT, LONG_AGO) == 1
        events = await world.call("GET", f"/rooms/{room_id}/events?limit=100", owner)
        types = [(e["type"], e["data"].get("reason")) for e in events.json()["data"][-2:]]
        assert types == [("seat.updated", None), ("participant.left", "absent")]
        assert events.json()["data"][-1]["data"]["user_id"] == silent.id
        refused = await world.call("POST", f"/rooms/{room_id}/heartbeat", silent)
        assert (refused.status_code, refused.json()["code"]) == (403, "room.not_in_room")
        assert await remove_absent(database, TIMEOUT, LONG_AGO) == 0
    assert_exact(world)


async def test_after_a_restart_everybody_has_the_whole_time_again(
    world: World, database: Database
) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    await presence.Flusher(database).flush()
    with clock.turned_to(later(600)):
        started = clock.now()
        with clock.turned_to(later(59)):
            assert await remove_absent(database, TIMEOUT, started) == 0
            await world.call("POST", f"/rooms/{room_id}/heartbeat", owner)
            await presence.Flusher(database).flush()
        with clock.turned_to(later(61)):
            assert await remove_absent(database, TIMEOUT, started) >= 1
    left = world.sql(
        "SELECT user_id FROM room_participants WHERE room_id = %s AND is_active", room_id
    )
    assert left == [(owner.id,)]
    assert_exact(world)


async def test_of_whom_nothing_is_known_the_time_begins_then(
    world: World, database: Database
) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    presence._seen.clear()
    world.sql("DELETE FROM presence")
    with clock.turned_to(later(100)):
        assert await remove_absent(database, TIMEOUT, LONG_AGO) == 0
    with clock.turned_to(later(150)):
        assert await remove_absent(database, TIMEOUT, LONG_AGO) == 0
    with clock.turned_to(later(170)):
        assert await remove_absent(database, TIMEOUT, LONG_AGO) >= 2
    assert world.sql("SELECT participant_count FROM rooms WHERE id = %s", room_id) == [(0,)]
    assert_exact(world)
