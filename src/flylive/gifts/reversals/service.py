"""Taking a gift back: coins to the sender, diamonds from who earned by it, boards follow.

The caller holds the fold's lock and the rows of everybody concerned.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row

from flylive import economy
from flylive.accounts import staff
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Transaction
from flylive.gifts import events
from flylive.gifts.reversals import queries
from flylive.gifts.reversals.errors import AdoptedGift, GiftReversed, UnknownReversalRequest
from flylive.money import Currency, render, to_decimal
from flylive.rankings.rules import span_of
from flylive.realtime import record, user_stream
from flylive.wallet import Account, Book, Movement
from flylive.wallet.adjustments import queries as adjustments
from flylive.wallet.adjustments.errors import SecondPersonNeeded

SOURCE = "GiftReversal"
"""``transactions.transactionable_type`` of what a reversal moved; the id is the gift's."""
ALONE_WITHIN = timedelta(days=1)


class Taken(NamedTuple):
    """What somebody gives back, in hundredths: diamonds, coins in their place, a debt."""

    diamonds: int = 0
    coins: int = 0
    owed: int = 0


async def reverse(
    tx: Transaction, line: Row[Any], *, actor_id: int, reason: str, settings: Settings
) -> bool:
    """Take a gift back; False where it waits for a second person, who says the same again.

    Raises AdoptedGift, GiftReversed, SecondPersonNeeded, BalanceTooLarge.
    """
    if line.is_adopted:
        raise AdoptedGift
    if (before := await queries.reversed_at(tx, line)) is not None:
        raise GiftReversed(reversed_at=before)
    at, holds = now(), await economy.current(tx, settings)
    asked = await queries.find_request(tx, line)
    if asked is None:
        alone = await adjustments.posted_alone(tx, actor_id, int(Currency.COINS), at - ALONE_WITHIN)
        if alone + line.total_cost > holds.adjustment_limit:
            await queries.ask(tx, line, reason, actor_id, at)
            return False
    elif not await staff.are_two(tx, asked.requested_by, actor_id):
        raise SecondPersonNeeded
    else:
        await queries.take_request(tx, line)
    first = {"reason": reason, "requested_by": actor_id, "requested_at": at}
    if asked is not None:
        first = {name: asked._mapping[name] for name in first}
    moved = await _move(tx, line, int(holds.exchange_rate * 100), at)
    day = business_day(line.sent_at, settings.timezone)
    weekly, monthly = span_of("weekly", day).first, span_of("monthly", day).first
    frozen = await queries.closed_boards(tx, day, weekly, monthly)
    await queries.insert(
        tx,
        line,
        **moved,
        **first,
        recipient_id=line.recipient_id,
        owner_id=line.owner_id,
        total_cost=line.total_cost,
        frozen=frozen,
        reversed_by=actor_id,
        reversed_at=at,
    )
    return True


async def keep(tx: Transaction, line: Row[Any]) -> Row[Any]:
    """Let a gift stand that was to be taken back. Raises UnknownReversalRequest."""
    asked = await queries.take_request(tx, line)
    if asked is None:
        raise UnknownReversalRequest
    return asked


async def _move(tx: Transaction, line: Row[Any], rate: int, at: datetime) -> dict[str, Any]:
    """Move everybody's balances and tell them; the columns that say what moved."""
    people = {line.sender_id, line.recipient_id} | ({line.owner_id} - {None})
    book = await Book.open(tx, people, at=at)
    sender = book.accounts[line.sender_id]
    # What the draw paid stays with the sender and is not paid twice; who is deleted has no balance.
    returned = max(int(line.total_cost * 100) - int(line.payout * 100), 0)
    returned = 0 if sender.is_deleted else returned
    book.credit(
        sender,
        Movement.GIFT_REVERSAL,
        Currency.COINS,
        returned,
        source=(SOURCE, line.id),
        description=line.gift_name,
    )
    recipient = book.accounts[line.recipient_id]
    given = _take(book, recipient, int(line.recipient_earnings * 100), rate, line)
    owner, commission = None, Taken()
    if line.owner_id is not None:
        owner = book.accounts[line.owner_id]
        commission = _take(book, owner, int(line.agency_commission * 100), rate, line)
    await book.write(tx)
    _tell(tx, line, sender, returned, Taken())
    _tell(tx, line, recipient, 0, given)
    if owner is not None:
        _tell(tx, line, owner, 0, commission)
    return {
        "coins_returned": to_decimal(returned),
        "recipient_diamonds": to_decimal(given.diamonds),
        "recipient_coins": to_decimal(given.coins),
        "recipient_owed": to_decimal(given.owed),
        "owner_diamonds": to_decimal(commission.diamonds),
        "owner_coins": to_decimal(commission.coins),
        "owner_owed": to_decimal(commission.owed),
    }


def _take(book: Book, account: Account, earned: int, rate: int, line: Row[Any]) -> Taken:
    """Take diamonds as far as they reach. What is missing was exchanged: it is taken in coins at
    the rate of today, rounded down, and what of that is missing becomes a debt.
    """
    diamonds = min(earned, account.diamonds)
    book.debit(
        account,
        Movement.GIFT_REVERSAL,
        Currency.DIAMONDS,
        diamonds,
        source=(SOURCE, line.id),
        description=line.gift_name,
        metadata={"earned": render(earned)},
    )
    if account.is_deleted:
        return Taken(diamonds)
    instead = (earned - diamonds) * rate // 100
    coins = min(instead, account.coins)
    book.claw_back(account, Movement.GIFT_REVERSAL, instead, source=(SOURCE, line.id))
    return Taken(diamonds, coins, instead - coins)


def _tell(tx: Transaction, line: Row[Any], account: Account, returned: int, taken: Taken) -> None:
    if account.is_deleted:
        return
    event = events.GiftReversed(
        gift_transaction_id=line.id,
        gift_name=line.gift_name,
        coins=str(to_decimal(returned - taken.coins)),
        diamonds=str(to_decimal(-taken.diamonds)),
        owed=str(to_decimal(taken.owed)),
    )
    record(tx, user_stream(account.id), event)
