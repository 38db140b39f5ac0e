"""Google Play: bound to one order, credited once, consumed in time, taken back when voided."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from flylive.clock import now, turned_to
from flylive.wallet.recharge import checking
from flylive.wallet.recharge.tasks import VoidedPurchases
from tests.wallet.recharge.conftest import PRODUCT, Till
from tests.wallet.recharge.fakes.google_play import PlayedGooglePlay
from tests.world import Person, World

CREDITED = [("recharge", 500), ("recharge_bonus", 50)]


@pytest.fixture
async def person(world: World) -> Person:
    """A buyer."""
    return await world.register()


async def push(
    till: Till, google: PlayedGooglePlay, notification: dict[str, Any], status: int = 204
) -> None:
    """A notification reaches us, signed."""
    body = google.push(notification)
    answer = await till.hear("google-play", body, google.signature())
    assert answer.status_code == status, answer.text


async def bought(
    till: Till, google: PlayedGooglePlay, person: Person, **more: Any
) -> tuple[dict[str, Any], str]:
    """An order, and the token of its purchase; nobody told us yet."""
    order = await till.order(person, "google_play")
    return order, google.buy(order["checkout"], **more)


async def test_what_the_app_is_told(till: Till, google: PlayedGooglePlay, person: Person) -> None:
    one, other = [(await till.order(person, "google_play"))["checkout"] for _ in range(2)]
    assert one["product_id"] == PRODUCT
    assert one["obfuscated_account_id"] == other["obfuscated_account_id"]
    assert one["obfuscated_profile_id"] != other["obfuscated_profile_id"]
    assert all(len(one[f"obfuscated_{name}_id"]) <= 64 for name in ("account", "profile"))
    answer = await till.ask(person, "google_play", till.package(google_product_id=None))
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.provider_unavailable")


async def test_client_and_notification_together_and_in_either_order(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    for number, first in enumerate(("client", "notification", "both"), 1):
        order, token = await bought(till, google, person)
        told = google.purchased(token)
        if first == "client":
            await till.confirm(person, order, purchase_token=token)
            await push(till, google, told)
        elif first == "notification":
            await push(till, google, told)
            assert await till.status(person, order) == "paid"
            await till.confirm(person, order, purchase_token=token)
        else:
            await asyncio.gather(
                *(push(till, google, told) for _ in range(5)),
                *(till.confirm(person, order, purchase_token=token) for _ in range(5)),
            )
        assert await till.status(person, order) == "paid"
        assert (await till.coins(person))[0] == f"{550 * number}.00"


async def test_a_token_pays_for_one_order_of_one_person(
    till: Till, google: PlayedGooglePlay, person: Person, world: World
) -> None:
    order, token = await bought(till, google, person)
    thief = await world.register()
    stolen, again = await till.order(thief, "google_play"), await till.order(person, "google_play")
    await till.confirm(person, order, purchase_token=token)
    for who, other in ((thief, stolen), (person, again)):
        answer = await till.confirm(who, other, purchase_token=token)
        assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
        assert await till.status(who, other) == "pending"
        assert till.events(other) == [("look", "refused")]
    assert (await till.confirm(thief, order, purchase_token=token)).status_code == 404
    assert till.ledger(thief) == []
    assert till.ledger(person) == CREDITED


async def test_a_payment_that_another_order_has_is_used(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    """Whatever Google says of whose it is: a payment is credited to one order alone."""
    one, token = await bought(till, google, person)
    other = await till.order(person, "google_play")
    await till.confirm(person, one, purchase_token=token)
    google.purchase(token)["obfuscatedExternalProfileId"] = other["checkout"][
        "obfuscated_profile_id"
    ]
    answer = await till.confirm(person, other, purchase_token=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_used")
    assert await till.status(person, other) == "pending"
    assert till.ledger(person) == CREDITED


@pytest.mark.parametrize(
    "more",
    [
        {"obfuscatedExternalAccountId": "0" * 64},
        {"obfuscatedExternalProfileId": None},
        {"quantity": 2},
        {"productId": "coins_1"},
        {"purchaseType": 0},
        {"purchaseType": 1},
    ],
)
async def test_purchases_that_do_not_fit_are_refused_and_kept_for_staff(
    till: Till, google: PlayedGooglePlay, person: Person, more: dict[str, Any]
) -> None:
    order, token = await bought(till, google, person, **more)
    answer = await till.confirm(person, order, purchase_token=token)
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge.purchase_mismatch")
    assert await till.status(person, order) == "pending"
    assert till.events(order) == [("look", "refused")]
    assert till.ledger(person) == []


async def test_unknown_tokens_and_missing_ones(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    order = await till.order(person, "google_play")
    cases = [
        ({"purchase_token": "made.up"}, 409, "recharge.purchase_mismatch"),
        ({}, 422, "request.invalid"),
        ({"signed_transaction": "x"}, 422, "request.invalid"),
        ({"purchase_token": "a b"}, 422, "request.invalid"),
        ({"purchase_token": "../../x:consume"}, 409, "recharge.purchase_mismatch"),
    ]
    for proof, status, code in cases:
        answer = await till.confirm(person, order, **proof)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    other = google.buy(order["checkout"], sku="coins_cheap")
    assert (await till.confirm(person, order, purchase_token=other)).status_code == 409
    assert till.ledger(person) == []


async def test_a_pending_purchase_is_paid_later_or_canceled(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    (order, token), (other, canceled) = [
        await bought(till, google, person, state=2) for _ in range(2)
    ]
    for one, name in ((order, token), (other, canceled)):
        answer = await till.confirm(person, one, purchase_token=name)
        assert answer.json()["status"] == "pending"
    google.purchase(token)["purchaseState"] = 0
    with turned_to(now() + timedelta(minutes=3)):
        await checking.check_due(till.database, till.providers)
    assert await till.status(person, order) == "paid"
    google.purchase(canceled)["purchaseState"] = 1
    await push(till, google, google.purchased(canceled, kind=2))
    assert await till.status(person, other) == "failed"
    assert till.ledger(person) == CREDITED


async def test_a_paid_purchase_is_consumed_by_the_worker_until_google_has_it(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    order, token = await bought(till, google, person)
    await till.confirm(person, order, purchase_token=token)
    assert google.purchase(token)["consumptionState"] == 0
    google.is_away = True
    try:
        await checking.check_due(till.database, till.providers)
    finally:
        google.is_away = False
    assert google.purchase(token)["consumptionState"] == 0
    with turned_to(now() + timedelta(hours=1)):
        await checking.check_due(till.database, till.providers)
    assert google.purchase(token)["acknowledgementState"] == 1
    [[consumed_at, check_at]] = till.world.sql(
        "SELECT consumed_at, check_at FROM recharge_orders WHERE id = %s", order["id"]
    )
    assert consumed_at is not None
    assert check_at is None
    consumed = [asked for asked in google.asked if asked.endswith(f"{token}:consume")]
    with turned_to(now() + timedelta(hours=8)):
        await checking.check_due(till.database, till.providers)
    assert [asked for asked in google.asked if asked.endswith(f"{token}:consume")] == consumed
    assert len(consumed) == 1


async def test_voided_by_notification_and_by_the_list_is_taken_back_once(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    kept = [await bought(till, google, person) for _ in range(3)]
    for order, token in kept:
        await till.confirm(person, order, purchase_token=token)
    for _, token in kept:
        google.void(token)
    await asyncio.gather(*(push(till, google, google.was_voided(kept[0][1])) for _ in range(10)))
    assert await till.coins(person) == ("1100.00", "0.00")
    poll = VoidedPurchases(till.database, till.providers)
    assert await poll.poll() == 3
    assert await poll.poll() == 3
    assert [await till.status(person, order) for order, _ in kept] == ["refunded"] * 3
    assert await till.coins(person) == ("0.00", "0.00")
    assert till.ledger(person).count(("recharge_refund", 550)) == 3


async def test_voided_before_we_knew_the_purchase(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    order, token = await bought(till, google, person)
    google.void(token)
    await push(till, google, google.was_voided(token))
    # Google's own states may lag behind its list.
    google.purchase(token)["purchaseState"] = 0
    answer = await till.confirm(person, order, purchase_token=token)
    assert answer.json()["status"] == "refunded"
    assert await till.coins(person) == ("0.00", "0.00")


async def test_google_away_is_503_and_nothing_is_lost(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    order, token = await bought(till, google, person)
    google.is_away = True
    try:
        away = await till.confirm(person, order, purchase_token=token)
        assert (away.status_code, "retry-after" in away.headers) == (503, True)
        await push(till, google, google.purchased(token), status=503)
    finally:
        google.is_away = False
    assert await till.status(person, order) == "pending"
    await push(till, google, google.purchased(token))
    assert await till.status(person, order) == "paid"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example"},
        {"email": "somebody@else.example"},
        {"email_verified": False},
        {"iss": "https://accounts.example"},
        {"exp": 1},
        None,
    ],
)
async def test_what_google_did_not_sign_is_401(
    till: Till, google: PlayedGooglePlay, person: Person, claims: dict[str, Any] | None
) -> None:
    order, token = await bought(till, google, person)
    body = google.push(google.purchased(token))
    headers = person.headers if claims is None else google.signature(**claims)
    answer = await till.hear("google-play", body, headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    assert (await till.hear("google-play", body, {})).status_code == 401
    assert await till.status(person, order) == "pending"
    assert till.ledger(person) == []


async def test_other_notifications_are_kept_and_change_nothing(
    till: Till, google: PlayedGooglePlay
) -> None:
    await push(till, google, {"testNotification": {"version": "1.0"}})
    await push(till, google, {"packageName": "another.app"})
    body = json.dumps({"message": {"data": "!", "messageId": "1"}}).encode()
    answer = await till.hear("google-play", body, google.signature())
    assert answer.status_code == 422
    kept = till.world.sql("SELECT kind, outcome FROM provider_events ORDER BY id DESC LIMIT 2")
    assert kept == [("other_package", "ignored"), ("other", "ignored")]


async def test_no_token_is_kept_with_events(
    till: Till, google: PlayedGooglePlay, person: Person
) -> None:
    order, token = await bought(till, google, person)
    await push(till, google, google.purchased(token))
    await push(till, google, google.was_voided(token))
    [[count]] = till.world.sql(
        "SELECT count(*) FROM provider_events e WHERE to_jsonb(e)::text LIKE %s", f"%{token}%"
    )
    assert (len(till.events(order)), count) == (2, 0)
