"""Whoever is put out of a room hears so, and hears nothing more of the room."""

from tests.gateway.client import Client
from tests.gateway.conftest import Running
from tests.rooms.crowd import crowd
from tests.rooms.hands import kick
from tests.world import World


async def test_the_kicked_hears_why_and_until_when_and_no_more(
    running: Running, world: World
) -> None:
    owner, guest = await crowd(world, 2)
    room_id = await world.room(owner, guest)
    stream, own = f"room:{room_id}", f"user:{guest.id}"
    async with Client(running.port, bearer=guest.token) as client:
        assert (await client.subscribe(stream))["ok"]
        answer = await kick(world, room_id, owner, guest, "?ban_minutes=5&reason=Shouting")
        assert answer.status_code == 204
        left = await client.next("event", stream=stream)
        assert (left["type"], left["data"]["reason"]) == ("participant.left", "kicked")
        notice = await client.next("event", stream=own)
        assert (notice["type"], notice["data"]["kind"]) == ("notice", "room_kicked")
        assert notice["data"]["reason"] == "Shouting"
        refused = await world.call("POST", f"/rooms/{room_id}/join", guest)
        assert refused.json()["until"] == notice["data"]["until"]
        again = await client.subscribe(stream)
        assert (again["ok"], again["error"]["code"]) == (False, "room.not_in_room")
        # Not even what comes next, before he would have noticed.
        said = {"content": "He is gone", "client_id": "1"}
        sent = await world.call("POST", f"/rooms/{room_id}/messages", owner, json=said)
        assert sent.status_code == 201
        await world.call("DELETE", f"/rooms/{room_id}/bans/{guest.id}", owner)
        place = (await world.call("POST", f"/rooms/{room_id}/join", guest)).json()["stream"]
        assert (await client.subscribe(stream, epoch=place["epoch"], after=place["seq"]))["ok"]
        await world.call(
            "POST", f"/rooms/{room_id}/messages", owner, json=said | {"client_id": "2"}
        )
        [event] = await client.events(stream, 1)
        assert event["seq"] == place["seq"] + 1
