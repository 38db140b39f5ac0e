"""Money: balances, the ledger, recharge, and the proof that it all adds up.

Owns ``transactions``, ``recharge_packages``, ``recharge_orders``, ``coin_requests`` and the
balance columns of ``users``. Promises: a balance changes only through :class:`Book`, in the
transaction that writes its ledger row; no balance is ever below zero; a ledger row is never
changed. Locks: the order or request first, then users by id.
"""

from flylive.wallet.book import Account, Book
from flylive.wallet.errors import InsufficientCoins, InsufficientDiamonds
from flylive.wallet.movements import Movement

__all__ = ["Account", "Book", "InsufficientCoins", "InsufficientDiamonds", "Movement"]
