"""Announcements: whom they reach, once; when they run; what is refused."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from flylive.accounts.staff import Role
from flylive.announcements import telling
from flylive.clock import now, render
from flylive.database import Database
from tests.conftest import Addresses
from tests.console.hands import WHY, admin, audited, document, refusal, staffed
from tests.rooms.crowd import crowd
from tests.world import Person, World

WORDS = {"title": "New gifts", "content": "They are here", "audience": "everybody", **WHY}


@pytest.fixture(scope="module")
async def guard(world: World) -> Person:
    """A moderator of the staff, who may write them."""
    return await staffed(world, Role.MODERATOR)


@pytest.fixture(autouse=True)
def quiet(world: World) -> None:
    """Nothing runs and nobody is online from the test before."""
    world.sql("UPDATE announcements SET ends_at = starts_at + interval '1 ms', told_at = now()"
              " WHERE told_at IS NULL OR ends_at IS NULL")  # fmt: skip
    world.sql("DELETE FROM presence")
    world.sql("DELETE FROM procrastinate_jobs")


async def write(world: World, guard: Person, **fields: Any) -> dict[str, Any]:
    answer = await admin(world, guard, "POST", "/announcements", **(WORDS | fields))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def tell(database: Database) -> None:
    while await telling.tell(database, online_seconds=60):
        pass


def online(world: World, *people: Person) -> None:
    for person in people:
        world.sql("INSERT INTO presence (user_id) VALUES (%s)", person.id)


def heard(world: World, announcement_id: int) -> Counter[int]:
    """How often each user heard of it."""
    rows = world.sql(
        "SELECT s.name, e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE e.type = 'notice' AND e.data ->> 'kind' = 'announcement'"
    )
    return Counter(
        int(name.removeprefix("user:")) for name, data in rows if data["id"] == announcement_id
    )


async def current(world: World, person: Person) -> list[int]:
    answer = await world.call("GET", "/announcements", person)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def test_everybody_online_hears_once_and_others_find_it(
    world: World, database: Database, guard: Person
) -> None:
    here, there, away, blocked = await crowd(world, 4)
    online(world, here, there, blocked)
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", blocked.id)
    made = await write(world, guard)
    assert (made["status"], made["told_count"]) == ("running", 0)
    await tell(database)
    await tell(database)
    assert heard(world, made["id"]) == {here.id: 1, there.id: 1}
    for person in (here, away):
        assert await current(world, person) == [made["id"]]
    [event] = world.sql(
        "SELECT e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND e.type = 'notice'",
        f"user:{here.id}",
    )[0]
    assert (event["title"], event["content"]) == ("New gifts", "They are here")
    shown = await document(world, guard, f"/announcements/{made['id']}")
    assert (shown["told_count"], shown["devices_count"]) == (2, 0)
    assert shown["told_at"] is not None
    [(action, kind, subject, reason, before, after)] = audited(world, guard)[-1:]
    assert (action, kind, subject, reason, before) == (
        "announcement.write", "announcement", made["id"], "because", {},
    )  # fmt: skip
    assert after["title"] == "New gifts"


async def test_each_audience_is_its_own(world: World, database: Database, guard: Person) -> None:
    plain, pakistani, host, vip, was_vip = people = await crowd(world, 5)
    world.sql("UPDATE users SET country = 'PK' WHERE id = %s", pakistani.id)
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id) VALUES ('Audience', %s) RETURNING id", plain.id
    )[0][0]
    world.sql(
        "UPDATE users SET agency_id = %s, agency_joined_at = now() WHERE id = %s", agency, host.id
    )
    for person, until in ((vip, "1 day"), (was_vip, "-1 second")):
        world.sql(
            "UPDATE users SET vip_level = 3, vip_expires_at = now() + %s::interval WHERE id = %s",
            until, person.id,
        )  # fmt: skip
    online(world, *people)
    cases: list[tuple[dict[str, Any], Person]] = [
        ({"audience": "country", "country": "PAK"}, pakistani),
        ({"audience": "hosts"}, host),
        ({"audience": "vip", "min_vip_level": 3}, vip),
    ]
    for fields, person in cases:
        made = await write(world, guard, **fields)
        await tell(database)
        assert heard(world, made["id"]) == {person.id: 1}, fields
        for one in people:
            assert (made["id"] in await current(world, one)) == (one is person), fields
    high = await write(world, guard, audience="vip", min_vip_level=4)
    await tell(database)
    assert heard(world, high["id"]) == {}
    assert high["id"] not in await current(world, vip)


async def test_it_runs_from_its_start_to_its_end(
    world: World, database: Database, guard: Person
) -> None:
    [person] = await crowd(world, 1)
    online(world, person)
    later = await write(
        world, guard, starts_at=render(now() + timedelta(hours=1)),
        ends_at=render(now() + timedelta(hours=2)),
    )  # fmt: skip
    assert later["status"] == "scheduled"
    await tell(database)
    assert (heard(world, later["id"]), await current(world, person)) == ({}, [])
    world.sql("UPDATE announcements SET starts_at = now() WHERE id = %s", later["id"])
    await tell(database)
    assert heard(world, later["id"]) == {person.id: 1}
    assert await current(world, person) == [later["id"]]
    world.sql(
        "UPDATE announcements SET starts_at = now() - interval '1 hour', ends_at = now()"
        " WHERE id = %s", later["id"],
    )  # fmt: skip
    assert await current(world, person) == []
    shown = await document(world, guard, "/announcements?status=over")
    assert later["id"] in [one["id"] for one in shown["data"]]
    # The platform was down for all of its time: nobody is told of what is over.
    missed = await write(world, guard)
    world.sql(
        "UPDATE announcements SET starts_at = now() - interval '2 hours',"
        " ends_at = now() - interval '1 hour' WHERE id = %s", missed["id"],
    )  # fmt: skip
    await tell(database)
    assert heard(world, missed["id"]) == {}
    assert (await document(world, guard, f"/announcements/{missed['id']}"))["told_at"] is not None


async def test_what_is_taken_back_reaches_nobody_more(
    world: World, database: Database, guard: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "BATCH", 1)
    people = await crowd(world, 3)
    online(world, *people)
    made = await write(world, guard)
    world.sql("UPDATE announcements SET told_upto = %s WHERE id = %s", people[0].id - 1, made["id"])
    assert await telling.tell(database, online_seconds=60)
    path = f"/announcements/{made['id']}/cancel"
    answers = await asyncio.gather(*(admin(world, guard, "POST", path, **WHY) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {refusal(a) for a in answers if not a.is_success} == {(409, "announcement.ended")}
    await tell(database)
    assert heard(world, made["id"]) == {people[0].id: 1}
    assert await current(world, people[1]) == []
    assert [entry[0] for entry in audited(world, guard)][-2:] == [
        "announcement.write", "announcement.cancel",
    ]  # fmt: skip
    assert refusal(await admin(world, guard, "POST", "/announcements/999999/cancel", **WHY)) == (
        404, "announcement.not_found",
    )  # fmt: skip


async def test_devices_get_one_job_each(
    world: World, database: Database, guard: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PUSHED_AT_ONCE", 2)
    people = await crowd(world, 5)
    for number, person in enumerate(people):
        for device in range(1 + number % 2):
            registered = await world.call(
                "PUT", "/me/push-tokens", person,
                json={"token": f"device-{person.id}-{device}", "platform": "ios"},
            )  # fmt: skip
            assert registered.status_code == 204
    made = await write(world, guard, is_pushed=True)
    quiet = await write(world, guard)
    await tell(database)
    jobs = world.sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'announcements.note'")
    told = Counter(args["device_id"] for (args,) in jobs)
    devices = world.sql("SELECT id FROM push_tokens WHERE token LIKE 'device-%%'")
    assert {args["announcement_id"] for (args,) in jobs} == {made["id"]}
    assert {(device,) for device in told} >= set(devices)
    assert set(told.values()) == {1}
    shown = await document(world, guard, f"/announcements/{made['id']}")
    assert shown["devices_count"] == len(jobs)
    assert (await document(world, guard, f"/announcements/{quiet['id']}"))["devices_count"] == 0


async def test_two_workers_tell_nobody_twice(
    world: World, database: Database, guard: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "BATCH", 7)
    people = await crowd(world, 60)
    online(world, *people)
    made = await write(world, guard)
    await asyncio.gather(*(tell(database) for _ in range(4)))
    await tell(database)
    assert heard(world, made["id"]) == {person.id: 1 for person in people}


_WORKER = """
import asyncio, sys
from flylive.announcements import telling
from flylive.database import Database

