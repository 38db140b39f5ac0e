"""Two hands at once on what only one of them can have."""

import asyncio

from tests.couples import hands
from tests.couples.hands import ask, asked, couple, mine, part, reply, two
from tests.world import World

ROUNDS = 4


async def test_of_two_proposals_only_one_is_accepted(world: World) -> None:
    """One person accepts two at once; and, elsewhere, two who asked each a third one."""
    for _ in range(ROUNDS):
        one, other = await two(world)
        chosen = await world.register()
        requests = [await asked(world, suitor, chosen) for suitor in (one, other)]
        answers = await asyncio.gather(*(reply(world, chosen, r, "accept") for r in requests))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        [refused] = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "couple.request_ended"
    hands.assert_sound(world)


async def test_a_chain_of_proposals_accepted_at_once_makes_no_triangle(world: World) -> None:
    for _ in range(ROUNDS):
        one, other = await two(world)
        third = await world.register()
        await world.recharge(third, 100)
        pairs = [(one, other), (other, third), (third, one)]
        requests = [await asked(world, sender, recipient) for sender, recipient in pairs]
        answers = await asyncio.gather(
            *(reply(world, to, r, "accept") for (_, to), r in zip(pairs, requests, strict=True))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    hands.assert_sound(world)


async def test_crossed_proposals_are_one_and_the_other_costs_nothing(world: World) -> None:
    for _ in range(ROUNDS):
        one, other = await two(world, 100)
        answers = await asyncio.gather(ask(world, one, other), ask(world, other, one))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        [refused] = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "couple.request_pending"
        spent = [(await world.wallet(person))["total_spent"] for person in (one, other)]
        assert sorted(spent) == ["0.00", "10.00"]
        asker, asked_one = (one, other) if spent[0] == "10.00" else (other, one)
        assert refused.json()["sender_id"] == asker.id
        accepted = await reply(world, asked_one, refused.json()["request_id"], "accept")
        assert accepted.status_code == 200
    hands.assert_sound(world)


async def test_accept_and_decline_at_once(world: World) -> None:
    for _ in range(ROUNDS):
        one, other = await two(world)
        request = await asked(world, one, other)
        yes, no = await asyncio.gather(
            reply(world, other, request, "accept"), reply(world, other, request, "decline")
        )
        assert (yes.status_code, no.status_code) in {(200, 409), (409, 204)}
        is_couple = (await mine(world, one))["couple"] is not None
        assert is_couple == (yes.status_code == 200)
    hands.assert_sound(world)


async def test_accept_against_block_or_deletion(world: World) -> None:
    """Whichever comes first, in the end there is neither couple nor open proposal."""
    for number in range(2 * ROUNDS):
        one, other = await two(world)
        request = await asked(world, one, other)
        end = (
            world.call("PUT", f"/users/{other.id}/block", one, json={})
            if number % 2
            else world.call("DELETE", "/me", one, json={"password": "a long password"})
        )
        accepted, ended = await asyncio.gather(reply(world, other, request, "accept"), end)
        assert ended.status_code == 204, ended.text
        assert accepted.status_code in (200, 409), accepted.text
        state = await mine(world, other)
        assert state["couple"] is None
        assert state["requests"] == []
    hands.assert_sound(world)


async def test_both_part_block_and_are_asked_at_once(world: World) -> None:
    for _ in range(ROUNDS):
        one, other = await couple(world)
        third = await world.register()
        await world.recharge(third, 100)
        mine_, yours, blocked, late = await asyncio.gather(
            part(world, one),
            part(world, other),
            world.call("PUT", f"/users/{one.id}/block", other, json={}),
            ask(world, third, other),
        )
        assert {mine_.status_code, yours.status_code} <= {204, 404}
        assert blocked.status_code == 204
        assert late.status_code == 409
        assert world.sql(
            "SELECT count(*) FROM couples WHERE proposed_by = %s AND ended_at IS NOT NULL", one.id
        ) == [(1,)]
    hands.assert_sound(world)
