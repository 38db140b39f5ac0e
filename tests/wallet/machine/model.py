"""What ought to be on everybody's account: slow, simple, and written without the platform's code.

A debt is coins below zero: whatever comes in pays it first, and whoever owes has nothing to spend.
So an account is two whole numbers of hundredths, and most of what happens to it commutes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

SHARE = Decimal("0.50")
RATE = Decimal("0.50")
MAX_PENDING = 5
"""Defaults of the platform: the recipients' share, and coins for a diamond."""
LEVELS = ((40, 3), (90, 5), (400, 7), (900, 11))
"""Wealth and charm levels above the first: the XP they need, and coins and diamonds they pay."""


def whole(amount: Decimal) -> int:
    """Rounded down to a whole hundredth."""
    return int(amount.to_integral_value(ROUND_FLOOR))


@dataclass
class Account:
    """One user: `net` coins (below zero: owed) and diamonds in hundredths."""

    net: int = 0
    diamonds: int = 0
    wealth_xp: int = 0
    charm_xp: int = 0
    wealth_level: int = 0
    charm_level: int = 0
    is_reseller: bool = False
    is_member: bool = False
    is_owner: bool = False
    is_deleted: bool = False

    @property
    def shown(self) -> tuple[Decimal, Decimal, Decimal, int, int]:
        """As the database has it: coins, diamonds, debt, wealth XP, charm XP."""
        return (
            Decimal(max(self.net, 0)) / 100,
            Decimal(self.diamonds) / 100,
            Decimal(max(-self.net, 0)) / 100,
            self.wealth_xp,
            self.charm_xp,
        )


@dataclass
class Order:
    """An order of `coins`, bonus included, and how many of them are taken back."""

    id: int
    buyer: int
    provider: str
    coins: int
    status: str = "pending"
    taken_back: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    payment: str = ""
    dispute: dict[str, Any] | None = None


@dataclass
class Request:
    """A request for coins, in hundredths."""

    id: int
    asker: int
    seller: int
    amount: int
    type: str
    days: int | None
    status: str = "pending"
    due_at: datetime | None = None
    is_settled: bool = False

    def is_open(self) -> bool:
        """Whether it stands in the way of deleting an account."""
        return self.type == "credit" and self.status == "approved" and not self.is_settled


class Model:
    """Everybody's accounts, orders and requests."""

    def __init__(self, count: int, *, members: set[int], owner: int, sellers: set[int]) -> None:
        self.accounts = [Account() for _ in range(count)]
        for number, account in enumerate(self.accounts):
            account.is_member = number in members
            account.is_owner = number == owner
            account.is_reseller = number in sellers
        self.owner = owner
        self.commission = Decimal("0.3333")
        self.orders: list[Order] = []
        self.requests: list[Request] = []
        self.blocks: set[tuple[int, int]] = set()

    def is_blocked(self, one: int, other: int) -> bool:
        """Whether either has blocked the other."""
        return (one, other) in self.blocks or (other, one) in self.blocks

    def overdue(self, asker: int, seller: int, at: datetime) -> bool:
        """Whether credit from this seller is past its day."""
        return any(
            (one.asker, one.seller) == (asker, seller)
            and one.is_open()
            and one.due_at is not None
            and one.due_at <= at
            for one in self.requests
        )

    # --- what refuses ------------------------------------------------------------------------

    def refuses_move(self, seller: int, buyer: int, amount: int) -> str | None:
        """Why a seller's coins do not go to a buyer."""
        if self.accounts[buyer].is_deleted:
            return "user.not_found"
        if self.is_blocked(seller, buyer):
            return "user.not_available"
        return "wallet.insufficient_coins" if self.accounts[seller].net < amount else None

    def refuses_gift(self, sender: int, recipients: list[int], cost: int) -> str | None:
        """Why a gift of `cost` for each is not given."""
        if sender in recipients:
            return "gift.to_oneself"
        if any(self.accounts[one].is_deleted for one in recipients):
            return "user.not_found"
        if any(self.is_blocked(sender, one) for one in recipients):
            return "gift.recipient_unavailable"
        if self.accounts[sender].net < cost * len(recipients):
            return "wallet.insufficient_coins"
        return None

    def refuses_deletion(self, person: int) -> str | None:
        """Why an account is not deleted."""
        if self.accounts[person].net < 0:
            return "account.debt"
        if any(one.is_open() and person in (one.asker, one.seller) for one in self.requests):
            return "account.open_credit"
        return "account.owns_agency" if self.accounts[person].is_owner else None

    # --- what happens ------------------------------------------------------------------------

    def move(self, seller: int, buyer: int, amount: int) -> None:
        """Coins change hands."""
        self.accounts[seller].net -= amount
        self.accounts[buyer].net += amount

    def exchange(self, person: int, diamonds: int) -> int:
        """Diamonds become coins; how many."""
        coins = whole(diamonds * RATE)
        self.accounts[person].diamonds -= diamonds
        self.accounts[person].net += coins
        return coins

    def gift(self, sender: int, recipients: list[int], cost: int, won: list[int]) -> None:
        """A gift of `cost` for each, which paid back `won`."""
        giver = self.accounts[sender]
        for recipient in recipients:
            taker = self.accounts[recipient]
            gross = whole(cost * SHARE)
            commission = whole(gross * self.commission) if taker.is_member else 0
            giver.net -= cost
            taker.diamonds += gross - commission
            self.accounts[self.owner].diamonds += commission
            taker.charm_xp += cost // 100
            while taker.charm_level < len(LEVELS) and (
                taker.charm_xp >= LEVELS[taker.charm_level][0]
            ):
                self._reward(taker, LEVELS[taker.charm_level][1])
                taker.charm_level += 1
        giver.net += sum(won)
        giver.wealth_xp += cost * len(recipients) // 100
        while giver.wealth_level < len(LEVELS) and (
            giver.wealth_xp >= LEVELS[giver.wealth_level][0]
        ):
            self._reward(giver, LEVELS[giver.wealth_level][1])
            giver.wealth_level += 1

    def stand(self, order: Order, taken_back: int) -> None:
        """A payment stands as paid, with so many of the order's coins taken back again."""
        buyer = self.accounts[order.buyer]
        if order.status in ("pending", "failed"):
            self._put(buyer, order.coins)
        change = taken_back - order.taken_back
        self._put(buyer, -change)
        order.taken_back = taken_back
        order.status = "refunded" if taken_back == order.coins else "paid"

    def delete(self, person: int) -> None:
        """An account is deleted, and what it held with it."""
        account = self.accounts[person]
        account.net = account.diamonds = 0
        account.is_deleted, account.is_reseller, account.is_member = True, False, False
        for request in self.requests:
            if request.status == "pending" and person in (request.asker, request.seller):
                request.status = "cancelled"
        self.blocks = {pair for pair in self.blocks if person not in pair}

    def _put(self, account: Account, coins: int) -> None:
        account.net += coins * 100
        if account.is_deleted:
            account.net = min(account.net, 0)

    def _reward(self, account: Account, amount: int) -> None:
        account.net += amount * 100
        account.diamonds += amount * 100
