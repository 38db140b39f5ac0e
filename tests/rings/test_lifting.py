"""Lifting one finding's holds frees nobody whom another held finding is about."""

import asyncio

from flylive.accounts.staff import Role
from tests.console.hands import WHY, admin, staffed
from tests.rings.hands import finding
from tests.rooms.crowd import crowd
from tests.world import World

ACTIVE = "SELECT user_id, finding_id FROM wallet_holds WHERE lifted_at IS NULL ORDER BY 1"


async def test_who_is_in_another_held_finding_stays_held(world: World) -> None:
    clerk = await staffed(world, Role.MODERATOR)
    one, both, other = [person.id for person in await crowd(world, 3)]
    first, second = finding(world, [one, both]), finding(world, [both, other])
    opened = finding(world, [one, both])
    for number in (first, second):
        held = await admin(world, clerk, "POST", f"/rings/{number}/hold", **WHY)
        assert held.status_code == 200, held.text
    assert world.sql(ACTIVE) == [(one, first), (both, first), (other, second)]
    lifted = await admin(world, clerk, "POST", f"/rings/{first}/lift", reason="A family")
    assert lifted.status_code == 200, lifted.text
    assert world.sql(ACTIVE) == [(both, second), (other, second)]
    shown = {member["user"]["id"]: member["is_held"] for member in lifted.json()["members"]}
    assert shown == {one: False, both: True}
    log = world.sql(
        "SELECT action, after->'finding_id' FROM audit_log WHERE subject_type = 'user'"
        " AND subject_id = %s AND action LIKE 'wallet.%%' ORDER BY id",
        both,
    )
    assert log == [("wallet.hold", first), ("wallet.lift", first), ("wallet.hold", second)]
    assert (await admin(world, clerk, "POST", f"/rings/{second}/lift", **WHY)).status_code == 200
    assert world.sql(ACTIVE) == []
    assert opened


async def test_both_lifted_at_once_free_everybody(world: World) -> None:
    clerk = await staffed(world, Role.MODERATOR)
    people = [person.id for person in await crowd(world, 3)]
    numbers = [finding(world, people) for _ in range(2)]
    for number in numbers:
        await admin(world, clerk, "POST", f"/rings/{number}/hold", **WHY)
    answers = await asyncio.gather(
        *(admin(world, clerk, "POST", f"/rings/{number}/lift", **WHY) for number in numbers)
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert world.sql(ACTIVE) == []
