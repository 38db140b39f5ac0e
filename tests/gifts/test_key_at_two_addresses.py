"""One Idempotency-Key at two addresses at once: one effect, and the other is told."""

import asyncio
import uuid

from tests.world import World


async def test_a_key_used_for_a_gift_and_an_order_at_once(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    gift, package = world.gift("1.00"), world.package(10)
    for number in range(15):
        key = {"Idempotency-Key": f"{number}-{uuid.uuid4().hex}"}
        present = {"gift_id": gift, "recipient_ids": [recipient.id], "quantity": 1}
        order = {"package_id": package, "provider": "sandbox"}
        answers = await asyncio.gather(
            *(
                world.call("POST", path, sender, json=body, headers=key)
                for path, body in (("/gifts/send", present), ("/recharge/orders", order)) * 3
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [422] * 3
