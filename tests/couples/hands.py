"""Hands for couples: who asks whom, what each sees, and the client's side of the events."""

import copy
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from flylive.realtime import user_stream
from flylive.realtime.service import events_after
from tests.world import Person, World


async def two(world: World, coins: int = 10_000) -> tuple[Person, Person]:
    """Two people who can pay."""
    one, other = await world.people(2)
    await world.recharge(one, coins)
    await world.recharge(other, coins)
    return one, other


async def ask(world: World, sender: Person, *recipients: Person) -> httpx.Response:
    """A couple's gift of 10 coins."""
    return await world.send(sender, world.gift("10.00", category="cp"), list(recipients))


async def asked(world: World, sender: Person, recipient: Person) -> int:
    """The id of a proposal that is made."""
    answer = await ask(world, sender, recipient)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["couple_request_id"])


async def reply(world: World, person: Person, request_id: int, verb: str) -> httpx.Response:
    """Accept or decline."""
    return await world.call("POST", f"/couples/requests/{request_id}/{verb}", person)


async def couple(world: World, coins: int = 10_000) -> tuple[Person, Person]:
    """Two who are a couple; the first one asked."""
    one, other = await two(world, coins)
    accepted = await reply(world, other, await asked(world, one, other), "accept")
    assert accepted.status_code == 200, accepted.text
    return one, other


async def part(world: World, person: Person) -> httpx.Response:
    """DELETE /couples/me."""
    return await world.call("DELETE", "/couples/me", person)


async def mine(world: World, person: Person) -> dict[str, Any]:
    """GET /couples/me."""
    answer = await world.call("GET", "/couples/me", person)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def told(world: World, person: Person, after: int = 0) -> list[dict[str, Any]]:
    """What the person's own stream told behind `after`."""
    page = await world.database.read(
        lambda tx: events_after(tx, user_stream(person.id), after, 1000)
    )
    return [
        {"seq": event.seq, "type": event.type, "data": msgspec.json.decode(event.data)}
        for event in page.data
    ]


def fold(state: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """The state after the events, as flylive.couples.events says."""
    state = copy.deepcopy(state)
    for event in events:
        data = event["data"]
        match event["type"]:
            case "couple.requested":
                state["requests"].append(data["request"])
            case "couple.request_ended":
                state["requests"] = [r for r in state["requests"] if r["id"] != data["request_id"]]
            case "couple.formed":
                state["couple"] = data["couple"]
            case "couple.points":
                assert state["couple"]["id"] == data["couple_id"]
                state["couple"] |= {k: data[k] for k in ("coins_given", "coins_received")}
            case "couple.ended":
                assert state["couple"]["id"] == data["couple_id"]
                state["couple"] = None
                state["cooldown_until"] = data["cooldown_until"] or state["cooldown_until"]
    return state


def everything(world: World) -> dict[str, list[Any]]:
    """What a refusal must leave as it is: money, gifts, couples, events."""
    return {
        table: world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text")
        for table in (
            "transactions",
            "gift_transactions",
            "gift_groups",
            "couples",
            "couple_members",
            "couple_requests",
            "stream_events",
        )
    } | {"users": world.sql("SELECT id, coin_balance, diamond_balance FROM users ORDER BY id")}


def points(state: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Given and received."""
    return Decimal(state["couple"]["coins_given"]), Decimal(state["couple"]["coins_received"])


def assert_sound(world: World) -> None:
    """One partner each, both ways; each accepted proposal has its couple; nothing else is open."""
    assert not world.sql("SELECT user_id FROM couple_members WHERE is_active"
                         " GROUP BY user_id HAVING count(*) > 1")  # fmt: skip
    assert not world.sql(
        """
        SELECT c.id FROM couples c
        LEFT JOIN couple_members m ON m.couple_id = c.id
            AND m.is_active = (c.ended_at IS NULL)
            AND m.user_id IN (c.proposed_by, c.accepted_by)
            AND m.partner_id = c.proposed_by + c.accepted_by - m.user_id
        GROUP BY c.id HAVING count(m.user_id) <> 2
        """
    )
    assert not world.sql(
        """
        SELECT r.id FROM couple_requests r JOIN couple_members m
            ON m.is_active AND m.user_id IN (r.sender_id, r.recipient_id)
        WHERE r.status = 'pending' AND r.sent_at <= (SELECT formed_at FROM couples
                                                     WHERE id = m.couple_id)
        """
    )
