"""Asking for an adjustment, approving and rejecting it.

The caller of each function holds both people's rows.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from flylive.accounts import staff
from flylive.clock import now
from flylive.database import Transaction
from flylive.money import Currency, to_decimal
from flylive.wallet.adjustments import SOURCE, queries
from flylive.wallet.adjustments.errors import (
    AdjustmentDecided,
    SecondPersonNeeded,
    UnknownAdjustment,
)
from flylive.wallet.book import Book
from flylive.wallet.movements import Movement

ALONE_WITHIN = timedelta(days=1)
"""What one person posts alone is added up over so long: many small ones are a large one."""


async def ask(
    tx: Transaction,
    *,
    user_id: int,
    currency: Currency,
    amount: int,
    reason: str,
    requested_by: int,
    limit: int,
) -> Row[Any]:
    """Post `amount` hundredths (negative: take them), or let it wait for a second person.

    `limit`: whole coins or diamonds that one person may post alone in a day. Raises
    UnknownUser, InsufficientCoins, InsufficientDiamonds, BalanceTooLarge.
    """
    since = now() - ALONE_WITHIN
    alone = await queries.posted_alone(tx, requested_by, int(currency), since)
    needs_second = int(alone * 100) + abs(amount) > limit * 100
    adjustment = await queries.insert(
        tx,
        user_id=user_id,
        currency_type=int(currency),
        amount=to_decimal(amount),
        reason=reason,
        status="pending" if needs_second else "posted",
        needs_second=needs_second,
        requested_by=requested_by,
    )
    if not needs_second:
        await _post(tx, adjustment)
    return adjustment


async def approve(
    tx: Transaction, adjustment_id: int, *, decided_by: int, decision: str
) -> Row[Any]:
    """Post what waits. Raises UnknownAdjustment, AdjustmentDecided, SecondPersonNeeded and what
    posting raises.
    """
    adjustment = await _lock_pending(tx, adjustment_id)
    if not await staff.are_two(tx, adjustment.requested_by, decided_by):
        raise SecondPersonNeeded
    decided = await queries.decide(
        tx, adjustment_id, status="posted", decided_by=decided_by, decision=decision
    )
    await _post(tx, decided)
    return decided


async def reject(
    tx: Transaction, adjustment_id: int, *, decided_by: int, decision: str
) -> Row[Any]:
    """Let it go unposted; whoever asked may do so too. Raises UnknownAdjustment,
    AdjustmentDecided.
    """
    await _lock_pending(tx, adjustment_id)
    return await queries.decide(
        tx, adjustment_id, status="rejected", decided_by=decided_by, decision=decision
    )


async def _lock_pending(tx: Transaction, adjustment_id: int) -> Row[Any]:
    adjustment = await queries.lock(tx, adjustment_id)
    if adjustment is None:
        raise UnknownAdjustment
    if adjustment.status != "pending":
        raise AdjustmentDecided(adjustment_status=adjustment.status)
    return adjustment


async def _post(tx: Transaction, adjustment: Row[Any]) -> None:
    book = await Book.open(tx, [adjustment.user_id])
    user = book.account(adjustment.user_id)
    currency, amount = Currency(adjustment.currency_type), int(adjustment.amount * 100)
    move = book.credit if amount > 0 else book.debit
    move(
        user,
        Movement.ADJUSTMENT,
        currency,
        abs(amount),
        source=(SOURCE, adjustment.id),
        description=adjustment.reason[:255],
    )
    await book.write(tx)
