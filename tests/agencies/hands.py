"""What several tests of agencies do again and again."""

import uuid
from typing import Any

import httpx

from tests.world import Person, World


async def found(world: World, owner: Person, **fields: Any) -> int:
    """An agency of the owner's, whose e-mail is proven for it; its id."""
    world.prove_email(owner)
    body = {"name": f"Agency {uuid.uuid4().hex[:12]}"} | fields
    answer = await world.call("POST", "/agencies", owner, json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def edit(world: World, agency_id: int, person: Person, **fields: Any) -> httpx.Response:
    """PATCH the agency."""
    return await world.call("PATCH", f"/agencies/{agency_id}", person, json=fields)


async def apply(world: World, agency_id: int, person: Person, **fields: Any) -> httpx.Response:
    """Ask to be let in."""
    body = {"type": "application"} | fields
    return await world.call("POST", f"/agencies/{agency_id}/requests", person, json=body)


async def invite(world: World, agency_id: int, actor: Person, person: Person) -> httpx.Response:
    """Ask somebody in."""
    body = {"type": "invitation", "user_id": person.id}
    return await world.call("POST", f"/agencies/{agency_id}/requests", actor, json=body)


async def answer(world: World, request_id: int, person: Person, verb: str) -> httpx.Response:
    """Approve or reject."""
    return await world.call("POST", f"/agency-requests/{request_id}/{verb}", person)


async def join(world: World, agency_id: int, owner: Person, *people: Person) -> None:
    """Let them all be members."""
    for person in people:
        asked = await apply(world, agency_id, person)
        assert asked.status_code == 201, asked.text
        approved = await answer(world, asked.json()["id"], owner, "approve")
        assert approved.status_code == 200, approved.text


def refusal(given: httpx.Response) -> tuple[int, str]:
    """Status and code."""
    return given.status_code, given.json()["code"]


def picture(world: World) -> list[Any]:
    """What a refusal must leave alone."""
    return [
        world.sql("SELECT to_jsonb(a) FROM agencies a ORDER BY id"),
        world.sql("SELECT to_jsonb(r) FROM agency_member_requests r ORDER BY id"),
        world.sql("SELECT id, agency_id, agency_role, agency_joined_at FROM users ORDER BY id"),
        world.sql("SELECT count(*) FROM stream_events"),
    ]


def assert_exact(world: World) -> None:
    """Counts are those of the people; nobody has too many; nobody waits who is in one already."""
    wrong = world.sql(
        """
        SELECT a.id, a.member_count, count(u.id) FROM agencies a
        LEFT JOIN users u ON u.agency_id = a.id
        GROUP BY a.id HAVING a.member_count <> count(u.id) OR a.member_count > a.member_limit
            OR (a.status <> 'inactive'
                AND count(*) FILTER (WHERE u.agency_role = 'admin' AND u.id = a.owner_id) <> 1)
            OR count(*) FILTER (WHERE u.agency_role = 'admin') > 1
        """
    )
    assert wrong == []
    waiting = world.sql(
        "SELECT r.id FROM agency_member_requests r JOIN users u ON u.id = r.user_id"
        " WHERE r.status = 'pending' AND u.agency_id IS NOT NULL"
    )
    assert waiting == []
