"""Nobody decides about himself, and only an admin about staff, whatever the act is about."""

from typing import Any

import httpx
import pytest

from flylive.accounts.staff import Role
from tests.agencies.hands import found
from tests.console.hands import WHY, admin, refusal, staffed
from tests.rings.hands import finding
from tests.rooms.crowd import crowd
from tests.world import Person, World

ONESELF = (403, "staff.not_oneself")
ABOVE = (403, "staff.not_above")


@pytest.fixture
async def clerks(world: World) -> list[Person]:
    """Two moderators."""
    return [await staffed(world, Role.MODERATOR) for _ in range(2)]


async def refused(
    world: World, clerks: list[Person], method: str, path: str, **body: Any
) -> httpx.Response:
    """Neither the one that it is about nor his colleague; then an admin does it."""
    concerned, colleague = clerks
    before = world.picture()
    for person, expected in ((concerned, ONESELF), (colleague, ABOVE)):
        answer = await admin(world, person, method, path, **(WHY | body))
        assert refusal(answer) == expected, path
    assert world.picture() == before
    answer = await admin(world, await staffed(world, Role.ADMIN), method, path, **(WHY | body))
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_room(world: World, clerks: list[Person]) -> None:
    room_id = await world.room(clerks[0])
    answer = await refused(world, clerks, "PATCH", f"/rooms/{room_id}", is_featured=True)
    assert answer.json()["is_featured"] is True
    [owner] = await crowd(world, 1)
    path = f"/rooms/{await world.room(owner)}"
    other = await admin(world, clerks[0], "PATCH", path, is_featured=True, **WHY)
    assert other.status_code == 200


async def test_an_agency(world: World, clerks: list[Person]) -> None:
    agency_id = await found(world, clerks[0])
    await refused(world, clerks, "PATCH", f"/agencies/{agency_id}", commission_rate="90")
    [owner] = await crowd(world, 1)
    path = f"/agencies/{await found(world, owner)}"
    other = await admin(world, clerks[0], "PATCH", path, commission_rate="20", **WHY)
    assert other.status_code == 200


async def test_a_report_of_a_message_is_about_its_sender(
    world: World, clerks: list[Person]
) -> None:
    reporter, guest = await crowd(world, 2)
    room_id = await world.room(reporter, clerks[0], guest)
    for sender, is_about_staff in ((clerks[0], True), (guest, False)):
        body = {"content": "insult", "client_id": f"m{sender.id}"}
        sent = await world.call("POST", f"/rooms/{room_id}/messages", sender, json=body)
        about = {"subject_type": "message", "subject_id": sent.json()["id"], "reason": "spam"}
        filed = await world.call("POST", "/reports", reporter, json=about)
        path = f"/reports/{filed.json()['id']}/decide"
        if is_about_staff:
            await refused(world, clerks, "POST", path, status="dismissed")
        else:
            done = await admin(world, clerks[0], "POST", path, status="upheld", **WHY)
            assert done.status_code == 200


async def test_a_finding_is_about_everybody_in_it(world: World, clerks: list[Person]) -> None:
    others = [person.id for person in await crowd(world, 2)]
    path = f"/rings/{finding(world, [clerks[0].id, *others])}"
    for verb, status in (("dismiss", "dismissed"), ("reopen", "open"), ("hold", "held")):
        answer = await refused(world, clerks, "POST", f"{path}/{verb}")
        assert answer.json()["status"] == status
    plain = f"/rings/{finding(world, others)}"
    for verb in ("dismiss", "reopen"):
        assert (await admin(world, clerks[0], "POST", f"{plain}/{verb}", **WHY)).status_code == 200
