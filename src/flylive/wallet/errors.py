"""Why money does not move."""

from flylive.accounts.errors import UnknownUser as UnknownUser
from flylive.errors import NotFound, Problem
from flylive.money import render


class InsufficientCoins(Problem):
    """The coins do not reach. Extras: `coin_balance` and `needed`, as strings."""

    status, code, title = 409, "wallet.insufficient_coins", "Not enough coins"

    def __init__(self, balance: int, needed: int) -> None:
        super().__init__(
            f"{render(needed)} coins are needed and {render(balance)} are there",
            coin_balance=render(balance),
            needed=render(needed),
        )


class InsufficientDiamonds(Problem):
    """The diamonds do not reach. Extras: `diamond_balance` and `needed`, as strings."""

    status, code, title = 409, "wallet.insufficient_diamonds", "Not enough diamonds"

    def __init__(self, balance: int, needed: int) -> None:
        super().__init__(
            f"{render(needed)} diamonds are needed and {render(balance)} are there",
            diamond_balance=render(balance),
            needed=render(needed),
        )


class BalanceTooLarge(Problem):
    """The balance would pass what the platform counts."""

    status, code, title = 409, "wallet.balance_too_large", "The balance would become too large"


class UnknownTransaction(NotFound):
    """No such ledger row among the caller's."""

    code, title = "wallet.transaction_not_found", "There is no such transaction of yours"
