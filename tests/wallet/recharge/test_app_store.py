"""The App Store: signed by Apple, bound to one order, credited once, refunded and reversed."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import procrastinate
import pytest

from flylive import jobs
from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.wallet.recharge import checking, consumption
from tests.wallet.recharge.conftest import PRODUCT, Till
from tests.wallet.recharge.fakes.app_store import PlayedAppStore, Signer
from tests.world import Person, World

CREDITED = [("recharge", 500), ("recharge_bonus", 50)]


@pytest.fixture
async def person(world: World) -> Person:
    """A buyer."""
    return await world.register()


async def hear(till: Till, body: bytes, status: int = 204) -> None:
    """A notification reaches us."""
    answer = await till.hear("app-store", body, {"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text


async def bought(
    till: Till, apple: PlayedAppStore, person: Person, **more: Any
) -> tuple[dict[str, Any], str]:
    """An order, and its transaction's id; nobody told us yet."""
    order = await till.order(person, "app_store")
    return order, apple.buy(order["checkout"], **more)


async def paid(till: Till, apple: PlayedAppStore, person: Person) -> tuple[dict[str, Any], str]:
    """An order that is credited, and its transaction's id."""
    order, number = await bought(till, apple, person)
    answer = await till.confirm(person, order, signed_transaction=apple.signed(number))
    assert answer.json()["status"] == "paid", answer.text
    return order, number


