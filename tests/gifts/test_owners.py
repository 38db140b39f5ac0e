"""Agencies' owners, whom a group of gifts locks along: remembered, and never believed."""

import uuid

import pytest

from flylive.config import Settings
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import OwnerDirectory
from tests.gifts.test_engine import request
from tests.world import Person, World


def founded(world: World, by: Person) -> int:
    """An agency that takes a fifth."""
    row = world.sql(
        "INSERT INTO agencies (name, owner_id, commission_rate, member_count)"
        " VALUES (%s, %s, 20, 2) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        by.id,
    )
    return int(row[0][0])


def moves_to(world: World, person: Person, agency: int | None) -> None:
    """Make the person a member of this agency, or of none."""
    world.sql(
        "UPDATE users SET agency_id = %s, agency_role = 'member', agency_joined_at = %s"
        " WHERE id = %s",
        agency,
        "now" if agency else None,
        person.id,
    )


async def test_who_joins_leaves_or_changes_agencies_is_paid_by_his_agency_of_the_moment(
    world: World,
) -> None:
    sender, host, owner, heir, other_owner = await world.people(5)
    await world.recharge(sender, 1000)
    gift = world.gift("10.00")

    async def commissions() -> list[str]:
        answer = await world.send(sender, gift, [host])
        assert answer.status_code == 201, answer.text
        return [
            (await world.wallet(person))["diamond_balance"]
            for person in (host, owner, heir, other_owner)
        ]

    agency, other = founded(world, owner), founded(world, other_owner)
    assert await commissions() == ["5.00", "0.00", "0.00", "0.00"]
    moves_to(world, host, agency)
    assert await commissions() == ["9.00", "1.00", "0.00", "0.00"]
    world.sql("UPDATE agencies SET owner_id = %s WHERE id = %s", heir.id, agency)
    assert await commissions() == ["13.00", "1.00", "1.00", "0.00"]
    moves_to(world, host, other)
    assert await commissions() == ["17.00", "1.00", "1.00", "1.00"]
    moves_to(world, host, None)
    assert await commissions() == ["22.00", "1.00", "1.00", "1.00"]


async def test_more_members_than_are_remembered_are_paid_all_the_same(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OwnerDirectory, "LIMIT", 0)
    sender, one, other, owner, other_owner = await world.people(5)
    await world.recharge(sender, 1000)
    moves_to(world, one, founded(world, owner))
    moves_to(world, other, founded(world, other_owner))
    gift = world.gift("10.00")
    engine = GiftEngine(world.database, settings)
    await engine.start()
    for recipients in ([one], [other], [one], [one, other]):
        answer = await engine.send(request(sender, gift, *recipients))
        assert answer.status == 201
    await engine.stop()
    for person, diamonds in (
        (one, "12.00"),
        (other, "8.00"),
        (owner, "3.00"),
        (other_owner, "2.00"),
    ):
        assert (await world.wallet(person))["diamond_balance"] == diamonds
