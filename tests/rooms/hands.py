"""What several tests of rooms do again and again."""

from typing import Any

import httpx

from tests.world import Person, World


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def join(world: World, room_id: int, person: Person, **body: Any) -> httpx.Response:
    """Enter the room."""
    return await world.call("POST", f"/rooms/{room_id}/join", person, json=body)


async def take(
    world: World, room_id: int, person: Person, number: int, **body: Any
) -> httpx.Response:
    """Take a seat, or seat somebody."""
    return await world.call("PUT", f"/rooms/{room_id}/seats/{number}", person, json=body)


async def appoint(world: World, room_id: int, owner: Person, *people: Person) -> None:
    """Make moderators of them."""
    for person in people:
        answer = await world.call("PUT", f"/rooms/{room_id}/moderators/{person.id}", owner)
        assert answer.status_code == 200, answer.text


async def kick(
    world: World, room_id: int, actor: Person, person: Person, query: str = ""
) -> httpx.Response:
    """Put somebody out."""
    path = f"/rooms/{room_id}/participants/{person.id}{query}"
    return await world.call("DELETE", path, actor)


async def change(
    world: World, room_id: int, actor: Person, person: Person, **body: Any
) -> httpx.Response:
    """Give somebody a role, or mute him."""
    path = f"/rooms/{room_id}/participants/{person.id}"
    return await world.call("PATCH", path, actor, json=body)


async def ask(world: World, room_id: int, person: Person, **body: Any) -> httpx.Response:
    """Apply for a seat, or invite to one."""
    body = {"kind": "application"} | body
    return await world.call("POST", f"/rooms/{room_id}/seat-requests", person, json=body)


async def decide(world: World, request_id: int, person: Person, verb: str) -> httpx.Response:
    """Accept or decline a request."""
    return await world.call("POST", f"/seat-requests/{request_id}/{verb}", person)


async def roles(world: World, room_id: int, person: Person) -> dict[int, str]:
    """Everybody's role, by user."""
    answer = await world.call("GET", f"/rooms/{room_id}/participants?limit=100", person)
    return {row["user_id"]: row["role"] for row in answer.json()["data"]}


async def sitting(world: World, room_id: int, person: Person) -> dict[int, int]:
    """Who sits where: user ids by seat."""
    answer = await world.call("GET", f"/rooms/{room_id}/seats", person)
    return {
        seat["seat_number"]: seat["user"]["id"]
        for seat in answer.json()["data"]
        if seat["user"] is not None
    }


async def queue(world: World, room_id: int, person: Person) -> list[dict[str, Any]]:
    """What waits in the room, as the person sees it."""
    answer = await world.call("GET", f"/rooms/{room_id}/seat-requests?limit=100", person)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def told(world: World, stream: str, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
    """The newest events of any stream, oldest of them first: type and data."""
    rows = world.sql(
        "SELECT e.type, e.data FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s ORDER BY e.seq DESC LIMIT %s",
        stream,
        count,
    )
    return rows[::-1]
