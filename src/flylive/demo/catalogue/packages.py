"""Packages of coins, some of them sold in a few countries only."""

from typing import Any


def _package(
    name: str,
    coins: int,
    price: str,
    *,
    bonus: int = 0,
    currency: str = "USD",
    is_popular: bool = False,
    countries: list[str] | None = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "coin_amount": coins,
        "price": price,
        "currency": currency,
        "bonus_coins": bonus,
        "is_popular": is_popular,
        "is_active": True,
        "country_restrictions": countries,
    }


PACKAGES: list[dict[str, Any]] = [
    _package("Handful", 100, "0.99"),
    _package("Pouch", 550, "4.99", bonus=25),
    _package("Purse", 1_200, "9.99", bonus=100, is_popular=True),
    _package("Bag", 2_500, "19.99", bonus=250),
    _package("Sack", 6_500, "49.99", bonus=800, is_popular=True),
    _package("Chest", 14_000, "99.99", bonus=2_000),
    _package("Vault", 75_000, "499.99", bonus=12_000),
    _package("Treasury", 160_000, "999.99", bonus=30_000),
    _package("Gulf Special", 3_000, "79.00", bonus=450, currency="AED", countries=["AE", "SA"]),
    _package("Diwali Special", 1_500, "899.00", bonus=300, currency="INR", countries=["IN"]),
    _package("Carnaval", 1_500, "59.90", bonus=300, currency="BRL", countries=["BR"]),
]
