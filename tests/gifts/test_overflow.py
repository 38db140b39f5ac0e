"""A balance that would pass what is counted refuses its own gift, whole, and nobody else's."""

import asyncio
import uuid

from tests.world import World


async def test_an_owner_who_can_hold_no_more_moves_nothing(world: World) -> None:
    owner, member, sender, other, neighbour = await world.people(5)
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, commission_rate) VALUES (%s, %s, 10) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        owner.id,
    )[0][0]
    for person, role in ((owner, "admin"), (member, "member")):
        world.sql(
            "UPDATE users SET agency_id = %s, agency_role = %s, agency_joined_at = now()"
            " WHERE id = %s",
            agency,
            role,
            person.id,
        )
    # Nothing else brings a balance so far.
    full = "9999999999999999.99"
    world.sql("UPDATE users SET diamond_balance = %s WHERE id = %s", full, owner.id)
    for person in (sender, other):
        await world.recharge(person, 1_000)
    gift = world.gift("10.00")
    before = await asyncio.gather(*(world.wallet(person) for person in (sender, member, owner)))

    refused, *given = await asyncio.gather(
        world.send(sender, gift, [neighbour, member]),
        *(world.send(other, gift, [neighbour]) for _ in range(5)),
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "wallet.balance_too_large")
    assert [answer.status_code for answer in given] == [201] * 5
    after = await asyncio.gather(*(world.wallet(person) for person in (sender, member, owner)))
    assert after == before
    assert world.sql("SELECT count(*) FROM gift_transactions WHERE sender_id = %s", sender.id) == [
        (0,)
    ]
    assert (await world.wallet(neighbour))["diamond_balance"] == "25.00"
