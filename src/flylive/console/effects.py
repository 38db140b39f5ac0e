"""What other settings would have made of the last week, computed from its real rows.

The rows are added up in steps of some hours, the newest first, until the week is through or the
time is up: a preview always answers.
"""

import time
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from flylive.clock import now
from flylive.database import Database, Reading
from flylive.economy import Economy
from flylive.economy.service import difference
from flylive.errors import Unavailable
from flylive.gifts import effects as gifts
from flylive.wallet import effects as wallet

WEEK = timedelta(days=7)
STEP = timedelta(hours=6)
BUDGET_SECONDS = 6.0
"""After so long no further step is begun; one step takes a fraction of it."""


class Compared(msgspec.Struct, kw_only=True):
    """Sums: as it was booked, by the settings of now, and by those that are asked about."""

    booked: Decimal
    now: Decimal
    then: Decimal


class ChangedValue(msgspec.Struct, kw_only=True):
    """A setting that would be another."""

    name: str
    before: str
    after: str


class GiftsEffect(msgspec.Struct, kw_only=True):
    """Gifts: `coins` spent, and how they would have been split. `diamonds`: the recipients'."""

    lines: int
    coins: Decimal
    diamonds: Compared
    commissions: Compared
    platform_fee: Compared


class ExchangesEffect(msgspec.Struct, kw_only=True):
    """Exchanges: `diamonds` given up, and the coins for them."""

    exchanges: int
    diamonds: Decimal
    coins: Compared


class LimitEffect(msgspec.Struct, kw_only=True):
    """A limit: of `days` on which somebody moved anything, those that were beyond it."""

    name: str
    days: int
    beyond_now: int
    beyond_then: int


class Returns(msgspec.Struct, kw_only=True):
    """The highest of lucky return + share × rate; exact fractions, beside the ceilings."""

    now: str
    then: str
    ceiling_now: Decimal
    ceiling_then: Decimal


class Preview(msgspec.Struct, kw_only=True):
    """The effect on the time from `since` to `until`; `is_whole`: that is the whole week."""

    changes: list[ChangedValue]
    since: datetime
    until: datetime
    is_whole: bool
    gifts: GiftsEffect
    exchanges: ExchangesEffect
    limits: list[LimitEffect]
    returns: Returns


async def preview(
    database: Database, timezone: str, holds: Economy, then: Economy, lucky_return: Fraction
) -> Preview:
    """What `then` would have made of the last week in place of `holds`. Raises Unavailable."""
    until = now()
    earliest = until - WEEK
    total, since, ends = gifts.NONE, until, time.monotonic() + BUDGET_SECONDS
    while since > earliest and time.monotonic() < ends:
        start = max(since - STEP, earliest)

        async def step(tx: Reading, start: datetime = start, end: datetime = since) -> gifts.Splits:
            shares = holds.recipient_share_percent, then.recipient_share_percent
            return await gifts.splits(tx, start, end, *shares)

        try:
            total = total.plus(await database.read(step))
        except Unavailable:
            if since == until:
                raise
            break
        since = start

    async def rest(tx: Reading) -> tuple[wallet.Exchanges, list[LimitEffect]]:
        rates = holds.exchange_rate, then.exchange_rate
        limits = []
        for name in wallet.LIMITS:
            pair = getattr(holds, name), getattr(then, name)
            if pair[0] != pair[1]:
                found = await wallet.beyond(tx, name, since, until, timezone=timezone, limits=pair)
                limits.append(
                    LimitEffect(
                        name=name,
                        days=found.days,
                        beyond_now=found.now,
                        beyond_then=found.then,
                    )
                )
        return await wallet.exchanges(tx, since, until, *rates), limits

    exchanges, limits = await database.read(rest)
    return Preview(
        changes=[
            ChangedValue(name=name, before=before, after=after)
            for name, (before, after) in difference(holds, then).items()
        ],
        since=since,
        until=until,
        is_whole=since == earliest,
        gifts=_gifts(total),
        exchanges=ExchangesEffect(
            exchanges=exchanges.exchanges,
            diamonds=exchanges.diamonds,
            coins=Compared(
                booked=exchanges.coins_booked,
                now=exchanges.coins_now,
                then=exchanges.coins_then,
            ),
        ),
        limits=limits,
        returns=Returns(
            now=str(_returns(holds, lucky_return)),
            then=str(_returns(then, lucky_return)),
            ceiling_now=holds.maximum_return,
            ceiling_then=then.maximum_return,
        ),
    )


def _gifts(total: gifts.Splits) -> GiftsEffect:
    return GiftsEffect(
        lines=int(total.lines),
        coins=total.coins,
        diamonds=Compared(
            booked=total.earnings_booked, now=total.earnings_now, then=total.earnings_then
        ),
        commissions=Compared(
            booked=total.commission_booked,
            now=total.commission_now,
            then=total.commission_then,
        ),
        platform_fee=Compared(booked=total.fee_booked, now=total.fee_now, then=total.fee_then),
    )


def _returns(economy: Economy, lucky_return: Fraction) -> Fraction:
    return Fraction(economy.maximum_return) - economy.highest_return + lucky_return
