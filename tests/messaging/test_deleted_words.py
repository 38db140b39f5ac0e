"""Words that were deleted are gone from the stream too."""

from tests.world import World


async def test_a_newcomer_cannot_replay_deleted_words(world: World) -> None:
    owner, guest, late = await world.people(3)
    room = await world.room(owner, guest)
    ids = []
    for number in range(3):
        body = {"content": f"words number {number}", "client_id": str(number)}
        sent = await world.call("POST", f"/rooms/{room}/messages", guest, json=body)
        ids.append(sent.json()["id"])
    gone = await world.call("DELETE", f"/messages/{ids[1]}", guest)
    assert gone.status_code == 204
    await world.call("POST", f"/rooms/{room}/join", late, json={})
    page = await world.call("GET", f"/rooms/{room}/events?after=0&limit=100", late)
    assert "words number 1" not in page.text
    told = [e["data"]["message"] for e in page.json()["data"] if e["type"] == "message.created"]
    assert [(one["content"], one["is_deleted"]) for one in told] == [
        ("words number 0", False),
        ("", True),
        ("words number 2", False),
    ]
    assert [one["id"] for one in told] == ids
    assert page.json()["data"][-2]["type"] == "message.deleted"
