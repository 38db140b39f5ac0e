"""Recomputing draws from what is published of them: anybody can, with this file's few lines.

A draw comes as ``GET /v1/fairness/draws/{id}`` answers it. Nothing else is asked.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from flylive.gifts.rules import lucky
from flylive.money import render

_AMOUNT = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,2})0*)?")


class PublishedDraw(msgspec.Struct, kw_only=True, frozen=True):
    """A draw as the API answers it; amounts are strings, `server_seed` hex, once it is revealed."""

    gift_transaction_id: int
    server_seed_hash: str
    server_seed: str | None
    client_seed: str
    nonce: int
    outcome: str
    multiplier: str
    cost: str
    payout: str
    lucky_odds: lucky.OddsTable


class _Page(msgspec.Struct):
    data: list[PublishedDraw]


def read(text: bytes) -> list[PublishedDraw]:
    """The draws of a file: one, a list, a page of the API's, or one on each line.

    Raises msgspec.DecodeError and msgspec.ValidationError, which say where.
    """
    whole = msgspec.json.Decoder(PublishedDraw | list[PublishedDraw])
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [msgspec.json.decode(line, type=PublishedDraw) for line in lines]
    if isinstance(document, dict) and "data" in document:
        return msgspec.convert(document, _Page).data
    found = whole.decode(text)
    return found if isinstance(found, list) else [found]


def faults(draw: PublishedDraw) -> list[str]:
    """What of a revealed draw does not fit. Raises ValueError where it is not revealed yet."""
    if draw.server_seed is None:
        raise ValueError("the server seed is not revealed yet")
    try:
        seed = bytes.fromhex(draw.server_seed)
    except ValueError:
        return ["the server seed is not hexadecimal"]
    wrong = []
    promised = hashlib.sha256(seed).hexdigest()
    if promised != draw.server_seed_hash:
        wrong.append(f"the seed's SHA-256 is {promised}, promised was {draw.server_seed_hash}")
    drawn = lucky.draw(draw.lucky_odds, seed, draw.client_seed, draw.nonce)
    if drawn.outcome != draw.outcome:
        wrong.append(f"the outcome is {drawn.outcome}, not {draw.outcome}")
    try:
        cost, payout, multiplier = (
            _hundredths(amount) for amount in (draw.cost, draw.payout, draw.multiplier)
        )
    except ValueError as error:
        return [*wrong, str(error)]
    if multiplier != drawn.multiplier_hundredths:
        wrong.append(f"ticket {drawn.ticket} wins {render(drawn.multiplier_hundredths)} times")
    if payout != lucky.payout(cost, drawn.multiplier_hundredths):
        wrong.append(f"it pays {render(lucky.payout(cost, drawn.multiplier_hundredths))}")
    return wrong


def doubled(draws: Sequence[PublishedDraw]) -> list[str]:
    """Draws that share a seed and a nonce with another one: one number was used twice."""
    seen: dict[tuple[str, int], int] = {}
    wrong = []
    for draw in draws:
        place = draw.server_seed_hash, draw.nonce
        first = seen.setdefault(place, draw.gift_transaction_id)
        if first != draw.gift_transaction_id:
            wrong.append(f"gifts {first} and {draw.gift_transaction_id} share nonce {draw.nonce}")
    return wrong


def _hundredths(amount: str) -> int:
    """Of a plain decimal number, exact to 0.01; zeros may follow."""
    found = _AMOUNT.fullmatch(amount)
    if found is None:
        raise ValueError(f"{amount!r} is not an amount, exact to 0.01")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
