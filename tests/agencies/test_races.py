"""What meets what: limits hold, nobody is in two agencies, one request per pair."""

import asyncio

from tests.agencies.hands import answer, apply, assert_exact, edit, found, invite, join
from tests.rooms.crowd import crowd
from tests.world import World


async def test_parallel_approvals_never_pass_the_limit(world: World) -> None:
    owner, boss, *guests = await crowd(world, 14)
    agency = await found(world, owner)
    await join(world, agency, owner, boss)
    path = f"/agencies/{agency}/members/{boss.id}"
    await world.call("PATCH", path, owner, json={"agency_role": "moderator"})
    asked = [(await apply(world, agency, guest)).json()["id"] for guest in guests]
    assert (await edit(world, agency, owner, member_limit=7)).status_code == 200
    answers = await asyncio.gather(
        *(answer(world, number, who, "approve") for number in asked for who in (owner, boss))
    )
    assert sorted(one.status_code for one in answers) == [200] * 5 + [409] * 19
    assert_exact(world)
    [(count,)] = world.sql("SELECT member_count FROM agencies WHERE id = %s", agency)
    assert count == 7


async def test_nobody_comes_into_two(world: World) -> None:
    guest, *owners = await crowd(world, 7)
    agencies = [await found(world, owner) for owner in owners]
    world.prove_email(guest)
    asked = []
    for place, (agency, owner) in enumerate(zip(agencies, owners, strict=True)):
        if place % 2:
            made, who = await invite(world, agency, owner, guest), guest
        else:
            made, who = await apply(world, agency, guest), owner
        asked.append((made.json()["id"], who))
    answers = await asyncio.gather(
        *(answer(world, number, who, "approve") for number, who in asked),
        world.call("POST", "/agencies", guest, json={"name": "My own"}),
    )
    assert [one.status_code for one in answers].count(409) == 6
    assert_exact(world)


async def test_one_open_request_for_each_pair(world: World) -> None:
    owner, guest = await crowd(world, 2)
    agency = await found(world, owner)
    answers = await asyncio.gather(
        *(apply(world, agency, guest) for _ in range(5)),
        *(invite(world, agency, owner, guest) for _ in range(5)),
    )
    assert sorted(one.status_code for one in answers) == [201] + [409] * 9
    assert_exact(world)


async def test_leaving_closing_handing_over_and_removing_at_once(world: World) -> None:
    for _ in range(3):
        owner, heir, member, guest = await crowd(world, 4)
        agency = await found(world, owner)
        await join(world, agency, owner, heir, member)
        number = (await apply(world, agency, guest)).json()["id"]
        path = f"/agencies/{agency}"
        answers = await asyncio.gather(
            world.call("POST", f"{path}/transfer", owner, json={"user_id": heir.id}),
            world.call("POST", f"{path}/leave", heir),
            world.call("DELETE", f"{path}/members/{heir.id}", owner),
            world.call("DELETE", path, owner),
            world.call("DELETE", f"{path}/members/{member.id}", heir),
            answer(world, number, owner, "approve"),
            world.call("DELETE", f"/agency-requests/{number}", guest),
            world.call("POST", f"{path}/leave", owner),
        )
        assert all(one.status_code < 500 for one in answers)
        assert_exact(world)


async def test_two_found_the_same_name(world: World) -> None:
    people = await crowd(world, 5)
    world.prove_email(*people)
    answers = await asyncio.gather(
        *(world.call("POST", "/agencies", one, json={"name": "Twins"}) for one in people)
    )
    assert sorted(one.status_code for one in answers) == [201] + [409] * 4
    assert_exact(world)
