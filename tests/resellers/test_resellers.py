"""Coins from resellers: asked for, handed out once, on credit with a day, and accounted for."""

import asyncio
import csv
import io
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from litestar import Litestar

from flylive import clock
from flylive.database import Database
from flylive.resellers import service
from flylive.wallet.proof import verify
from tests.resellers.hands import act, ask, coins, expect, reseller, transfer
from tests.uploads.files import jpeg
from tests.uploads.hands import uploaded
from tests.world import Person, World


def events(world: World, person: Person) -> list[Any]:
    return world.sql(
        """
        SELECT e.data -> 'request' ->> 'status' FROM stream_events e JOIN streams s
            ON s.id = e.stream_id
        WHERE s.name = %s AND e.type = 'coin_request.updated' ORDER BY e.seq
        """,
        f"user:{person.id}",
    )


async def test_a_purchase_is_asked_for_and_handed_out(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    asked = await ask(world, buyer, seller, "250.50", message="for tonight")
    assert asked.status_code == 201, asked.text
    request = asked.json()
    assert (request["status"], request["amount"], request["due_at"]) == ("pending", "250.50", None)
    approved = await act(world, seller, request["id"], "approve", action_message="enjoy")
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "approved"
    assert approved.json()["action_message"] == "enjoy"
    assert await coins(world, seller, buyer) == ["9749.50", "250.50"]
    for person in (seller, buyer):
        shown = (await world.call("GET", f"/coin-requests/{request['id']}", person)).json()
        assert shown == approved.json()
        assert events(world, person) == [("pending",), ("approved",)]
    [row] = (await world.call("GET", "/wallet/transactions?type=coin_request", buyer)).json()[
        "data"
    ]
    assert (row["beneficiary_amount"], row["transactionable_id"]) == ("250.50", request["id"])


@pytest.mark.parametrize("verb", ["reject", "cancel"])
async def test_what_is_closed_moves_nothing_and_stays_closed(world: World, verb: str) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller)).json()["id"]
    by, other = (seller, buyer) if verb == "reject" else (buyer, seller)
    expect(await act(world, other, request, verb), 404, "coin_request.not_found")
    done = await act(world, by, request, verb)
    assert done.status_code == 200, done.text
    for again in ("approve", "reject", "settle"):
        expect(await act(world, seller, request, again), 409, "coin_request.state")
    expect(await act(world, buyer, request, "cancel"), 409, "coin_request.state")
    assert await coins(world, seller, buyer) == ["10000.00", "0.00"]


