"""What an order becomes by what its provider says, and money in the providers' units. Pure."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

OrderStatus = Literal["pending", "paid", "failed", "refunded"]

# https://docs.stripe.com/currencies#zero-decimal and #three-decimal; ISK and UGX, though they
# have no smaller unit either, are given with two decimals there.
_WHOLE = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})

VOIDED_PURCHASE = "voided_purchase"
"""The kind of event by which Google says that a purchase was given back."""

FIRST_CHECK = timedelta(minutes=2)
LAST_CHECK = timedelta(hours=6)
"""The pauses in which an open order is asked about double from the first to the last."""
ABANDONED = timedelta(days=7)
"""So old an order that is still open has failed; should it be paid all the same, it is paid."""


class Standing(NamedTuple):
    """How a payment stands at its provider, as of now.

    `reference` is the payment's name there. `taken_back` is the share of it that the payer has
    back, None where this answer does not tell. `fault` is why it may not be credited to this
    order. `view` is what the provider said, without secrets and personal data.
    """

    status: Literal["open", "paid", "failed"]
    reference: str | None
    view: dict[str, object]
    taken_back: Fraction | None = None
    fault: str | None = None


class Change(NamedTuple):
    """What is to be done to an order: its new status, and coins either way."""

    status: OrderStatus
    is_credited: bool = False
    taken_back: int = 0
    reinstated: int = 0


def settle(status: OrderStatus, coins: int, refunded: int, standing: Standing) -> Change:
    """What brings an order of `coins` (bonus included), `refunded` of them, to `standing`.

    Paid is paid, whatever was believed before: also an order that had failed. A share that was
    given back is rounded down to whole coins. What was given back before it was known to be
    paid is credited and taken back at once.
    """
    if standing.status == "open" or (standing.status == "failed" and status != "pending"):
        return Change(status)
    if standing.status == "failed":
        return Change("failed")
    share = standing.taken_back
    target = refunded if share is None else coins * share.numerator // share.denominator
    return Change(
        "refunded" if target == coins else "paid",
        is_credited=status in ("pending", "failed"),
        taken_back=max(0, target - refunded),
        reinstated=max(0, refunded - target),
    )


def next_check(checks: int, at: datetime) -> datetime:
    """When an order that was asked about `checks` times is asked about again."""
    pause: timedelta = FIRST_CHECK * (1 << min(checks, 16))
    return at + min(pause, LAST_CHECK)


def minor_units(price: Decimal, currency: str) -> int:
    """A price in the unit that Stripe counts in. ValueError where the currency has no such sum.

    Cents of USD, whole JPY, fils of KWD in tens.
    """
    factor = 1 if currency in _WHOLE else 1000 if currency in _THOUSANDTHS else 100
    if currency in _WHOLE_IN_HUNDREDTHS and price != int(price):
        raise ValueError(f"{currency} has no hundredths")
    units = price * factor
    if units != int(units):
        raise ValueError(f"{price} {currency} is no whole number of its smallest unit")
    return int(units)
