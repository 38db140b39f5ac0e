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


class ExchangeLimit(Problem):
    """The day's limit of diamonds does not reach. Extras: `limit`, `used`, `resets_at`."""

    status, code, title = 409, "wallet.exchange_limit", "The limit of this day is reached"


class BalanceTooLarge(Problem):
    """The balance would pass what the platform counts."""

    status, code, title = 409, "wallet.balance_too_large", "The balance would become too large"


class WalletHeld(Forbidden):
    """The staff hold the exchange and transfers of one of those whose money would move."""

    code, title = "wallet.held", "Exchange and transfers are held; please write to support"


class AlreadyHeld(Problem):
    """The person is held already."""

    status, code, title = 409, "wallet.already_held", "Exchange and transfers are held already"


class NotHeld(Problem):
    """There is no hold on the person to lift."""

    status, code, title = 409, "wallet.not_held", "Nothing of this person's is held"


class UnknownTransaction(NotFound):
    """No such ledger row among the caller's."""

    code, title = "wallet.transaction_not_found", "There is no such transaction of yours"


class UnknownProof(NotFound):
    """No such run of the proof."""

    code, title = "proof.not_found", "There is no such run of the proof"


class ProofRunning(Problem):
    """Of the runs that staff ask for, one at a time. Extras: `run_id`."""

    status, code, title = 409, "proof.running", "A run that was asked for is not over yet"
