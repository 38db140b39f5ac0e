"""The wallet's verbs: recharge orders, paid, failed and refunded.

Locks: the order, then its buyer.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http.addresses import Origin
from flylive.money import Currency
from flylive.wallet import queries
from flylive.wallet.book import Book
from flylive.wallet.closing import close_out
from flylive.wallet.errors import (
    OrderState,
    PackageNotInCountry,
    UnknownOrder,
    UnknownPackage,
)
from flylive.wallet.movements import Movement

SOURCE_ORDER = "RechargeOrder"


async def list_packages(tx: Reading, user_id: int) -> Sequence[Row[Any]]:
    """The packages sold in the user's country, popular first."""
    return await queries.list_packages(tx, user_id)


async def save_packages(tx: Transaction, packages: Iterable[Mapping[str, Any]]) -> None:
    """Sell these packages, given by all their columns, each in place of any of its name."""
    for package in packages:
        await queries.save_package(tx, now(), **package)


async def create_order(
    tx: Transaction,
    user_id: int,
    package_id: int,
    provider: str,
    origin: Origin,
) -> Row[Any]:
    """A pending order with the package's terms frozen.

    Raises UnknownPackage, PackageNotInCountry.
    """
    package = await queries.find_package(tx, package_id, user_id)
    if package is None:
        raise UnknownPackage
    if not package.is_sold_here:
        raise PackageNotInCountry
    return await queries.insert_order(
        tx,
        user_id=user_id,
        package_id=package.id,
        provider=provider,
        coin_amount=package.coin_amount,
        bonus_coins=package.bonus_coins,
        price=package.price,
        currency=package.currency,
        **origin._asdict(),
        at=now(),
    )


async def settle_order(tx: Transaction, user_id: int, order_id: int, outcome: str) -> Row[Any]:
    """Bring an order to what its provider reports; reported again, nothing happens twice.

    pending → paid credits coins and bonus; pending → failed; paid → refunded claws back, and
    what is already spent becomes a debt. The coins of a buyer who deleted his account meanwhile
    are destroyed with the rest of it; a refund leaves its debt on record. Raises UnknownOrder,
    OrderState.
    """
    order = await queries.lock_order(tx, order_id, user_id)
    if order is None:
        raise UnknownOrder
    if order.status == outcome:
        return order
    allowed = {"paid": "pending", "failed": "pending", "refunded": "paid"}
    if order.status != allowed[outcome]:
        raise OrderState(
            f"the order is {order.status}; only a {allowed[outcome]} one can become {outcome}",
            order_status=order.status,
        )
    source = (SOURCE_ORDER, order.id)
    if outcome == "paid":
        # Paid is paid: a blocked buyer is credited too.
        book = await Book.open(tx, [user_id])
        buyer = book.accounts[user_id]
        for movement, coins in (
            (Movement.RECHARGE, order.coin_amount),
            (Movement.RECHARGE_BONUS, order.bonus_coins),
        ):
            book.credit(buyer, movement, Currency.COINS, coins * 100, source=source)
        if buyer.is_deleted:
            close_out(book, buyer)
        await book.write(tx)
    elif outcome == "refunded":
        book = await Book.open(tx, [user_id])
        total = (order.coin_amount + order.bonus_coins) * 100
        book.claw_back(book.accounts[user_id], Movement.RECHARGE_REFUND, total, source=source)
        await book.write(tx)
    return await queries.mark_order(tx, order_id, outcome, now())
