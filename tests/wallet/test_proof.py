"""Each invariant: one row is corrupted by SQL, and `verify` is told which."""

import asyncio
import os
import uuid
from datetime import timedelta

import psycopg
import pytest

from flylive.clock import now
from flylive.wallet.invariants import answers
from flylive.wallet.proof import INVARIANTS, check, verify
from flylive.wallet.proving.ledger import locate
from flylive.wallet.seals.sealing import seal_closed
from tests.conftest import Addresses
from tests.product import FLYLIVE
from tests.resellers.test_resellers import act, ask, transfer
from tests.world import Person, World


@pytest.fixture(scope="module")
async def traded(world: World, addresses: Addresses) -> tuple[Person, Person]:
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
    world.sql("INSERT INTO resellers (user_id, max_credit_days) VALUES (%s, 30)", sender.id)
    request = await ask(world, recipient, sender, "7.00")
    assert (await act(world, sender, request.json()["id"], "approve")).status_code == 200
    assert (await transfer(world, sender, owner.id, "5.00")).status_code == 201
    for _ in range(3):
        answer = await world.send(sender, world.gift("10.00"), [recipient])
        assert answer.status_code == 201
    # The seal closes what stands until here; a last gift lies behind it.
    assert seal_closed(addresses.serving, after=timedelta(0)) == 1
    answer = await world.send(sender, world.gift("10.00"), [recipient])
    assert answer.status_code == 201
    return sender, recipient


# How a row is corrupted, and the columns by which `verify` has to name it, from the same database.
CORRUPTIONS = {
    "adjustments": (
        "INSERT INTO adjustments (user_id, currency_type, amount, reason, status, needs_second,"
        " requested_by, requested_at, decided_by, decided_at) VALUES ({sender}, 1, 5, 'why',"
        " 'posted', false, {recipient}, now(), {recipient}, now())",
        "SELECT 'adjustment_id ' || max(id) || ', transaction_id None' FROM adjustments",
    ),
    "balances": (
        "UPDATE users SET coin_balance = coin_balance + 1 WHERE id = {sender}",
        "SELECT 'user_id {sender}'",
    ),
    "chains": (
        "UPDATE transactions SET user_balance_before = user_balance_before + 1,"
        " user_balance_after = user_balance_after + 1 WHERE id = {gift_row}",
        "SELECT 'transaction_id ' || {gift_row} || ', user_id {sender}'",
    ),
    "conservation": (
        "UPDATE users SET diamond_balance = diamond_balance + 5 WHERE id = {recipient}",
        "SELECT 'currency_type 2'",
    ),
    "totals": (
        "UPDATE users SET total_received = total_received + 1 WHERE id = {recipient}",
        "SELECT 'user_id {recipient}'",
    ),
    "gift_splits": (
        "UPDATE gift_transactions SET agency_commission = agency_commission - 0.01,"
        " platform_fee = platform_fee + 0.01 WHERE id = {line}",
        "SELECT 'gift_transaction_id ' || {line}",
    ),
    "agency_earnings": (
        "DELETE FROM agency_earnings WHERE source_id = {line}",
        "SELECT 'gift_transaction_id ' || {line}",
    ),
    "orders": (
        "UPDATE recharge_orders SET coin_amount = coin_amount + 1 WHERE user_id = {sender}",
        "SELECT 'order_id ' || max(id) FROM recharge_orders WHERE user_id = {sender}",
    ),
    "coin_requests": (
        "UPDATE coin_requests SET amount = amount + 1 WHERE requested_from = {sender}",
        "SELECT 'coin_request_id ' || max(id) FROM coin_requests WHERE requested_from = {sender}",
    ),
    "debts": (
        "UPDATE users SET coin_debt = 3 WHERE id = {sender}",
        "SELECT 'user_id {sender}'",
    ),
    "adoption": (
        "UPDATE gift_transactions SET is_adopted = true WHERE id = {line}",
        "SELECT 'subject gift_transactions'",
    ),
    "answers": (
        "UPDATE idempotency_keys SET answer ="
        ' (replace(answer::text, \'"total_cost":"10.00"\', \'"total_cost":"11.00"\'))::json'
        " WHERE (user_id, key) = {answer}",
        "SELECT 'user_id {sender}, key ' || key FROM idempotency_keys"
        " WHERE (user_id, key) = {answer}",
    ),
    "games": (
        "INSERT INTO transactions (user_id, type, direction, currency_type, amount,"
        " user_balance_before, user_balance_after, transactionable_type, transactionable_id)"
        " VALUES ({sender}, 'game_win', 2, 1, 5, 0, 5, 'GameTransaction', 987654)",
        "SELECT 'game_transaction_id 987654'",
    ),
    "gift_reversals": (
        "INSERT INTO transactions (user_id, type, direction, currency_type, amount,"
        " user_balance_before, user_balance_after, transactionable_type, transactionable_id)"
        " VALUES ({sender}, 'gift_reversal', 2, 1, 5, 0, 5, 'GiftReversal', 987654)",
        "SELECT 'gift_transaction_id 987654, user_id {sender}'",
    ),
    "seals": (
        "UPDATE transactions SET description = 'for nothing' WHERE id = {gift_row}",
        "SELECT 'transaction_id ' || {gift_row} || ', what was changed, seal_number 1'",
    ),
}
PLACES = {
    "gift_row": "(SELECT min(id) FROM transactions WHERE user_id = {sender} AND type = 'gift')",
    "line": "(SELECT min(id) FROM gift_transactions WHERE recipient_id = {recipient})",
    "answer": "(SELECT user_id, key FROM idempotency_keys WHERE user_id = {sender}"
    " AND answer -> 'lines' IS NOT NULL ORDER BY created_at LIMIT 1)",
}


