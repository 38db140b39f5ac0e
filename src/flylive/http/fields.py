"""Types and checks of request fields that every slice needs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from msgspec import Meta, UnsetType

from flylive import money
from flylive.errors import FieldError, InvalidRequest

MAX_ID = 2**63 - 1
"""What a ``bigint`` holds."""

Id = Annotated[int, Meta(ge=1, le=MAX_ID)]
"""An id in a body or a query; ids in paths are guarded by `ReadableMiddleware`."""

Amount = str | int
"""Money in a request: ``"250.00"``, ``"250.5"`` or ``250``; read by :meth:`FieldChecks.amount`."""


def positive_amount(amount: Amount) -> int:
    """Hundredths of an amount above zero; ValueError tells what would be right."""
    hundredths = money.parse(str(amount))
    if hundredths == 0:
        raise ValueError("must be above zero")
    return hundredths


EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Moments that are asked for: sums with them stay within what Python and the database hold."""


def moment(given: datetime) -> datetime:
    """A moment that says its time zone, from 1970 to 9000; ValueError tells what would be right."""
    if given.tzinfo is None:
        raise ValueError("must carry a time zone, such as a final Z")
    if not EARLIEST <= given < LATEST:
        raise ValueError("must lie in the years 1970 to 8999")
    return given


def check_times(since: datetime | None, until: datetime | None) -> None:
    """Raises InvalidRequest where `from` or `to` is no :func:`moment`."""
    checks = FieldChecks()
    for name, given in (("from", since), ("to", until)):
        if given is not None:
            checks.field(name, moment, given)
    checks.done()


T = TypeVar("T")
R = TypeVar("R")


class FieldChecks:
    """Gathers the fields at fault, so that a client hears of all of them at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def field(self, name: str, rule: Callable[[T], R], value: T | UnsetType) -> R | None:
        """What `rule` makes of `value`; None where it was not sent, or `rule` is not content.

        `rule` raises ValueError with words that tell what would be right.
        """
        if isinstance(value, UnsetType):
            return None
        try:
            return rule(value)
        except ValueError as error:
            self.refuse(name, str(error))
            return None

    def amount(self, name: str, value: Amount) -> int | None:
        """Hundredths of an amount above zero."""
        try:
            return positive_amount(value)
        except ValueError as error:
            self.refuse(name, str(error))
            return None

    def refuse(self, name: str, message: str) -> None:
        """Note a field at fault."""
        self.errors.append(FieldError(name, message))

    def has(self, name: str) -> bool:
        """Whether this field is at fault already."""
        return any(error.field == name for error in self.errors)

    def done(self) -> None:
        """Raises InvalidRequest if any field was at fault."""
        if self.errors:
            words = "; ".join(f"{error.field}: {error.message}" for error in self.errors)
            raise InvalidRequest(words, errors=self.errors)
