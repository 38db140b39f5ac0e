"""Recharge, resellers, the wallet."""

from typing import Any

from tests.access.rows import UNAUTHENTICATED, Make, Refusal, Row, Thing, thing
from tests.stage import Stage
from tests.world import Person


async def a_ledger_row(stage: Stage) -> Thing:
    await stage.give(stage.owner, coins=5)
    statement = "SELECT id FROM transactions WHERE user_id = :user_id"
    return thing(transaction_id=await stage.sql(statement, user_id=stage.owner.id))


async def diamonds_to_exchange(stage: Stage) -> Thing:
    await stage.give(stage.caller, diamonds=20)
    return thing({"diamonds": 10})


async def _package(stage: Stage) -> int:
    package_id: int = await stage.sql(
        "INSERT INTO recharge_packages (name, coin_amount, price) VALUES ('Small', 100, 0.99)"
        " RETURNING id"
    )
    return package_id


async def a_package(stage: Stage) -> Thing:
    return thing({"package_id": await _package(stage), "provider": "sandbox"})


async def an_order(stage: Stage) -> Thing:
    body = {"package_id": await _package(stage), "provider": "sandbox"}
    order = await stage.do(stage.owner, "POST", "/recharge/orders", json=body)
    return thing(order_id=order.json()["id"])


async def _reseller(stage: Stage, person: Person) -> None:
    await stage.sql("INSERT INTO resellers (user_id) VALUES (:user_id)", user_id=person.id)
    await stage.give(person, coins=1000)


async def a_reseller_of_the_owner(stage: Stage) -> Thing:
    await _reseller(stage, stage.owner)
    return Thing()


async def a_transfer(stage: Stage) -> Thing:
    await _reseller(stage, stage.owner)
    return thing({"to_user_id": (await stage.person()).id, "amount": "5.00"})


async def a_reseller_to_ask(stage: Stage) -> Thing:
    seller = await stage.person()
    await _reseller(stage, seller)
    return thing({"requested_from": seller.id, "amount": "5.00", "type": "purchase"})


def a_coin_request(*, by_owner: bool, is_credit: bool = False) -> Make:
    """A request that waits: by the owner, or to him as a reseller; on credit, approved."""

    async def make(stage: Stage) -> Thing:
        other = await stage.person()
        asker, seller = (stage.owner, other) if by_owner else (other, stage.owner)
        await _reseller(stage, seller)
        body: dict[str, Any] = {"requested_from": seller.id, "amount": "5.00"}
        body |= {"type": "credit", "credit_days": 3} if is_credit else {"type": "purchase"}
        asked = await stage.do(asker, "POST", "/coin-requests", json=body)
        request_id = asked.json()["id"]
        if is_credit:
            await stage.do(seller, "POST", f"/coin-requests/{request_id}/approve")
        return thing(request_id=request_id)

    return make


NO_REQUEST: Refusal = (404, "coin_request.not_found")
NO_ORDER: Refusal = (404, "recharge.order_not_found")
NO_RESELLER: Refusal = (403, "reseller.required")

# Only the provider's own signature opens these (tests/wallet/recharge); no token does.
SIGNED_BY_PROVIDERS = [
    Row(f"POST /v1/webhooks/{provider}", json={}, user=UNAUTHENTICATED, other=UNAUTHENTICATED)
    for provider in ("stripe", "google-play", "app-store")
]

MONEY = [
    Row("GET /v1/wallet"),
    Row("GET /v1/wallet/transactions"),
    Row(
        "GET /v1/wallet/transactions/{transaction_id}",
        a_ledger_row,
        other=(404, "wallet.transaction_not_found"),
    ),
    Row("POST /v1/wallet/exchange", diamonds_to_exchange),
    Row("GET /v1/wallet/exchange/preview", query="?diamonds=10"),
    Row("GET /v1/recharge/packages"),
    Row("POST /v1/recharge/orders", a_package),
    Row("GET /v1/recharge/orders/{order_id}", an_order, other=NO_ORDER),
    Row(
        "POST /v1/recharge/orders/{order_id}/sandbox",
        an_order,
        json={"outcome": "paid"},
        other=NO_ORDER,
    ),
    Row("POST /v1/recharge/orders/{order_id}/confirm", an_order, json={}, other=NO_ORDER),
    *SIGNED_BY_PROVIDERS,
    Row("POST /v1/wallet/transfers", a_transfer, other=NO_RESELLER),
    Row("GET /v1/resellers"),
    Row("GET /v1/resellers/me/statement", a_reseller_of_the_owner, other=NO_RESELLER),
    Row("GET /v1/resellers/me/statement.csv", a_reseller_of_the_owner, other=NO_RESELLER),
    Row("GET /v1/coin-requests"),
    Row("POST /v1/coin-requests", a_reseller_to_ask),
    Row("GET /v1/coin-requests/{request_id}", a_coin_request(by_owner=True), other=NO_REQUEST),
    Row(
        "POST /v1/coin-requests/{request_id}/approve",
        a_coin_request(by_owner=False),
        json={},
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/reject",
        a_coin_request(by_owner=False),
        json={},
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/cancel",
        a_coin_request(by_owner=True),
        other=NO_REQUEST,
    ),
    Row(
        "POST /v1/coin-requests/{request_id}/settle",
        a_coin_request(by_owner=False, is_credit=True),
        other=NO_REQUEST,
    ),
]
