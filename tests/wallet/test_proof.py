"""Each invariant: one row is corrupted by SQL, and `verify` names it and nothing else."""

import uuid

import psycopg
import pytest

from flylive.wallet.proof import INVARIANTS, check, verify
from tests.world import Person, World


@pytest.fixture(scope="module")
async def traded(world: World) -> tuple[Person, Person]:
    """A world in which every kind of row exists: (sender, recipient)."""
    sender, recipient, owner = await world.people(3)
    await world.recharge(sender, 1000)
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, member_count) VALUES (%s, %s, 2) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        owner.id,
    )[0][0]
    world.sql(
        "UPDATE users SET agency_id = %s, agency_joined_at = now() WHERE id = %s",
        agency,
        recipient.id,
    )
    for _ in range(3):
        answer = await world.send(sender, world.gift("10.00"), [recipient])
        assert answer.status_code == 201
    return sender, recipient


CORRUPTIONS = {
    "balances": "UPDATE users SET coin_balance = coin_balance + 1 WHERE id = {sender}",
    "chains": "UPDATE transactions SET user_balance_before = user_balance_before + 1,"
    " user_balance_after = user_balance_after + 1 WHERE id ="
    " (SELECT min(id) FROM transactions WHERE user_id = {sender} AND type = 'gift')",
    "conservation": "UPDATE users SET diamond_balance = diamond_balance + 5 WHERE id = {recipient}",
    "totals": "UPDATE users SET total_received = total_received + 1 WHERE id = {recipient}",
    "gift_splits": "UPDATE gift_transactions SET agency_commission = agency_commission - 0.01,"
    " platform_fee = platform_fee + 0.01 WHERE id ="
    " (SELECT min(id) FROM gift_transactions WHERE recipient_id = {recipient})",
    "agency_earnings": "DELETE FROM agency_earnings WHERE id ="
    " (SELECT min(id) FROM agency_earnings WHERE user_id = {recipient})",
    "orders": "UPDATE recharge_orders SET coin_amount = coin_amount + 1 WHERE user_id = {sender}",
    "debts": "UPDATE users SET coin_debt = 3 WHERE id = {sender}",
    "adoption": "UPDATE gift_transactions SET is_adopted = true WHERE id ="
    " (SELECT min(id) FROM gift_transactions WHERE recipient_id = {recipient})",
    "answers": "UPDATE idempotency_keys SET answer ="
    ' (replace(answer::text, \'"total_cost":"10.00"\', \'"total_cost":"11.00"\'))::json'
    " WHERE (user_id, key) = (SELECT user_id, key FROM idempotency_keys"
    "  WHERE user_id = {sender} AND answer -> 'lines' IS NOT NULL LIMIT 1)",
}


async def test_an_honest_world_fits(world: World, traded: tuple[Person, Person]) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0
    assert len(said) == len(INVARIANTS)


def test_every_invariant_has_its_corruption() -> None:
    assert set(CORRUPTIONS) == {invariant.name for invariant in INVARIANTS}


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_corrupted_row_is_named(
    world: World, traded: tuple[Person, Person], name: str
) -> None:
    sender, recipient = traded
    statement = CORRUPTIONS[name].format(sender=sender.id, recipient=recipient.id)
    said: list[str] = []
    with psycopg.connect(world.owner_dsn) as connection:
        connection.execute(statement.encode())
        assert check(connection, said.append) > 0
        connection.rollback()
    assert any(line.startswith(f"  {name}: ") for line in said), said
