"""Refunds by staff: asked of the provider once, and taken back once, whoever tells of it first."""

import asyncio
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.refunds import carrying
from tests.rooms.crowd import crowd
from tests.rooms.hands import refusal
from tests.wallet.conftest import apple, google, stripe
from tests.wallet.recharge.conftest import Till, providers, settings, till
from tests.wallet.recharge.fakes.app_store import PlayedAppStore
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.wallet.recharge.fakes.stripe import PlayedStripe
from tests.world import Person, World

__all__ = ["apple", "google", "providers", "settings", "stripe", "till"]

REASON = "Bought twice by mistake"
GIVEN_BACK = [("recharge", 500), ("recharge_bonus", 50), ("recharge_refund", 550)]


@pytest.fixture(autouse=True)
def fresh(stripe: PlayedStripe, google: PlayedGooglePlay) -> Iterator[None]:
    """The played providers are there, and refuse nothing."""
    yield
    for played in (stripe, google):
        played.is_away, played.gate, played.refuses_refunds = False, None, False


async def staff(world: World, role: str = "finance") -> Person:
    [person] = await crowd(world, 1)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, %s)", person.id, role)
    return person


async def by_stripe(till: Till, stripe: PlayedStripe, **package: Any) -> tuple[Person, Any, str]:
    """Somebody with a paid order, the order, and its session."""
    person = await till.world.register()
    order = await till.order(person, "stripe", till.package(**package))
    session = stripe.session_of(order)
    stripe.pay(session)
    assert (await till.confirm(person, order)).json()["status"] == "paid"
    return person, order, session


async def by_google(till: Till, google: PlayedGooglePlay) -> tuple[Person, Any, str]:
    person = await till.world.register()
    order = await till.order(person, "google_play")
    token = google.buy(order["checkout"])
    answer = await till.confirm(person, order, purchase_token=token)
    assert answer.json()["status"] == "paid", answer.text
    return person, order, token


async def refund(
    world: World, actor: Person, order: Any, key: str | None = None, reason: str = REASON
) -> httpx.Response:
    return await world.call(
        "POST",
        f"/admin/orders/{order['id']}/refund",
        actor,
        json={"reason": reason},
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


async def decide(world: World, actor: Person, number: int, verb: str) -> httpx.Response:
    path = f"/admin/refunds/{number}/{verb}"
    return await world.call("POST", path, actor, json={"reason": "Looked at it"})


def kept(world: World) -> list[Any]:
    return [
        world.sql(f"SELECT to_jsonb(t) FROM {table} t ORDER BY id")
        for table in ("order_refunds", "recharge_orders", "transactions", "audit_log")
    ] + world.sql("SELECT id, coin_balance, coin_debt FROM users ORDER BY id")


async def test_stripe_gives_back_once_and_the_webhook_finds_nothing_left(
    till: Till, stripe: PlayedStripe
) -> None:
    actor = await staff(till.world)
    person, order, session = await by_stripe(till, stripe)
    answer = await refund(till.world, actor, order, "one")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["status"], made["coins"], made["needs_second"]) == ("done", 550, False)
    assert stripe.refunds[made["provider_reference"]]["amount"] == 999
    assert till.ledger(person) == GIVEN_BACK
    assert await till.status(person, order) == "refunded"
    again = await refund(till.world, actor, order, "one")
    assert (again.json(), again.headers["idempotent-replayed"]) == (made, "true")
    body = stripe.event("charge.refunded", stripe.charge_of(session))
    for _ in range(2):
        assert (await till.hear("stripe", body, stripe.signature(body))).status_code == 204
    assert till.ledger(person) == GIVEN_BACK
    audited = till.world.sql(
        "SELECT action, subject_type, subject_id, reason, before, after FROM audit_log"
        " WHERE actor_id = %s",
        actor.id,
    )
    assert audited == [
        (
            "order.refund",
            "order",
            order["id"],
            REASON,
            {"status": "paid", "refunded_coins": 0},
            {"refund_id": made["id"], "status": "asked", "coins": 550},
        )
    ]
    before = kept(till.world)
    assert refusal(await refund(till.world, actor, order)) == (409, "recharge.order_state")
    assert kept(till.world) == before


