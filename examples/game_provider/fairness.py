"""Commit and reveal: numbers that neither the house nor the player can choose.

The commitment is the SHA-256 (lower-case hex) of the server seed's bytes. Block n of the stream
is HMAC-SHA-256(server seed, ``{client seed}:{round id}:{n}``); each block gives eight numbers of
32 bits, big-endian. A number below k is a number of the stream modulo k, where those at or above
the largest multiple of k are passed over, so that each is equally likely.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")

SEED_BYTES = 32


def new_seed() -> bytes:
    """A server seed."""
    return secrets.token_bytes(SEED_BYTES)


def commitment(seed: bytes) -> str:
    """What is published before the player stakes."""
    return hashlib.sha256(seed).hexdigest()


class Stream:
    """The numbers of one round."""

    def __init__(self, seed: bytes, client_seed: str, round_id: str) -> None:
        self._numbers = _numbers(seed, f"{client_seed}:{round_id}")

    def below(self, bound: int) -> int:
        """A number of 0 … `bound` - 1."""
        limit = 2**32 - 2**32 % bound
        return next(number for number in self._numbers if number < limit) % bound

    def draw(self, items: list[T], count: int) -> list[T]:
        """So many of the items, in the order drawn (the first steps of a Fisher-Yates shuffle)."""
        deck = list(items)
        for place in range(count):
            other = place + self.below(len(deck) - place)
            deck[place], deck[other] = deck[other], deck[place]
        return deck[:count]


def _numbers(seed: bytes, words: str) -> Iterator[int]:
    block = 0
    while True:
        digest = hmac.new(seed, f"{words}:{block}".encode(), hashlib.sha256).digest()
        for begin in range(0, len(digest), 4):
            yield int.from_bytes(digest[begin : begin + 4], "big")
        block += 1
