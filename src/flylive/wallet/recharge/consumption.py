"""Answering the App Store when it asks what a buyer who wants his money back has used.

Apple asks to be told within 12 hours, and only where the buyer consented, which the platform's
terms have to say (``FLYLIVE_APP_STORE_CONSUMPTION_CONSENT``). What is told: that the coins were
delivered, and how much of them is spent at least, for what is left could all be theirs.
"""

from dataclasses import dataclass

from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unavailable
from flylive.jobs import Task, defer
from flylive.money import to_decimal
from flylive.wallet import queries as wallet
from flylive.wallet.recharge import queries
from flylive.wallet.recharge.providers import Providers

KIND = "CONSUMPTION_REQUEST"
WHOLE = 100_000
"""100 % in Apple's milliunits of a percent."""


@dataclass(frozen=True)
class Recharge:
    """What recharge's jobs work with."""

    database: Database
    settings: Settings
    providers: Providers


async def answer(recharge: Recharge, *, order_id: int) -> None:
    """Tell Apple how much of an order's coins is spent. Raises Unavailable to be tried again."""
    if not recharge.settings.app_store_consumption_consent:
        return

    async def work(tx: Reading) -> tuple[str | None, bool, int]:
        order = await queries.read_order(tx, order_id)
        balance = (await wallet.find_wallet(tx, order.user_id)).coin_balance
        coins = to_decimal((order.coin_amount + order.bonus_coins) * 100)
        spent = max(coins - balance, to_decimal(0))
        is_delivered = order.paid_at is not None
        return order.provider_reference, is_delivered, int(WHOLE * spent / coins)

    reference, is_delivered, spent = await recharge.database.read(work)
    provider = recharge.providers.find("app_store")
    if provider is not None and reference is not None:
        from flylive.wallet.recharge.providers.app_store import AppStore

        assert isinstance(provider, AppStore)
        await provider.tell_consumption(reference, is_delivered=is_delivered, consumed=spent)


CONSUMPTION = Task("recharge.consumption", answer, (Unavailable,))
TASKS: list[Task[Recharge, ...]] = [CONSUMPTION]


async def answer_later(tx: Transaction, order_id: int) -> None:
    """Put the answer off until after this transaction."""
    await defer(tx, CONSUMPTION, order_id=order_id)
