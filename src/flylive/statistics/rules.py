"""From sums of ledger rows to what the staff look at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

from flylive.money import Currency
from flylive.wallet.movements import SHAPES, Direction, Movement

_COINS, _DIAMONDS = Currency.COINS, Currency.DIAMONDS
_IN, _OUT = Direction.CREDIT, Direction.DEBIT

BETWEEN_PEOPLE = frozenset(
    movement
    for movement, shape in SHAPES.items()
    if shape.beneficiary_currency is not None and shape.beneficiary_currency is shape.currency
)
"""What changes hands without being made or destroyed."""


class Side(NamedTuple):
    """The sides of ledger rows of one kind: how many, of how many things, hundredths in all."""

    type: str
    direction: int
    currency_type: int
    movements: int
    quantity: int
    amount: int


@dataclass(slots=True)
class Figures:
    """What moved in a period, in hundredths; `gifts` counts things.

    `coins_created` − `coins_destroyed` is how much more is held at its end than at its
    beginning; likewise diamonds. Bonus, lucky wins, games and prizes are in `coins_created`.
    """

    coins_bought: int = 0
    coins_bonus: int = 0
    coins_refunded: int = 0
    coins_spent: int = 0
    coins_created: int = 0
    coins_destroyed: int = 0
    diamonds_earned: int = 0
    diamonds_exchanged: int = 0
    diamonds_created: int = 0
    diamonds_destroyed: int = 0
    lucky_wins: int = 0
    game_bets: int = 0
    game_wins: int = 0
    reseller_sales: int = 0
    debts_repaid: int = 0
    gifts: int = 0
    gift_coins: int = 0

    @property
    def coins_change(self) -> int:
        """How much more coins are held."""
        return self.coins_created - self.coins_destroyed

    @property
    def diamonds_change(self) -> int:
        """How much more diamonds are held."""
        return self.diamonds_created - self.diamonds_destroyed


NAMES = tuple(field.name for field in fields(Figures))

_COUNTED: dict[tuple[str, int, int], tuple[tuple[str, int], ...]] = {
    (Movement.RECHARGE, _IN, _COINS): (("coins_bought", 1),),
    (Movement.RECHARGE_BONUS, _IN, _COINS): (("coins_bonus", 1),),
    (Movement.RECHARGE_REFUND, _OUT, _COINS): (("coins_refunded", 1),),
    (Movement.RECHARGE_REINSTATED, _IN, _COINS): (("coins_refunded", -1),),
    (Movement.DEBT_REPAYMENT, _OUT, _COINS): (("debts_repaid", 1),),
    (Movement.GIFT, _OUT, _COINS): (("coins_spent", 1), ("gift_coins", 1)),
    (Movement.GIFT, _IN, _DIAMONDS): (("diamonds_earned", 1),),
    (Movement.AGENCY_COMMISSION, _IN, _DIAMONDS): (("diamonds_earned", 1),),
    (Movement.LUCKY_WIN, _IN, _COINS): (("lucky_wins", 1),),
    (Movement.FRAME_PURCHASE, _OUT, _COINS): (("coins_spent", 1),),
    (Movement.THEME_PURCHASE, _OUT, _COINS): (("coins_spent", 1),),
    (Movement.GAME_BET, _OUT, _COINS): (("coins_spent", 1), ("game_bets", 1)),
    (Movement.GAME_WIN, _IN, _COINS): (("game_wins", 1),),
    (Movement.EXCHANGE, _OUT, _DIAMONDS): (("diamonds_exchanged", 1),),
    (Movement.TRANSFER, _OUT, _COINS): (("reseller_sales", 1),),
    (Movement.COIN_REQUEST, _OUT, _COINS): (("reseller_sales", 1),),
}
_MADE = {
    (_IN, _COINS): "coins_created",
    (_OUT, _COINS): "coins_destroyed",
    (_IN, _DIAMONDS): "diamonds_created",
    (_OUT, _DIAMONDS): "diamonds_destroyed",
}


def figures(sides: Iterable[Side], *, of_one_country: bool = False) -> Figures:
    """The figures of these sums.

    Of one country, coins that resellers move across its border count as made or destroyed there,
    so that what its people hold comes out.
    """
    found = Figures()
    for side in sides:
        for name, sign in _COUNTED.get((side.type, side.direction, side.currency_type), ()):
            setattr(found, name, getattr(found, name) + sign * side.amount)
        if side.type == Movement.GIFT and side.direction == _OUT:
            found.gifts += side.quantity
        if of_one_country or side.type not in BETWEEN_PEOPLE:
            name = _MADE[Direction(side.direction), Currency(side.currency_type)]
            setattr(found, name, getattr(found, name) + side.amount)
    return found
