"""Notes on devices: who is notified of what, when not, and devices that are gone."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, time
from types import SimpleNamespace
from typing import Any, cast

import procrastinate
import pytest

from flylive import clock, jobs
from flylive.accounts.preferences.push import is_quiet
from flylive.config import Settings
from flylive.database import Database
from flylive.outbox import Outbox
from flylive.worker import LETTERS
from tests.messaging.test_conversations import events, read, write
from tests.outbox.firebase import PlayedFirebase
from tests.rooms.crowd import crowd
from tests.world import Person, World


@pytest.fixture(scope="module")
async def firebase() -> AsyncIterator[PlayedFirebase]:
    played = PlayedFirebase()
    await played.start()
    yield played
    await played.stop()


@pytest.fixture(autouse=True)
def forget(world: World, firebase: PlayedFirebase) -> None:
    world.sql("DELETE FROM procrastinate_jobs")
    firebase.shown.clear()


@pytest.fixture(scope="module")
async def queue(
    world: World, settings: Settings, database: Database, firebase: PlayedFirebase
) -> AsyncIterator[procrastinate.App]:
    update = {"fcm_service_account": firebase.service_account, "fcm_api_url": firebase.url}
    pushing = Settings.model_validate(settings.model_dump() | update)
    queue = jobs.create_queue(settings.serving_dsn)
    jobs.register(queue, LETTERS, Outbox(database, pushing))
    async with queue.open_async():
        yield queue


async def register(world: World, person: Person, token: str | None = None) -> str:
    token = token or uuid.uuid4().hex
    answer = await world.call(
        "PUT", "/me/push-tokens", person, json={"token": token, "platform": "android"}
    )
    assert answer.status_code == 204, answer.text
    return token


async def prefer(world: World, person: Person, **preferences: Any) -> None:
    answer = await world.call("PATCH", "/me/preferences", person, json=preferences)
    assert answer.status_code == 200, answer.text


async def test_a_private_message_is_shown_on_each_device(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    anna, bilal = await crowd(world, 2)
    devices = {await register(world, bilal) for _ in range(2)}
    await register(world, anna)
    await write(world, anna, bilal, "1", content="Salam")
    await jobs.run(queue, world.database, wait=False)
    assert {device for device, _, _ in firebase.notes()} == devices
    name = (await world.call("GET", f"/users/{anna.id}", bilal)).json()["name"]
    assert {note[1:] for note in firebase.notes()} == {(name, "Salam")}
    assert firebase.shown[0]["data"]["user_id"] == str(anna.id)
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []


async def test_what_is_read_deleted_unwanted_or_forgotten_is_not_shown(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    anna, bilal, clara = await crowd(world, 3)
    for person in (bilal, clara):
        await register(world, person)
    await write(world, anna, bilal, "1")
    await read(world, bilal, anna, 1)
    second = (await write(world, anna, bilal, "2")).json()
    await world.call("DELETE", f"/messages/{second['id']}", anna)
    await prefer(world, clara, push={"messages": False})
    await write(world, anna, clara, "3")
    await write(world, anna, bilal, "4")
    # Whoever logs out takes his device along.
    assert (await world.call("POST", "/auth/logout", bilal, json={})).status_code == 204
    await jobs.run(queue, world.database, wait=False)
    assert firebase.shown == []
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []


async def test_a_device_that_is_gone_is_forgotten(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    anna, bilal = await crowd(world, 2)
    alive = await register(world, bilal)
    firebase.dead.add(await register(world, bilal))
    await register(world, bilal, "malformed")
    await write(world, anna, bilal, "1")
    await jobs.run(queue, world.database, wait=False)
    assert [device for device, _, _ in firebase.notes()] == [alive]
    assert world.sql("SELECT token FROM push_tokens WHERE user_id = %s", bilal.id) == [(alive,)]
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []


@pytest.mark.parametrize(
    "refusal", [(429, "QUOTA_EXCEEDED"), (503, "UNAVAILABLE"), (500, "INTERNAL"), None]
)
async def test_what_is_refused_for_now_is_shown_later_and_once(
    world: World,
    queue: procrastinate.App,
    firebase: PlayedFirebase,
    refusal: tuple[int, str] | None,
) -> None:
    anna, bilal = await crowd(world, 2)
    devices = {await register(world, bilal) for _ in range(2)}
    await write(world, anna, bilal, "1")
    firebase.is_away = refusal is None
    firebase.refusals = [] if refusal is None else [refusal]
    await jobs.run(queue, world.database, wait=False)
    assert len(firebase.shown) == (0 if refusal is None else 1)
    firebase.is_away = False
    world.sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
    await jobs.run(queue, world.database, wait=False)
    assert sorted(device for device, _, _ in firebase.notes()) == sorted(devices)
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []


async def test_what_is_refused_for_good_is_a_failed_job(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    anna, bilal = await crowd(world, 2)
    device = await register(world, bilal)
    await write(world, anna, bilal, "1", content="private words")
    firebase.refusals = [(403, "PERMISSION_DENIED")]
    await jobs.run(queue, world.database, wait=False)
    [(said,)] = world.sql("SELECT exception FROM failed_jobs")
    assert "PERMISSION_DENIED" in said
    assert not any(secret in said for secret in (device, "private words", "ya29"))


@pytest.mark.parametrize(
    ("start", "end", "quiet", "loud"),
    [
        (time(22), time(7), ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        (time(13), time(14, 30), ["13:00", "14:29"], ["12:59", "14:30", "00:00"]),
    ],
)
def test_quiet_hours_are_local(start: time, end: time, quiet: list[str], loud: list[str]) -> None:
    wish = cast(Any, SimpleNamespace)(quiet_timezone="Asia/Karachi", quiet_from=start, quiet_to=end)
    for local in quiet + loud:
        moment = datetime.fromisoformat(f"2026-11-23T{local}:00+05:00")
        assert is_quiet(wish, moment) == (local in quiet)


async def test_nobody_is_woken(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    anna, bilal = await crowd(world, 2)
    await register(world, bilal)
    await prefer(
        world, bilal, quiet_hours={"from": "00:00", "to": "23:59", "timezone": "Asia/Dubai"}
    )
    await write(world, anna, bilal, "1")
    with clock.turned_to(clock.now().replace(hour=8, minute=0)):
        await jobs.run(queue, world.database, wait=False)
    assert firebase.shown == []


async def run_all(world: World, queue: procrastinate.App) -> None:
    """Until nothing waits: jobs put others off."""
    while world.sql("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'"):
        await jobs.run(queue, world.database, wait=False)


async def test_followers_and_friends_hear_of_a_room_that_opens_once(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    owner, follower, friend, both, apart, inside, stranger = await crowd(world, 7)
    room = await world.room(inside)
    await world.call("POST", f"/rooms/{room}/leave", inside, json={})
    opened = await world.call("POST", "/rooms", owner, json={"name": f"Tea {uuid.uuid4().hex[:8]}"})
    room = opened.json()["id"]
    for person in (follower, both, apart, inside):
        await world.call("PUT", f"/rooms/{room}/follow", person)
    for person in (friend, both):
        await world.call("PUT", f"/users/{owner.id}/follow", person)
        await world.call("PUT", f"/users/{person.id}/follow", owner)
    devices = {
        person.id: await register(world, person)
        for person in (follower, friend, both, apart, inside, stranger)
    }
    await world.call("PUT", f"/users/{owner.id}/block", apart)
    await world.call("POST", f"/rooms/{room}/join", inside, json={})
    world.sql("DELETE FROM procrastinate_jobs")

    async def come_in() -> None:
        assert (await world.call("POST", f"/rooms/{room}/join", owner, json={})).is_success

    await asyncio.gather(*(come_in() for _ in range(5)))
    await run_all(world, queue)
    heard = {}
    for person in (owner, follower, friend, both, apart, inside, stranger):
        told = await notices(world, person)
        assert len(told) <= 1
        if told:
            heard[person.id] = told[0]["because"]
            assert (told[0]["room_id"], told[0]["owner"]["id"]) == (room, owner.id)
    assert heard == {follower.id: "followed", both.id: "followed", friend.id: "friend"}
    assert {device for device, _, _ in firebase.notes()} == {
        devices[person.id] for person in (follower, friend, both)
    }
    assert len(firebase.shown) == 3
    # Out and in again within the hour is no opening.
    await world.call("POST", f"/rooms/{room}/leave", owner, json={})
    await come_in()
    assert world.sql("SELECT 1 FROM procrastinate_jobs") == []


async def followed_room(world: World, owner: Person, follower: Person, friend: Person) -> int:
    """A room of `owner` that `follower` follows and the owner's friend does not."""
    opened = await world.call("POST", "/rooms", owner, json={"name": f"Tea {uuid.uuid4().hex[:8]}"})
    room: int = opened.json()["id"]
    await world.call("PUT", f"/rooms/{room}/follow", follower)
    await world.call("PUT", f"/users/{owner.id}/follow", friend)
    await world.call("PUT", f"/users/{friend.id}/follow", owner)
    return room


