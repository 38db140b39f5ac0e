"""Orders: made, settled by what their provider says, and played at the sandbox.

Locks: the payment's name (advisory), the order, then its buyer.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row

from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.http.addresses import Origin
from flylive.ids import sha256_hex
from flylive.money import Currency
from flylive.wallet.book import Book
from flylive.wallet.closing import close_out
from flylive.wallet.movements import Movement
from flylive.wallet.recharge import queries, rules
from flylive.wallet.recharge.errors import (
    OrderState,
    PackageNotInCountry,
    ProviderUnavailable,
    UnknownOrder,
    UnknownPackage,
)
from flylive.wallet.recharge.providers import product_column
from flylive.wallet.recharge.rules import Change, Standing

SOURCE_ORDER = "RechargeOrder"
LOOK_SOON = timedelta(seconds=30)

USED = "the payment has paid for another order"
SECOND = "the order was paid by another payment"


class Purchase(NamedTuple):
    """Coins that were bought, and when they were paid for."""

    at: datetime
    coins: int


async def list_packages(
    tx: Reading,
    user_id: int,
    *,
    after: tuple[bool, Decimal, int] | None = None,
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """The packages sold in the user's country, popular first; all of them without a limit."""
    return await queries.list_packages(tx, user_id, after=after, limit=limit)


async def save_packages(tx: Transaction, packages: Iterable[Mapping[str, Any]]) -> None:
    """Sell these packages, given by all their columns, each in place of any of its name."""
    for package in packages:
        await queries.save_package(tx, now(), **package)


async def claim_changes(tx: Transaction, limit: int) -> Sequence[int]:
    """Users whose bought coins changed, by id; each change is given to one transaction."""
    return await queries.claim_changes(tx, limit)


async def claim_changes_of(tx: Transaction, user_id: int) -> bool:
    """Whether this user's bought coins changed; who is counting them already is waited for."""
    return await queries.claim_changes_of(tx, user_id)


async def list_bought(tx: Reading, user_ids: Sequence[int]) -> dict[int, list[Purchase]]:
    """What each of these users bought and did not get back, without bonus, oldest first."""
    bought: dict[int, list[Purchase]] = {user_id: [] for user_id in user_ids}
    for row in await queries.list_bought(tx, user_ids):
        bought[row.user_id].append(Purchase(row.paid_at, row.coins))
    return bought


async def create_order(
    tx: Transaction,
    user_id: int,
    package_id: int,
    provider: str,
    origin: Origin,
) -> Row[Any]:
    """A pending order with the package's terms frozen.

    Raises UnknownPackage, PackageNotInCountry, ProviderUnavailable.
    """
    package = await queries.find_package(tx, package_id, user_id)
    if package is None:
        raise UnknownPackage
    if not package.is_sold_here:
        raise PackageNotInCountry
    column = product_column(provider)
    product_id = getattr(package, column) if column is not None else None
    if column is not None and product_id is None:
        raise ProviderUnavailable(f"this package is not sold at {provider}")
    at = now()
    return await queries.insert_order(
        tx,
        user_id=user_id,
        package_id=package.id,
        provider=provider,
        coin_amount=package.coin_amount,
        bonus_coins=package.bonus_coins,
        price=package.price,
        currency=package.currency,
        product_id=product_id,
        check_at=None if provider == "sandbox" else rules.next_check(0, at),
        **origin._asdict(),
        at=at,
    )


async def look_soon(tx: Transaction, order_id: int) -> datetime:
    """Let the worker ask about an order, should whoever wants to know it not get that far."""
    at = now() + LOOK_SOON
    await queries.check_at(tx, order_id, at)
    return at


class Settled(NamedTuple):
    """What became of an order: the order, and why a payment was refused, if it was."""

    outcome: Literal["settled", "unchanged", "refused"]
    order: Row[Any]
    detail: str | None = None


async def settle(
    tx: Transaction, order_id: int, standing: Standing, revision: int | None = None
) -> Settled | None:
    """Bring an order to how its payment stands; told again, nothing happens twice.

    `revision` is the order's before its provider was asked: None comes back, and nothing was
    done, where somebody else settled it meanwhile, perhaps by a newer answer. What does not fit
    the order is kept for staff and moves nothing.
    """
    if standing.reference is not None:
        # Two orders that claim one payment meet here and not at the unique index.
        await tx.lock(f"payment:{standing.reference}")
    order = await queries.lock_order(tx, order_id)
    if revision is not None and order.revision != revision:
        return None
    fault = standing.fault or await _find_rival(tx, order, standing)
    at = now()
    is_abandoned = order.status == "pending" and at - order.created_at > rules.ABANDONED
    if fault is not None:
        await _keep_fault(tx, order, standing, fault)
        if is_abandoned:
            order = await _mark(tx, order, Change("failed"), None, at)
        return Settled("refused", order, fault)
    if await _was_voided(tx, order, standing):
        standing = standing._replace(taken_back=Fraction(1))
    coins = order.coin_amount + order.bonus_coins
    change = rules.settle(order.status, coins, order.refunded_coins, standing)
    if change.status == "pending" and is_abandoned:
        change = Change("failed")
    is_known = standing.reference in (None, order.provider_reference)
    if change == Change(order.status) and is_known:
        if change.status != "pending" and not _is_to_finish(order, change):
            await queries.check_at(tx, order_id, None)
        return Settled("unchanged", order)
    await _move(tx, order, change, at)
    return Settled("settled", await _mark(tx, order, change, standing.reference, at))