async def main():
    telling.BATCH = 1
    database = Database(sys.argv[1], size=2)
    print("ready", flush=True)
    while True:
        await telling.tell(database, online_seconds=600)
        # As if each took long: whoever kills it has the time to do so in the middle.
        await asyncio.sleep(0.05)

asyncio.run(main())
"""


async def test_a_worker_that_is_killed_tells_nobody_twice_and_forgets_nobody(
    world: World, database: Database, guard: Person, addresses: Addresses
) -> None:
    people = await crowd(world, 200)
    online(world, *people)
    made = await write(world, guard)
    first = people[0].id - 1
    world.sql("UPDATE announcements SET told_upto = %s WHERE id = %s", first, made["id"])
    upto = first
    for _ in range(3):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _WORKER, addresses.serving, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert worker.stdout is not None
            await worker.stdout.readline()
            begin = upto
            for _ in range(12_000):
                [(upto,)] = world.sql(
                    "SELECT told_upto FROM announcements WHERE id = %s", made["id"]
                )
                if upto >= begin + 20:
                    break
                await asyncio.sleep(0.005)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            await worker.wait()
    assert first + 20 <= upto < people[-1].id, "killed in the middle"
    await tell(database)
    assert heard(world, made["id"]) == {person.id: 1 for person in people}


async def test_wrong_words_are_refused(world: World, guard: Person) -> None:
    before = world.sql("SELECT (SELECT count(*) FROM announcements),"
                       " (SELECT count(*) FROM audit_log)")  # fmt: skip
    past, soon = render(now() - timedelta(hours=1)), render(now() + timedelta(hours=1))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"title": " "}, "title"),
        ({"title": "x" * 101}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"content": ""}, "content"),
        ({"content": "x" * 2001}, "content"),
        ({"content": "a\u0007"}, "content"),
        ({"audience": "nobody"}, "audience"),
        ({"audience": "country"}, "country"),
        ({"audience": "country", "country": "ZZ"}, "country"),
        ({"country": "AE"}, "country"),
        ({"audience": "vip"}, "min_vip_level"),
        ({"audience": "vip", "min_vip_level": 8}, "min_vip_level"),
        ({"min_vip_level": 1}, "min_vip_level"),
        ({"ends_at": past}, "ends_at"),
        ({"starts_at": soon, "ends_at": soon}, "ends_at"),
        ({"starts_at": "2030-01-01T00:00:00"}, "starts_at"),
        ({"reason": ""}, "reason"),
    ]
    for fields, name in cases:
        answer = await admin(world, guard, "POST", "/announcements", **(WORDS | fields))
        assert refusal(answer) == (422, "request.invalid"), fields
        assert name in [error["field"] for error in answer.json()["errors"]], fields
    after = world.sql("SELECT (SELECT count(*) FROM announcements),"
                      " (SELECT count(*) FROM audit_log)")  # fmt: skip
    assert after == before


async def test_pages_of_announcements(world: World, guard: Person) -> None:
    [person] = await crowd(world, 1)
    made = [(await write(world, guard, title=f"Number {n}"))["id"] for n in range(3)]
    found, cursor = [], ""
    while cursor is not None:
        query = f"?limit=1{cursor and f'&cursor={cursor}'}"
        page = (await world.call("GET", f"/announcements{query}", person)).json()
        found += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert found == made[::-1]
    listed = await document(world, guard, "/announcements?status=running&limit=100")
    assert [one["id"] for one in listed["data"]] == made[::-1]
    scheduled = await document(world, guard, "/announcements?status=scheduled")
    assert scheduled["data"] == []
