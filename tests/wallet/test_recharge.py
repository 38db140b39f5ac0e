"""Recharge at the sandbox provider: credited once, clawed back once, debts repaid first."""

import asyncio
import uuid

import httpx
from litestar import Litestar

from tests.world import Person, World


async def order(
    world: World, person: Person, package: int, key: str | None = None
) -> httpx.Response:
    return await world.call(
        "POST",
        "/recharge/orders",
        person,
        json={"package_id": package, "provider": "sandbox"},
        headers={"Idempotency-Key": key or uuid.uuid4().hex},
    )


async def settle(world: World, person: Person, order_id: int, outcome: str) -> httpx.Response:
    return await world.call(
        "POST", f"/recharge/orders/{order_id}/sandbox", person, json={"outcome": outcome}
    )


async def test_paid_ten_times_at_once_is_credited_once(world: World) -> None:
    person = await world.register()
    created = await order(world, person, world.package(500, bonus=50))
    assert created.status_code == 201
    assert created.json()["status"] == "pending"
    assert created.json()["checkout"]["provider"] == "sandbox"
    assert (await world.wallet(person))["coin_balance"] == "0.00"
    answers = await asyncio.gather(
        *(settle(world, person, created.json()["id"], "paid") for _ in range(10))
    )
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "paid")}
    assert (await world.wallet(person))["coin_balance"] == "550.00"
    rows = (await world.call("GET", "/wallet/transactions", person)).json()["data"]
    assert [(row["type"], row["amount"]) for row in rows] == [
        ("recharge_bonus", "50.00"),
        ("recharge", "500.00"),
    ]


async def test_an_order_is_confirmed_without_a_body_where_there_is_nothing_to_say(
    world: World,
) -> None:
    person = await world.register()
    created = (await order(world, person, world.package(500))).json()
    path = f"/recharge/orders/{created['id']}/confirm"
    for options in ({}, {"json": {}}):
        answer = await world.call("POST", path, person, **options)
        assert (answer.status_code, answer.json()["status"]) == (200, "pending"), answer.text
    assert (await world.wallet(person))["coin_balance"] == "0.00"


async def test_the_same_key_makes_one_order(world: World) -> None:
    person = await world.register()
    package = world.package(500)
    answers = await asyncio.gather(*(order(world, person, package, "one") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await order(world, person, world.package(600), "one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    [[count]] = world.sql("SELECT count(*) FROM recharge_orders WHERE user_id = %s", person.id)
    assert count == 1


async def test_a_refund_after_spending_becomes_a_debt_that_the_next_credit_pays(
    world: World,
) -> None:
    person, friend = await world.people(2)
    created = (await order(world, person, world.package(100))).json()
    await settle(world, person, created["id"], "paid")
    await world.send(person, world.gift("70.00"), [friend])
    refunded = await settle(world, person, created["id"], "refunded")
    assert refunded.json()["status"] == "refunded"
    wallet = await world.wallet(person)
    assert (wallet["coin_balance"], wallet["debt"]) == ("0.00", "70.00")
    again = await settle(world, person, created["id"], "refunded")
    assert again.status_code == 200
    await world.recharge(person, 50)
    wallet = await world.wallet(person)
    assert (wallet["coin_balance"], wallet["debt"]) == ("0.00", "20.00")
    await world.recharge(person, 50)
    wallet = await world.wallet(person)
    assert (wallet["coin_balance"], wallet["debt"]) == ("30.00", "0.00")


async def test_refusals_change_nothing(world: World) -> None:
    person, stranger = await world.people(2)
    package = world.package(100)
    foreign = world.package(100, country_restrictions=["BR"])
    created = (await order(world, person, package)).json()
    cases = [
        (await order(world, person, foreign), 403, "recharge.package_not_in_country"),
        (await order(world, person, 999_999), 404, "recharge.package_not_found"),
        (await settle(world, stranger, created["id"], "paid"), 404, "recharge.order_not_found"),
        (await settle(world, person, created["id"], "refunded"), 409, "recharge.order_state"),
        (await settle(world, person, created["id"], "won"), 422, "request.invalid"),
        (
            await world.call("GET", f"/recharge/orders/{created['id']}", stranger),
            404,
            "recharge.order_not_found",
        ),
        (
            await world.call(
                "POST",
                "/recharge/orders",
                person,
                json={"package_id": package, "provider": "stripe"},
                headers={"Idempotency-Key": "s"},
            ),
            409,
            "recharge.provider_unavailable",
        ),
        (
            await world.call(
                "POST", "/recharge/orders", person, json={"package_id": 1, "provider": "sandbox"}
            ),
            400,
            "idempotency.key_required",
        ),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await world.wallet(person))["coin_balance"] == "0.00"
    [[orders]] = world.sql("SELECT count(*) FROM recharge_orders WHERE user_id = %s", person.id)
    assert orders == 1
    failed = await settle(world, person, created["id"], "failed")
    assert failed.json()["status"] == "failed"
    paid = await settle(world, person, created["id"], "paid")
    assert (paid.status_code, paid.json()["order_status"]) == (409, "failed")


async def test_packages_are_those_of_my_country_popular_first(world: World) -> None:
    person = await world.register(country="EG")
    mine = world.package(100, country_restrictions=["EG", "SA"])
    foreign = world.package(100, country_restrictions=["BR"])
    popular = world.package(100)
    world.sql("UPDATE recharge_packages SET is_popular = true WHERE id = %s", popular)
    answer = await world.call("GET", "/recharge/packages", person)
    ids = [package["id"] for package in answer.json()["data"]]
    assert ids[0] == popular
    assert mine in ids
    assert foreign not in ids
    for known in (answer.headers["etag"], f'"other", W/{answer.headers["etag"]}', "*"):
        again = await world.call(
            "GET", "/recharge/packages", person, headers={"If-None-Match": known}
        )
        assert (again.status_code, again.content) == (304, b"")


async def test_the_sandbox_answers_loopback_peers_only(world: World, app: Litestar) -> None:
    person = await world.register()
    package = world.package(100)
    transport = httpx.ASGITransport(app=app, client=("192.0.2.7", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://flylive.test") as far:
        answer = await far.post(
            "/v1/recharge/orders",
            json={"package_id": package, "provider": "sandbox"},
            headers=person.headers | {"Idempotency-Key": "far", "X-Forwarded-For": "127.0.0.1"},
        )
    assert answer.status_code == 404


async def test_ledger_pages_by_cursor_and_filter(world: World) -> None:
    person, friend = await world.people(2)
    await world.recharge(person, 1000)
    gift = world.gift("1.00")
    for _ in range(7):
        await world.send(person, gift, [friend])
    seen: list[int] = []
    cursor = ""
    while True:
        page = (
            await world.call("GET", f"/wallet/transactions?type=gift&limit=3{cursor}", person)
        ).json()
        seen += [row["id"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        await world.send(person, gift, [friend])  # a row on top does not shift the pages
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)
    diamonds = await world.call("GET", "/wallet/transactions?currency_type=2", friend)
    assert len(diamonds.json()["data"]) == 9
    assert (await world.call("GET", "/wallet/transactions?currency_type=1", friend)).json()[
        "data"
    ] == []
    for query in ("type=x", "currency_type=3", "from=yesterday", "cursor=%21", "limit=0"):
        refused = await world.call("GET", f"/wallet/transactions?{query}", person)
        assert refused.status_code == 422, query
        assert refused.json()["errors"], query
    future = await world.call("GET", "/wallet/transactions?from=2999-01-01T00:00:00Z", person)
    assert future.json()["data"] == []
