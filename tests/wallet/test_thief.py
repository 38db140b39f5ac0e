"""What a thief would try: each attempt is refused by name, or has the one effect that it may."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flylive import clock
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.resellers.hands import act, ask, coins, expect, reseller, transfer
from tests.world import Person, World

NO_AMOUNTS = [
    "-1", -1, "-0.01", 0, "0", "0.00", "0.001", "0.009", 1.5, True, "1e5", "1E2", "NaN", "Infinity",
    "+1", " 1", "1 ", "1.", ".5", "1,000", "0x10", "１", "1_000", "", "99999999999999999", 10**17,
    10**40, "1" * 5000, None, [], {}, "1\n", "1\u0000",
]  # fmt: skip
"""Everything that is no amount above zero with two decimals."""
MOST = "9999999999999999.99"


async def exchange(
    world: World, person: Person, diamonds: Any, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    body = {"diamonds": diamonds}
    return await world.call("POST", "/wallet/exchange", person, json=body, headers=headers)


async def test_no_amount_but_an_amount_moves_money(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    before = await world.wallet(seller), await world.wallet(buyer)
    for amount in NO_AMOUNTS:
        for answer in (
            await transfer(world, seller, buyer.id, amount),
            await ask(world, buyer, seller, amount),
            await exchange(world, seller, amount),
        ):
            assert answer.status_code in (400, 422), (amount, answer.text)
        preview = await world.call(
            "GET", "/wallet/exchange/preview", seller, params={"diamonds": str(amount)}
        )
        assert preview.status_code == (200 if amount == 1.5 else 422), (amount, preview.text)
    for days in (-1, 0, 1.5, 366, 10**20, "7"):
        answer = await ask(world, buyer, seller, type="credit", credit_days=days)
        assert answer.status_code in (400, 422), (days, answer.text)
    expect(await transfer(world, seller, buyer.id, MOST), 409, "wallet.insufficient_coins")
    expect(await exchange(world, seller, MOST), 409, "wallet.insufficient_diamonds")
    assert (await world.wallet(seller), await world.wallet(buyer)) == before
    boxed = await world.call("GET", "/coin-requests?box=sent", buyer)
    assert boxed.json()["data"] == []


async def test_a_key_belongs_to_one_person_and_one_request(world: World) -> None:
    one, other, buyer = await reseller(world), await reseller(world), await world.register()
    key = uuid.uuid4().hex
    for seller in (one, other):
        assert (await transfer(world, seller, buyer.id, "5.00", key)).status_code == 201
    assert await coins(world, one, other, buyer) == ["9995.00", "9995.00", "10.00"]
    first = (await ask(world, buyer, one, "1.00")).json()["id"]
    second = (await ask(world, buyer, one, "2.00")).json()["id"]
    reused = "idempotency.key_reused"
    for again in (
        await transfer(world, one, buyer.id, "5.01", key),
        await transfer(world, one, other.id, "5.00", key),
        await act(world, one, first, "approve", key),
        await exchange(world, one, "1.00", key),
        await world.send(one, world.gift("1.00"), [buyer], key=key),
        await world.call("POST", "/recharge/orders", one, headers={"Idempotency-Key": key},
                         json={"package_id": world.package(), "provider": "sandbox"}),
    ):  # fmt: skip
        expect(again, 422, reused)
    key = uuid.uuid4().hex
    assert (await act(world, one, first, "approve", key)).status_code == 200
    expect(await act(world, one, second, "approve", key), 422, reused)
    replayed = await act(world, one, first, "approve", key)
    assert replayed.headers["idempotent-replayed"] == "true"
    assert await coins(world, one, other, buyer) == ["9994.00", "9995.00", "11.00"]


async def test_one_key_at_two_addresses_at_once_has_one_effect(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller, "3.00")).json()["id"]
    key, gift = uuid.uuid4().hex, world.gift("3.00")
    answers = await asyncio.gather(
        *(transfer(world, seller, buyer.id, "3.00", key) for _ in range(5)),
        *(act(world, seller, request, "approve", key) for _ in range(5)),
        *(world.send(seller, gift, [buyer], key=key) for _ in range(5)),
    )
    won = [answer for answer in answers if answer.is_success]
    assert len({answer.text for answer in won}) == 1
    assert len(won) == 5
    assert {answer.json()["code"] for answer in answers if not answer.is_success} == {
        "idempotency.key_reused"
    }
    assert await coins(world, seller) == ["9997.00"]


@pytest.mark.parametrize("key", [None, "", "x" * 65, "a b", "a\tb"])
async def test_without_a_key_nothing_moves(world: World, key: str | None) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller, "3.00")).json()["id"]
    headers = {} if key is None else {"Idempotency-Key": key}
    for path, body in (
        ("/wallet/transfers", {"to_user_id": buyer.id, "amount": "1.00"}),
        (f"/coin-requests/{request}/approve", {}),
        ("/wallet/exchange", {"diamonds": "1.00"}),
        ("/recharge/orders", {"package_id": world.package(), "provider": "sandbox"}),
    ):
        answer = await world.call("POST", path, seller, json=body, headers=headers)
        assert answer.status_code == 400, answer.text
    assert await coins(world, seller, buyer) == ["10000.00", "0.00"]


async def test_a_refund_meets_transfers_of_the_same_coins(world: World) -> None:
    seller, buyer = await reseller(world, 0), await world.register()
    order = await world.call(
        "POST",
        "/recharge/orders",
        seller,
        json={"package_id": world.package(100), "provider": "sandbox"},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    path = f"/recharge/orders/{order.json()['id']}/sandbox"
    await world.call("POST", path, seller, json={"outcome": "paid"})
    request = (await ask(world, buyer, seller, "30.00")).json()["id"]
    answers = await asyncio.gather(
        *(transfer(world, seller, buyer.id, "30.00") for _ in range(4)),
        *(world.call("POST", path, seller, json={"outcome": "refunded"}) for _ in range(3)),
        act(world, seller, request, "approve"),
    )
    moved = 30 * sum(answer.is_success for answer in (*answers[:4], answers[-1]))
    wallet = await world.wallet(seller)
    assert (wallet["coin_balance"], wallet["debt"]) == ("0.00", f"{moved}.00")
    assert await coins(world, buyer) == [f"{moved}.00"]
    # What he owes cannot be handed out again, and the next credit pays it.
    expect(await transfer(world, seller, buyer.id, "0.01"), 409, "wallet.insufficient_coins")
    await world.recharge(seller, moved + 1)
    wallet = await world.wallet(seller)
    assert (wallet["coin_balance"], wallet["debt"]) == ("1.00", "0.00")


async def test_nobody_is_paid_who_is_oneself_blocked_or_gone(world: World) -> None:
    seller = await reseller(world)
    waiting, banned, gone, foe = await world.people(4)
    requests = [(await ask(world, person, seller, "1.00")).json()["id"] for person in (banned, foe)]
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", banned.id)
    await world.call("DELETE", "/me", gone, json={"password": "a long password"})
    await world.call("PUT", f"/users/{seller.id}/block", foe)
    before = await coins(world, seller)
    expect(await transfer(world, seller, seller.id, "1.00"), 422, "reseller.not_oneself")
    expect(await ask(world, seller, seller), 422, "reseller.not_oneself")
    for person in (banned, gone):
        expect(await transfer(world, seller, person.id, "1.00"), 404, "user.not_found")
    expect(await transfer(world, seller, foe.id, "1.00"), 403, "user.not_available")
    expect(await act(world, seller, requests[0], "approve"), 404, "user.not_found")
    expect(await act(world, seller, requests[1], "approve"), 403, "user.not_available")
    assert await coins(world, seller) == before
    # And who is blocked does not pay either.
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", seller.id)
    answer = await transfer(world, seller, waiting.id, "1.00")
    assert answer.status_code in (401, 403, 404), answer.text
    assert world.sql("SELECT coin_balance FROM users WHERE id = %s", seller.id) == [(10_000,)]


async def test_credit_goes_around_no_corner(world: World) -> None:
    """Overdue is overdue in parallel too, and asking again under another type lends nothing."""
    seller, buyer = await reseller(world), await world.register()
    credit: dict[str, Any] = {"type": "credit", "credit_days": 1}
    first, *waiting = [
        (await ask(world, buyer, seller, "10.00", **credit)).json()["id"] for _ in range(4)
    ]
    await act(world, seller, first, "approve")
    with clock.turned_to(clock.now() + timedelta(days=1, seconds=1)):
        answers = await asyncio.gather(*(act(world, seller, one, "approve") for one in waiting))
        for answer in answers:
            expect(answer, 409, "coin_request.credit_overdue")
        expect(await ask(world, buyer, seller, **credit), 409, "coin_request.credit_overdue")
        answers = await asyncio.gather(*(act(world, seller, first, "settle") for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert await coins(world, seller, buyer) == ["9990.00", "10.00"]


async def test_words_and_times_that_break_nothing(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller, "1.00")).json()["id"]
    for answer in (
        await ask(world, buyer, seller, message="a\u0000b"),
        await act(world, seller, request, "approve", action_message="a\u0000b"),
        await act(world, seller, request, "reject", action_message="a\u0000b"),
        await world.call("POST", "/wallet/transfers", seller,
                         json={"to_user_id": buyer.id, "amount": "1.00", "message": "a\u0000b"},
                         headers={"Idempotency-Key": uuid.uuid4().hex}),
    ):  # fmt: skip
        assert answer.status_code in (400, 422), answer.text
    assert await coins(world, seller, buyer) == ["10000.00", "0.00"]
    for path in ("/wallet/transactions", "/resellers/me/statement", "/resellers/me/statement.csv"):
        for times in (
            {"from": "0001-01-01T00:00:00+14:00"},
            {"to": "9999-12-31T23:59:59-14:00"},
            {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            {"from": "2026-02-01T00:00:00"},
            {"from": "1e400"},
            {"cursor": "x"},
        ):
            answer = await world.call("GET", path, seller, params=times)
            assert answer.status_code in (200, 400, 422), (path, times, answer.text)
    for number in (0, -1, 2**63 - 1, 2**63, 10**30):
        for path in ("/wallet/transactions", "/recharge/orders", "/coin-requests"):
            answer = await world.call("GET", f"{path}/{number}", seller)
            assert answer.status_code == 404, (path, number, answer.text)


async def test_the_money_adds_up(world: World, addresses: Addresses) -> None:
    said: list[str] = []
    assert verify(addresses.serving, said.append) == 0, said


async def test_what_was_adopted_says_so(world: World) -> None:
    person, other = await world.people(2)
    await world.recharge(person, 10)
    world.sql(
        """
        INSERT INTO transactions (user_id, type, direction, currency_type, amount,
                                  user_balance_before, user_balance_after, metadata,
                                  is_adopted)
        VALUES (%s, 'exchange', 1, 2, 7, 10, 3, '["as", "found"]', true)
        """,
        person.id,
    )
    rows = (await world.call("GET", "/wallet/transactions", person)).json()["data"]
    assert [row["is_adopted"] for row in rows] == [True, False]
    assert rows[0]["metadata"] == ["as", "found"]
    assert (await world.call("GET", f"/wallet/transactions/{rows[0]['id']}", person)).json() == (
        rows[0]
    )
    foreign = await world.call("GET", f"/wallet/transactions/{rows[0]['id']}", other)
    expect(foreign, 404, "wallet.transaction_not_found")
