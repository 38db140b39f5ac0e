"""Making, changing and retiring packages; who may, why, and the audit log are above.

A package is never deleted: what was ordered names it, with the terms of that day.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Row, Table, text

from flylive.accounts import rules as accounts
from flylive.database import Reading, Transaction
from flylive.database.saving import save
from flylive.http.fields import FieldChecks
from flylive.wallet.recharge import rules
from flylive.wallet.recharge.errors import UnknownPackage
from flylive.wallet.recharge.models import RechargePackage

_PACKAGES = cast("Table", RechargePackage.__table__)
MAX_COINS = 1_000_000_000
MAX_COUNTRIES = 250
_LIST = text(
    """
    SELECT * FROM recharge_packages
    WHERE id > :after_id AND (CAST(:is_active AS boolean) IS NULL OR is_active = :is_active)
      AND (CAST(:country AS text) IS NULL OR country_restrictions IS NULL
           OR :country = ANY (country_restrictions))
    ORDER BY id LIMIT :limit
    """
)
_AS_CHEAP = text(
    """
    SELECT count(*) AS others,
           count(*) FILTER (WHERE currency = :currency
               AND price * :coins <= :price * (coin_amount + bonus_coins)) > 0 AS is_one_as_cheap
    FROM recharge_packages WHERE id <> :id
    """
)
_LOCK = text("SELECT * FROM recharge_packages WHERE id = :id FOR NO KEY UPDATE")


async def list_all(
    tx: Reading, *, after_id: int, limit: int, is_active: bool | None, country: str | None
) -> Sequence[Row[Any]]:
    """Every package, sold or retired, by id; or those that a country is sold."""
    values = {"after_id": after_id, "limit": limit, "is_active": is_active, "country": country}
    return await tx.rows(_LIST, values)


async def lock(tx: Transaction, package_id: int) -> Row[Any]:
    """A package, held. Raises UnknownPackage."""
    package = await tx.row(_LOCK, {"id": package_id})
    if package is None:
        raise UnknownPackage
    return package


async def save_package(
    tx: Transaction, values: Mapping[str, Any], before: Row[Any] | None
) -> Row[Any]:
    """A new package, or another one's new columns; orders keep their terms.

    Raises InvalidRequest that names the fields at fault.
    """
    checks = FieldChecks()
    given = dict(values)
    kept: dict[str, Any] = before._asdict() if before is not None else {}
    after: dict[str, Any] = {"currency": "USD", "bonus_coins": 0, **kept, **given}
    if isinstance(given.get("currency"), str):
        given["currency"] = checks.field("currency", _currency, given["currency"])
    if not 1 <= after["coin_amount"] <= MAX_COINS:
        checks.refuse("coin_amount", f"must be 1–{MAX_COINS}")
    if not 0 <= after["bonus_coins"] <= MAX_COINS:
        checks.refuse("bonus_coins", f"must be 0–{MAX_COINS}")
    if isinstance(given.get("country_restrictions"), list):
        given["country_restrictions"] = checks.field(
            "country_restrictions", _countries, given["country_restrictions"]
        )
    if not checks.has("price") and not checks.has("currency"):
        _check_price(checks, after["price"], given.get("currency") or after["currency"])
    checks.done()
    return await save(tx, _PACKAGES, given, before)


async def is_cheapest_ever(tx: Reading, package: Row[Any], before: Row[Any] | None) -> bool:
    """Whether a coin costs less in this package than in any other of its currency, sold or
    retired, and than it did in itself. The very first package of all is no cheaper than any.
    """
    coins, price = package.coin_amount + package.bonus_coins, package.price
    if before is not None and before.currency == package.currency:
        was = before.coin_amount + before.bonus_coins
        if before.price * coins <= price * was:
            return False
    values = {"id": package.id, "currency": package.currency, "coins": coins, "price": price}
    found = (await tx.execute(_AS_CHEAP, values)).one()
    return not found.is_one_as_cheap and (before is not None or found.others > 0)


def _check_price(checks: FieldChecks, price: Decimal, currency: str) -> None:
    if price <= 0:
        checks.refuse("price", "must be above zero")
        return
    try:
        rules.minor_units(price, currency)
    except ValueError as error:
        checks.refuse("price", str(error))


def _currency(given: str) -> str:
    code = given.strip().upper()
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise ValueError("must be an ISO 4217 code such as USD")
    return code


def _countries(given: list[str]) -> list[str]:
    """Alpha-2 codes, each once, in their order; ValueError tells what would be right."""
    if not 1 <= len(given) <= MAX_COUNTRIES:
        raise ValueError("must name 1–250 countries, or be null for all of them")
    return sorted({accounts.country(code) for code in given})
