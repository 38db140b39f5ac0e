"""What every game says of itself: on what one stakes, and what comes of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from examples.game_provider import fruit_loop, teen_patti
from examples.game_provider.fairness import Stream

Stakes = Mapping[str, int]
"""Hundredths of coins by what they are on."""


class Outcome(NamedTuple):
    """What happened, as it is shown, and what each choice pays for one coin, in hundredths."""

    shown: dict[str, Any]
    pays: dict[str, int]


class Game(Protocol):
    """A game's module."""

    @property
    def CHOICES(self) -> tuple[str, ...]:  # noqa: N802 - as the modules name it
        """On what one may stake."""

    def play(self, stream: Stream) -> tuple[dict[str, Any], dict[str, int]]:
        """What happens, and what each choice that wins pays for one coin, in hundredths."""


GAMES: dict[str, Game] = {"teen_patti": teen_patti, "fruit_loop": fruit_loop}
"""By their codes at the platform."""


def play(game: str, seed: bytes, client_seed: str, round_id: str) -> Outcome:
    """The outcome of a round: whoever has the seeds can tell it."""
    return Outcome(*GAMES[game].play(Stream(seed, client_seed, round_id)))


def prize(outcome: Outcome, stakes: Stakes) -> int:
    """What the stakes win, in hundredths; each is rounded down."""
    return sum(stake * outcome.pays.get(choice, 0) // 100 for choice, stake in stakes.items())
