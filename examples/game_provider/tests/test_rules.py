"""The rules of both games, and that what is drawn is fair and can be recomputed."""

import hashlib
import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.game_provider import fairness, fruit_loop, teen_patti
from examples.game_provider.games import GAMES, Outcome, play, prize

HIGHEST_FIRST = [
    "As Ah Ad",
    "Ks Kh Kd",
    "2s 2h 2d",
    "As Ks Qs",
    "As 2s 3s",
    "Kd Qd Jd",
    "4c 3c 2c",
    "As Kh Qs",
    "Ad 2s 3s",
    "Kd Qd Jc",
    "4c 3c 2d",
    "As Ks Js",
    "Ad Kd 9d",
    "5h 3h 2h",
    "As Ah Kd",
    "As Ah 2d",
    "3s Kh Kd",
    "3s 2h 2d",
    "As Kh Jd",
    "5h 3d 2c",
]


KNOWN_STOP = (1987, "orange")
KNOWN_HAND = ["Ac", "2s", "Tc"]


def test_hands_from_highest_to_lowest() -> None:
    values = [teen_patti.value(hand.split()) for hand in HIGHEST_FIRST]
    assert values == sorted(values, reverse=True)
    assert len({tuple(map(str, value)) for value in values}) == len(values)


def test_hands_do_not_depend_on_order_nor_suits() -> None:
    for hand in HIGHEST_FIRST:
        cards = hand.split()
        found = {repr(teen_patti.value(list(order))) for order in itertools.permutations(cards)}
        assert len(found) == 1
    assert teen_patti.value(["As", "Kh", "9d"]) == teen_patti.value(["Ad", "Kc", "9h"])


def test_every_hand_there_is() -> None:
    kinds = Counter(
        teen_patti.KINDS[teen_patti.value(list(hand))[0]]
        for hand in itertools.combinations(teen_patti.DECK, 3)
    )
    # As counted in every book on the game.
    assert kinds == {
        "trail": 52,
        "pure sequence": 48,
        "sequence": 720,
        "colour": 1096,
        "pair": 3744,
        "high card": 16440,
    }


def test_seats_that_share_share_the_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed:
        def draw(self, items: list[str], count: int) -> list[str]:
            return ["As", "Kh", "9d", "Ad", "Kc", "9h", "2s", "3s", "5d"]

    shown, pays = teen_patti.play(Fixed())  # type: ignore[arg-type]
    assert shown["winners"] == ["a", "b"]
    assert pays == {"a": 144, "b": 144}


def test_the_wheel() -> None:
    assert sum(fruit.stops for fruit in fruit_loop.WHEEL.values()) == fruit_loop.TOTAL
    for name, fruit in fruit_loop.WHEEL.items():
        back = Fraction(fruit.pays * fruit.stops, fruit_loop.TOTAL)
        assert Fraction(97, 100) <= back <= Fraction(972, 1000), name

    class Fixed:
        def __init__(self, stop: int) -> None:
            self.stop = stop

        def below(self, bound: int) -> int:
            return self.stop

    stops = Counter(
        fruit_loop.play(Fixed(stop))[0]["fruit"]  # type: ignore[arg-type]
        for stop in range(fruit_loop.TOTAL)
    )
    assert stops == {name: fruit.stops for name, fruit in fruit_loop.WHEEL.items()}


def test_a_known_round() -> None:
    """So that whoever recomputes rounds elsewhere has something to hold his own against."""
    seed = bytes(range(32))
    assert fairness.commitment(seed) == hashlib.sha256(seed).hexdigest()
    patti = play("teen_patti", seed, "my-seed", "round-1")
    loop = play("fruit_loop", seed, "my-seed", "round-1")
    assert patti == play("teen_patti", seed, "my-seed", "round-1")
    assert (loop.shown["stop"], loop.shown["fruit"]) == KNOWN_STOP
    assert patti.shown["hands"]["a"] == KNOWN_HAND


@given(st.binary(min_size=32, max_size=32), st.integers(1, 52))
def test_numbers_are_below_their_bound(seed: bytes, bound: int) -> None:
    stream = fairness.Stream(seed, "c", "r")
    assert all(0 <= stream.below(bound) < bound for _ in range(40))
    drawn = stream.draw(list(range(52)), bound)
    assert len(set(drawn)) == bound


def test_seats_win_alike() -> None:
    wins: Counter[str] = Counter()
    rounds = 3_000
    for number in range(rounds):
        outcome = play("teen_patti", number.to_bytes(32, "big"), "c", "r")
        for seat, pays in outcome.pays.items():
            wins[seat] += pays
    for seat in teen_patti.CHOICES:
        # Six standard deviations around 0.96; the seeds are fixed, so it cannot waver.
        assert abs(wins[seat] / rounds / 100 - 0.96) < 0.15


@pytest.mark.parametrize("game", GAMES)
def test_each_seed_changes_the_outcome(game: str) -> None:
    outcomes = {
        repr(play(game, seed, client, round_id).shown)
        for seed in (bytes(32), bytes([1] * 32))
        for client in ("a", "b", "c")
        for round_id in ("1", "2", "3")
    }
    assert len(outcomes) > 2


def test_prizes_are_rounded_down() -> None:
    outcome = Outcome({}, {"a": 288})
    assert prize(outcome, {"a": 101, "b": 500}) == 290
    assert prize(outcome, {"b": 500}) == 0
