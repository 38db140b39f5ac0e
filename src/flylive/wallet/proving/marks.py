"""Fingerprints of rows: two heaps of rows are the same if as many, and their marks' sums are equal.

A mark is 64 bits over some values of a row, under a seed that is drawn for each question: each
value is hashed with the hash of those before it as its seed, so it matters which values stand in
one row together. That two different heaps have the same sum happens once in 2^64 times, and nobody
can write rows that make it happen, since nobody knows the seed.
"""

import secrets
from collections.abc import Sequence


class Marks:
    """Marks under one seed; those to be compared are given as many values, in the same order."""

    def __init__(self) -> None:
        self.seed = secrets.randbits(62)

    def of(
        self, *, ids: Sequence[str] = (), amounts: Sequence[str] = (), moments: Sequence[str] = ()
    ) -> str:
        """A row's mark as SQL; NULL where a value is."""
        mark = str(self.seed)
        for moment in moments:
            mark = f"hashfloat8extended(date_part('epoch', {moment}), {mark})"
        for amount in amounts:
            mark = f"hash_numeric_extended({amount}, {mark})"
        for id in ids:
            mark = f"hashint8extended({id}, {mark})"
        return mark