async def test_answer_held_back_while_the_webhook_settles(till: Till, stripe: PlayedStripe) -> None:
    """Stripe has refunded and says so late: the webhook has long taken the coins back."""
    actor = await staff(till.world)
    person, order, session = await by_stripe(till, stripe)
    plain = stripe.answer
    gate = asyncio.Event()

    def answer(asked: Any) -> Any:
        said = plain(asked)
        # This answer alone is held: what others ask meanwhile is answered at once.
        stripe.gate = gate if asked.path == "/v1/refunds" else None
        return said

    stripe.held.clear()
    stripe.answer = answer  # type: ignore[method-assign]
    try:
        asking = asyncio.create_task(refund(till.world, actor, order))
        await asyncio.wait_for(stripe.held.wait(), 60)
        body = stripe.event("charge.refunded", stripe.charge_of(session))
        assert (await till.hear("stripe", body, stripe.signature(body))).status_code == 204
        assert till.ledger(person) == GIVEN_BACK
        assert not asking.done()
        gate.set()
        assert (await asking).json()["status"] == "done"
    finally:
        stripe.answer = plain  # type: ignore[method-assign]
    assert till.ledger(person) == GIVEN_BACK


async def test_two_of_the_staff_at_once_are_one_refund(till: Till, stripe: PlayedStripe) -> None:
    actors = [await staff(till.world) for _ in range(4)]
    person, order, _ = await by_stripe(till, stripe)
    before = len(stripe.refunds)
    answers = await asyncio.gather(*(refund(till.world, one, order) for one in actors))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 409, 409, 409]
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes <= {"refund.under_way", "recharge.order_state"}
    assert len(stripe.refunds) == before + 1
    assert till.ledger(person) == GIVEN_BACK


async def test_spent_coins_become_a_debt(till: Till, stripe: PlayedStripe) -> None:
    actor = await staff(till.world)
    person, order, _ = await by_stripe(till, stripe)
    [host] = await crowd(till.world, 1)
    assert (await till.world.send(person, till.world.gift("400.00"), [host])).status_code == 201
    assert (await refund(till.world, actor, order)).json()["status"] == "done"
    assert await till.coins(person) == ("0.00", "400.00")


async def test_google_gives_back_once_whatever_its_list_says_later(
    till: Till, google: PlayedGooglePlay
) -> None:
    actor = await staff(till.world)
    person, order, token = await by_google(till, google)
    made = (await refund(till.world, actor, order)).json()
    number = google.purchase(token)["orderId"]
    assert (made["status"], made["provider_reference"]) == ("done", number)
    [asked] = [asked for asked in google.asked if asked.endswith(":refund")]
    assert asked.endswith(f"/orders/{number}:refund")
    assert till.ledger(person) == GIVEN_BACK
    body = google.push(google.was_voided(token))
    assert (await till.hear("google-play", body, google.signature())).status_code == 204
    assert till.ledger(person) == GIVEN_BACK
    assert await till.status(person, order) == "refunded"


async def test_google_s_notification_comes_first(till: Till, google: PlayedGooglePlay) -> None:
    actor = await staff(till.world)
    person, order, token = await by_google(till, google)
    google.void(token)
    # Google has it already: what it then refuses is looked at, and was done.
    made = (await refund(till.world, actor, order)).json()
    assert (made["status"], "already been refunded" in made["detail"]) == ("done", True)
    body = google.push(google.was_voided(token))
    assert (await till.hear("google-play", body, google.signature())).status_code == 204
    assert till.ledger(person) == GIVEN_BACK


