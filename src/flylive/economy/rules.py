"""What may be set, within which bounds, and the values that hold. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from flylive.config import Settings

PERCENTS = ("recipient_share_percent", "exchange_rate", "maximum_return")
"""Settings to 0.01, from which what coins return is made; the others are whole."""
NAMES = (
    *PERCENTS,
    "adjustment_limit",
    "refund_limit",
    "exchange_daily_diamonds",
    "reseller_daily_coins",
    "buyer_daily_coins",
    "game_daily_loss_coins",
)
"""What staff can set, by its name in :class:`flylive.config.Settings`."""


def _adapter(name: str) -> TypeAdapter[Any]:
    field = Settings.model_fields[name]
    kind: Any = Annotated[(field.annotation, *field.metadata)]
    return TypeAdapter(kind)


_ADAPTERS = {name: _adapter(name) for name in NAMES}


class Economy(NamedTuple):
    """The values that hold; `version` is the row they are from, 0 the environment alone.

    `share` is the recipients', in percent hundredths; `highest_return` what a lucky gift may pay
    back of its cost at the most.
    """

    version: int
    recipient_share_percent: Decimal
    exchange_rate: Decimal
    maximum_return: Decimal
    adjustment_limit: int
    refund_limit: int
    exchange_daily_diamonds: int
    reseller_daily_coins: int
    buyer_daily_coins: int
    game_daily_loss_coins: int
    share: int
    highest_return: Fraction


def of(settings: Settings, version: int = 0, overrides: Mapping[str, str] | None = None) -> Economy:
    """The environment's values under those of a row."""
    given = overrides or {}
    values = tuple(str(given.get(name, getattr(settings, name))) for name in NAMES)
    return _build(version, values)


@lru_cache(maxsize=64)
def _build(version: int, values: tuple[str, ...]) -> Economy:
    """Remembered: every group of gifts asks for it."""
    given: dict[str, Any] = {
        name: Decimal(value) if name in PERCENTS else int(value)
        for name, value in zip(NAMES, values, strict=True)
    }
    share = given["recipient_share_percent"]
    diamonds = Fraction(share) / 100 * Fraction(given["exchange_rate"])
    highest = Fraction(given["maximum_return"]) - diamonds
    return Economy(version=version, share=int(share * 100), highest_return=highest, **given)


def read(name: str, given: object) -> str:
    """A value as it is kept: ``"55.00"`` or ``"1000"``. Raises ValueError with what is right."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError("must be a number")
    try:
        value = _ADAPTERS[name].validate_python(given)
    except ValidationError as error:
        words = "; ".join(one["msg"] for one in error.errors())
        raise ValueError(words.replace("Input should be", "must be")) from error
    return f"{value:.2f}" if name in PERCENTS else str(value)
