"""VIP given and ended by staff: it stands beside what purchases earn, and pays nothing."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive.clock import now, turned_to
from flylive.reactions import recharged
from flylive.wallet.proof import verify
from tests.progression.hands import events, level
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.world import Person, World


@pytest.fixture(scope="module", autouse=True)
def ladder(world: World) -> None:
    """Three levels, of which the upper two pay."""
    for number, xp, coins in ((1, 100, 0), (2, 500, 5), (3, 1000, 50)):
        level(world, "vip", number, xp, coin_reward=coins)


async def staff(world: World, role: str = "finance") -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def give(
    world: World, actor: Person, person: Person, vip_level: int, days: int = 10, **body: Any
) -> httpx.Response:
    body = {"vip_level": vip_level, "days": days, "reason": "A guest of honour"} | body
    return await world.call("PUT", f"/admin/users/{person.id}/vip", actor, json=body)


async def end(world: World, actor: Person, person: Person) -> httpx.Response:
    path = f"/admin/users/{person.id}/vip"
    return await world.call("DELETE", path, actor, json={"reason": "The feast is over"})


async def vip(world: World, person: Person) -> int:
    user = (await world.call("GET", f"/users/{person.id}", person)).json()
    return int(user["vip_level"])


async def buy(world: World, person: Person, coins: int) -> None:
    await world.recharge(person, coins)
    while await recharged.lift(world.database):
        pass


def kept(world: World) -> list[Any]:
    return [
        world.sql("SELECT id, vip_level, vip_expires_at, coin_balance FROM users ORDER BY id"),
        world.sql("SELECT to_jsonb(t) FROM audit_log t ORDER BY id"),
        world.sql("SELECT to_jsonb(t) FROM user_levels t ORDER BY id"),
    ]


async def test_a_given_level_holds_pays_nothing_and_ends_by_itself(world: World) -> None:
    actor, person = await staff(world), await world.register()
    made = await give(world, actor, person, 3, days=2)
    assert (made.status_code, made.json()["vip_level"]) == (200, 3)
    assert await vip(world, person) == 3
    assert (await world.wallet(person))["coin_balance"] == "0.00"
    told = [event["type"] for event in events(world, person)]
    assert "level.up" in told
    [(action, reason, before, after)] = world.sql(
        "SELECT action, reason, before, after FROM audit_log WHERE actor_id = %s", actor.id
    )
    assert (action, reason) == ("vip.give", "A guest of honour")
    assert before == {"vip_level": 0, "vip_expires_at": None}
    assert after["vip_level"] == 3
    with turned_to(now() + timedelta(days=2, seconds=1)):
        assert await vip(world, person) == 0
    with turned_to(now() + timedelta(days=3)):
        await recharged.lower(world.database)
        assert await vip(world, person) == 0


async def test_purchases_earn_their_rewards_all_the_same(world: World) -> None:
    """A level that was given is not a level that was paid for: the reward is still to come."""
    actor, person = await staff(world), await world.register()
    await give(world, actor, person, 2)
    assert (await end(world, actor, person)).json() == {
        "user_id": person.id,
        "vip_level": 0,
        "vip_expires_at": None,
    }
    await buy(world, person, 600)
    assert await vip(world, person) == 2
    assert (await world.wallet(person))["coin_balance"] == "605.00"
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


async def test_ended_it_is_what_purchases_earn(world: World) -> None:
    actor, person = await staff(world), await world.register()
    await buy(world, person, 150)
    assert await vip(world, person) == 1
    before = kept(world)
    assert refusal(await end(world, actor, person)) == (409, "vip.not_given")
    assert kept(world) == before
    assert (await give(world, actor, person, 3)).status_code == 200
    await buy(world, person, 10)
    assert await vip(world, person) == 3
    ended = await end(world, actor, person)
    assert (ended.status_code, ended.json()["vip_level"]) == (200, 1)
    assert await vip(world, person) == 1
    [row] = world.sql(
        "SELECT l.level_number FROM user_levels u JOIN levels l ON l.id = u.level_id"
        " WHERE u.user_id = %s AND u.type = 'vip' AND u.is_active",
        person.id,
    )
    assert row == (1,)
    actions = world.sql(
        "SELECT action, before->>'vip_level', after->>'vip_level' FROM audit_log"
        " WHERE actor_id = %s ORDER BY id",
        actor.id,
    )
    assert actions == [("vip.give", "1", "3"), ("vip.end", "3", "1")]


async def test_only_a_better_one_is_given(world: World) -> None:
    actor, support = await staff(world), await staff(world, "support")
    person = await world.register()
    assert (await give(world, actor, person, 2, days=10)).status_code == 200
    assert (await give(world, actor, person, 2, days=20)).status_code == 200
    before = kept(world)
    for number, days in ((1, 30), (2, 5)):
        held = await give(world, actor, person, number, days=days)
        assert (refusal(held), held.json()["vip_level"]) == ((409, "vip.held"), 2)
    unknown = await give(world, actor, person, 7)
    assert refusal(unknown) == (422, "request.invalid")
    assert "there are 1, 2, 3" in unknown.json()["detail"]
    for number, days in ((0, 5), (8, 5), (3, 0), (3, 366)):
        wrong = await give(world, actor, person, number, days)
        assert refusal(wrong) == (422, "request.invalid")
    wordless = await give(world, actor, person, 3, reason=" ")
    assert refusal(wordless) == (422, "request.invalid")
    assert refusal(await give(world, support, person, 3)) == (403, "staff.right_missing")
    assert refusal(await give(world, actor, actor, 3)) == (403, "staff.not_oneself")
    assert kept(world) == before


async def test_giving_races_with_purchases(world: World) -> None:
    actor, person = await staff(world, "admin"), await world.register()
    await asyncio.gather(
        give(world, actor, person, 3),
        world.recharge(person, 600),
        *(recharged.lift(world.database) for _ in range(3)),
        give(world, actor, person, 2),
    )
    while await recharged.lift(world.database):
        pass
    assert await vip(world, person) == 3
    [(active,)] = world.sql(
        "SELECT count(*) FROM user_levels WHERE user_id = %s AND type = 'vip' AND is_active",
        person.id,
    )
    assert active == 1
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
