"""May A do X to B: every action, with every block that can stand between two people.

What is expected stands here as the rules have it, action by action, and not by the function
that decides it.
"""

from collections.abc import Awaitable, Callable
from itertools import product
from typing import NamedTuple

import httpx
import pytest

from flylive.social.rules import Action
from tests.agencies.hands import found
from tests.rooms.crowd import crowd
from tests.rooms.hands import ask, join, refusal
from tests.rooms.picture import picture
from tests.world import Person, World

Code = tuple[int, str]
UNAVAILABLE: Code = (403, "user.not_available")
YOUR_OWN_BLOCK: Code = (409, "user.blocked_by_you")
NO_ENTRY: Code = (403, "room.not_available")
NO_GIFT: Code = (403, "gift.recipient_unavailable")


class Meeting(NamedTuple):
    """Two people in a third one's room that the first of them moderates; the second has a room,
    sells coins, and stands between whatever is asked.
    """

    world: World
    actor: Person
    subject: Person
    common_room: int
    subjects_room: int
    gift_id: int
    agency_id: int


async def follow(at: Meeting) -> httpx.Response:
    return await at.world.call("PUT", f"/users/{at.subject.id}/follow", at.actor)


async def message(at: Meeting) -> httpx.Response:
    body = {"content": "hello", "client_id": "m"}
    path = f"/conversations/{at.subject.id}/messages"
    return await at.world.call("POST", path, at.actor, json=body)


async def invite(at: Meeting) -> httpx.Response:
    body = {"kind": "invitation", "user_id": at.subject.id}
    return await ask(at.world, at.common_room, at.actor, **body)


async def enter(at: Meeting) -> httpx.Response:
    return await join(at.world, at.subjects_room, at.actor)


async def follow_room(at: Meeting) -> httpx.Response:
    return await at.world.call("PUT", f"/rooms/{at.subjects_room}/follow", at.actor)


async def give(at: Meeting) -> httpx.Response:
    return await at.world.send(at.actor, at.gift_id, [at.subject])


async def apply(at: Meeting) -> httpx.Response:
    path = f"/agencies/{at.agency_id}/requests"
    return await at.world.call("POST", path, at.actor, json={"type": "application"})


async def trade(at: Meeting) -> httpx.Response:
    body = {"requested_from": at.subject.id, "amount": "10.00", "type": "purchase"}
    return await at.world.call("POST", "/coin-requests", at.actor, json=body)


DO: dict[Action, Callable[[Meeting], Awaitable[httpx.Response]]] = {
    Action.FOLLOW: follow,
    Action.MESSAGE: message,
    Action.INVITE: invite,
    Action.ENTER_ROOM: enter,
    Action.FOLLOW_ROOM: follow_room,
    Action.GIFT: give,
    Action.JOIN_AGENCY: apply,
    Action.TRADE: trade,
}
REFUSED: dict[Action, tuple[Code | None, Code]] = {
    # Where the actor blocked the subject; where the subject blocked the actor.
    Action.FOLLOW: (YOUR_OWN_BLOCK, UNAVAILABLE),
    Action.MESSAGE: (YOUR_OWN_BLOCK, UNAVAILABLE),
    Action.INVITE: (UNAVAILABLE, UNAVAILABLE),
    Action.ENTER_ROOM: (None, NO_ENTRY),
    Action.FOLLOW_ROOM: (None, NO_ENTRY),
    Action.GIFT: (NO_GIFT, NO_GIFT),
    Action.JOIN_AGENCY: (UNAVAILABLE, UNAVAILABLE),
    Action.TRADE: (UNAVAILABLE, UNAVAILABLE),
}


def test_every_action_is_walked() -> None:
    assert set(DO) == set(REFUSED) == set(Action)


@pytest.mark.parametrize("by_actor", [False, True])
@pytest.mark.parametrize("by_subject", [False, True])
async def test_may(world: World, *, by_actor: bool, by_subject: bool) -> None:
    # A block ends friendships, so there are friends only without one.
    for action, friends in product(Action, (False,) if by_actor or by_subject else (False, True)):
        host, actor, subject = await crowd(world, 3)
        world.sql("INSERT INTO resellers (user_id) VALUES (%s)", subject.id)
        await world.recharge(actor, 100)
        common_room = await world.room(host, actor, subject)
        moderators = f"/rooms/{common_room}/moderators/{actor.id}"
        assert (await world.call("PUT", moderators, host)).status_code == 200
        subjects_room = await world.room(subject)
        assert (await join(world, common_room, subject)).status_code == 200
        agency_id = await found(world, subject)
        gift_id = world.gift("1.00")
        at = Meeting(world, actor, subject, common_room, subjects_room, gift_id, agency_id)
        if friends:
            for one, other in ((actor, subject), (subject, actor)):
                await world.call("PUT", f"/users/{other.id}/follow", one)
        if by_actor:
            await world.call("PUT", f"/users/{subject.id}/block", actor)
        if by_subject:
            await world.call("PUT", f"/users/{actor.id}/block", subject)
        before = picture(world)
        answer = await DO[action](at)
        own, others = REFUSED[action]
        wanted = (by_actor and own) or (by_subject and others) or None
        if wanted is None:
            assert answer.is_success, (action, answer.text)
        else:
            assert refusal(answer) == wanted, action
            assert picture(world) == before, action
