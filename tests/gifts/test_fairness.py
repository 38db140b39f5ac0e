"""Draws: recomputed from revealed seeds alone, and falling as the table says."""

import asyncio
import hashlib
import json
import math
import os
import uuid
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from flylive.config import Settings
from flylive.gifts.commands import fairness_group
from flylive.gifts.engine import GiftEngine
from flylive.gifts.facts import GiftRequest
from flylive.gifts.rules import lucky
from flylive.gifts.schemas import SendGift
from tests.world import Person, World

ODDS = {
    "entries": [
        {"weight": 70, "multiplier": "0"},
        {"weight": 20, "multiplier": "1"},
        {"weight": 9, "multiplier": "2.5"},
        {"weight": 1, "multiplier": "15"},
    ],
    "total": 100,
}
AT_ONCE = 20
LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"


def chi_square(seen: Counter[str], table: lucky.OddsTable) -> tuple[float, float]:
    """The statistic against the table's chances, and how likely one as high is by chance."""
    count = sum(seen.values())
    statistic = 0.0
    for entry in table.entries:
        expected = count * entry.weight / table.total
        statistic += (seen[entry.multiplier] - expected) ** 2 / expected
    return statistic, _survival(statistic / 2, (len(table.entries) - 1) / 2)


def _survival(x: float, a: float) -> float:
    """The regularised upper incomplete gamma function, by its lower series."""
    if x == 0:
        return 1.0
    term = total = 1 / a
    n = a
    while term > total * 1e-16:
        n += 1
        term *= x / n
        total += term
    return max(0.0, 1 - total * math.exp(-x + a * math.log(x) - math.lgamma(a)))


def test_the_chances_of_chi_square_are_those_of_the_tables() -> None:
    """3 degrees of freedom: 7.815 is the 5 % point, 16.266 that of 0.1 %."""
    assert _survival(7.815 / 2, 1.5) == pytest.approx(0.05, abs=1e-5)
    assert _survival(16.266 / 2, 1.5) == pytest.approx(0.001, abs=1e-6)


