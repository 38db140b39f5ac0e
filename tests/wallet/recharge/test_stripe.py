"""Stripe Checkout: credited once, taken back once, whoever says so and in whatever order."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from flylive.clock import now, turned_to
from flylive.wallet.recharge import checking
from tests.wallet.recharge.conftest import Till
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import Person, World

CREDITED = [("recharge", 500), ("recharge_bonus", 50)]
COMPLETED = "checkout.session.completed"


@pytest.fixture
async def person(world: World) -> Person:
    """A buyer."""
    return await world.register()


async def say(till: Till, stripe: PlayedStripe, kind: str, subject: Any, status: int = 204) -> None:
    """An event reaches us, signed."""
    body = stripe.event(kind, subject)
    answer = await till.hear("stripe", body, stripe.signature(body))
    assert answer.status_code == status, answer.text


async def paid(till: Till, stripe: PlayedStripe, person: Person) -> tuple[dict[str, Any], str]:
    """An order that is paid and credited, and its session."""
    order = await till.order(person, "stripe")
    session = stripe.session_of(order)
    stripe.pay(session)
    assert (await till.confirm(person, order)).json()["status"] == "paid"
    return order, session


async def test_an_order_is_one_session_with_its_terms(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    package = till.package()
    answers = await asyncio.gather(*(till.ask(person, "stripe", package, "one") for _ in range(8)))
    bodies = [answer.json() for answer in answers]
    assert {answer.status_code for answer in answers} == {201}
    assert all(body == bodies[0] for body in bodies)
    session = stripe.sessions[stripe.session_of(bodies[0])]
    assert (session["amount_total"], session["currency"]) == (999, "usd")
    assert session["success_url"] == "https://flylive.example/paid"
    assert session["client_reference_id"] == str(bodies[0]["id"])
    of_this_order = [
        one
        for one in stripe.sessions.values()
        if one["client_reference_id"] == str(bodies[0]["id"])
    ]
    assert len(of_this_order) == 1


@pytest.mark.parametrize(
    ("price", "currency", "amount"),
    [("500.00", "JPY", 500), ("1.25", "KWD", 1250), ("500.00", "ISK", 50_000), ("0.99", "EUR", 99)],
)
async def test_amounts_are_in_the_currency_s_smallest_unit(
    till: Till, stripe: PlayedStripe, person: Person, price: str, currency: str, amount: int
) -> None:
    order = await till.order(person, "stripe", till.package(price=price, currency=currency))
    session = stripe.session_of(order)
    assert stripe.sessions[session]["amount_total"] == amount
    stripe.pay(session)
    assert (await till.confirm(person, order)).json()["status"] == "paid"


async def test_a_price_that_its_currency_cannot_have_is_not_charged(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    before = dict(stripe.sessions)
    answer = await till.ask(person, "stripe", till.package(price="9.99", currency="JPY"))
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.provider_unavailable")
    assert stripe.sessions == before


async def test_webhook_ten_times_at_once(till: Till, stripe: PlayedStripe, person: Person) -> None:
    order = await till.order(person, "stripe")
    body = stripe.event(COMPLETED, stripe.pay(stripe.session_of(order)))
    signed = stripe.signature(body)
    answers = await asyncio.gather(*(till.hear("stripe", body, signed) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {204}
    assert await till.coins(person) == ("550.00", "0.00")
    assert till.ledger(person) == CREDITED
    [[deliveries, outcome]] = till.world.sql(
        "SELECT deliveries, outcome FROM provider_events WHERE order_id = %s", order["id"]
    )
    assert (deliveries, outcome) == (10, "settled")


async def test_webhooks_and_client_together_and_in_either_order(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    for number, order_of_things in enumerate(("webhook", "client", "both"), 1):
        order = await till.order(person, "stripe")
        session = stripe.pay(stripe.session_of(order))
        if order_of_things == "webhook":
            await say(till, stripe, COMPLETED, session)
            await till.confirm(person, order)
        elif order_of_things == "client":
            await till.confirm(person, order)
            await say(till, stripe, COMPLETED, session)
        else:
            await asyncio.gather(
                *(say(till, stripe, COMPLETED, session) for _ in range(5)),
                *(till.confirm(person, order) for _ in range(5)),
            )
        assert await till.status(person, order) == "paid"
        assert (await till.coins(person))[0] == f"{550 * number}.00"


async def test_not_paid_yet_is_pending_and_slow_payments_end_either_way(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order, other = [await till.order(person, "stripe") for _ in range(2)]
    assert (await till.confirm(person, order)).json()["status"] == "pending"
    for one, is_paid in ((order, True), (other, False)):
        session = stripe.session_of(one)
        await say(till, stripe, COMPLETED, stripe.pay_slowly(session))
        assert await till.status(person, one) == "pending"
        end = "succeeded" if is_paid else "failed"
        kind = f"checkout.session.async_payment_{end}"
        await say(till, stripe, kind, stripe.slow_payment_ends(session, is_paid=is_paid))
        assert await till.status(person, one) == ("paid" if is_paid else "failed")
    assert till.ledger(person) == CREDITED


async def test_an_expired_session_has_failed(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order = await till.order(person, "stripe")
    expired = stripe.expire(stripe.session_of(order))
    await say(till, stripe, "checkout.session.expired", expired)
    assert await till.status(person, order) == "failed"
    assert till.ledger(person) == []


async def test_refunded_before_we_knew_that_it_was_paid(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order = await till.order(person, "stripe")
    session_id = stripe.session_of(order)
    session = stripe.pay(session_id)
    await say(till, stripe, "charge.refunded", stripe.refund(session_id))
    await say(till, stripe, COMPLETED, session)
    assert await till.status(person, order) == "refunded"
    assert await till.coins(person) == ("0.00", "0.00")
    assert till.ledger(person) == [*CREDITED, ("recharge_refund", 550)]


async def test_refunded_ten_times_after_spending_is_one_debt(
    till: Till, stripe: PlayedStripe, person: Person, world: World
) -> None:
    order, session = await paid(till, stripe, person)
    friend = await world.register()
    await world.send(person, world.gift("500.00"), [friend])
    charge = stripe.refund(session)
    await asyncio.gather(*(say(till, stripe, "charge.refunded", charge) for _ in range(10)))
    assert await till.status(person, order) == "refunded"
    assert await till.coins(person) == ("0.00", "500.00")
    await paid(till, stripe, person)
    assert await till.coins(person) == ("50.00", "0.00")


async def test_partial_refunds_take_their_share_and_add_up(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order, session = await paid(till, stripe, person)
    await say(till, stripe, "charge.refunded", stripe.refund(session, 333))
    answer = await till.world.call("GET", f"/recharge/orders/{order['id']}", person)
    # 333 of 999 cents: a third of 550 coins, rounded down.
    assert (answer.json()["status"], answer.json()["refunded_coins"]) == ("paid", 183)
    assert await till.coins(person) == ("367.00", "0.00")
    await say(till, stripe, "charge.refunded", stripe.refund(session))
    assert await till.status(person, order) == "refunded"
    assert await till.coins(person) == ("0.00", "0.00")
    await say(till, stripe, "refund.failed", stripe.refund_fails(session))
    assert await till.status(person, order) == "paid"
    assert await till.coins(person) == ("550.00", "0.00")
    assert till.ledger(person)[-1] == ("recharge_reinstated", 550)


async def test_a_dispute_takes_and_winning_it_gives_back(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order, session = await paid(till, stripe, person)
    inquiry = stripe.dispute(session, "warning_needs_response")
    await say(till, stripe, "charge.dispute.created", inquiry)
    assert await till.coins(person) == ("550.00", "0.00")
    dispute = stripe.dispute(session)
    await say(till, stripe, "charge.dispute.funds_withdrawn", dispute)
    await say(till, stripe, "charge.dispute.created", dispute)
    assert await till.status(person, order) == "refunded"
    assert await till.coins(person) == ("0.00", "0.00")
    dispute["status"] = "won"
    await say(till, stripe, "charge.dispute.funds_reinstated", dispute)
    await say(till, stripe, "charge.dispute.closed", dispute)
    assert await till.status(person, order) == "paid"
    assert await till.coins(person) == ("550.00", "0.00")
    assert [outcome for _, outcome in till.events(order)] == [
        *("unchanged", "settled", "unchanged", "settled", "unchanged"),
    ]


async def test_another_amount_or_currency_is_refused_and_kept_for_staff(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    for field, value in (("amount_total", 1), ("currency", "idr")):
        order = await till.order(person, "stripe")
        session = stripe.pay(stripe.session_of(order))
        session[field] = value
        await say(till, stripe, COMPLETED, session)
        answer = await till.confirm(person, order)
        assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
        assert await till.status(person, order) == "pending"
        assert sorted(till.events(order)) == [(COMPLETED, "refused"), ("look", "refused")]
    assert till.ledger(person) == []


@pytest.mark.parametrize("how", ["unsigned", "other_secret", "old", "changed", "no_json", "bearer"])
async def test_what_stripe_did_not_sign_is_401(
    till: Till, stripe: PlayedStripe, person: Person, how: str
) -> None:
    order = await till.order(person, "stripe")
    body = stripe.event(COMPLETED, stripe.pay(stripe.session_of(order)))
    headers = {
        "unsigned": {},
        "other_secret": stripe.signature(body, secret="whsec_other"),
        "old": stripe.signature(body, at=time.time() - 301),
        "changed": stripe.signature(body + b" "),
        "no_json": stripe.signature(b"{"),
        "bearer": person.headers,
    }[how]
    answer = await till.hear("stripe", b"{" if how == "no_json" else body, headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    assert await till.status(person, order) == "pending"
    assert till.events(order) == []


async def test_events_of_others_are_kept_and_change_nothing(
    till: Till, stripe: PlayedStripe
) -> None:
    foreign = {"id": "cs_foreign", "object": "checkout.session", "metadata": {}}
    await say(till, stripe, COMPLETED, foreign)
    await say(till, stripe, "customer.created", {"id": "cus_1", "object": "customer"})
    kept = till.world.sql(
        "SELECT kind, outcome FROM provider_events WHERE order_id IS NULL ORDER BY id"
    )
    assert kept[-2:] == [(COMPLETED, "unknown_order"), ("customer.created", "ignored")]


async def test_no_personal_data_is_kept(till: Till, stripe: PlayedStripe, person: Person) -> None:
    order = await till.order(person, "stripe")
    await say(till, stripe, COMPLETED, stripe.pay(stripe.session_of(order)))
    [[payload]] = till.world.sql(
        "SELECT payload::text FROM provider_events WHERE order_id = %s", order["id"]
    )
    assert "Buyer" not in payload
    assert "buyer@" not in payload
    assert '"amount_total": 999' in payload


async def test_stripe_away_is_503_and_nothing_is_lost(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    package = till.package()
    stripe.is_away = True
    try:
        refused = await till.ask(person, "stripe", package, "later")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
    finally:
        stripe.is_away = False
    order = (await till.ask(person, "stripe", package, "later")).json()
    session = stripe.pay(stripe.session_of(order))
    stripe.is_away = True
    try:
        away = await till.confirm(person, order)
        assert (away.status_code, "retry-after" in away.headers) == (503, True)
        await say(till, stripe, COMPLETED, session, status=503)
        assert await till.status(person, order) == "pending"
    finally:
        stripe.is_away = False
    assert await checking.check_due(till.database, till.providers) >= 1
    assert await till.status(person, order) == "paid"
    assert till.ledger(person) == CREDITED
    [[orders]] = till.world.sql(
        "SELECT count(*) FROM recharge_orders WHERE user_id = %s", person.id
    )
    assert orders == 1


async def test_the_worker_finds_what_nobody_reported(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    order, left = [await till.order(person, "stripe") for _ in range(2)]
    stripe.pay(stripe.session_of(order))
    with turned_to(now() + timedelta(minutes=3)):
        await checking.check_due(till.database, till.providers)
    assert await till.status(person, order) == "paid"
    assert await till.status(person, left) == "pending"
    with turned_to(now() + timedelta(days=8)):
        await checking.check_due(till.database, till.providers)
        assert await till.status(person, left) == "failed"
    stripe.pay(stripe.session_of(left))
    assert (await till.confirm(person, left)).json()["status"] == "paid"
    assert till.ledger(person) == [*CREDITED, *CREDITED]


async def test_an_old_answer_never_has_the_last_word(
    till: Till, stripe: PlayedStripe, person: Person
) -> None:
    """Who read 'paid' before the refund, and comes to settle after it, looks again."""
    order, session = await paid(till, stripe, person)
    stripe.gate = gate = asyncio.Event()
    stripe.held.clear()
    slow = asyncio.create_task(till.confirm(person, order))
    await stripe.held.wait()
    stripe.gate = None
    await say(till, stripe, "charge.refunded", stripe.refund(session))
    assert await till.status(person, order) == "refunded"
    gate.set()
    assert (await slow).json()["status"] == "refunded"
    assert await till.coins(person) == ("0.00", "0.00")
