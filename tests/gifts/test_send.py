"""POST /gifts/send through the outside: what is charged, what is refused, what is kept."""

import asyncio
import hashlib
import hmac
import json
import uuid
from typing import Any

import pytest

from flylive.config import Settings
from flylive.gifts.engine import GiftEngine
from flylive.gifts.errors import QueueFull
from flylive.gifts.facts import GiftRequest
from flylive.gifts.schemas import SendGift
from flylive.wallet.proof import verify
from tests.world import Person, World


async def balances(world: World, *people: Person) -> list[dict[str, str]]:
    return [await world.wallet(person) for person in people]


async def counts(world: World) -> tuple[int, int, int]:
    """Ledger rows, gift lines, stored events: what a refusal must not change."""
    return tuple(  # type: ignore[return-value]
        world.sql(f"SELECT count(*) FROM {table}")[0][0]
        for table in ("transactions", "gift_transactions", "stream_events")
    )


async def test_private_gift_moves_coins_and_diamonds(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("10.00")
    answer = await world.send(sender, gift, [recipient], quantity=3)
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert document["total_cost"] == "30.00"
    assert document["coin_balance"] == "70.00"
    assert document["wealth_xp"] == 30
    assert document["combo"] == 1
    assert document["lucky"] is None
    assert document["lines"][0]["recipient_earnings"] == "15.00"
    assert document["lines"][0]["charm_xp_awarded"] == 30
    assert (await world.wallet(sender))["total_spent"] == "30.00"
    received = await world.wallet(recipient)
    assert received["diamond_balance"] == received["total_received"] == "15.00"


async def test_both_sides_find_the_row_and_neither_sees_the_others_balance(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    await world.send(sender, world.gift("10.00"), [recipient])
    [given] = (await world.call("GET", "/wallet/transactions?type=gift", sender)).json()["data"]
    [got] = (await world.call("GET", "/wallet/transactions?type=gift", recipient)).json()["data"]
    assert given["id"] == got["id"]
    assert given["user_balance_before"] == "100.00"
    assert given["user_balance_after"] == "90.00"
    assert given["beneficiary_balance_after"] is None
    assert got["user_balance_before"] is None
    assert (got["beneficiary_balance_before"], got["beneficiary_balance_after"]) == ("0.00", "5.00")
    stranger = await world.register()
    answer = await world.call("GET", f"/wallet/transactions/{given['id']}", stranger)
    assert answer.status_code == 404


async def test_twenty_recipients_with_an_agency_in_between(world: World) -> None:
    sender, owner, *recipients = await world.people(22)
    await world.recharge(sender, 10_000)
    agency = world.sql(
        "INSERT INTO agencies (name, owner_id, commission_rate, member_count)"
        " VALUES (%s, %s, 12.50, 2) RETURNING id",
        f"Agency {uuid.uuid4().hex[:8]}",
        owner.id,
    )[0][0]
    member = recipients[0]
    world.sql(
        "UPDATE users SET agency_id = %s, agency_role = 'member', agency_joined_at = now()"
        " WHERE id = %s",
        agency,
        member.id,
    )
    answer = await world.send(sender, world.gift("0.99"), recipients, quantity=3)
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_cost"] == "59.40"
    # 2.97 each: gross 1.48 (1.485 down), commission 0.18 (0.185 down) to the owner.
    lines = {line["recipient_id"]: line for line in answer.json()["lines"]}
    assert lines[member.id]["recipient_earnings"] == "1.30"
    assert lines[recipients[1].id]["recipient_earnings"] == "1.48"
    assert (await world.wallet(owner))["diamond_balance"] == "0.18"
    [row] = world.sql(
        "SELECT total_cost, recipient_earnings, agency_commission, platform_fee, commission_rate"
        " FROM gift_transactions WHERE recipient_id = %s",
        member.id,
    )
    assert [str(value) for value in row] == ["2.97", "1.30", "0.18", "1.49", "12.50"]
    [earning] = world.sql(
        "SELECT amount, commission_amount FROM agency_earnings WHERE agency_id = %s", agency
    )
    assert [str(value) for value in earning] == ["1.48", "0.18"]


async def test_combo_counts_the_same_gift_to_the_same_person(world: World) -> None:
    sender, one, other = await world.people(3)
    await world.recharge(sender, 1000)
    gift = world.gift("1.00")
    combos = [
        (await world.send(sender, gift, [recipient])).json()["combo"]
        for recipient in (one, one, other, one)
    ]
    assert combos == [1, 2, 1, 3]


async def test_lucky_gift_pays_by_its_table_and_can_be_recomputed(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    odds = {
        "entries": [{"weight": 3, "multiplier": "0"}, {"weight": 1, "multiplier": "1.5"}],
        "total": 4,
    }
    gift = world.gift("10.00", category="lucky", lucky_odds=json.dumps(odds))
    promised = (await world.call("GET", "/fairness", sender)).json()
    for nonce in range(8):
        before = float((await world.wallet(sender))["coin_balance"])
        answer = (await world.send(sender, gift, [recipient])).json()
        [draw] = answer["lucky"]["draws"]
        assert draw["nonce"] == nonce
        assert answer["lucky"]["server_seed_hash"] == promised["server_seed_hash"]
        after = float((await world.wallet(sender))["coin_balance"])
        assert after == before - 10 + float(draw["payout"])
    revealed = (await world.call("POST", "/fairness/rotate", sender, json={})).json()
    seed = bytes.fromhex(revealed["server_seed"])
    assert hashlib.sha256(seed).hexdigest() == promised["server_seed_hash"]
    message = f"{revealed['client_seed']}:{nonce}".encode()
    outcome = hmac.new(seed, message, "sha256").hexdigest()
    assert outcome == draw["outcome"]
    ticket = int(outcome[:16], 16) * 4 >> 64
    assert draw["multiplier"] == ("1.50" if ticket == 3 else "0.00")
    drawn = await world.call("GET", f"/fairness/draws/{draw['gift_transaction_id']}", sender)
    assert drawn.json()["server_seed"] == revealed["server_seed"]
    assert drawn.json()["multiplier"] == draw["multiplier"]
    listed = (await world.call("GET", "/fairness/draws", sender)).json()["data"]
    assert listed[0] == drawn.json()


@pytest.fixture(scope="module")
async def three(world: World) -> tuple[Person, Person, Person]:
    """A sender with 100 coins and two others, none in a room."""
    sender, recipient, other = await world.people(3)
    await world.recharge(sender, 100)
    return sender, recipient, other


REFUSALS: list[tuple[str, dict[str, Any], dict[str, Any], int, str]] = [
    ("too dear", {"price": "100.01"}, {}, 409, "wallet.insufficient_coins"),
    ("inactive", {"is_active": False}, {}, 409, "gift.inactive"),
    (
        "vip",
        {"category": "vip", "vip_level_required": 3},
        {},
        403,
        "gift.vip_required",
    ),
    (
        "country",
        {"category": "country", "country_specific": "EG"},
        {},
        403,
        "gift.wrong_country",
    ),
    ("room unknown", {}, {"room_id": 999_999_999}, 404, "room.not_found"),
    ("quantity 0", {}, {"quantity": 0}, 422, "request.invalid"),
    ("quantity 10000", {}, {"quantity": 10_000}, 422, "request.invalid"),
    ("quantity true", {}, {"quantity": True}, 422, "request.invalid"),
    ("quantity text", {}, {"quantity": "1"}, 422, "request.invalid"),
    ("extra field", {}, {"note": "x"}, 422, "request.invalid"),
    ("nobody", {}, {"recipient_ids": []}, 422, "request.invalid"),
    ("unknown user", {}, {"recipient_ids": [999_999_999]}, 404, "user.not_found"),
    ("unknown gift", {}, {"gift_id": 999_999_999}, 404, "gift.not_found"),
    ("huge gift id", {}, {"gift_id": 2**63}, 422, "request.invalid"),
]


@pytest.mark.parametrize(
    ("gift", "fields", "status", "code"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
async def test_refusals_change_nothing(
    world: World,
    three: tuple[Person, Person, Person],
    gift: dict[str, Any],
    fields: dict[str, Any],
    status: int,
    code: str,
) -> None:
    sender, recipient, _ = three
    fields = dict(fields)
    before = (await counts(world), await balances(world, *three))
    gift_id = fields.pop("gift_id", None) or world.gift(**gift)
    answer = await world.send(sender, gift_id, [recipient], **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await counts(world), await balances(world, *three)) == before


async def test_oneself_twice_and_blocked_are_refused(
    world: World, three: tuple[Person, Person, Person]
) -> None:
    sender, recipient, other = three
    gift = world.gift("1.00")
    before = (await counts(world), await balances(world, *three))
    twice = await world.send(sender, gift, [recipient, recipient])
    assert (twice.status_code, twice.json()["code"]) == (422, "gift.duplicate_recipient")
    oneself = await world.send(sender, gift, [recipient, sender])
    assert (oneself.status_code, oneself.json()["code"]) == (422, "gift.to_oneself")
    for blocker, blocked in ((sender, other), (other, sender)):
        world.sql(
            "INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (%s, %s)",
            blocker.id,
            blocked.id,
        )
        answer = await world.send(sender, gift, [recipient, other])
        assert (answer.status_code, answer.json()["code"]) == (403, "gift.recipient_unavailable")
        world.sql("DELETE FROM user_blocks WHERE blocker_id = %s", blocker.id)
    assert (await counts(world), await balances(world, *three)) == before


async def test_without_a_key_or_a_token(world: World, three: tuple[Person, ...]) -> None:
    sender, recipient, _ = three
    body = {"gift_id": world.gift(), "recipient_ids": [recipient.id], "quantity": 1}
    before = await counts(world)
    answer = await world.call("POST", "/gifts/send", sender, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_required")
    answer = await world.call("POST", "/gifts/send", json=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.unauthenticated")
    for key in ("x" * 65, "two words"):
        answer = await world.send(sender, body["gift_id"], [recipient], key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "request.unreadable")
    assert await counts(world) == before


async def test_the_same_key_answers_again(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    gift = world.gift("10.00")
    first = await world.send(sender, gift, [recipient], key="again")
    before = await counts(world)
    second = await world.send(sender, gift, [recipient], key="again")
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = await world.send(sender, gift, [recipient], key="again", quantity=2)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert await counts(world) == before


async def test_a_refusal_is_kept_too(world: World) -> None:
    sender, recipient = await world.people(2)
    gift = world.gift("10.00")
    first = await world.send(sender, gift, [recipient], key="poor")
    assert first.status_code == 409
    await world.recharge(sender, 100)
    second = await world.send(sender, gift, [recipient], key="poor")
    assert second.status_code == 409
    assert second.headers["idempotent-replayed"] == "true"
    assert (await world.send(sender, gift, [recipient])).status_code == 201


async def test_one_key_a_hundred_times_at_once_is_one_gift(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    gift = world.gift("10.00")
    answers = await asyncio.gather(
        *(world.send(sender, gift, [recipient], key="once") for _ in range(100))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert (await world.wallet(sender))["coin_balance"] == "990.00"


async def test_a_crowd_to_one_host_spends_no_coin_twice(world: World) -> None:
    host, *senders = await world.people(21)
    gift = world.gift("10.00")
    for sender in senders:
        await world.recharge(sender, 45)
    answers = await asyncio.gather(
        *(world.send(sender, gift, [host]) for sender in senders for _ in range(6))
    )
    won = [answer for answer in answers if answer.status_code == 201]
    lost = [answer for answer in answers if answer.status_code != 201]
    assert len(won) == 4 * len(senders)
    assert {answer.json()["code"] for answer in lost} == {"wallet.insufficient_coins"}
    assert (await world.wallet(host))["diamond_balance"] == f"{4 * len(senders) * 5}.00"
    for sender in senders:
        assert (await world.wallet(sender))["coin_balance"] == "5.00"


async def test_two_engines_at_once_do_not_deadlock(world: World, settings: Settings) -> None:
    """Two processes' engines over one database, each pair giving both ways."""
    people = await world.people(10)
    for person in people:
        await world.recharge(person, 1000)
    gift = world.gift("1.00")
    engines = [GiftEngine(world.database, settings) for _ in range(2)]
    for engine in engines:
        await engine.start()

    async def give(number: int) -> int:
        sender = people[number % 10]
        recipient = people[(number * 3 + 1) % 10]
        if sender is recipient:
            recipient = people[(number * 3 + 2) % 10]
        body = SendGift(gift_id=gift, recipient_ids=[recipient.id], quantity=1)
        request = GiftRequest(sender.id, uuid.uuid4().hex, b"x" * 32, body)
        answer = await engines[number % 2].send(request)
        return answer.status

    statuses = await asyncio.gather(*(give(number) for number in range(400)))
    for engine in engines:
        await engine.stop()
    assert set(statuses) == {201}


async def test_level_up_pays_its_reward_once(world: World) -> None:
    world.sql("DELETE FROM levels WHERE type = 'wealth'")
    for number, xp, reward in ((1, 0, 0), (2, 50, 7), (3, 100, 9)):
        world.sql(
            "INSERT INTO levels (name, type, level_number, required_xp, coin_reward)"
            " VALUES (%s, 'wealth', %s, %s, %s)",
            f"Wealth {number}",
            number,
            xp,
            reward,
        )
    await asyncio.sleep(5.1)  # the catalogue is read again after five seconds
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1000)
    answer = await world.send(sender, world.gift("120.00"), [recipient])
    assert answer.json()["level_up"]["level_number"] == 3
    levels = (await world.call("GET", "/levels?type=wealth&limit=100", sender)).json()["data"]
    [reached] = [level for level in levels if level["level_number"] == 3]
    assert answer.json()["level_up"] == reached
    assert answer.json()["coin_balance"] == "896.00"
    again = await world.send(sender, world.gift("10.00"), [recipient])
    assert again.json()["level_up"] is None
    rows = world.sql(
        "SELECT l.level_number, u.is_active FROM user_levels u JOIN levels l ON l.id = u.level_id"
        " WHERE u.user_id = %s AND u.type = 'wealth' ORDER BY 1",
        sender.id,
    )
    assert rows[-2:] == [(2, False), (3, True)]
    events = world.sql(
        "SELECT e.type FROM stream_events e JOIN streams s ON s.id = e.stream_id"
        " WHERE s.name = %s ORDER BY e.seq",
        f"user:{sender.id}",
    )
    assert [event[0] for event in events] == ["level.up", "level.up"]


async def test_the_money_adds_up(world: World) -> None:
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, "\n".join(said)


async def test_one_bad_gift_does_not_take_its_group_along(world: World) -> None:
    senders = await world.people(12)
    recipient = await world.register()
    for sender in senders:
        await world.recharge(sender, 100)
    good = world.gift("10.00")
    # An odds table that no service would have saved: deciding it fails, which is our fault.
    broken = world.gift("10.00", category="lucky", lucky_odds="{}")
    answers = await asyncio.gather(
        *(
            world.send(sender, broken if number == 5 else good, [recipient])
            for number, sender in enumerate(senders)
        )
    )
    assert [answer.status_code for answer in answers] == [201] * 5 + [500] + [201] * 6
    assert answers[5].json()["code"] == "internal"
    assert (await world.wallet(senders[5]))["coin_balance"] == "100.00"
    assert verify(world.owner_dsn, lambda _: None) == 0


async def test_a_full_queue_answers_503_and_changes_nothing(
    world: World, settings: Settings
) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 100)
    body = SendGift(gift_id=world.gift("1.00"), recipient_ids=[recipient.id], quantity=1)
    engine = GiftEngine(world.database, settings.model_copy(update={"gift_queue_size": 3}))
    requests = [GiftRequest(sender.id, uuid.uuid4().hex, b"x" * 32, body) for _ in range(5)]
    waiting = [asyncio.create_task(engine.send(request)) for request in requests]
    await asyncio.sleep(0)
    refused = [task for task in waiting if task.done()]
    assert len(refused) == 2
    for task in refused:
        problem = task.exception()
        assert isinstance(problem, QueueFull)
        assert problem.headers["Retry-After"] == "1"
    await engine.start()
    await engine.stop()  # told to stop, it commits what waits first
    answers = [task.result() for task in waiting if task not in refused]
    assert [answer.status for answer in answers] == [201] * 3
    assert (await world.wallet(sender))["coin_balance"] == "97.00"


async def test_a_gift_of_a_hundredth_earns_nothing_and_adds_up(world: World) -> None:
    sender, recipient = await world.people(2)
    await world.recharge(sender, 1)
    answer = await world.send(sender, world.gift("0.01"), [recipient], quantity=1)
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_cost"] == "0.01"
    assert answer.json()["lines"][0]["recipient_earnings"] == "0.00"
    assert (await world.wallet(recipient))["diamond_balance"] == "0.00"
    [row] = world.sql(
        "SELECT platform_fee, beneficiary_id FROM gift_transactions g JOIN transactions t"
        " ON t.transactionable_id = g.id AND t.type = 'gift' WHERE g.sender_id = %s",
        sender.id,
    )
    assert (str(row[0]), row[1]) == ("0.01", None)
    assert verify(world.owner_dsn, lambda _: None) == 0