async def test_apple_alone_refunds_the_app_store(till: Till, apple: PlayedAppStore) -> None:
    actor, person = await staff(till.world), await till.world.register()
    order = await till.order(person, "app_store")
    before = kept(till.world)
    answer = await refund(till.world, actor, order)
    assert refusal(answer) == (409, "refund.by_apple")
    assert "reportaproblem.apple.com" in answer.json()["detail"]
    assert kept(till.world) == before
    shown = (await till.world.call("GET", f"/admin/orders/{order['id']}", actor)).json()
    assert shown["refundable_coins"] == 0
    assert "Apple alone" in shown["no_refund"]


@pytest.mark.parametrize("name", ["stripe", "google_play"])
async def test_what_the_provider_refuses_moves_nothing_and_can_be_tried_again(
    till: Till, stripe: PlayedStripe, google: PlayedGooglePlay, name: str
) -> None:
    actor = await staff(till.world)
    if name == "stripe":
        person, order, _ = await by_stripe(till, stripe)
        stripe.refuses_refunds = True
    else:
        person, order, _ = await by_google(till, google)
        google.refuses_refunds = True
    made = (await refund(till.world, actor, order)).json()
    assert made["status"] == "refused"
    assert made["detail"] in (
        "Stripe: charge_disputed",
        "Google Play: The order is too old to be refunded.",
    )
    assert await till.status(person, order) == "paid"
    assert await till.coins(person) == ("550.00", "0.00")
    stripe.refuses_refunds = google.refuses_refunds = False
    assert (await refund(till.world, actor, order)).json()["status"] == "done"
    assert till.ledger(person) == GIVEN_BACK


async def test_while_the_provider_is_away_the_worker_goes_on(
    till: Till, stripe: PlayedStripe, providers: Providers
) -> None:
    actor = await staff(till.world)
    person, order, _ = await by_stripe(till, stripe)
    stripe.is_away = True
    made = (await refund(till.world, actor, order)).json()
    assert (made["status"], made["tries"], made["detail"]) == ("asked", 1, "Stripe does not answer")
    assert await till.coins(person) == ("550.00", "0.00")
    other = await refund(till.world, await staff(till.world), order)
    assert refusal(other) == (409, "refund.under_way")
    assert other.json()["refund_id"] == made["id"]
    stripe.is_away = False
    assert await carrying.carry_out_due(till.database, providers) == 0
    with turned_to(now() + timedelta(days=365)):
        tried = (carrying.carry_out_due(till.database, providers) for _ in range(4))
        assert sum(await asyncio.gather(*tried)) == 1
    assert till.ledger(person) == GIVEN_BACK
    [row] = till.world.sql("SELECT status, detail FROM order_refunds WHERE id = %s", made["id"])
    assert row == ("done", None)


