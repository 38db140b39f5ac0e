"""What another share would have made of gifts that were given, by their own lines."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import text

from flylive.database import Reading

# Lines of one cost and one agency's rate split alike: a week has few such kinds, however many
# lines it has. As `gifts.rules.split` does it: both roundings are down to 0.01.
_SPLITS = text(
    """
    WITH kinds AS (
        SELECT total_cost AS cost, commission_rate AS rate, count(*) AS lines,
               sum(recipient_earnings) AS earnings, sum(agency_commission) AS commission,
               sum(platform_fee) AS fee
        FROM gift_transactions
        WHERE sent_at >= :since AND sent_at < :until AND NOT is_adopted
        GROUP BY total_cost, commission_rate
    ), gross AS (
        SELECT *, trunc(cost * CAST(:share_now AS numeric) / 100, 2) AS gross_now,
               trunc(cost * CAST(:share_then AS numeric) / 100, 2) AS gross_then
        FROM kinds
    ), split AS (
        SELECT *, trunc(gross_now * rate / 100, 2) AS commission_now,
               trunc(gross_then * rate / 100, 2) AS commission_then
        FROM gross
    )
    SELECT COALESCE(sum(lines), 0) AS lines, COALESCE(sum(cost * lines), 0.00) AS coins,
           COALESCE(sum(earnings), 0.00) AS earnings_booked,
           COALESCE(sum((gross_now - commission_now) * lines), 0.00) AS earnings_now,
           COALESCE(sum((gross_then - commission_then) * lines), 0.00) AS earnings_then,
           COALESCE(sum(commission), 0.00) AS commission_booked,
           COALESCE(sum(commission_now * lines), 0.00) AS commission_now,
           COALESCE(sum(commission_then * lines), 0.00) AS commission_then,
           COALESCE(sum(fee), 0.00) AS fee_booked,
           COALESCE(sum((cost - gross_now) * lines), 0.00) AS fee_now,
           COALESCE(sum((cost - gross_then) * lines), 0.00) AS fee_then
    FROM split
    """
)


class Splits(NamedTuple):
    """Sums over gift lines: as they were booked, by the share of now, and by another one."""

    lines: Decimal
    coins: Decimal
    earnings_booked: Decimal
    earnings_now: Decimal
    earnings_then: Decimal
    commission_booked: Decimal
    commission_now: Decimal
    commission_then: Decimal
    fee_booked: Decimal
    fee_now: Decimal
    fee_then: Decimal

    def plus(self, other: "Splits") -> "Splits":
        """Both together."""
        return Splits(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NONE = Splits(*[Decimal("0.00")] * len(Splits._fields))


async def splits(
    tx: Reading, since: datetime, until: datetime, share_now: Decimal, share_then: Decimal
) -> Splits:
    """Sums over the lines of this time; shares in percent."""
    values = {"since": since, "until": until, "share_now": share_now, "share_then": share_then}
    return Splits._make((await tx.execute(_SPLITS, values)).one())
