"""Everything that moves money, at once and at random: no coin made, none lost, no 500."""

import asyncio
import random
import uuid

from flylive.wallet.proof import verify
from tests.world import Person, World

STEPS = 250


async def test_a_storm_of_orders_refunds_and_gifts(world: World) -> None:
    randomness = random.Random(11)
    people = await world.people(8)
    owner = people[0]
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, member_count, commission_rate)"
        " VALUES (%s, %s, 4, 33.33) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        owner.id,
    )[0][0]
    for member in people[:4]:
        world.sql(
            "UPDATE users SET agency_id = %s, agency_joined_at = now() WHERE id = %s",
            agency,
            member.id,
        )
    for number, xp, reward in ((1, 0, 0), (2, 40, 3), (3, 90, 5), (4, 400, 7), (5, 900, 11)):
        for kind in ("wealth", "charm"):
            world.sql(
                "INSERT INTO levels (name, type, level_number, required_xp, coin_reward,"
                " diamond_reward) VALUES (%s, %s, %s, %s, %s, %s)",
                f"{kind} {number}",
                kind,
                number,
                xp,
                reward,
                reward,
            )
    odds = '{"entries": [{"weight": 7, "multiplier": "0"}, {"weight": 3, "multiplier": "1.33"}],'
    gifts = [
        world.gift("0.01"),
        world.gift("3.33"),
        world.gift("17.00", wealth_xp_multiplier="1.37"),
        world.gift("5.55", category="lucky", lucky_odds=odds + ' "total": 10}'),
    ]
    package = world.package(60, bonus=7)
    orders: list[tuple[Person, int]] = []

    async def order() -> int:
        person = randomness.choice(people)
        answer = await world.call(
            "POST",
            "/recharge/orders",
            person,
            json={"package_id": package, "provider": "sandbox"},
            headers={"Idempotency-Key": f"storm-{randomness.randrange(60)}"},
        )
        if answer.status_code == 201:
            orders.append((person, answer.json()["id"]))
        return answer.status_code

    async def settle() -> int:
        if not orders:
            return await order()
        person, order_id = randomness.choice(orders)
        outcome = randomness.choice(["paid", "paid", "paid", "failed", "refunded"])
        path = f"/recharge/orders/{order_id}/sandbox"
        return (await world.call("POST", path, person, json={"outcome": outcome})).status_code

    async def give() -> int:
        sender, *recipients = randomness.sample(people, randomness.randint(2, 5))
        answer = await world.send(
            sender,
            randomness.choice(gifts),
            recipients,
            quantity=randomness.choice([1, 1, 3]),
            # Keys that orders of the same person use too.
            key=f"storm-{randomness.randrange(60)}",
        )
        return answer.status_code

    async def rotate() -> int:
        return (
            await world.call("POST", "/fairness/rotate", randomness.choice(people), json={})
        ).status_code

    for _ in range(20):
        await order()
    statuses: set[int] = set()
    for _ in range(STEPS // 25):
        acts = randomness.choices([settle, give, order, rotate], weights=[6, 12, 2, 1], k=25)
        statuses |= set(await asyncio.gather(*(act() for act in acts)))
    assert statuses <= {200, 201, 409, 422}, statuses
    assert {200, 201, 409, 422} <= statuses
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
    assert world.sql("SELECT count(*) FROM gift_transactions")[0][0] > 30
    assert world.sql("SELECT count(*) FROM user_levels")[0][0] > 0
    assert world.sql("SELECT count(*) FROM lucky_draws")[0][0] > 0
    assert world.sql("SELECT count(*) FROM transactions WHERE type = 'recharge_refund'")[0][0] > 0
    # A level's reward is paid once for each time that somebody reached it.
    [(once,)] = world.sql(
        "SELECT count(*) FROM (SELECT 1 FROM transactions WHERE type = 'level_reward'"
        " GROUP BY user_id, transactionable_id, currency_type HAVING count(*) > 1) AS twice"
    )
    assert once == 0
