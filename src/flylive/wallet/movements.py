"""What can happen to money: every type of ledger row, who pays, who receives, in what.

A row's `user_id` is whoever's balance moves, its direction tells which way; the house has no
balance, so a row without a beneficiary moves coins or diamonds into or out of existence.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from flylive.money import Currency


class Direction(IntEnum):
    """``transactions.direction``: which way the user's balance goes."""

    DEBIT = 1
    CREDIT = 2


class Shape(NamedTuple):
    """How a movement looks in the ledger, and what it counts towards.

    `currency` None means either. `pays` and `receives` are words for the reference page.
    `also` is the other way in which its rows can go, with their currency.
    `counts_as_spent` and `counts_as_received` say whether it moves ``users.total_spent``
    (coins spent) and ``users.total_received`` (diamonds earned).
    """

    direction: Direction
    currency: Currency | None
    pays: str
    receives: str
    beneficiary_currency: Currency | None = None
    counts_as_spent: bool = False
    counts_as_received: bool = False
    also: tuple[Direction, Currency | None] | None = None


class Movement(StrEnum):
    """``transactions.type``."""

    RECHARGE = "recharge"
    RECHARGE_BONUS = "recharge_bonus"
    RECHARGE_REFUND = "recharge_refund"
    RECHARGE_REINSTATED = "recharge_reinstated"
    DEBT_REPAYMENT = "debt_repayment"
    GIFT = "gift"
    GIFT_REVERSAL = "gift_reversal"
    AGENCY_COMMISSION = "agency_commission"
    LUCKY_WIN = "lucky_win"
    TRANSFER = "transfer"
    COIN_REQUEST = "coin_request"
    EXCHANGE = "exchange"
    LEVEL_REWARD = "level_reward"
    RANKING_PRIZE = "ranking_prize"
    FRAME_PURCHASE = "frame_purchase"
    THEME_PURCHASE = "theme_purchase"
    GAME_BET = "game_bet"
    GAME_WIN = "game_win"
    GAME_ROLLBACK = "game_rollback"
    ADJUSTMENT = "adjustment"
    ACCOUNT_CLOSURE = "account_closure"
    OPENING_BALANCE = "opening_balance"


_COINS, _DIAMONDS = Currency.COINS, Currency.DIAMONDS
_IN, _OUT = Direction.CREDIT, Direction.DEBIT

SHAPES: dict[Movement, Shape] = {
    Movement.RECHARGE: Shape(_IN, _COINS, "the provider", "the buyer"),
    Movement.RECHARGE_BONUS: Shape(_IN, _COINS, "the house", "the buyer"),
    Movement.RECHARGE_REFUND: Shape(_OUT, _COINS, "the buyer", "the provider"),
    Movement.RECHARGE_REINSTATED: Shape(
        _IN, _COINS, "the provider, who takes a refund back", "the buyer"
    ),
    Movement.DEBT_REPAYMENT: Shape(_OUT, _COINS, "the debtor", "the house"),
    Movement.GIFT: Shape(
        _OUT, _COINS, "the sender, in coins", "the recipient, in diamonds", _DIAMONDS, True, True
    ),
    Movement.GIFT_REVERSAL: Shape(
        _IN,
        _COINS,
        "the house",
        "the sender of a gift that staff take back; the other way from who earned by it",
        also=(_OUT, None),
    ),
    Movement.AGENCY_COMMISSION: Shape(
        _IN, _DIAMONDS, "the recipient's share of a gift", "the agency's owner", None, False, True
    ),
    Movement.LUCKY_WIN: Shape(_IN, _COINS, "the house", "the sender of a lucky gift"),
    Movement.TRANSFER: Shape(_OUT, _COINS, "a reseller", "a user", _COINS),
    Movement.COIN_REQUEST: Shape(_OUT, _COINS, "a reseller", "who asked him", _COINS),
    Movement.EXCHANGE: Shape(
        _OUT, _DIAMONDS, "the user, in diamonds", "himself, in coins", also=(_IN, _COINS)
    ),
    Movement.LEVEL_REWARD: Shape(_IN, None, "the house", "who reached the level"),
    Movement.RANKING_PRIZE: Shape(_IN, None, "the house", "who ranked"),
    Movement.FRAME_PURCHASE: Shape(_OUT, _COINS, "the buyer", "the house", None, True),
    Movement.THEME_PURCHASE: Shape(_OUT, _COINS, "the buyer", "the house", None, True),
    Movement.GAME_BET: Shape(_OUT, _COINS, "the player", "the house", None, True),
    Movement.GAME_WIN: Shape(_IN, _COINS, "the house", "the player"),
    Movement.GAME_ROLLBACK: Shape(_IN, _COINS, "the house", "the player"),
    Movement.ADJUSTMENT: Shape(
        _IN, None, "the house", "the user; the other way when debited", also=(_OUT, None)
    ),
    Movement.ACCOUNT_CLOSURE: Shape(_OUT, None, "who deletes his account", "the house"),
    Movement.OPENING_BALANCE: Shape(_IN, None, "an adopted database", "who had it there"),
}


def _ways(shape: Shape) -> list[tuple[Direction, Currency]]:
    ways = [(shape.direction, shape.currency), *([shape.also] if shape.also else [])]
    return [
        (direction, one)
        for direction, currency in ways
        for one in ((currency,) if currency else tuple(Currency))
    ]


PERMITTED = frozenset(
    (movement, direction, currency)
    for movement, shape in SHAPES.items()
    for direction, currency in _ways(shape)
)
"""Every type with the directions and currencies that its rows may have."""
