"""Couples from the first gift to the parting: what each sees, is told, and may not."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.couples import service
from flylive.database import Database
from flylive.reactions.gift_sent import GiftAggregator
from tests.couples import hands
from tests.couples.hands import ask, asked, couple, everything, mine, part, reply, two
from tests.world import Person, World


@pytest.fixture
def aggregator(database: Database, settings: Settings) -> GiftAggregator:
    return GiftAggregator(database, settings)


async def folded(aggregator: GiftAggregator) -> None:
    while await aggregator.fold():
        pass


async def test_old_state_and_events_are_the_fresh_state(
    world: World, aggregator: GiftAggregator, database: Database
) -> None:
    one, other = await two(world)
    third = await world.register()
    await world.recharge(third, 100)
    gift = world.gift("2.50")
    state = {person.id: await mine(world, person) for person in (one, other)}
    seen = dict.fromkeys(state, 0)
    kinds: set[str] = set()

    async def look() -> None:
        for person in (one, other):
            events = await hands.told(world, person, seen[person.id])
            seen[person.id] = events[-1]["seq"] if events else seen[person.id]
            kinds.update(e["type"] for e in events)
            fresh = await mine(world, person)
            assert hands.fold(state[person.id], events) == fresh
            state[person.id] = fresh

    declined = await asked(world, one, other)
    await look()
    assert [r["id"] for r in state[other.id]["requests"]] == [declined]
    assert (await reply(world, other, declined, "decline")).status_code == 204
    await look()
    request = await asked(world, other, one)
    idle = await asked(world, third, one)
    await look()
    assert [r["id"] for r in state[one.id]["requests"]] == [request, idle]
    assert (await reply(world, one, request, "accept")).status_code == 200
    await look()
    assert state[one.id]["requests"] == []
    for _ in range(2):
        await world.send(one, gift, [other, third], quantity=2)
    await world.send(other, gift, [one])
    await folded(aggregator)
    await look()
    assert hands.points(state[one.id]) == (Decimal("10.00"), Decimal("2.50"))
    assert hands.points(state[other.id]) == (Decimal("2.50"), Decimal("10.00"))
    partners = [
        (await world.call("GET", f"/users/{who.id}", third)).json()["partner"]
        for who in (one, other)
    ]
    assert [partner["id"] for partner in partners] == [other.id, one.id]
    assert (await part(world, other)).status_code == 204
    await look()
    assert state[one.id]["couple"] is None
    assert state[one.id]["cooldown_until"] == state[other.id]["cooldown_until"] is not None
    assert (await world.call("GET", f"/users/{one.id}", third)).json()["partner"] is None
    with turned_to(now() + timedelta(days=8)):
        await asked(world, one, other)
    with turned_to(now() + timedelta(days=10)):
        while await service.expire(database):
            pass
    await look()
    assert kinds >= {
        f"couple.{kind}" for kind in ("requested", "request_ended", "formed", "points", "ended")
    }
    hands.assert_sound(world)


async def test_points_count_from_the_beginning_to_the_end_and_for_the_partner_alone(
    world: World, aggregator: GiftAggregator
) -> None:
    """Gifts of before and after count nothing, however late they are folded."""
    one, other = await two(world)
    gift = world.gift("1.00")
    await world.send(one, gift, [other])
    request = await asked(world, one, other)
    assert (await reply(world, other, request, "accept")).status_code == 200
    await world.send(one, gift, [other], quantity=3)
    # A couple's gift between partners asks nothing, and counts.
    again = await ask(world, one, other)
    assert (again.status_code, again.json()["couple_request_id"]) == (201, None)
    assert (await part(world, one)).status_code == 204
    await world.send(one, gift, [other], quantity=5)
    await folded(aggregator)
    given = world.sql(
        "SELECT coins_given FROM couple_members WHERE user_id = %s OR user_id = %s"
        " ORDER BY coins_given",
        one.id,
        other.id,
    )
    assert given == [(Decimal("0.00"),), (Decimal("13.00"),)]


async def test_what_is_asked_in_one_group_counts_within_it(world: World) -> None:
    """Twenty at once to one person: each pair asks once, whatever group they fall into."""
    one, other = await two(world)
    gift = world.gift("10.00", category="cp")
    answers = await asyncio.gather(*(world.send(one, gift, [other]) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"couple.request_pending"}
    assert (await world.wallet(one))["coin_balance"] == "9990.00"
    hands.assert_sound(world)


Case = Callable[[World], Awaitable[tuple[Person, list[Person]]]]


async def _to_two(world: World) -> tuple[Person, list[Person]]:
    one, other = await two(world)
    return one, [other, await world.register()]


async def _with_a_partner(world: World) -> tuple[Person, list[Person]]:
    one, _ = await couple(world)
    return one, [await world.register()]


async def _to_somebodys_partner(world: World) -> tuple[Person, list[Person]]:
    _, other = await couple(world)
    third = await world.register()
    await world.recharge(third, 100)
    return third, [other]


async def _after_parting(world: World) -> tuple[Person, list[Person]]:
    one, other = await couple(world)
    await part(world, other)
    return one, [await world.register()]


async def _to_somebody_who_parted(world: World) -> tuple[Person, list[Person]]:
    one, other = await couple(world)
    await part(world, one)
    third = await world.register()
    await world.recharge(third, 100)
    return third, [other]


async def _twice(world: World) -> tuple[Person, list[Person]]:
    one, other = await two(world)
    await asked(world, one, other)
    return one, [other]


async def _crossed(world: World) -> tuple[Person, list[Person]]:
    one, other = await two(world)
    await asked(world, one, other)
    return other, [one]


@pytest.mark.parametrize(
    ("case", "status", "code"),
    [
        (_to_two, 422, "couple.one_recipient"),
        (_with_a_partner, 409, "couple.already_coupled"),
        (_to_somebodys_partner, 409, "couple.already_coupled"),
        (_after_parting, 409, "couple.cooling_down"),
        (_to_somebody_who_parted, 409, "couple.cooling_down"),
        (_twice, 409, "couple.request_pending"),
        (_crossed, 409, "couple.request_pending"),
    ],
)
async def test_a_refused_proposal_costs_nothing(
    world: World, case: Case, status: int, code: str
) -> None:
    sender, recipients = await case(world)
    before = everything(world)
    answer = await ask(world, sender, *recipients)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().get("until", "Z").endswith("Z")
    assert everything(world) == before


async def test_only_the_one_who_was_asked_answers_and_once(world: World) -> None:
    one, other = await two(world)
    stranger = await world.register()
    request = await asked(world, one, other)
    before = everything(world)
    for who, verb, refusal in (
        (stranger, "accept", (404, "couple.request_not_found")),
        (stranger, "decline", (404, "couple.request_not_found")),
        (one, "accept", (403, "couple.not_the_recipient")),
        (one, "decline", (403, "couple.not_the_recipient")),
    ):
        answer = await reply(world, who, request, verb)
        assert (answer.status_code, answer.json()["code"]) == refusal
    for nobody in (one, other):
        assert (await part(world, nobody)).json()["code"] == "couple.not_found"
    assert everything(world) == before
    assert (await reply(world, other, request, "decline")).status_code == 204
    before = everything(world)
    for verb in ("accept", "decline"):
        answer = await reply(world, other, request, verb)
        assert (answer.status_code, answer.json()["code"]) == (409, "couple.request_ended")
        assert answer.json()["status"] == "declined"
    assert everything(world) == before


async def test_a_proposal_runs_out_and_stands_in_nobodys_way(
    world: World, database: Database
) -> None:
    one, other = await two(world)
    request = await asked(world, one, other)
    with turned_to(now() + timedelta(hours=24, seconds=1)):
        before = everything(world)
        late = await reply(world, other, request, "accept")
        assert (late.status_code, late.json()["status"]) == (409, "expired")
        assert everything(world) == before
        # The sweep has not come by yet.
        again = await asked(world, other, one)
        assert world.sql("SELECT status FROM couple_requests WHERE id = %s", request) == [
            ("expired",)
        ]
    with turned_to(now() + timedelta(hours=49)):
        assert await service.expire(database) >= 1
        assert await service.expire(database) == 0
    assert [r["id"] for r in (await mine(world, one))["requests"]] == []
    ended = [e for e in await hands.told(world, one) if e["type"] == "couple.request_ended"]
    assert [e["data"] for e in ended] == [
        {"request_id": one_id, "status": "expired"} for one_id in (request, again)
    ]


async def test_a_block_ends_couple_and_proposals_and_does_not_say_why(world: World) -> None:
    one, other = await couple(world)
    third = await world.register()
    await world.recharge(third, 100)
    assert (await world.call("PUT", f"/users/{other.id}/block", one, json={})).status_code == 204
    for person in (one, other):
        state = await mine(world, person)
        assert state["couple"] is None
        assert state["cooldown_until"] is not None
        [ended] = [e for e in await hands.told(world, person) if e["type"] == "couple.ended"]
        assert set(ended["data"]) == {"couple_id", "cooldown_until"}
    [(reason, by)] = world.sql(
        "SELECT end_reason, ended_by FROM couples WHERE proposed_by = %s", one.id
    )
    assert (reason, by) == ("blocked", one.id)
    loner, suitor = await two(world)
    request = await asked(world, suitor, loner)
    kept = await asked(world, third, loner)
    assert (await world.call("PUT", f"/users/{suitor.id}/block", loner, json={})).status_code == 204
    assert [r["id"] for r in (await mine(world, loner))["requests"]] == [kept]
    assert (await reply(world, loner, request, "accept")).json()["status"] == "cancelled"
    before = everything(world)
    refused = await ask(world, suitor, loner)
    assert (refused.status_code, refused.json()["code"]) == (403, "gift.recipient_unavailable")
    assert everything(world) == before


async def test_a_deletion_leaves_the_other_free(world: World) -> None:
    one, other = await couple(world)
    third = await world.register()
    answer = await world.call("DELETE", "/me", one, json={"password": "a long password"})
    assert answer.status_code == 204, answer.text
    state: dict[str, Any] = await mine(world, other)
    assert (state["couple"], state["cooldown_until"]) == (None, None)
    assert (await ask(world, other, third)).status_code == 201
    hands.assert_sound(world)
