"""A level that staff switch off pays nobody a second time."""

import uuid
from collections.abc import Awaitable, Callable

from flylive.config import Settings
from flylive.gifts.facts import GiftRequest
from flylive.gifts.group import GroupCommitter
from flylive.gifts.schemas import SendGift
from flylive.reactions.gift_sent import GiftAggregator
from tests.world import World


async def test_a_level_switched_off_pays_the_lower_ones_no_second_time(world: World) -> None:
    ids = [
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, coin_reward, icon_url)"
            " VALUES (%s, 'wealth', %s, %s, %s, '/assets/levels/wealth-1.svg') RETURNING id",
            f"Wealth {number}",
            number,
            xp,
            coins,
        )[0][0]
        for number, xp, coins in ((1, 0, 0), (2, 100, 500), (3, 200, 700))
    ]
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("10.00")
    assert (await world.send(sender, gift, [recipient], quantity=20)).status_code == 201
    assert (await world.wallet(sender))["coin_balance"] == "2000.00"
    world.sql("UPDATE levels SET is_active = false WHERE id = %s", ids[2])
    fresh = another_engine(world)
    for _ in range(3):
        await fresh(sender.id, gift, recipient.id)
    rewards = world.sql(
        "SELECT amount FROM transactions WHERE user_id = %s AND type = 'level_reward' ORDER BY id",
        sender.id,
    )
    assert [str(amount) for (amount,) in rewards] == ["500.00", "700.00"]
    assert world.sql("SELECT wealth_level_id FROM users WHERE id = %s", sender.id) == [(ids[2],)]


def another_engine(world: World) -> Callable[[int, int, int], Awaitable[None]]:
    """Gifts through a committer that has not kept the levels as they were."""

    async def send(sender_id: int, gift_id: int, recipient_id: int) -> None:
        committer = GroupCommitter(Settings())
        body = SendGift(gift_id=gift_id, recipient_ids=[recipient_id], quantity=1)
        request = GiftRequest(sender_id, uuid.uuid4().hex, b"x" * 32, body)
        (answer,) = await world.database.run(lambda tx: committer.process(tx, [request]))
        assert answer.status == 201, answer.body

    return send


async def test_a_room_on_a_level_switched_off_does_not_stop_the_aggregator(
    world: World, settings: Settings
) -> None:
    ids = [
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, diamond_reward)"
            " VALUES (%s, 'room', %s, %s, %s) RETURNING id",
            f"Room {number}",
            number,
            xp,
            reward,
        )[0][0]
        for number, xp, reward in ((1, 0, 0), (2, 100, 5), (3, 200, 7))
    ]
    owner, guest = await world.people(2)
    await world.recharge(guest, 1000)
    room = await world.room(owner, guest)
    gift = world.gift("10.00")
    await world.send(guest, gift, [owner], quantity=20, room_id=room)
    await GiftAggregator(world.database, settings).fold()
    world.sql("UPDATE levels SET is_active = false WHERE id = %s", ids[2])
    await world.send(guest, gift, [owner], quantity=1, room_id=room)
    assert await GiftAggregator(world.database, settings).fold() == 1
    rewards = world.sql(
        "SELECT amount FROM transactions WHERE user_id = %s AND type = 'level_reward'"
        " AND currency_type = 2 ORDER BY id",
        owner.id,
    )
    assert [str(amount) for (amount,) in rewards] == ["5.00", "7.00"]
