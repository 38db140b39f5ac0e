"""A board shows a gift within two seconds: the processes as they run, not a fold by hand."""

import asyncio
import statistics
import time
from decimal import Decimal
from pathlib import Path

from tests.conftest import Addresses
from tests.product import Product
from tests.world import World

GIFTS = 7
GOAL_SECONDS, GIVEN_UP_SECONDS = 2.0, 30.0
PAUSE_SECONDS = 0.05


async def test_a_board_shows_a_gift_within_two_seconds(
    world: World, addresses: Addresses, tmp_path: Path
) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender)
    gift = world.gift("10.00")
    room = await world.room(host, sender)
    waits: list[float] = []
    async with Product(addresses, tmp_path, "worker"):
        for number in range(1, GIFTS + 1):
            # The first one also waits until the worker has begun.
            answer = await world.send(sender, gift, [host], room_id=room)
            assert answer.status_code == 201, answer.text
            answered = time.perf_counter()
            expected = {"wealth": sender, "charm": host}
            while expected:
                assert time.perf_counter() - answered < GIVEN_UP_SECONDS, expected
                await asyncio.sleep(PAUSE_SECONDS)
                for category, person in list(expected.items()):
                    shown = await world.call("GET", f"/rankings/{category}", person)
                    assert shown.status_code == 200, shown.text
                    own = shown.json()["me"]
                    if own is not None and Decimal(own["score"]) == 10 * number:
                        del expected[category]
            waits.append(time.perf_counter() - answered)
    # One slow moment of a busy machine is not the promise broken; the usual gift is.
    assert statistics.median(waits[1:]) < GOAL_SECONDS, waits
