"""Orders as staff see them: found by any name, held against the provider's view, settled anew."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.test_refunds import by_google, by_stripe, kept, staff
from tests.rooms.hands import refusal
from tests.wallet.conftest import apple, google, stripe
from tests.wallet.recharge.conftest import Till, providers, settings, till
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import Person, World

__all__ = ["apple", "google", "providers", "settings", "stripe", "till"]


@pytest.fixture(autouse=True)
def near(stripe: PlayedStripe) -> Iterator[None]:
    """Stripe is there again afterwards."""
    yield
    stripe.is_away = False


async def ids(world: World, person: Person, query: str) -> list[int]:
    answer = await world.call("GET", f"/admin/orders?{query}", person)
    assert answer.status_code == 200, answer.text
    return [order["id"] for order in answer.json()["data"]]


async def look(world: World, person: Person, order: Any, reason: str = "He says he paid") -> Any:
    path = f"/admin/orders/{order['id']}/look"
    return await world.call("POST", path, person, json={"reason": reason})


async def test_an_order_is_found_by_any_name_and_by_what_it_is(
    till: Till, stripe: PlayedStripe, google: PlayedGooglePlay
) -> None:
    world = till.world
    actor = await staff(world, "support")
    buyer, first, session = await by_stripe(till, stripe)
    body = stripe.event("checkout.session.completed", stripe.sessions[session])
    assert (await till.hear("stripe", body, stripe.signature(body))).status_code == 204
    other, second, token = await by_google(till, google)
    third = await till.order(buyer, "stripe")
    [(binding,)] = world.sql("SELECT binding FROM recharge_orders WHERE id = %s", first["id"])
    payment = stripe.sessions[session]["payment_intent"]
    for name in (session, payment, str(binding), str(binding).replace("-", "").upper()):
        assert await ids(world, actor, f"reference={name}") == [first["id"]], name
    assert await ids(world, actor, f"reference={token}") == [second["id"]]
    assert await ids(world, actor, "reference=nobody") == []
    shown = (await world.call("GET", f"/admin/orders/{second['id']}", actor)).json()
    assert token not in str(shown)
    assert await ids(world, actor, f"reference={shown['reference']}") in ([], [second["id"]])
    assert await ids(world, actor, f"user_id={buyer.id}") == [third["id"], first["id"]]
    assert await ids(world, actor, f"user_id={buyer.id}&status=paid") == [first["id"]]
    assert await ids(world, actor, f"user_id={buyer.id}&provider=google_play") == []
    assert await ids(world, actor, f"user_id={other.id}&to=2020-01-01T00:00:00Z") == []
    pages, cursor = [], ""
    while cursor is not None:
        page = await world.call("GET", f"/admin/orders?limit=1&{cursor}", actor)
        pages += [order["id"] for order in page.json()["data"]]
        cursor = page.json()["next_cursor"] and f"cursor={page.json()['next_cursor']}"
    assert pages[:3] == [third["id"], second["id"], first["id"]]
    assert len(pages) == len(set(pages))
    exported = await world.call("GET", f"/admin/orders.csv?user_id={buyer.id}", actor)
    rows = list(csv.DictReader(io.StringIO(exported.text)))
    assert [int(row["id"]) for row in rows] == [third["id"], first["id"]]
    naive = await world.call("GET", "/admin/orders?from=2026-01-01T00:00:00", actor)
    assert refusal(naive) == (422, "request.invalid")


async def test_one_order_with_events_ledger_and_refunds(till: Till, stripe: PlayedStripe) -> None:
    world, actor = till.world, await staff(till.world)
    buyer, order, session = await by_stripe(till, stripe)
    body = stripe.event("checkout.session.completed", stripe.sessions[session])
    await till.hear("stripe", body, stripe.signature(body))
    shown = (await world.call("GET", f"/admin/orders/{order['id']}", actor)).json()
    assert (shown["reference"], shown["user"]["id"]) == (session, buyer.id)
    assert [(event["kind"], event["outcome"]) for event in shown["events"]] == [
        ("checkout.session.completed", "unchanged")
    ]
    assert {(row["type"], row["amount"]) for row in shown["transactions"]} == {
        ("recharge", "500.00"),
        ("recharge_bonus", "50.00"),
    }
    assert (shown["refunds"], shown["refundable_coins"], shown["no_refund"]) == ([], 550, None)
    missing = await world.call("GET", "/admin/orders/999999", actor)
    assert refusal(missing) == (404, "recharge.order_not_found")


async def test_the_provider_s_view_settles_nothing_and_looking_again_does(
    till: Till, stripe: PlayedStripe
) -> None:
    world, actor = till.world, await staff(till.world)
    buyer = await world.register()
    order = await till.order(buyer, "stripe")
    session = stripe.session_of(order)
    path = f"/admin/orders/{order['id']}/provider"
    assert (await world.call("GET", path, actor)).json()["status"] == "open"
    # Paid, and the webhook was lost.
    stripe.pay(session)
    before = kept(world)
    seen = (await world.call("GET", path, actor)).json()
    assert (seen["status"], seen["taken_back"], seen["fault"]) == ("paid", "0", None)
    assert seen["said"]["payment_status"] == "paid"
    assert "A Buyer" not in str(seen)
    assert kept(world) == before
    stripe.is_away = True
    assert refusal(await world.call("GET", path, actor)) == (503, "service.unavailable")
    assert refusal(await look(world, actor, order)) == (503, "service.unavailable")
    [(due,)] = world.sql(
        "SELECT check_at < now() + interval '1 minute' FROM recharge_orders WHERE id = %s",
        order["id"],
    )
    assert due, "the worker goes on asking soon"
    stripe.is_away = False
    settled = await look(world, actor, order)
    assert (settled.status_code, settled.json()["status"]) == (200, "paid")
    assert till.ledger(buyer) == [("recharge", 500), ("recharge_bonus", 50)]
    again = await look(world, actor, order)
    assert again.json()["status"] == "paid"
    assert till.ledger(buyer) == [("recharge", 500), ("recharge_bonus", 50)]
    audited = world.sql(
        "SELECT action, subject_id, before->>'status' FROM audit_log WHERE actor_id = %s"
        " ORDER BY id",
        actor.id,
    )
    assert audited == [("order.look", order["id"], s) for s in ("pending", "pending", "paid")]
    # What was given back at the provider's own console is found the same way.
    stripe.refund(session)
    assert (await look(world, actor, order)).json()["status"] == "refunded"
    assert till.ledger(buyer)[-1] == ("recharge_refund", 550)


async def test_looking_needs_a_reason_a_right_and_a_provider(
    till: Till, stripe: PlayedStripe
) -> None:
    world, actor, support = till.world, await staff(till.world), await staff(till.world, "support")
    _, order, _ = await by_stripe(till, stripe)
    person = await world.register()
    await world.recharge(person, 100)
    [(sandbox,)] = world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", person.id)
    before = kept(world)
    assert refusal(await look(world, actor, order, "")) == (422, "request.invalid")
    assert refusal(await look(world, support, order)) == (403, "staff.right_missing")
    assert refusal(await look(world, actor, {"id": sandbox})) == (409, "recharge.order_state")
    assert refusal(await look(world, actor, {"id": 999_999})) == (404, "recharge.order_not_found")
    assert kept(world) == before
