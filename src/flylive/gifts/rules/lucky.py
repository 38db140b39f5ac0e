"""Lucky gifts: a published odds table and draws that anybody can recompute.

A draw is fair by commit and reveal: the SHA-256 of the server seed is published before, the
user may choose the client seed, the outcome is HMAC-SHA-256(server seed, "client seed:nonce"),
and the server seed is revealed on rotation.
"""

import hashlib
import hmac
from fractions import Fraction
from typing import Annotated, NamedTuple

import msgspec


class OddsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`weight` chances of the table's total to win `multiplier` times the cost."""

    weight: Annotated[int, msgspec.Meta(gt=0, le=10**9)]
    multiplier: Annotated[str, msgspec.Meta(pattern=r"^\d{1,6}(\.\d{1,2})?$")]

    @property
    def multiplier_hundredths(self) -> int:
        """The multiplier in hundredths: 1.50 is 150."""
        whole, _, cents = self.multiplier.partition(".")
        return int(whole) * 100 + int(cents.ljust(2, "0") or 0)


class OddsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``gifts.lucky_odds``: entries whose weights add up to `total`."""

    entries: Annotated[list[OddsEntry], msgspec.Meta(min_length=1, max_length=100)]
    total: int

    def __post_init__(self) -> None:
        if sum(entry.weight for entry in self.entries) != self.total:
            raise ValueError("total must be the sum of the weights")

    def expected_return(self) -> Fraction:
        """Coins that come back for each coin spent, exactly."""
        won = sum(entry.weight * entry.multiplier_hundredths for entry in self.entries)
        return Fraction(won, self.total * 100)


class Draw(NamedTuple):
    """A draw's outcome: the HMAC in hex, the ticket it stands for, the multiplier it won."""

    outcome: str
    ticket: int
    multiplier_hundredths: int


def seed_hash(server_seed: bytes) -> str:
    """What is published before the draws: SHA-256 over the seed's bytes, lower-case hex."""
    return hashlib.sha256(server_seed).hexdigest()


def draw(table: OddsTable, server_seed: bytes, client_seed: str, nonce: int) -> Draw:
    """Draw number `nonce` of a pair of seeds.

    The ticket is floor(first 8 bytes of the outcome / 2^64 × total); the entries own the
    tickets in the order of the table.
    """
    digest = hmac.digest(server_seed, f"{client_seed}:{nonce}".encode(), "sha256")
    ticket = int.from_bytes(digest[:8], "big") * table.total >> 64
    passed = 0
    for entry in table.entries:
        passed += entry.weight
        if ticket < passed:
            return Draw(digest.hex(), ticket, entry.multiplier_hundredths)
    raise AssertionError("the weights add up to the total")


def payout(cost: int, multiplier_hundredths: int) -> int:
    """What a draw pays, in hundredths, rounded down to 0.01."""
    return cost * multiplier_hundredths // 100


def within_ceiling(
    table: OddsTable, share_percent: Fraction, exchange_rate: Fraction, ceiling: Fraction
) -> bool:
    """No pump: lucky return + share × rate ≤ ceiling (0.95)."""
    return table.expected_return() + share_percent / 100 * exchange_rate <= ceiling
