"""What other settings would have made of exchanges and of what limits bound, by the ledger."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text

from flylive.database import Reading
from flylive.wallet.movements import Movement

_EXCHANGES = text(
    f"""
    SELECT count(*) FILTER (WHERE direction = 1) AS exchanges,
           COALESCE(sum(amount) FILTER (WHERE direction = 1), 0.00) AS diamonds,
           COALESCE(sum(amount) FILTER (WHERE direction = 2), 0.00) AS coins_booked,
           COALESCE(sum(trunc(amount * CAST(:rate_now AS numeric), 2))
                    FILTER (WHERE direction = 1), 0.00) AS coins_now,
           COALESCE(sum(trunc(amount * CAST(:rate_then AS numeric), 2))
                    FILTER (WHERE direction = 1), 0.00) AS coins_then
    FROM transactions
    WHERE type = '{Movement.EXCHANGE}' AND created_at >= :since AND created_at < :until
      AND NOT is_adopted
    """
)


class Exchanges(NamedTuple):
    """Sums over exchanges: coins as they were given, at the rate of now, and at another one."""

    exchanges: int
    diamonds: Decimal
    coins_booked: Decimal
    coins_now: Decimal
    coins_then: Decimal


async def exchanges(
    tx: Reading, since: datetime, until: datetime, rate_now: Decimal, rate_then: Decimal
) -> Exchanges:
    """Sums over the exchanges of this time."""
    values = {"since": since, "until": until, "rate_now": rate_now, "rate_then": rate_then}
    return Exchanges._make((await tx.execute(_EXCHANGES, values)).one())


_SALES = f"type IN ('{Movement.TRANSFER}', '{Movement.COIN_REQUEST}')"
_DAYS = {
    "exchange_daily_diamonds": f"""
        SELECT user_id, created_at AS at, amount FROM transactions
        WHERE type = '{Movement.EXCHANGE}' AND direction = 1 AND NOT is_adopted
          AND created_at >= :since AND created_at < :until
    """,
    "reseller_daily_coins": f"""
        SELECT user_id, created_at AS at, amount FROM transactions
        WHERE {_SALES} AND NOT is_adopted AND created_at >= :since AND created_at < :until
    """,
    "buyer_daily_coins": f"""
        SELECT beneficiary_id AS user_id, created_at AS at, beneficiary_amount AS amount
        FROM transactions
        WHERE {_SALES} AND NOT is_adopted AND created_at >= :since AND created_at < :until
    """,
    "adjustment_limit": """
        SELECT requested_by AS user_id, requested_at AS at, abs(amount) AS amount
        FROM adjustments
        WHERE currency_type = 1 AND requested_at >= :since AND requested_at < :until
    """,
}
_BEYOND = {
    name: text(
        f"""
        SELECT count(*) AS days,
               count(*) FILTER (WHERE :now > 0 AND total > :now) AS beyond_now,
               count(*) FILTER (WHERE :then > 0 AND total > :then) AS beyond_then
        FROM (SELECT sum(amount) AS total FROM ({rows}) AS moved
              GROUP BY user_id, date_trunc('day', at, :timezone)) AS days
        """
    )
    for name, rows in _DAYS.items()
}
LIMITS = tuple(_DAYS)
"""Limits whose effect is told."""


class Beyond(NamedTuple):
    """Days of a person on which he moved anything, and those that a limit would have cut short."""

    days: int
    now: int
    then: int


async def beyond(
    tx: Reading,
    name: str,
    since: datetime,
    until: datetime,
    *,
    timezone: str,
    limits: tuple[int, int],
) -> Beyond:
    """How many people's days were beyond a limit, as it is and as it would be; 0: none."""
    now, then = limits
    values = {"since": since, "until": until, "timezone": timezone, "now": now, "then": then}
    return Beyond._make((await tx.execute(_BEYOND[name], values)).one())