def place(statement: str, sender: Person, recipient: Person) -> bytes:
    people = {"sender": sender.id, "recipient": recipient.id}
    return statement.format(
        **people, **{name: query.format(**people) for name, query in PLACES.items()}
    ).encode()


async def test_an_honest_world_fits(
    world: World, traded: tuple[Person, Person], addresses: Addresses
) -> None:
    for since in (None, now() - timedelta(hours=1), now() + timedelta(hours=1)):
        said: list[str] = []
        assert verify(addresses.serving, said.append, since=since) == 0, said
        known = [one for one in INVARIANTS if since is None or one.recent]
        assert sorted(line.split()[1] for line in said) == sorted(one.name for one in known)


def test_every_invariant_has_its_corruption() -> None:
    assert set(CORRUPTIONS) == {invariant.name for invariant in INVARIANTS}


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_a_corrupted_row_is_named(
    world: World, traded: tuple[Person, Person], name: str
) -> None:
    corruption, subject = (place(statement, *traded) for statement in CORRUPTIONS[name])
    invariant = next(one for one in INVARIANTS if one.name == name)
    with psycopg.connect(world.owner_dsn) as connection:
        connection.execute(corruption)
        named = connection.execute(subject).fetchone()
        assert named is not None
        for since in (None, now() - timedelta(hours=1)):
            said: list[str] = []
            assert (check(connection, said.append, since=since) > 0) or not invariant.recent
            if since is None or invariant.recent:
                assert [line for line in said if line.startswith(f"  {name}: {named[0]}")], said
        connection.rollback()


async def test_a_row_from_before_the_ledger_that_its_user_never_had_is_named(
    world: World, traded: tuple[Person, Person]
) -> None:
    """A chain that begins with something: no row before it left that."""
    sender, _ = traded
    with psycopg.connect(world.owner_dsn) as connection:
        connection.execute(
            "UPDATE transactions SET user_balance_before = user_balance_before + 9,"
            " user_balance_after = user_balance_after + 9 WHERE user_id = %(id)s;",
            {"id": sender.id},
        )
        connection.execute(
            "UPDATE users SET coin_balance = coin_balance + 9 WHERE id = %s", (sender.id,)
        )
        said: list[str] = []
        assert check(connection, said.append) > 0
        first = connection.execute(
            "SELECT min(id) FROM transactions WHERE user_id = %s", (sender.id,)
        ).fetchone()
        connection.rollback()
    assert first is not None
    assert [line for line in said if line.startswith(f"  chains: transaction_id {first[0]},")]


async def test_two_gifts_of_one_line_are_named(world: World, traded: tuple[Person, Person]) -> None:
    """A line that stands in the ledger twice has all that it needs, once too often."""
    line = place("{line}", *traded).decode()
    with psycopg.connect(world.owner_dsn) as connection:
        connection.execute(
            f"INSERT INTO transactions SELECT (json_populate_record(t, json_build_object("
            f" 'id', nextval('transactions_id_seq')))).* FROM transactions t"
            f" WHERE transactionable_type = 'GiftTransaction' AND transactionable_id = {line}"
            f" AND type = 'gift'".encode()
        )
        said: list[str] = []
        assert check(connection, said.append) > 0
        connection.rollback()
    assert [line for line in said if line.startswith("  gift_splits: gift_transaction_id")]


def test_lines_are_not_looked_through_for_each_answer(addresses: Addresses) -> None:
    """Also where the planner takes the newest answers for a handful, as after a busy hour."""
    with psycopg.connect(addresses.owner) as connection:
        # So it would join in no other way, if there were another.
        connection.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
        assert answers.INVARIANT.recent is not None
        parts = answers.INVARIANT.recent(locate(connection, now() - timedelta(hours=1)))
        [query] = [part.query for part in parts if part.label == "gifts"]
        assert isinstance(query, str)
        plan = connection.execute(f"EXPLAIN {query}".encode()).fetchall()
        assert [line for (line,) in plan if "Full Join" in line], plan


async def command(addresses: Addresses, *words: str) -> tuple[int, str]:
    """``flylive …`` as an operator runs it: its status, and what it said."""
    process = await asyncio.create_subprocess_exec(
        FLYLIVE,
        *words,
        env=os.environ | {"DATABASE_URL": addresses.serving, "FLYLIVE_LOG_LEVEL": "warning"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_the_command_says_what_does_not_fit_and_keeps_the_run(
    world: World, traded: tuple[Person, Person], addresses: Addresses
) -> None:
    status, words = await command(addresses, "verify", "--since", "2h")
    assert (status, "every coin is accounted for" in words) == (0, True), words
    sender, _ = traded
    world.sql("UPDATE users SET coin_balance = coin_balance + 1 WHERE id = %s", sender.id)
    try:
        status, words = await command(addresses, "verify")
    finally:
        world.sql("UPDATE users SET coin_balance = coin_balance - 1 WHERE id = %s", sender.id)
    assert status == 1
    assert f"  balances: user_id {sender.id}," in words
    kept = world.sql(
        "SELECT kind, started_by, rows_read > 0, rows_unfit > 0, findings ->> 0,"
        " finished_at > now() - interval '1 hour' FROM proof_runs ORDER BY id DESC LIMIT 2"
    )
    full, since = kept
    assert full[:4] == ("full", "command", True, True)
    assert full[4].startswith(f"balances: user_id {sender.id},")
    assert since == ("since", "command", True, False, None, True)
