"""Money: whole hundredths inside, ``Decimal`` at the database's edge, strings outside.

A balance, price or amount is exact to 0.01 and never a float. Rules and engines count
in hundredths (``int``), the columns are ``numeric(18,2)``, answers carry a string with
two decimals (``"250.00"``); requests may send such a string or an integer.
"""

import re
from decimal import Decimal
from enum import IntEnum

MAX_HUNDREDTHS = 10**18 - 1
"""What ``numeric(18,2)`` can hold."""

_AMOUNT = re.compile(r"(\d{1,16})(?:\.(\d{1,2}))?\Z", re.ASCII)


class Currency(IntEnum):
    """``transactions.currency_type``, as in the seed."""

    COINS = 1
    DIAMONDS = 2


def parse(text: str) -> int:
    """Hundredths of a request's amount such as ``"250"``, ``"250.5"`` or ``"250.00"``.

    Signs, exponents, blanks and more than two decimals are a ValueError.
    """
    match = _AMOUNT.match(text)
    if match is None:
        raise ValueError('must be an amount with at most two decimals, such as "250.00"')
    whole, cents = match.groups()
    return int(whole) * 100 + int((cents or "").ljust(2, "0"))


def to_decimal(hundredths: int) -> Decimal:
    """The exact Decimal with two places, as the columns hold it."""
    return Decimal(hundredths).scaleb(-2)


def render(amount: Decimal | int) -> str:
    """``"250.00"`` from a column's Decimal or from hundredths (``int``)."""
    if isinstance(amount, int):
        if amount >= 0:
            return f"{amount // 100}.{amount % 100:02d}"
        return f"-{-amount // 100}.{-amount % 100:02d}"
    return f"{amount:.2f}"