async def test_client_and_notification_together_and_in_either_order(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    for number, first in enumerate(("client", "notification", "both"), 1):
        order, transaction = await bought(till, apple, person)
        assert order["checkout"]["product_id"] == PRODUCT
        told, signed = apple.notification("ONE_TIME_CHARGE", transaction), apple.signed(transaction)
        if first == "client":
            await till.confirm(person, order, signed_transaction=signed)
            await hear(till, told)
        elif first == "notification":
            await hear(till, told)
            assert await till.status(person, order) == "paid"
            await till.confirm(person, order, signed_transaction=signed)
        else:
            await asyncio.gather(
                *(hear(till, told) for _ in range(5)),
                *(till.confirm(person, order, signed_transaction=signed) for _ in range(5)),
            )
        assert await till.status(person, order) == "paid"
        assert (await till.coins(person))[0] == f"{550 * number}.00"


async def test_a_transaction_pays_for_one_order_of_one_person(
    till: Till, apple: PlayedAppStore, person: Person, world: World
) -> None:
    order, number = await paid(till, apple, person)
    thief = await world.register()
    stolen, again = await till.order(thief, "app_store"), await till.order(person, "app_store")
    for who, other in ((thief, stolen), (person, again)):
        answer = await till.confirm(who, other, signed_transaction=apple.signed(number))
        assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
        assert await till.status(who, other) == "pending"
    second = apple.buy(order["checkout"])
    answer = await till.confirm(person, order, signed_transaction=apple.signed(second))
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
    assert (till.ledger(thief), till.ledger(person)) == ([], CREDITED)


@pytest.mark.parametrize(
    "more",
    [
        {"bundleId": "another.app"},
        {"environment": "Production"},
        {"environment": "Xcode"},
        {"productId": "coins_1"},
        {"quantity": 3},
        {"type": "Non-Consumable"},
        {"inAppOwnershipType": "FAMILY_SHARED"},
        {"appAccountToken": None},
        {"appAccountToken": "not a uuid"},
        {"transactionId": None},
        {"quantity": "three"},
    ],
)
async def test_transactions_that_do_not_fit_are_refused(
    till: Till, apple: PlayedAppStore, person: Person, more: dict[str, Any]
) -> None:
    order, number = await bought(till, apple, person)
    signed = apple.signed(number, **more)
    answer = await till.confirm(person, order, signed_transaction=signed)
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
    assert await till.status(person, order) == "pending"
    assert till.ledger(person) == []


@pytest.mark.parametrize("how", ["another_root", "changed", "no_chain", "none"])
async def test_what_apple_did_not_sign(
    till: Till, apple: PlayedAppStore, person: Person, how: str
) -> None:
    order, number = await bought(till, apple, person)
    good = apple.signed(number)
    head, payload, signature = good.split(".")
    forged = {
        "another_root": apple.signed(number, Signer()),
        "changed": f"{head}.{payload[:-4]}AAAA.{signature}",
        "no_chain": f"eyJhbGciOiJFUzI1NiJ9.{payload}.{signature}",
        "none": f"eyJhbGciOiJub25lIn0.{payload}.",
    }[how]
    answer = await till.confirm(person, order, signed_transaction=forged)
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
    body = json.dumps({"signedPayload": forged}).encode()
    await hear(till, body, 401)
    assert await till.status(person, order) == "pending"
    assert till.events(order) == []


async def test_notifications_that_are_none_are_401(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    order, number = await bought(till, apple, person)
    for body in (
        b"",
        b"{}",
        b"[]",
        b'{"signedPayload": "x"}',
        b'{"signedPayload": 1}',
        apple.notification("ONE_TIME_CHARGE", number, signer=Signer()),
        apple.notification("ONE_TIME_CHARGE", number, bundleId="another.app"),
        apple.notification("ONE_TIME_CHARGE", number, environment="Production"),
    ):
        await hear(till, body, 401)
    assert await till.status(person, order) == "pending"


async def test_refund_ten_times_reversal_ten_times_and_refund_again(
    till: Till, apple: PlayedAppStore, person: Person, world: World
) -> None:
    order, number = await paid(till, apple, person)
    await world.send(person, world.gift("300.00"), [await world.register()])
    for refunds in (1, 2):
        apple.refund(number)
        refund = apple.notification("REFUND", number)
        await asyncio.gather(*(hear(till, refund) for _ in range(10)))
        assert await till.status(person, order) == "refunded"
        assert await till.coins(person) == ("0.00", "300.00")
        till.prove()
        apple.reverse(number)
        reversal = apple.notification("REFUND_REVERSED", number)
        await asyncio.gather(*(hear(till, reversal) for _ in range(10)))
        assert await till.status(person, order) == "paid"
        assert await till.coins(person) == ("250.00", "0.00")
        assert till.ledger(person).count(("recharge_reinstated", 550)) == refunds
        till.prove()


async def test_messages_out_of_order_end_where_the_transaction_stands(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    order, number = await bought(till, apple, person)
    charge, signed = apple.notification("ONE_TIME_CHARGE", number), apple.signed(number)
    apple.refund(number)
    refund = apple.notification("REFUND", number)
    apple.reverse(number)
    reversal = apple.notification("REFUND_REVERSED", number)
    apple.refund(number)
    for message in (reversal, refund, charge):
        await hear(till, message)
        assert await till.status(person, order) == "refunded"
    # Signed when it was paid, and valid for ever.
    answer = await till.confirm(person, order, signed_transaction=signed)
    assert answer.json()["status"] == "refunded"
    assert till.ledger(person) == [*CREDITED, ("recharge_refund", 550)]


async def test_a_prorated_refund_takes_its_share(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    order, number = await paid(till, apple, person)
    apple.refund(number, 40_000)
    await hear(till, apple.notification("REFUND", number))
    assert await till.status(person, order) == "paid"
    assert await till.coins(person) == ("330.00", "0.00")


async def test_apple_is_told_how_much_was_used(
    till: Till,
    apple: PlayedAppStore,
    person: Person,
    world: World,
    settings: Settings,
) -> None:
    _, number = await paid(till, apple, person)
    await world.send(person, world.gift("110.00"), [await world.register()])
    await hear(till, apple.notification("CONSUMPTION_REQUEST", number))
    queue: procrastinate.App = jobs.create_queue(settings.serving_dsn)
    context = consumption.Recharge(till.database, settings, till.providers)
    jobs.register(queue, consumption.TASKS, context)
    async with queue.open_async():
        await jobs.run(queue, till.database, wait=False)
    assert apple.consumptions == [
        (
            number,
            {
                "customerConsented": True,
                "sampleContentProvided": False,
                "deliveryStatus": "DELIVERED",
                "consumptionPercentage": 20_000,
            },
        )
    ]


async def test_apple_away_is_503_and_nothing_is_lost(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    order, number = await bought(till, apple, person)
    told = apple.notification("ONE_TIME_CHARGE", number)
    apple.is_away = True
    try:
        answer = await till.confirm(person, order, signed_transaction=apple.signed(number))
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        await hear(till, told, 503)
    finally:
        apple.is_away = False
    assert await till.status(person, order) == "pending"
    await hear(till, told)
    assert await till.status(person, order) == "paid"
    assert till.events(order) == [("ONE_TIME_CHARGE", "settled")]


async def test_an_order_that_nobody_paid_fails_after_a_week(
    till: Till, apple: PlayedAppStore, person: Person
) -> None:
    order = await till.order(person, "app_store")
    with turned_to(now() + timedelta(days=8)):
        await checking.check_due(till.database, till.providers)
        assert await till.status(person, order) == "failed"
    number = apple.buy(order["checkout"])
    await hear(till, apple.notification("ONE_TIME_CHARGE", number))
    assert await till.status(person, order) == "paid"


async def test_the_test_notification_is_taken(till: Till, apple: PlayedAppStore) -> None:
    await hear(till, apple.notification("TEST"))
    [row] = till.world.sql("SELECT kind, outcome FROM provider_events ORDER BY id DESC LIMIT 1")
    assert row == ("TEST", "ignored")