async def give(
    engine: GiftEngine, sender: Person, gift: int, recipients: list[Person], sends: int
) -> None:
    body = SendGift(gift_id=gift, recipient_ids=[r.id for r in recipients], quantity=1)

    async def lane(count: int) -> None:
        for _ in range(count):
            answer = await engine.send(GiftRequest(sender.id, uuid.uuid4().hex, b"x" * 32, body))
            assert answer.status == 201, answer.body

    await asyncio.gather(*(lane(sends // AT_ONCE + (n < sends % AT_ONCE)) for n in range(AT_ONCE)))


async def test_draws_recomputed_from_revealed_seeds_are_equal_and_fall_as_they_should(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A million with --long, through the engine; each from what is published of it alone."""
    draws, rotations = (1_000_000, 20) if LONG else (4_000, 4)
    sender, *recipients = await world.people(21)
    await world.recharge(sender, 5 * draws)
    gift = world.gift("1.00", category="lucky", lucky_odds=json.dumps(ODDS))
    promised = [(await world.call("GET", "/fairness", sender)).json()["server_seed_hash"]]
    engine = GiftEngine(world.database, settings)
    await engine.start()
    try:
        for number in range(rotations):
            await give(engine, sender, gift, recipients, draws // 20 // rotations)
            choice = {"client_seed": f"choice-{number}"}
            revealed = (await world.call("POST", "/fairness/rotate", sender, json=choice)).json()
            assert revealed["server_seed_hash"] == promised[-1]
            assert (
                hashlib.sha256(bytes.fromhex(revealed["server_seed"])).hexdigest() == promised[-1]
            )
            promised.append(revealed["current"]["server_seed_hash"])
    finally:
        await engine.stop()

    table = msgspec.convert(ODDS, lucky.OddsTable)
    seen: Counter[str] = Counter()
    won = 0
    names = {entry.multiplier_hundredths: entry.multiplier for entry in table.entries}
    for seed_hash in promised[:-1]:
        rows = world.sql(
            """
            SELECT s.server_seed, s.client_seed, d.nonce, d.outcome, (d.multiplier * 100)::bigint,
                   (d.payout * 100)::bigint, (t.total_cost * 100)::bigint, o.odds::text
            FROM fairness_seeds s JOIN lucky_draws d ON d.seed_id = s.id
            JOIN gift_odds o ON o.id = d.odds_id
            JOIN gift_transactions t ON t.id = d.gift_transaction_id AND t.sent_at = d.sent_at
            WHERE s.server_seed_hash = %s AND s.revealed_at IS NOT NULL ORDER BY d.nonce
            """,
            seed_hash,
        )
        assert [row[2] for row in rows] == list(range(draws // rotations))
        assert {row[7] for row in rows} == {rows[0][7]}
        frozen = msgspec.json.decode(rows[0][7], type=lucky.OddsTable)
        assert frozen == table
        for server_seed, client_seed, nonce, outcome, multiplier, payout, cost, _ in rows:
            drawn = lucky.draw(frozen, server_seed, client_seed, nonce)
            assert (drawn.outcome, drawn.multiplier_hundredths) == (outcome, multiplier)
            assert lucky.payout(cost, multiplier) == payout
            seen[names[multiplier]] += 1
            won += payout
    assert seen.total() == draws
    statistic, chance = chi_square(seen, table)
    back = Fraction(won, draws * 100)
    report = (
        f"{draws} draws from {rotations} seeds recomputed, all equal; chi-square {statistic:.2f}"
        f" on {len(table.entries) - 1} degrees of freedom, p = {chance:.3f};"
        f" {float(back):.4f} of the cost came back, {float(table.expected_return()):.4f} expected"
    )
    if LONG:
        with capsys.disabled():
            print(f"\n{report}")
    # One honest run in a million fails.
    assert chance > 1e-6, report


def test_a_crooked_distribution_fails_the_test() -> None:
    table = msgspec.convert(ODDS, lucky.OddsTable)
    crooked = Counter({"0": 2_950, "1": 760, "2.5": 260, "15": 30})
    assert chi_square(crooked, table)[1] < 1e-6


async def revealed_draws(world: World) -> list[dict[str, Any]]:
    sender, *recipients = await world.people(4)
    await world.recharge(sender, 100)
    gift = world.gift("0.99", category="lucky", lucky_odds=json.dumps(ODDS))
    for _ in range(3):
        await world.send(sender, gift, recipients, quantity=3)
    # What is drawn stays as it was, whatever becomes of the gift.
    world.sql(
        "UPDATE gifts SET lucky_odds = %s WHERE id = %s",
        json.dumps({"entries": [{"weight": 1, "multiplier": "0"}], "total": 1}),
        gift,
    )
    await world.call("POST", "/fairness/rotate", sender, json={})
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await world.call("GET", f"/fairness/draws?limit=4{cursor}", sender)).json()
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def verified(folder: Path, text: str) -> tuple[int, str]:
    file = folder / "draws.json"
    file.write_text(text)
    result = CliRunner().invoke(fairness_group, ["verify", str(file)])
    return result.exit_code, result.output


async def test_the_command_recomputes_every_shape_and_names_each_lie(
    world: World, tmp_path: Path
) -> None:
    draws = await revealed_draws(world)
    assert len(draws) == 9
    assert draws[0]["lucky_odds"] == ODDS
    for text in (
        json.dumps(draws),
        json.dumps({"data": draws, "next_cursor": None}),
        "\n".join(json.dumps(draw) for draw in draws),
    ):
        assert verified(tmp_path, text) == (0, "9 draws recomputed, 0 faults\n")
    assert verified(tmp_path, json.dumps(draws[0]))[0] == 0
    for change in (
        {"payout": "1.11"},
        {"multiplier": "7.0000"},
        {"outcome": "0" * 64},
        {"nonce": 8_000},
        {"client_seed": "another"},
        {"server_seed": "00" * 32},
        {"server_seed_hash": "0" * 64},
        {"cost": "1e3"},
    ):
        code, output = verified(tmp_path, json.dumps([draws[1], draws[0] | change]))
        assert code == 1, change
        assert f"gift {draws[0]['gift_transaction_id']}: " in output
        assert f"gift {draws[1]['gift_transaction_id']}: " not in output
    again = draws[0] | {"gift_transaction_id": 1}
    assert "share nonce" in verified(tmp_path, json.dumps([draws[0], again]))[1]


async def test_the_command_says_when_nothing_can_be_said(world: World, tmp_path: Path) -> None:
    [draw, *_] = await revealed_draws(world)
    code, output = verified(tmp_path, json.dumps(draw | {"server_seed": None}))
    assert (code, "wait for their seed" in output) == (2, True)
    broken = draw | {"lucky_odds": {"entries": ODDS["entries"], "total": 99}}
    for text in ("", "[]", "{", "no json", json.dumps({"data": 1}), json.dumps(broken), "[" * 9000):
        assert verified(tmp_path, text)[0] == 2, text[:20]


async def test_draws_are_ones_own(world: World) -> None:
    """The recipient may look at one; lists are of the seeds that one draws from."""
    sender, recipient, stranger = await world.people(3)
    await world.recharge(sender, 100)
    gift = world.gift("1.00", category="lucky", lucky_odds=json.dumps(ODDS))
    sent = (await world.send(sender, gift, [recipient])).json()
    path = f"/fairness/draws/{sent['lines'][0]['gift_transaction_id']}"
    assert (await world.call("GET", path, recipient)).status_code == 200
    assert (await world.call("GET", path, stranger)).json()["code"] == "fairness.draw_not_found"
    assert (await world.call("GET", "/fairness/draws", recipient)).json()["data"] == []
    mine = (await world.call("GET", "/fairness", sender)).json()["server_seed_hash"]
    for seed, count in ((mine, 1), ("0" * 64, 0)):
        page = await world.call("GET", f"/fairness/draws?server_seed_hash={seed}", sender)
        assert len(page.json()["data"]) == count


async def test_nobody_draws_from_a_seed_that_was_not_published(world: World) -> None:
    """Everybody has one from the beginning; who came by another way looks at it first."""
    sender, recipient = await world.people(2)
    assert world.sql("SELECT count(*) FROM fairness_seeds WHERE user_id = %s", sender.id) == [(1,)]
    await world.recharge(sender, 100)
    gift = world.gift("1.00", category="lucky", lucky_odds=json.dumps(ODDS))
    world.sql("DELETE FROM fairness_seeds WHERE user_id = %s", sender.id)
    refused = await world.send(sender, gift, [recipient])
    assert (refused.status_code, refused.json()["code"]) == (409, "fairness.seed_missing")
    assert (await world.wallet(sender))["coin_balance"] == "100.00"
    promised = (await world.call("GET", "/fairness", sender)).json()["server_seed_hash"]
    sent = await world.send(sender, gift, [recipient])
    assert sent.json()["lucky"]["server_seed_hash"] == promised