async def test_who_follows_rooms_or_friends_says_so(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    owner, follower, friend = await crowd(world, 3)
    room = await followed_room(world, owner, follower, friend)
    await register(world, follower)
    device = await register(world, friend)
    await prefer(world, follower, push={"followed_rooms": False})
    await prefer(world, friend, push={"followed_rooms": False, "messages": False})
    await world.call("POST", f"/rooms/{room}/join", owner, json={})
    await run_all(world, queue)
    assert [shown for shown, _, _ in firebase.notes()] == [device]
    # In the app they see it all the same.
    assert len(await notices(world, follower)) == 1


async def notices(world: World, person: Person) -> list[dict[str, Any]]:
    return [
        event["data"]
        for event in await events(world, person, prefix="notice")
        if event["data"]["kind"] == "room_opened"
    ]


async def test_a_large_following_is_told_in_batches_each_once(
    world: World,
    queue: procrastinate.App,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flylive.rooms.opening.BATCH", 3)
    owner, *followers = await crowd(world, 11)
    opened = await world.call("POST", "/rooms", owner, json={"name": f"Tea {uuid.uuid4().hex[:8]}"})
    room = opened.json()["id"]
    for person in followers:
        await world.call("PUT", f"/rooms/{room}/follow", person)
    await world.call("POST", f"/rooms/{room}/join", owner, json={})
    await run_all(world, queue)
    for person in followers:
        assert len(await notices(world, person)) == 1


async def test_a_batch_that_a_killed_worker_had_told_is_not_told_again(
    world: World, queue: procrastinate.App, firebase: PlayedFirebase
) -> None:
    """Killed behind its commit, before the queue heard of it: the job is begun once more."""
    owner, follower, friend = await crowd(world, 3)
    room = await followed_room(world, owner, follower, friend)
    for person in (follower, friend):
        await register(world, person)
    world.sql("DELETE FROM procrastinate_jobs")
    await world.call("POST", f"/rooms/{room}/join", owner, json={})
    world.sql(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
        " SELECT queue_name, task_name, args FROM procrastinate_jobs"
    )
    await run_all(world, queue)
    assert [len(await notices(world, person)) for person in (follower, friend)] == [1, 1]
    assert len(firebase.shown) == 2
