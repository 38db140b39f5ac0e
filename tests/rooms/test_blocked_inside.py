"""Blocking somebody who is in one's room takes him out of it at once."""

import asyncio

from tests.world import World


async def test_the_blocked_is_out_and_stays_out(world: World) -> None:
    owner, guest, other = await world.people(3)
    room = await world.room(owner, guest, other, can_tourists_speak=True)
    assert (await world.call("PUT", f"/rooms/{room}/seats/1", guest, json={})).status_code == 200
    blocked = await world.call("PUT", f"/users/{guest.id}/block", owner, json={})
    assert blocked.status_code == 204
    message = {"content": "still here", "client_id": "1"}
    for method, path, body in (
        ("POST", "/messages", message),
        ("PUT", "/seats/2", {}),
        ("GET", "/events", None),
        ("POST", "/join", {}),
    ):
        answer = await world.call(method, f"/rooms/{room}{path}", guest, json=body)
        assert answer.status_code == 403, (path, answer.text)
    seats = (await world.call("GET", f"/rooms/{room}/seats", other)).json()["data"]
    assert seats[0]["user"] is None
    events = (await world.call("GET", f"/rooms/{room}/events", other)).json()["data"]
    left = [event["data"] for event in events if event["type"] == "participant.left"]
    assert [(event["user_id"], event["participant_count"]) for event in left] == [(guest.id, 2)]


async def test_entering_against_the_block_never_leaves_him_inside(world: World) -> None:
    for _ in range(8):
        owner, guest = await world.people(2)
        room = await world.room(owner)
        await asyncio.gather(
            world.call("POST", f"/rooms/{room}/join", guest, json={}),
            world.call("PUT", f"/users/{guest.id}/block", owner, json={}),
        )
        page = (await world.call("GET", f"/rooms/{room}/participants", owner)).json()["data"]
        assert [row["user_id"] for row in page] == [owner.id]