async def test_of_many_approvals_one_wins(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller)).json()["id"]
    answers = await asyncio.gather(*(act(world, seller, request, "approve") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
    assert await coins(world, seller, buyer) == ["9900.00", "100.00"]


async def test_approval_against_rejection_and_cancellation(world: World) -> None:
    seller = await reseller(world)
    for _ in range(8):
        buyer = await world.register()
        request = (await ask(world, buyer, seller)).json()["id"]
        answers = await asyncio.gather(
            act(world, seller, request, "approve"),
            act(world, seller, request, "reject"),
            act(world, buyer, request, "cancel"),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        expected = "100.00" if answers[0].status_code == 200 else "0.00"
        assert await coins(world, buyer) == [expected]


async def test_words_may_be_left_out_and_so_may_the_body(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    first, second = [(await ask(world, buyer, seller)).json()["id"] for _ in range(2)]
    path, key = f"/coin-requests/{first}/approve", {"Idempotency-Key": uuid.uuid4().hex}
    approved = await world.call("POST", path, seller, headers=key)
    assert (approved.status_code, approved.json()["action_message"]) == (200, None), approved.text
    # No body and an empty object are one request.
    again = await world.call("POST", path, seller, headers=key, json={})
    assert again.text == approved.text
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await world.call("POST", path, seller, headers=key, json={"action_message": "well"})
    expect(other, 422, "idempotency.key_reused")
    assert await coins(world, buyer) == ["100.00"]
    rejected = await world.call("POST", f"/coin-requests/{second}/reject", seller)
    assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected"), rejected.text


async def test_one_key_approves_once(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    request = (await ask(world, buyer, seller)).json()["id"]
    first = await act(world, seller, request, "approve", "a-key")
    again = await act(world, seller, request, "approve", "a-key")
    assert first.text == again.text
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await coins(world, buyer) == ["100.00"]


async def test_an_empty_stock_is_told_and_the_request_waits(world: World) -> None:
    seller, buyer = await reseller(world, 50), await world.register()
    request = (await ask(world, buyer, seller)).json()["id"]
    refused = expect(await act(world, seller, request, "approve"), 409, "wallet.insufficient_coins")
    assert refused["needed"] == "100.00"
    assert (await world.call("GET", f"/coin-requests/{request}", buyer)).json()["status"] == (
        "pending"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"credit_days": 3}, "credit_days"),
        ({"type": "credit"}, "credit_days"),
        ({"type": "credit", "credit_days": 31}, "credit_days"),
        ({"type": "credit", "credit_days": 0}, "credit_days"),
        ({"type": "loan"}, "type"),
        ({"message": ""}, "message"),
        ({"proofs": ["a", "b", "c", "d"]}, "proofs"),
        ({"proofs": ["https://elsewhere.example/tracker.png"]}, "proofs"),
        ({"proofs": ["/uploads/private/0123456789abcdef0123456789abcdef.webp"]}, "proofs"),
    ],
)
async def test_a_wrong_field_is_named(world: World, body: dict[str, Any], field: str) -> None:
    seller, buyer = await reseller(world), await world.register()
    answer = await ask(world, buyer, seller, **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert not world.sql("SELECT FROM coin_requests WHERE user_id = %s", buyer.id)


async def test_proofs_are_own_uploads_and_both_sides_can_open_them(world: World) -> None:
    seller, buyer, other = await reseller(world), await world.register(), await world.register()
    mine = await uploaded(world, buyer, "proof", jpeg())
    foreign = await uploaded(world, other, "proof", jpeg())
    refused = await ask(world, buyer, seller, proofs=[mine, foreign])
    assert refused.json()["errors"][0]["field"] == "proofs[1]"
    request = (await ask(world, buyer, seller, proofs=[mine])).json()
    shown = await world.call("GET", f"/coin-requests/{request['id']}", seller)
    assert shown.json() == request
    assert "signature=" in request["proof_1"]
    assert request["proof_2"] is None
    opened = await world.client.get(request["proof_1"])
    assert (opened.status_code, opened.headers["content-type"]) == (200, "image/webp")
    [(kept,)] = world.sql("SELECT proof_1 FROM coin_requests WHERE id = %s", request["id"])
    assert "signature" not in kept


async def test_whom_nobody_can_ask(world: World) -> None:
    seller, buyer, nobody = await reseller(world), await world.register(), await world.register()
    expect(await ask(world, buyer, nobody), 404, "reseller.not_found")
    expect(await ask(world, seller, seller), 422, "reseller.not_oneself")
    await world.call("PUT", f"/users/{buyer.id}/block", seller)
    expect(await ask(world, buyer, seller), 403, "user.not_available")
    listed = (await world.call("GET", "/resellers?limit=100", buyer)).json()["data"]
    assert seller.id not in {one["user"]["id"] for one in listed}
    listed = (await world.call("GET", "/resellers?limit=100", nobody)).json()["data"]
    assert seller.id in {one["user"]["id"] for one in listed}
    assert all(one["user_id"] == one["user"]["id"] for one in listed)
    strict = await reseller(world, days=0)
    refused = await ask(world, buyer, strict, type="credit", credit_days=1)
    assert refused.json()["errors"][0]["field"] == "type"


async def test_no_more_than_so_many_wait(
    world: World, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, buyer = await reseller(world), await world.register()
    assert app.state.settings.pending_coin_requests == 100
    monkeypatch.setattr(app.state.settings, "pending_coin_requests", 5)
    answers = await asyncio.gather(*(ask(world, buyer, seller, "1.00") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    refused = expect(await ask(world, buyer, seller), 409, "coin_request.too_many_pending")
    assert refused["pending"] == 5
    [(waiting,)] = world.sql("SELECT count(*) FROM coin_requests WHERE user_id = %s", buyer.id)
    assert waiting == 5
    monkeypatch.setattr(app.state.settings, "pending_coin_requests", 0)
    assert (await ask(world, buyer, seller)).status_code == 201


async def test_overdue_credit_blocks_credit_from_him_alone(world: World) -> None:
    seller, other, buyer = await reseller(world), await reseller(world), await world.register()
    credit: dict[str, Any] = {"type": "credit", "credit_days": 7}
    first = (await ask(world, buyer, seller, **credit)).json()["id"]
    waiting = (await ask(world, buyer, seller, **credit)).json()["id"]
    approved = (await act(world, seller, first, "approve")).json()
    assert approved["due_at"] is not None
    assert not approved["is_overdue"]
    with clock.turned_to(clock.now() + timedelta(days=7, minutes=1)):
        assert (await world.call("GET", f"/coin-requests/{first}", buyer)).json()["is_overdue"]
        refused = expect(
            await ask(world, buyer, seller, **credit), 409, "coin_request.credit_overdue"
        )
        assert refused["coin_request_id"] == first
        expect(await act(world, seller, waiting, "approve"), 409, "coin_request.credit_overdue")
        assert (await ask(world, buyer, seller)).status_code == 201
        assert (await ask(world, buyer, other, **credit)).status_code == 201
        overdue = await world.call("GET", "/coin-requests?box=received&overdue=true", seller)
        assert [one["id"] for one in overdue.json()["data"]] == [first]
        expect(await act(world, buyer, first, "settle"), 404, "coin_request.not_found")
        settled = await act(world, seller, first, "settle")
        assert settled.json()["settled_at"] is not None
        expect(await act(world, seller, first, "settle"), 409, "coin_request.state")
        assert (await act(world, seller, waiting, "approve")).status_code == 200


async def test_a_transfer_and_who_may_not(world: World) -> None:
    seller, buyer, gone = await reseller(world), await world.register(), await world.register()
    done = await transfer(world, seller, buyer.id, "40.00")
    assert done.status_code == 201, done.text
    assert done.json()["coin_balance"] == "9960.00"
    assert (done.json()["transaction_id"], done.json()["to_user_id"]) == (
        done.json()["id"],
        buyer.id,
    )
    seen = await world.call("GET", f"/wallet/transactions/{done.json()['id']}", seller)
    assert seen.json().items() <= done.json().items()
    row = await world.call("GET", f"/wallet/transactions/{done.json()['transaction_id']}", buyer)
    assert row.json()["beneficiary_amount"] == "40.00"
    expect(await transfer(world, buyer, seller.id, "1.00"), 403, "reseller.required")
    expect(await transfer(world, seller, seller.id, "1.00"), 422, "reseller.not_oneself")
    expect(await transfer(world, seller, 999_999_999, "1.00"), 404, "user.not_found")
    world.sql("UPDATE users SET is_blocked = true, blocked_at = now() WHERE id = %s", gone.id)
    expect(await transfer(world, seller, gone.id, "1.00"), 404, "user.not_found")
    expect(await transfer(world, seller, buyer.id, "99999.00"), 409, "wallet.insufficient_coins")
    assert (await transfer(world, seller, buyer.id, "0")).status_code == 422
    assert await coins(world, seller, buyer) == ["9960.00", "40.00"]


async def test_opposite_transfers_at_once_do_not_hang(world: World) -> None:
    one, other = await reseller(world), await reseller(world)
    answers = await asyncio.gather(
        *(transfer(world, one, other.id, "3.00") for _ in range(15)),
        *(transfer(world, other, one.id, "2.00") for _ in range(15)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert await coins(world, one, other) == ["9985.00", "10015.00"]


async def test_limits_of_a_day_hold_against_parallel_sales(
    world: World, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller, buyer, another = await reseller(world), await world.register(), await world.register()
    monkeypatch.setattr(app.state.settings, "reseller_daily_coins", 100)
    monkeypatch.setattr(app.state.settings, "buyer_daily_coins", 60)
    answers = await asyncio.gather(*(transfer(world, seller, buyer.id, "20.00") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    answers = await asyncio.gather(
        *(transfer(world, seller, another.id, "20.00") for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    refused = expect(
        await transfer(world, seller, another.id, "20.00"), 409, "reseller.daily_limit"
    )
    assert (refused["limit"], refused["used"]) == ("100.00", "100.00")
    with clock.turned_to(clock.now() + timedelta(days=1)):
        assert (await transfer(world, seller, another.id, "20.00")).status_code == 201


async def test_the_statement_adds_up_as_page_and_as_csv(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    world.sql("UPDATE users SET name = '=cmd()' WHERE id = %s", buyer.id)
    await transfer(world, seller, buyer.id, "10.00")
    purchase = (await ask(world, buyer, seller, "20.00")).json()["id"]
    await act(world, seller, purchase, "approve")
    for days, amount in ((1, "30.00"), (20, "40.00"), (20, "50.00")):
        request = (await ask(world, buyer, seller, amount, type="credit", credit_days=days)).json()[
            "id"
        ]
        await act(world, seller, request, "approve")
    await act(world, seller, request, "settle")
    with clock.turned_to(clock.now() + timedelta(days=2)):
        answer = await world.call("GET", "/resellers/me/statement?limit=2", seller)
        page = answer.json()
        assert page["summary"] == {
            "stock": "9850.00",
            "sold": "30.00",
            "credited": "120.00",
            "settled": "50.00",
            "on_credit": "70.00",
            "overdue": "30.00",
            "open_credits": 2,
            "overdue_credits": 1,
        }
        lines = page["data"]
        while page["next_cursor"]:
            page = (
                await world.call(
                    "GET", f"/resellers/me/statement?limit=2&cursor={page['next_cursor']}", seller
                )
            ).json()
            lines += page["data"]
        assert [line["kind"] for line in lines] == ["credit"] * 3 + ["purchase", "transfer"]
        assert sum(Decimal(line["amount"]) for line in lines) == 150
        sheet = await world.call("GET", "/resellers/me/statement.csv", seller)
        assert sheet.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(sheet.text)))
        assert [row["transaction_id"] for row in rows] == [
            str(line["transaction_id"]) for line in lines
        ]
        assert {row["user_name"] for row in rows} == {"'=cmd()"}
        assert [row["is_overdue"] for row in rows] == ["false", "false", "true", "false", "false"]
        assert [line["is_overdue"] for line in lines] == [False, False, True, False, False]
        sums = await world.call("GET", "/resellers/me/statement.csv?part=summary", seller)
        [said] = csv.DictReader(io.StringIO(sums.text))
        assert said == {name: str(value) for name, value in page["summary"].items()}
    nothing = await world.call(
        "GET", "/resellers/me/statement?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z", seller
    )
    assert (nothing.json()["summary"]["sold"], nothing.json()["data"]) == ("0.00", [])
    for path in ("/resellers/me/statement", "/resellers/me/statement.csv"):
        expect(await world.call("GET", path, buyer), 403, "reseller.required")


async def test_who_is_dismissed_has_sold_before_or_not_at_all(
    world: World, database: Database
) -> None:
    seller, buyer = await reseller(world, 100), await world.register()
    request = (await ask(world, buyer, seller, "1.00")).json()["id"]
    async with asyncio.TaskGroup() as group:
        sales = [
            *(group.create_task(transfer(world, seller, buyer.id, "1.00")) for _ in range(10)),
            group.create_task(act(world, seller, request, "approve")),
        ]
        group.create_task(database.run(lambda tx: service.dismiss(tx, seller.id)))
    sold = [sale.result().is_success for sale in sales]
    codes = {sale.result().json()["code"] for sale in sales if not sale.result().is_success}
    assert codes <= {"reseller.required"}
    left = f"{100 - sum(sold)}.00"
    assert await coins(world, seller) == [left]
    expect(await transfer(world, seller, buyer.id, "1.00"), 403, "reseller.required")
    assert await coins(world, seller) == [left]


async def test_a_statement_names_buyers_who_are_gone(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    await transfer(world, seller, buyer.id, "10.00")
    gone = await world.call("DELETE", "/me", buyer, json={"password": "a long password"})
    assert gone.status_code == 204, gone.text
    statement = (await world.call("GET", "/resellers/me/statement", seller)).json()
    assert [line["user"]["id"] for line in statement["data"]] == [buyer.id]
    sheet = await world.call("GET", "/resellers/me/statement.csv", seller)
    assert [row["user_id"] for row in csv.DictReader(io.StringIO(sheet.text))] == [str(buyer.id)]
    expect(await transfer(world, seller, buyer.id, "1.00"), 404, "user.not_found")


async def test_the_boxes(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    ids = [(await ask(world, buyer, seller, "1.00")).json()["id"] for _ in range(3)]
    await act(world, seller, ids[0], "reject")
    for person, box in ((buyer, "sent"), (seller, "received")):
        found = await world.call("GET", f"/coin-requests?box={box}&status=pending", person)
        assert [one["id"] for one in found.json()["data"]] == [ids[2], ids[1]]
    empty = await world.call("GET", "/coin-requests?box=received", buyer)
    assert empty.json()["data"] == []
    stranger = await world.register()
    expect(
        await world.call("GET", f"/coin-requests/{ids[0]}", stranger), 404, "coin_request.not_found"
    )


async def test_the_money_adds_up(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said


async def test_no_words_become_a_formula_in_a_spreadsheet(world: World) -> None:
    seller, buyer = await reseller(world), await world.register()
    words = ["=1+1", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "@a", "1+1"]
    for message in words:
        sent = await world.call(
            "POST",
            "/wallet/transfers",
            seller,
            json={"to_user_id": buyer.id, "amount": 1, "message": message},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        assert sent.status_code == 201, sent.text
    answer = await world.call("GET", "/resellers/me/statement.csv", seller)
    lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [line["message"] for line in reversed(lines)] == [f"'{w}" for w in words[:-1]] + ["1+1"]


async def test_credit_is_given_on_the_terms_of_now(world: World) -> None:
    seller, buyer = await reseller(world, days=365), await world.register()
    asked = (await ask(world, buyer, seller, type="credit", credit_days=365)).json()["id"]
    world.sql("UPDATE resellers SET max_credit_days = 30 WHERE user_id = %s", seller.id)
    refused = await act(world, seller, asked, "approve")
    expect(refused, 409, "coin_request.state")
    assert await coins(world, seller, buyer) == ["10000.00", "0.00"]
