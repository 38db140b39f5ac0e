"""Column types that every slice shares, and the words of their CHECKs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Numeric, SmallInteger, String, func, text
from sqlalchemy.orm import mapped_column

Money = Numeric(18, 2)
"""The one money type: exact hundredths, wider than every ``DECIMAL`` of the seed."""
Percent = Numeric(5, 2)
"""A percentage, 0.00 to 100.00, as in the seed."""
Multiplier = Numeric(6, 2)
"""What XP is multiplied with."""
Timestamp = DateTime(timezone=True)
"""``timestamptz``: a moment, whatever the session's zone is."""

ZERO = text("0")
ONE = text("1")
FALSE = text("false")
TRUE = text("true")

BigInt = Annotated[int, mapped_column(BigInteger)]
SmallInt = Annotated[int, mapped_column(SmallInteger)]
Id = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=True)]
"""A ``bigserial`` primary key."""
Now = Annotated[datetime, mapped_column(Timestamp, server_default=func.now())]
"""A moment that is the transaction's own when the writer names none."""
Sum = Annotated[Decimal, mapped_column(Money, server_default=ZERO)]
"""Money that starts at zero."""
Points = Annotated[int, mapped_column(BigInteger, server_default=ZERO)]
"""A count of experience or the like that starts at zero."""
Off = Annotated[bool, mapped_column(server_default=FALSE)]
On = Annotated[bool, mapped_column(server_default=TRUE)]
Country = Annotated[str, mapped_column(String(3))]
"""ISO 3166-1 alpha-2, in the seed's wider column."""

COUNTRY_CODE = "~ '^[A-Z]{2}$'"
CURRENCY_CODE = "~ '^[A-Z]{3}$'"
SHA256_HEX = "~ '^[0-9a-f]{64}$'"
NOT_BLANK = r"~ '\S'"


def one_of(column: str, *values: str) -> str:
    """The CHECK that `column` holds one of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"
