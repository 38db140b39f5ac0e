"""What goes into and comes out of the wallet's addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from flylive.http.fields import Id


class WalletView(msgspec.Struct, kw_only=True):
    """GET /wallet: the caller's balances, as strings with two decimals."""

    coin_balance: Decimal
    diamond_balance: Decimal
    total_spent: Decimal
    total_received: Decimal
    debt: Decimal


class TransactionView(msgspec.Struct, kw_only=True):
    """A ledger row as one of its two sides sees it: the other side's balances are null."""

    id: int
    user_id: int
    beneficiary_id: int | None
    type: str
    direction: int
    currency_type: int
    amount: Decimal
    quantity: int
    user_balance_before: Decimal | None
    user_balance_after: Decimal | None
    beneficiary_currency_type: int | None
    beneficiary_amount: Decimal | None
    beneficiary_balance_before: Decimal | None
    beneficiary_balance_after: Decimal | None
    transactionable_type: str | None
    transactionable_id: int | None
    description: str | None
    metadata: dict[str, Any] | None
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class PackageView(msgspec.Struct, kw_only=True):
    """A package of coins; `price` in `currency`."""

    id: int
    name: str
    coin_amount: int
    price: Decimal
    currency: str
    bonus_coins: int
    is_popular: bool
    is_active: bool
    country_restrictions: list[str] | None
    created_at: datetime
    updated_at: datetime


Provider = Literal["stripe", "google_play", "app_store", "sandbox"]


class CreateOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /recharge/orders."""

    package_id: Id
    provider: Provider


class SettleSandboxOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /recharge/orders/{id}/sandbox: what the sandbox provider is to report."""

    outcome: Literal["paid", "failed", "refunded"]


class OrderView(msgspec.Struct, kw_only=True):
    """A recharge order; `checkout` says how to pay it at its provider.

    `ip_address` and `user_agent`: where it was ordered from; null once they are forgotten.
    """

    id: int
    user_id: int
    package_id: int
    provider: str
    status: str
    coin_amount: int
    bonus_coins: int
    price: Decimal
    currency: str
    checkout: dict[str, Any]
    ip_address: str | None
    user_agent: str | None
    paid_at: datetime | None
    refunded_at: datetime | None
    created_at: datetime
    updated_at: datetime
