"""A private gift is told in the conversation of the two, once, and on the recipient's devices."""

import asyncio
from typing import Any

from flylive.config import Settings
from flylive.database import Database
from flylive.messaging.conversations import gifts
from flylive.reactions.gift_sent import GiftAggregator
from tests.messaging.test_conversations import assert_all_told, conversations, history
from tests.rooms.crowd import crowd
from tests.world import Person, World


async def settle(database: Database, settings: Settings) -> int:
    """What the worker does, here twice at once; how many gifts it told of."""
    aggregator = GiftAggregator(database, settings)
    while await aggregator.fold():
        pass
    told = 0
    while sum(taken := await asyncio.gather(*(gifts.tell(database, settings) for _ in range(2)))):
        told += sum(taken)
    return told


async def rich(world: World, count: int) -> list[Person]:
    people = await crowd(world, count)
    for person in people:
        await world.recharge(person, 1000)
    return people


async def test_gifts_are_told_between_the_two(
    world: World, database: Database, settings: Settings
) -> None:
    anna, bilal, carla = await rich(world, 3)
    rose, lion = world.gift("1.00", name="Rose"), world.gift("2.00", name="Lion")
    room_id = await world.room(anna, bilal)
    await world.send(anna, rose, [bilal], quantity=2)
    await world.send(anna, lion, [bilal, carla])
    await world.send(anna, rose, [bilal])
    await world.send(bilal, rose, [anna])
    await world.send(anna, lion, [bilal], room_id=room_id)
    assert await settle(database, settings) == 5
    assert await settle(database, settings) == 0
    listed = await history(world, anna, bilal)
    assert [(one["sender_id"], one["content"], one["seq"]) for one in listed] == [
        (anna.id, "3 × Rose, 1 × Lion", 1),
        (bilal.id, "1 × Rose", 2),
    ]
    assert {one["message_type"] for one in listed} == {"gift_notification"}
    assert [one["content"] for one in await history(world, carla, anna)] == ["1 × Lion"]
    [talk] = await conversations(world, carla)
    assert (talk["unread_count"], talk["last_message"]["content"]) == (1, "1 × Lion")
    await assert_all_told(world, [anna, bilal, carla])


async def test_nothing_is_told_across_a_block_or_to_who_is_gone(
    world: World, database: Database, settings: Settings
) -> None:
    anna, bilal, carla = await rich(world, 3)
    rose = world.gift("1.00")
    await world.send(anna, rose, [bilal, carla])
    blocked = await world.call("PUT", f"/users/{anna.id}/block", bilal)
    assert blocked.is_success
    deleted = await world.call("DELETE", "/me", carla, json={"password": "a long password"})
    assert deleted.is_success, deleted.text
    assert await settle(database, settings) == 2
    assert await conversations(world, anna) == []
    assert await conversations(world, bilal) == []


async def test_while_they_write(world: World, database: Database, settings: Settings) -> None:
    anna, bilal = await rich(world, 2)
    rose = world.gift("0.10")
    for one, other in ((anna, bilal), (bilal, anna)):
        await world.call("PUT", f"/users/{other.id}/follow", one)

    async def write(person: Person, other: Person, number: int) -> Any:
        body = {"content": f"{number}", "client_id": f"w-{number}"}
        path = f"/conversations/{other.id}/messages"
        return await world.call("POST", path, person, json=body)

    async def work() -> None:
        for _ in range(6):
            await settle(database, settings)

    sides = ((anna, bilal), (bilal, anna))
    answers = await asyncio.gather(
        *(write(*side, number) for number in range(12) for side in sides),
        *(world.send(one, rose, [other]) for _ in range(10) for one, other in sides),
        work(),
    )
    assert all(answer.is_success for answer in answers if answer is not None)
    await settle(database, settings)
    given = sum(
        int(one["content"].split(" ×")[0])
        for one in await history(world, anna, bilal)
        if one["message_type"] == "gift_notification"
    )
    assert given == 20
    await assert_all_told(world, [anna, bilal])