async def test_who_dies_after_the_provider_was_asked_is_followed_with_the_same_key(
    till: Till, stripe: PlayedStripe, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await staff(till.world)
    person, order, _ = await by_stripe(till, stripe)
    before = len(stripe.refunds)

    async def die(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("flylive.wallet.recharge.refunds.carrying.checking.check", die)
        made = (await refund(till.world, actor, order)).json()
    assert (made["status"], len(stripe.refunds)) == ("asked", before + 1)
    assert await till.coins(person) == ("550.00", "0.00")
    with turned_to(now() + timedelta(days=365)):
        assert await carrying.carry_out_due(till.database, providers) == 1
    assert len(stripe.refunds) == before + 1
    assert till.ledger(person) == GIVEN_BACK


async def test_a_refund_that_fails_at_the_bank_gives_the_coins_again(
    till: Till, stripe: PlayedStripe
) -> None:
    actor = await staff(till.world)
    person, order, session = await by_stripe(till, stripe)
    assert (await refund(till.world, actor, order)).json()["status"] == "done"
    body = stripe.event("charge.refund.updated", stripe.refund_fails(session))
    assert (await till.hear("stripe", body, stripe.signature(body))).status_code == 204
    assert await till.status(person, order) == "paid"
    assert till.ledger(person) == [*GIVEN_BACK, ("recharge_reinstated", 550)]
    assert (await refund(till.world, actor, order)).json()["status"] == "done"
    assert await till.coins(person) == ("0.00", "0.00")


async def test_beyond_the_limit_a_second_person_decides(
    till: Till, stripe: PlayedStripe, settings: Settings, app: Any
) -> None:
    world = till.world
    actor, second = await staff(world), await staff(world, "admin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.state.settings, "refund_limit", 1000)
        _, first, _ = await by_stripe(till, stripe)
        assert (await refund(world, actor, first)).json()["status"] == "done"
        # 550 were refunded alone today: another 550 are beyond the limit together with them.
        person, order, _ = await by_stripe(till, stripe)
        before = len(stripe.refunds)
        made = (await refund(world, actor, order)).json()
        assert (made["status"], made["needs_second"]) == ("pending", True)
        assert refusal(await refund(world, second, order)) == (409, "refund.under_way")
        state = kept(world)
        assert refusal(await decide(world, actor, made["id"], "approve")) == (
            403,
            "refund.second_person",
        )
        gave = "UPDATE staff_members SET granted_by = %s WHERE user_id = %s"
        for one, by in ((actor, second), (second, actor)):
            world.sql(gave, by.id, one.id)
            refused = await decide(world, second, made["id"], "approve")
            assert refusal(refused) == (403, "refund.second_person")
            world.sql(gave, None, one.id)
        assert kept(world) == state
        assert len(stripe.refunds) == before
        answers = await asyncio.gather(
            *(decide(world, second, made["id"], verb) for verb in ("approve", "reject") * 3)
        )
        won = [answer.json() for answer in answers if answer.status_code == 200]
        lost = [answer.json()["code"] for answer in answers if answer.status_code != 200]
        assert (len(won), set(lost)) == (1, {"refund.decided"})
        assert won[0]["status"] in ("done", "rejected")
        is_done = won[0]["status"] == "done"
        assert len(stripe.refunds) == before + is_done
        assert till.ledger(person) == (GIVEN_BACK if is_done else GIVEN_BACK[:2])
        other, third, _ = await by_stripe(till, stripe)
        waiting = (await refund(world, actor, third)).json()
        listed = await world.call("GET", "/admin/refunds?status=pending", second)
        assert [one["id"] for one in listed.json()["data"]] == [waiting["id"]]
        assert (await decide(world, second, waiting["id"], "approve")).json()["status"] == "done"
        assert till.ledger(other) == GIVEN_BACK
        assert refusal(await decide(world, second, 999_999, "approve")) == (
            404,
            "refund.not_found",
        )


async def test_the_sandbox_is_refunded_by_the_same_way(till: Till) -> None:
    actor, person = await staff(till.world), await till.world.register()
    await till.world.recharge(person, 300)
    [(number,)] = till.world.sql("SELECT id FROM recharge_orders WHERE user_id = %s", person.id)
    made = (await refund(till.world, actor, {"id": number})).json()
    assert made["status"] == "done"
    assert till.ledger(person) == [("recharge", 300), ("recharge_refund", 300)]


async def test_nobody_refunds_his_own_order_or_without_a_reason(
    till: Till, stripe: PlayedStripe
) -> None:
    person, order, _ = await by_stripe(till, stripe)
    till.world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'admin')", person.id)
    actor, support = await staff(till.world), await staff(till.world, "support")
    before = kept(till.world)
    assert refusal(await refund(till.world, person, order)) == (403, "staff.not_oneself")
    assert refusal(await refund(till.world, actor, order)) == (403, "staff.not_above")
    assert refusal(await refund(till.world, support, order)) == (403, "staff.right_missing")
    assert refusal(await refund(till.world, actor, order, reason=" ")) == (422, "request.invalid")
    assert refusal(await refund(till.world, actor, {"id": 999_999})) == (
        404,
        "recharge.order_not_found",
    )
    assert kept(till.world) == before
