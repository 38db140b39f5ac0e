"""Agencies' owners, whom a group of gifts locks along: remembered, and never believed."""

import uuid

from tests.world import Person, World


async def test_who_joins_leaves_or_changes_agencies_is_paid_by_his_agency_of_the_moment(
    world: World,
) -> None:
    sender, host, owner, heir, other_owner = await world.people(5)
    await world.recharge(sender, 1000)
    gift = world.gift("10.00")

    def founded(by: Person) -> int:
        row = world.sql(
            "INSERT INTO agencies (name, owner_id, commission_rate, member_count)"
            " VALUES (%s, %s, 20, 2) RETURNING id",
            f"Agency {uuid.uuid4().hex[:8]}",
            by.id,
        )
        return int(row[0][0])

    async def commissions() -> list[str]:
        answer = await world.send(sender, gift, [host])
        assert answer.status_code == 201, answer.text
        return [
            (await world.wallet(person))["diamond_balance"]
            for person in (host, owner, heir, other_owner)
        ]

    def moves_to(agency: int | None) -> None:
        world.sql(
            "UPDATE users SET agency_id = %s, agency_role = 'member', agency_joined_at = %s"
            " WHERE id = %s",
            agency,
            "now" if agency else None,
            host.id,
        )

    agency, other = founded(owner), founded(other_owner)
    assert await commissions() == ["5.00", "0.00", "0.00", "0.00"]
    moves_to(agency)
    assert await commissions() == ["9.00", "1.00", "0.00", "0.00"]
    world.sql("UPDATE agencies SET owner_id = %s WHERE id = %s", heir.id, agency)
    assert await commissions() == ["13.00", "1.00", "1.00", "0.00"]
    moves_to(other)
    assert await commissions() == ["17.00", "1.00", "1.00", "1.00"]
    moves_to(None)
    assert await commissions() == ["22.00", "1.00", "1.00", "1.00"]