async def settle_sandbox(
    tx: Transaction, user_id: int, order_id: int, outcome: Literal["paid", "failed", "refunded"]
) -> Row[Any]:
    """Bring a sandbox order to what its player wants; wanted again, nothing happens twice.

    pending → paid credits coins and bonus; pending → failed; paid → refunded claws back, and
    what is already spent becomes a debt. The coins of a buyer who deleted his account meanwhile
    are destroyed with the rest of it; a refund leaves its debt on record. Raises UnknownOrder,
    OrderState.
    """
    if await queries.find_order(tx, order_id, user_id) is None:
        raise UnknownOrder
    order = await queries.lock_order(tx, order_id)
    if order.status == outcome:
        return order
    allowed = {"paid": "pending", "failed": "pending", "refunded": "paid"}
    if order.provider != "sandbox" or order.status != allowed[outcome]:
        raise OrderState(
            f"the order is {order.status}; only a {allowed[outcome]} one can become {outcome}",
            order_status=order.status,
        )
    standing = Standing(
        "failed" if outcome == "failed" else "paid",
        None,
        {},
        taken_back=Fraction(1 if outcome == "refunded" else 0),
    )
    settled = await settle(tx, order_id, standing)
    assert settled is not None
    return settled.order


async def _find_rival(tx: Transaction, order: Row[Any], standing: Standing) -> str | None:
    """Why this payment cannot be this order's: another has it, or this one has another."""
    reference = standing.reference
    if reference is None or reference == order.provider_reference:
        return None
    rival = await queries.find_paid_order(tx, order.provider, reference)
    if rival is not None:
        return USED
    return SECOND if order.status in ("paid", "refunded") else None


async def _was_voided(tx: Transaction, order: Row[Any], standing: Standing) -> bool:
    """Whether Google said, before this order knew its payment, that it was given back."""
    if order.provider != "google_play" or standing.status != "paid":
        return False
    reference = shown_reference(order.provider, standing.reference)
    return reference is not None and await queries.has_event(
        tx, order.provider, reference, rules.VOIDED_PURCHASE
    )


async def _keep_fault(tx: Transaction, order: Row[Any], standing: Standing, fault: str) -> None:
    name = sha256_hex(f"{order.id}|{standing.reference}|{fault}")[:32]
    await queries.refuse(
        tx,
        order.provider,
        event_id=f"look:{name}",
        order_id=order.id,
        reference=shown_reference(order.provider, standing.reference),
        payload=standing.view,
        detail=fault,
    )


def shown_reference(provider: str, reference: str | None) -> str | None:
    """A payment's name as events carry it: of a purchase token, which could be used, its hash."""
    if reference is None:
        return None
    return sha256_hex(reference) if provider == "google_play" else reference[:255]


async def _move(tx: Transaction, order: Row[Any], change: Change, at: datetime) -> None:
    """Move the coins of a change; paid is paid: a blocked buyer is credited too."""
    if not (change.is_credited or change.taken_back or change.reinstated):
        return
    source = (SOURCE_ORDER, order.id)
    book = await Book.open(tx, [order.user_id], at=at)
    buyer = book.accounts[order.user_id]
    credits = [(Movement.RECHARGE_REINSTATED, change.reinstated)]
    if change.is_credited:
        credits += [
            (Movement.RECHARGE, order.coin_amount),
            (Movement.RECHARGE_BONUS, order.bonus_coins),
        ]
    for movement, coins in credits:
        book.credit(buyer, movement, Currency.COINS, coins * 100, source=source)
    if change.taken_back:
        taken = change.taken_back * 100
        book.claw_back(buyer, Movement.RECHARGE_REFUND, taken, source=source)
    if buyer.is_deleted:
        close_out(book, buyer)
    await book.write(tx)
    await queries.note_change(tx, order.user_id, at)


async def _mark(
    tx: Transaction, order: Row[Any], change: Change, reference: str | None, at: datetime
) -> Row[Any]:
    return await queries.mark_order(
        tx,
        order.id,
        status=change.status,
        refunded_coins=order.refunded_coins + change.taken_back - change.reinstated,
        reference=reference,
        check_at=_next_look(order, change, at),
        at=at,
    )


def _is_to_finish(order: Row[Any], change: Change) -> bool:
    """Whether the provider has yet to hear that a paid order was delivered."""
    is_told = order.provider != "google_play" or order.consumed_at is not None
    return change.status == "paid" and not is_told


def _next_look(order: Row[Any], change: Change, at: datetime) -> datetime | None:
    if change.status == "pending":
        return rules.next_check(0, at)
    return at if _is_to_finish(order, change) else None
