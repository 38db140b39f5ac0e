"""Fruit Loop: a wheel with eight fruits; one stakes on those at which it may stop.

A fruit that pays more comes up less often; whatever one stakes on, 97.0 to 97.2 % comes back.
"""

from typing import Any, NamedTuple

from examples.game_provider.fairness import Stream


class Fruit(NamedTuple):
    """`pays` for one coin; of `TOTAL` stops so many are its own."""

    pays: int
    stops: int


WHEEL: dict[str, Fruit] = {
    "apple": Fruit(5, 1944),
    "orange": Fruit(5, 1944),
    "lemon": Fruit(5, 1944),
    "grapes": Fruit(5, 1944),
    "mango": Fruit(10, 972),
    "cherry": Fruit(15, 648),
    "strawberry": Fruit(25, 388),
    "watermelon": Fruit(45, 216),
}
TOTAL = 10_000
CHOICES = tuple(WHEEL)


def play(stream: Stream) -> tuple[dict[str, Any], dict[str, int]]:
    """Turn the wheel once."""
    stop = stream.below(TOTAL)
    left = stop
    for name, fruit in WHEEL.items():
        if left < fruit.stops:
            return {"stop": stop, "fruit": name}, {name: fruit.pays * 100}
        left -= fruit.stops
    raise AssertionError("the stops add up to TOTAL")
