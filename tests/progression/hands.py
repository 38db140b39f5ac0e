"""Hands for tests of levels, VIP, badges, frames and themes: catalogue rows, staff, runs."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.clock import now, turned_to
from flylive.database import Database
from flylive.progression.badges import award
from flylive.progression.runs import Runner
from flylive.reactions import recharged
from tests.world import Person, World

WHY = {"reason": "because"}


def frame(world: World, **fields: Any) -> int:
    """A frame of the catalogue; its id."""
    return _row(world, "frames", {"price": 10, "static_src": "/assets/f.svg"} | fields)


def theme(world: World, **fields: Any) -> int:
    """A theme of the catalogue; its id."""
    return _row(world, "themes", {"price": 20} | fields)


def badge(world: World, requirements: Mapping[str, Any], **fields: Any) -> int:
    """A badge of the catalogue, as if it had always been there; its id."""
    row = {"category": "achievement", "icon_url": "/assets/b.svg"} | fields
    row["requirements"] = msgspec.json.encode(requirements).decode()
    return _row(world, "badges", row)


def level(world: World, kind: str, number: int, xp: int, **fields: Any) -> int:
    """A level of the catalogue; its id."""
    row = {"type": kind, "level_number": number, "required_xp": xp} | fields
    return _row(world, "levels", row)


def _row(world: World, table: str, fields: dict[str, Any]) -> int:
    row = {"name": f"A row of {table}"} | fields
    marks = ", ".join(["%s"] * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) RETURNING id"
    return int(world.sql(statement, *row.values())[0][0])


async def keeper(world: World) -> Person:
    """Somebody of the staff who keeps the catalogues."""
    person = await world.register()
    await world.database.run(lambda tx: staff.grant(tx, person.id, Role.CATALOGUE))
    return person


async def edit(
    world: World, person: Person, method: str, path: str, **fields: Any
) -> httpx.Response:
    """A change of the catalogue by `person`."""
    return await world.call(method, f"/admin{path}", person, json=WHY | fields)


async def run_all(database: Database, *batches: int) -> int:
    """Carry out every run that was begun, its pause over; how many batches it took.

    By several workers at once where several sizes of batches are given.
    """

    async def work(batch: int) -> int:
        runner = Runner(database, recharged.recount)
        done = 0
        while await runner.advance(batch):
            done += 1
        return done

    with turned_to(now() + timedelta(seconds=11)):
        done = sum(await asyncio.gather(*(work(batch) for batch in batches or (500,))))
        # What one left to another who held it.
        return done + await work(500)


async def look_all(database: Database) -> None:
    """Look at all whose badges wait."""
    while await award.look(database):
        pass


def events(world: World, person: Person, after: int = 0) -> list[dict[str, Any]]:
    """What the person's stream told behind this place: seq, type, data."""
    rows = world.sql(
        "SELECT e.seq, e.type, e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s AND e.seq > %s ORDER BY e.seq",
        f"user:{person.id}",
        after,
    )
    return [{"seq": seq, "type": kind, "data": data} for seq, kind, data in rows]


def rewards(world: World, person: Person) -> list[tuple[int, int]]:
    """Level rewards of the ledger: the level's id and the amount, in the order they came."""
    return [
        (row[0], int(row[1]))
        for row in world.sql(
            "SELECT transactionable_id, amount FROM transactions"
            " WHERE user_id = %s AND type = 'level_reward' ORDER BY id",
            person.id,
        )
    ]


async def answer(world: World, person: Person, path: str) -> Any:
    """GET it; the document."""
    got = await world.call("GET", path, person)
    assert got.status_code == 200, got.text
    return got.json()
