"""The engine's promises: fair turns, an end to the queue, stopping, and keys across processes."""

import asyncio
import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from flylive.config import Settings
from flylive.gifts import queries
from flylive.gifts.engine import GiftEngine
from flylive.gifts.errors import QueueFull
from flylive.gifts.facts import GiftRequest
from flylive.gifts.group import WORTH_A_CUT
from flylive.gifts.schemas import SendGift
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.patience import eventually
from tests.product import Product
from tests.world import Person, World


def request(sender: Person, gift: int, *recipients: Person, key: str | None = None) -> GiftRequest:
    body = SendGift(gift_id=gift, recipient_ids=[one.id for one in recipients], quantity=1)
    return GiftRequest(sender.id, key or uuid.uuid4().hex, b"x" * 32, body)


async def test_one_who_fills_the_queue_starves_nobody(world: World, settings: Settings) -> None:
    greedy, modest, host = await world.people(3)
    for person in (greedy, modest):
        await world.recharge(person, 1000)
    gift = world.gift("1.00")
    engine = GiftEngine(
        world.database, settings.model_copy(update={"gift_queue_size": 30, "gift_group_size": 20})
    )
    order: list[str] = []

    async def give(name: str, sender: Person) -> None:
        await engine.send(request(sender, gift, host))
        order.append(name)

    tasks = [asyncio.create_task(give("greedy", greedy)) for _ in range(40)]
    tasks += [asyncio.create_task(give("modest", modest)) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    refused = [task for task in tasks if task.done()]
    # Ten of the greedy one found no place, and two gave theirs to the modest one.
    assert len(refused) == 12
    assert all(isinstance(task.exception(), QueueFull) for task in refused)
    assert not any(task in refused for task in tasks[40:])
    engine.lanes = 1
    await engine.start()
    await engine.stop()
    await asyncio.gather(*(task for task in tasks if task not in refused))
    # A turn is twenty lines: he waits for one group of the other's, not for all.
    assert order.index("modest") <= 20
    assert order.count("greedy") == 28
    assert (await world.wallet(greedy))["coin_balance"] == "972.00"
    assert (await world.wallet(modest))["coin_balance"] == "998.00"


@pytest.mark.parametrize("count", [9, WORTH_A_CUT + 1])
async def test_a_failing_gift_is_alone_in_the_end(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Also where some of its group's rows were sent ahead of it."""
    senders = await world.people(count)
    host = await world.register()
    for sender in senders:
        await world.recharge(sender, 10)
    gift = world.gift("1.00")
    engine = GiftEngine(world.database, settings)
    process, sizes = engine.committer.process, []

    async def failing(tx: Any, requests: Any, **options: Any) -> Any:
        sizes.append(len(requests))
        answers = await process(tx, requests, **options)
        if any(one.sender_id == senders[4].id for one in requests):
            raise RuntimeError("nobody foresaw this")
        return answers

    monkeypatch.setattr(engine.committer, "process", failing)
    tasks = [asyncio.create_task(engine.send(request(one, gift, host))) for one in senders]
    await asyncio.sleep(0)
    await engine.start()
    await engine.stop()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert sizes[0] == count
    assert isinstance(answers[4], RuntimeError)
    assert all(one.status == 201 for n, one in enumerate(answers) if n != 4)  # type: ignore[union-attr]
    # What was decided in the failing transactions left nothing: one coin each, once.
    for number, sender in enumerate(senders):
        expected = "10.00" if number == 4 else "9.00"
        assert (await world.wallet(sender))["coin_balance"] == expected
    assert Decimal((await world.wallet(host))["diamond_balance"]) == Decimal(count - 1) / 2


async def test_one_key_in_several_engines_at_once_is_one_gift(
    world: World, settings: Settings
) -> None:
    """Engines stand for processes: each has connections and a memory of its own."""
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")
    engines = [GiftEngine(world.database, settings) for _ in range(3)]
    for engine in engines:
        await engine.start()
    answers = await asyncio.gather(
        *(
            engines[number % 3].send(request(sender, gift, host, key=f"key-{number % 5}"))
            for number in range(90)
        )
    )
    for engine in engines:
        await engine.stop()
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 5
    assert sum(not answer.replayed for answer in answers) == 5
    assert (await world.wallet(sender))["coin_balance"] == "95.00"


async def test_a_stopping_engine_finishes_and_takes_no_more(
    world: World, settings: Settings
) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")
    engine = GiftEngine(world.database, settings)
    tasks = [asyncio.create_task(engine.send(request(sender, gift, host))) for _ in range(20)]
    await asyncio.sleep(0)
    await engine.start()
    stopping = asyncio.create_task(engine.stop())
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await engine.send(request(sender, gift, host))
    await stopping
    assert {task.result().status for task in tasks} == {201}
    assert (await world.wallet(sender))["coin_balance"] == "80.00"


async def test_an_answer_does_not_wait_for_a_group_that_is_stuck(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held back until the next group is on its way, but not for long."""
    first, second, host = await world.people(3)
    for sender in (first, second):
        await world.recharge(sender, 10)
    gift = world.gift("1.00")
    one_by_one = settings.model_copy(update={"gift_group_size": 1, "gift_lanes": 1})
    engine = GiftEngine(world.database, one_by_one)
    process, stuck = engine.committer.process, asyncio.Event()

    async def slow(tx: Any, requests: Any, **options: Any) -> Any:
        if requests[0].sender_id == second.id:
            await stuck.wait()
        return await process(tx, requests, **options)

    monkeypatch.setattr(engine.committer, "process", slow)
    tasks = [asyncio.create_task(engine.send(request(one, gift, host))) for one in (first, second)]
    await asyncio.sleep(0)
    await engine.start()
    try:
        answer = await asyncio.wait_for(asyncio.shield(tasks[0]), 60)
        assert (answer.status, tasks[1].done()) == (201, False)
    finally:
        stuck.set()
        await engine.stop()
    assert (await tasks[1]).status == 201


async def test_others_give_while_a_group_waits_for_somebodys_row(
    world: World, settings: Settings, addresses: Addresses
) -> None:
    sender, other, third, locked, host, free_host = await world.people(6)
    for person in (sender, other, third):
        await world.recharge(person, 10)
    gift = world.gift("1.00")
    engine = GiftEngine(world.database, settings)
    await engine.start()
    async with await psycopg.AsyncConnection.connect(addresses.owner) as holder:
        await holder.execute("SELECT FROM users WHERE id = %s FOR UPDATE", (locked.id,))
        stuck = asyncio.create_task(engine.send(request(sender, gift, locked)))
        await eventually(world.waiting_for_locks)
        # In the other lane, one whose recipient is waited for would stop that one, too.
        behind = asyncio.create_task(engine.send(request(other, gift, locked, host)))
        async with asyncio.timeout(30):
            free = await engine.send(request(third, gift, free_host))
        assert free.status == 201
        assert not stuck.done()
        assert not behind.done()
        assert world.waiting_for_locks() == 1
        await holder.rollback()
    assert {(await stuck).status, (await behind).status} == {201}
    await engine.stop()
    for person, diamonds in ((locked, "1.00"), (host, "0.50"), (free_host, "0.50")):
        assert (await world.wallet(person))["diamond_balance"] == diamonds


async def test_groups_beside_each_other_give_what_one_after_the_other_would(
    world: World, settings: Settings, addresses: Addresses
) -> None:
    people = await world.people(12)
    for person in people:
        await world.recharge(person, 1000)
    gift = world.gift("1.00")
    small = settings.model_copy(update={"gift_group_size": 24, "gift_lanes": 4})
    engine = GiftEngine(world.database, small)
    await engine.start()
    randomness, sent, got = random.Random(12), Counter[int](), Counter[int]()
    sends = []
    for _ in range(400):
        sender, *recipients = randomness.sample(people, randomness.randint(2, 6))
        sent[sender.id] += len(recipients)
        got.update(one.id for one in recipients)
        sends.append(engine.send(request(sender, gift, *recipients)))
    answers = await asyncio.gather(*sends)
    await engine.stop()
    assert {answer.status for answer in answers} == {201}
    for person in people:
        wallet = await world.wallet(person)
        assert Decimal(wallet["coin_balance"]) == 1000 - sent[person.id]
        assert Decimal(wallet["diamond_balance"]) == Decimal(got[person.id]) / 2
    said: list[str] = []
    assert verify(addresses.serving, said.append) == 0, said


def test_a_combo_is_looked_up_by_its_sender(addresses: Addresses) -> None:
    """What a popular host got in three seconds are thousands of rows.

    Here one sender gave to all, so that statistics speak for the index of recipients.
    """
    with psycopg.connect(addresses.owner) as owner:
        owner.execute(
            """
            WITH people AS (
                INSERT INTO users (name, signature, password, dob, gender, country)
                SELECT 'Combo', (556000000 + n)::text, '!', '1990-01-01', 1, 'AE'
                FROM generate_series(0, 999) AS n RETURNING id),
            gift AS (
                INSERT INTO gifts (name, description, price, category, rarity, thumbnail_url)
                VALUES ('Combo', '', 1, 'normal', 'common', '/x.png') RETURNING id),
            line AS (SELECT id, row_number() OVER () AS n FROM people)
            INSERT INTO gift_transactions (id, batch_id, sender_id, recipient_id, gift_id, price,
                                           total_cost, recipient_earnings, platform_fee, sent_at)
            SELECT -n, -n, (SELECT id FROM line WHERE n = 1), line.id, gift.id, 1,
                   1, 0.5, 0.5, now()
            FROM line, gift WHERE n > 1
            """
        )
        owner.execute("ANALYZE gift_transactions")
        owner.execute("SET plan_cache_mode = force_generic_plan")
        owner.execute("SET enable_seqscan = off")
        values = ("{1}", datetime.now(UTC) - timedelta(seconds=3))
        plan = owner.execute(f"EXPLAIN {queries.COMBOS}".encode(), values).fetchall()
        owner.rollback()
    conditions = [line for (line,) in plan if "Index Cond" in line]
    assert any("sender_id = ANY" in line for line in conditions), plan
    assert not any("recipient_id" in line for line in conditions), plan


async def test_two_processes_one_is_told_to_stop(
    world: World, addresses: Addresses, tmp_path: Path
) -> None:
    """What was answered is there, what is there was answered or answers again under its key."""
    senders = await world.people(8)
    host = await world.register()
    for sender in senders:
        await world.recharge(sender, 100)
    gift = world.gift("1.00")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    async with (
        Product(addresses, tmp_path / "one", "serve") as one,
        Product(addresses, tmp_path / "two", "serve") as two,
        httpx.AsyncClient(timeout=60) as client,
    ):

        async def give(product: Product, sender: Person, key: str) -> httpx.Response | None:
            body = {"gift_id": gift, "recipient_ids": [host.id], "quantity": 1}
            headers = sender.headers | {"Idempotency-Key": key}
            try:
                return await client.post(
                    f"{product.address}/v1/gifts/send", json=body, headers=headers
                )
            except httpx.TransportError:
                return None

        first = [
            asyncio.create_task(give((one, two)[number % 2], sender, f"{sender.id}-{number}"))
            for number in range(20)
            for sender in senders
        ]
        await asyncio.wait(first, return_when="FIRST_COMPLETED")
        await one.stop("serve")
        answers = await asyncio.gather(*first)
        keys = [f"{sender.id}-{number}" for number in range(20) for sender in senders]
        again = await asyncio.gather(
            *(give(two, sender, key) for key, sender in zip(keys, senders * 20, strict=True))
        )
    given = {answer.json()["id"] for answer in again if answer is not None}
    assert len(given) == len(keys)
    for before, after in zip(answers, again, strict=True):
        assert after is not None
        assert after.status_code == 201, after.text
        if before is not None and before.status_code == 201:
            assert before.content == after.content
            assert after.headers["idempotent-replayed"] == "true"
        elif before is not None:
            assert before.status_code == 503, before.text
    for sender in senders:
        assert (await world.wallet(sender))["coin_balance"] == "80.00"
    assert verify(world.owner_dsn, lambda _: None) == 0


async def test_who_logs_out_or_is_blocked_gives_no_more(world: World) -> None:
    sender, host = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("1.00")
    assert (await world.send(sender, gift, [host])).status_code == 201
    await world.call("POST", "/auth/logout", sender)
    assert (await world.send(sender, gift, [host])).status_code == 401
    other = await world.register()
    await world.recharge(other, 100)
    assert (await world.send(other, gift, [host])).status_code == 201
    # As if the bus had said nothing: the token is still remembered, the account is locked anew.
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", other.id)
    answer = await world.send(other, gift, [host])
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    [row] = world.sql("SELECT coin_balance FROM users WHERE id = %s", other.id)
    assert str(row[0]) == "99.00"
