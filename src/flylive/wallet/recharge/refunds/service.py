"""Asking for a refund, approving and rejecting it; the provider is asked by `carrying`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from flylive.accounts import staff
from flylive.clock import now
from flylive.database import Reading, Transaction
from flylive.wallet.recharge import queries as orders
from flylive.wallet.recharge.errors import OrderState, UnknownOrder
from flylive.wallet.recharge.providers import Providers
from flylive.wallet.recharge.refunds import queries
from flylive.wallet.recharge.refunds.errors import (
    RefundByApple,
    RefundDecided,
    RefundNeedsSecond,
    RefundUnderWay,
    UnknownRefund,
)

ALONE_WITHIN = timedelta(days=1)
"""What one person refunds alone is added up over so long: many small ones are a large one."""


async def lock_order(tx: Transaction, order_id: int) -> Row[Any]:
    """The order, held before anybody else's row is. Raises UnknownOrder."""
    if await orders.find_any(tx, order_id) is None:
        raise UnknownOrder
    return await orders.lock_order(tx, order_id)


async def find(tx: Reading, refund_id: int) -> Row[Any]:
    """A refund. Raises UnknownRefund."""
    refund = await queries.find(tx, refund_id)
    if refund is None:
        raise UnknownRefund
    return refund


async def list_of_order(tx: Reading, order_id: int) -> Sequence[Row[Any]]:
    """The order's refunds, newest first."""
    return await queries.list_of_order(tx, order_id)


async def list_refunds(
    tx: Reading, *, before: int, limit: int, status: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit` refunds with a smaller id, newest first."""
    return await queries.list_refunds(tx, before=before, limit=limit, status=status)


def left(order: Row[Any]) -> int:
    """Coins of the order that were not taken back yet."""
    return int(order.coin_amount + order.bonus_coins - order.refunded_coins)


async def ask(
    tx: Transaction,
    order: Row[Any],
    providers: Providers,
    *,
    reason: str,
    requested_by: int,
    limit: int,
) -> Row[Any]:
    """A refund of what is left of a locked order, to be asked for or to wait for a second person.

    `limit`: coins whose orders one person may refund alone in a day. Raises RefundByApple,
    RefundUnderWay, OrderState, ProviderUnavailable.
    """
    check(order, providers)
    standing = await queries.find_under_way(tx, order.id)
    if standing is not None:
        raise RefundUnderWay(refund_id=standing.id, refund_status=standing.status)
    alone = await queries.asked_alone(tx, requested_by, now() - ALONE_WITHIN)
    needs_second = alone + left(order) > limit
    return await queries.insert(
        tx,
        order_id=order.id,
        coins=left(order),
        reason=reason,
        status="pending" if needs_second else "asked",
        needs_second=needs_second,
        requested_by=requested_by,
    )


def check(order: Row[Any], providers: Providers) -> None:
    """Raises RefundByApple, OrderState, ProviderUnavailable where nothing could be refunded."""
    if order.provider == "app_store":
        raise RefundByApple
    if order.status != "paid":
        raise OrderState(
            f"the order is {order.status}; only a paid one can be refunded",
            order_status=order.status,
        )
    if order.provider != "sandbox":
        providers.get(order.provider)


async def approve(
    tx: Transaction,
    order: Row[Any],
    refund_id: int,
    providers: Providers,
    *,
    decided_by: int,
    decision: str,
) -> Row[Any]:
    """Let what waits be asked for. Raises UnknownRefund, RefundDecided, RefundNeedsSecond,
    OrderState.
    """
    refund = await _lock_pending(tx, refund_id)
    if not await staff.are_two(tx, refund.requested_by, decided_by):
        raise RefundNeedsSecond
    check(order, providers)
    return await queries.decide(
        tx, refund_id, status="asked", decided_by=decided_by, decision=decision
    )


async def reject(tx: Transaction, refund_id: int, *, decided_by: int, decision: str) -> Row[Any]:
    """Let it not be asked for; whoever wanted it may do so too. Raises UnknownRefund,
    RefundDecided.
    """
    await _lock_pending(tx, refund_id)
    return await queries.decide(
        tx, refund_id, status="rejected", decided_by=decided_by, decision=decision
    )


async def _lock_pending(tx: Transaction, refund_id: int) -> Row[Any]:
    refund = await queries.lock(tx, refund_id)
    if refund is None:
        raise UnknownRefund
    if refund.status != "pending":
        raise RefundDecided(refund_status=refund.status)
    return refund
