"""Why money does not move."""

from flylive.accounts.errors import UnknownUser as UnknownUser
from flylive.errors import Forbidden, NotFound, Problem
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


class UnknownPackage(NotFound):
    """No such package, or it is not sold."""

    code, title = "recharge.package_not_found", "There is no such package"


class PackageNotInCountry(Forbidden):
    """The package is sold in other countries only."""

    code, title = "recharge.package_not_in_country", "This package is not sold in your country"


class UnknownOrder(NotFound):
    """No such order of the caller's."""

    code, title = "recharge.order_not_found", "There is no such order of yours"


class ProviderUnavailable(Problem):
    """The payment provider is not set up on this platform."""

    status, code, title = 409, "recharge.provider_unavailable", "This provider is not available"


class OrderState(Problem):
    """The order is past what is asked. Extra: `order_status`."""

    status, code, title = 409, "recharge.order_state", "The order is not in a state for this"
