"""Hands for tests of the staff's addresses."""

from typing import Any

import httpx

from flylive.accounts import staff
from flylive.accounts.staff import Role
from flylive.database import Database
from tests.world import Person, World

WHY = {"reason": "because"}


async def member(world: World, database: Database, role: Role) -> Person:
    """Somebody new in this role."""
    person = await world.register(name=f"The {role.value}")
    await database.run(lambda tx: staff.grant(tx, person.id, role))
    return person


async def team(world: World, database: Database) -> dict[Role, Person]:
    """One of each role."""
    return {role: await member(world, database, role) for role in Role}


def log(world: World, action: str) -> list[Any]:
    """The audit log's entries of one kind, oldest first."""
    statement = "SELECT to_jsonb(a) FROM audit_log a WHERE action = %s ORDER BY id"
    return [row for (row,) in world.sql(statement, action)]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def staffed(world: World, role: Role) -> Person:
    """Somebody new in this role, by the world's own database."""
    return await member(world, world.database, role)


async def admin(
    world: World, person: Person, method: str, path: str, **body: Any
) -> httpx.Response:
    """One request to the staff's addresses."""
    options = {"json": body} if body else {}
    return await world.call(method, f"/admin{path}", person, **options)


async def document(world: World, person: Person, path: str) -> Any:
    """What a GET answers."""
    answer = await admin(world, person, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def audited(world: World, actor: Person) -> list[tuple[Any, ...]]:
    """What somebody did, in order: action, subject, reason, before, after."""
    return world.sql(
        "SELECT action, subject_type, subject_id, reason, before, after FROM audit_log"
        " WHERE actor_id = %s ORDER BY id",
        actor.id,
    )
