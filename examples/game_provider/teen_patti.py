"""Teen Patti: three cards each for three seats; one stakes on the seat whose hand is highest.

Hands from highest to lowest: trail (three of a rank), pure sequence (three in a row of one
suit), sequence, colour (one suit), pair, high card. Of sequences A-K-Q is the highest, A-2-3 the
second, then K-Q-J down to 4-3-2. Equal hands are told apart by their ranks, never by suits.
The highest seat pays 2.88 for one; seats that share it share that too. Each seat wins one
round of three, so 96 % of what is staked comes back.
"""

from typing import Any

from examples.game_provider.fairness import Stream

CHOICES = ("a", "b", "c")
PAYS = 288
"""What the highest seat pays for one coin, in hundredths."""

RANKS = "23456789TJQKA"
SUITS = "shdc"
DECK = [rank + suit for rank in RANKS for suit in SUITS]
KINDS = ("high card", "pair", "colour", "sequence", "pure sequence", "trail")
_ACE_TWO_THREE = [12, 1, 0]


def value(hand: list[str]) -> tuple[int, list[int]]:
    """What hands compare by: the kind's place in KINDS, then ranks, those that count first."""
    ranks = sorted((RANKS.index(card[0]) for card in hand), reverse=True)
    is_colour = len({card[1] for card in hand}) == 1
    if len(set(ranks)) == 1:
        return 5, ranks
    if ranks == _ACE_TWO_THREE or (ranks[0] - ranks[2] == 2 and len(set(ranks)) == 3):
        return (4 if is_colour else 3), _sequence(ranks)
    if is_colour:
        return 2, ranks
    if len(set(ranks)) == 2:
        # The one in the middle belongs to the pair.
        return 1, sorted(ranks, key=lambda rank: (rank == ranks[1], rank), reverse=True)
    return 0, ranks


def _sequence(ranks: list[int]) -> list[int]:
    """A-2-3 stands below A-K-Q and above K-Q-J."""
    return [12, 0] if ranks == _ACE_TWO_THREE else [ranks[0], 1]


def play(stream: Stream) -> tuple[dict[str, Any], dict[str, int]]:
    """Nine cards from a fresh deck, three for each seat in turn."""
    cards = stream.draw(DECK, 9)
    hands = {seat: cards[3 * place : 3 * place + 3] for place, seat in enumerate(CHOICES)}
    values = {seat: value(hand) for seat, hand in hands.items()}
    highest = max(values.values())
    winners = [seat for seat in CHOICES if values[seat] == highest]
    shown = {
        "hands": hands,
        "kinds": {seat: KINDS[found[0]] for seat, found in values.items()},
        "winners": winners,
    }
    return shown, {seat: PAYS // len(winners) for seat in winners}
