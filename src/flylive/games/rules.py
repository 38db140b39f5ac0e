"""What a provider's call may do, decided on plain values in hundredths.

Every function raises the refusal, or returns how much is to be moved.
"""

from typing import NamedTuple

from flylive.games.errors import (
    BetOutOfRange,
    BetRolledBack,
    NoBet,
    NotABet,
    RoundSettled,
    WinTooLarge,
)
from flylive.money import render


class Round(NamedTuple):
    """A player's round: bets accepted and not rolled back, those rolled back, wins paid."""

    bets: int
    rolled_back: int
    wins: int
    won: int


class Bet(NamedTuple):
    """What stands under the id that is to be rolled back.

    `is_players`: it is this player's, in this game. `amount`: what it took.
    """

    type: str
    is_players: bool
    amount: int
    is_rolled_back: bool
    is_settled: bool


def is_open(
    country: str, only: list[str] | None, blocked: list[str] | None
) -> bool:  # fmt: skip
    """Whether a game is played in a country."""
    return (only is None or country in only) and (blocked is None or country not in blocked)


def bet(amount: int, least: int, most: int, round_: Round, *, is_rolled_back: bool) -> int:
    """What a bet takes. Raises BetRolledBack, RoundSettled, BetOutOfRange."""
    if is_rolled_back:
        raise BetRolledBack
    if round_.wins:
        raise RoundSettled
    if not least <= amount <= most:
        raise BetOutOfRange(min_bet=render(least), max_bet=render(most))
    return amount


def win(amount: int, most: int, round_: Round) -> int:
    """What a win pays. Raises NoBet, BetRolledBack, WinTooLarge."""
    if not round_.bets:
        raise BetRolledBack if round_.rolled_back else NoBet
    if round_.won + amount > most:
        raise WinTooLarge(max_win=render(most), won=render(round_.won))
    return amount


def rollback(found: Bet | None) -> int:
    """What a rollback gives back. Raises NotABet, RoundSettled."""
    if found is None:
        return 0
    if found.type != "bet" or not found.is_players:
        raise NotABet
    if found.amount == 0 or found.is_rolled_back:
        return 0
    if found.is_settled:
        raise RoundSettled
    return found.amount


def passes(limit: int, lost: int, stake: int) -> bool:
    """Whether a stake would take the day's net loss past the limit; 0 is no limit."""
    return limit > 0 and lost + stake > limit
