"""Following and blocking people."""

import asyncio

import httpx
import pytest

from tests.rooms.crowd import crowd
from tests.rooms.picture import picture
from tests.world import Person, World


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def follow(world: World, person: Person, subject: Person) -> httpx.Response:
    return await world.call("PUT", f"/users/{subject.id}/follow", person)


async def ids(world: World, person: Person, side: str) -> list[int]:
    seen: list[int] = []
    cursor = ""
    while True:
        answer = await world.call("GET", f"/users/{person.id}/{side}?limit=2{cursor}", person)
        assert answer.status_code == 200, answer.text
        seen += [row["user"]["id"] for row in answer.json()["data"]]
        if answer.json()["next_cursor"] is None:
            return seen
        cursor = f"&cursor={answer.json()['next_cursor']}"


async def test_follow_list_and_unfollow(world: World) -> None:
    host, *fans = await crowd(world, 4)
    for fan in (*fans, fans[0]):
        assert (await follow(world, fan, host)).status_code == 204
    assert await ids(world, host, "followers") == [fan.id for fan in reversed(fans)]
    assert await ids(world, fans[0], "following") == [host.id]
    for _ in range(2):
        answer = await world.call("DELETE", f"/users/{host.id}/follow", fans[1])
        assert answer.status_code == 204
    assert await ids(world, host, "followers") == [fans[2].id, fans[0].id]


async def test_nobody_follows_himself_or_nobody(world: World) -> None:
    [person] = await crowd(world, 1)
    before = picture(world)
    for method, path in (("PUT", "follow"), ("PUT", "block")):
        answer = await world.call(method, f"/users/{person.id}/{path}", person)
        assert refusal(answer) == (422, "user.not_oneself")
        answer = await world.call(method, f"/users/999999/{path}", person)
        assert refusal(answer) == (404, "user.not_found")
    for side in ("followers", "following"):
        answer = await world.call("GET", f"/users/999999/{side}", person)
        assert refusal(answer) == (404, "user.not_found")
    assert picture(world) == before


async def test_a_block_cuts_and_refuses_both_ways(world: World) -> None:
    one, two = await crowd(world, 2)
    await follow(world, one, two)
    await follow(world, two, one)
    body = {"reason": "rude"}
    blocked = await world.call("PUT", f"/users/{two.id}/block", one, json=body)
    assert blocked.status_code == 204
    assert await ids(world, one, "followers") == await ids(world, two, "followers") == []
    before = picture(world)
    assert refusal(await follow(world, two, one)) == (403, "user.not_available")
    assert refusal(await follow(world, one, two)) == (409, "user.blocked_by_you")
    assert picture(world) == before
    listed = (await world.call("GET", "/me/blocks", one)).json()["data"]
    assert [(row["user"]["id"], row["reason"]) for row in listed] == [(two.id, "rude")]
    assert (await world.call("GET", "/me/blocks", two)).json()["data"] == []
    for _ in range(2):
        answer = await world.call("DELETE", f"/users/{two.id}/block", one)
        assert answer.status_code == 204
    assert (await follow(world, two, one)).status_code == 204


@pytest.mark.parametrize("body", [{"reason": "x" * 256}, {"reason": 7}, {"why": "x"}, []])
async def test_a_wrong_block(world: World, body: object) -> None:
    one, two = await crowd(world, 2)
    before = picture(world)
    answer = await world.call("PUT", f"/users/{two.id}/block", one, json=body)
    assert answer.status_code == 422
    assert picture(world) == before


async def test_follow_against_block_never_leaves_both(world: World) -> None:
    one, two = await crowd(world, 2)
    for _ in range(10):
        await asyncio.gather(
            follow(world, one, two),
            world.call("PUT", f"/users/{one.id}/block", two),
            follow(world, two, one),
            follow(world, one, two),
        )
        assert await ids(world, one, "followers") == await ids(world, two, "followers") == []
        await world.call("DELETE", f"/users/{one.id}/block", two)
