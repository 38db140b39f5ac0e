"""What goes into and comes out of recharge's addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from flylive.http.fields import Id

PurchaseToken = Annotated[str, Meta(min_length=1, max_length=1024, pattern=r"^[!-~]+\Z")]
SignedTransaction = Annotated[str, Meta(min_length=1, max_length=32_768)]
Provider = Literal["stripe", "google_play", "app_store", "sandbox"]


class PackageView(msgspec.Struct, kw_only=True):
    """A package of coins; `price` in `currency`.

    `google_product_id` and `apple_product_id` name it at Google Play and in the App Store; where
    one is null it is not sold there.
    """

    id: int
    name: str
    coin_amount: int
    price: Decimal
    currency: str
    bonus_coins: int
    is_popular: bool
    is_active: bool
    country_restrictions: list[str] | None
    google_product_id: str | None
    apple_product_id: str | None
    created_at: datetime
    updated_at: datetime


class CreateOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /recharge/orders."""

    package_id: Id
    provider: Provider


class ConfirmOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /recharge/orders/{id}/confirm: what the provider gave the buyer.

    Google Play: `purchase_token`. App Store: `signed_transaction` (StoreKit's
    jwsRepresentation). Stripe: nothing.
    """

    purchase_token: PurchaseToken | None = None
    signed_transaction: SignedTransaction | None = None


class SettleSandboxOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /recharge/orders/{id}/sandbox: what the sandbox provider is to report."""

    outcome: Literal["paid", "failed", "refunded"]


class OrderView(msgspec.Struct, kw_only=True):
    """A recharge order; `checkout` says how to pay it at its provider.

    Stripe: `url` to send the buyer to. Google Play: `product_id`, and `obfuscated_account_id` and
    `obfuscated_profile_id` to start the purchase with. App Store: `product_id`, and
    `app_account_token` to start the purchase with. `refunded_coins` were taken back.
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
    refunded_coins: int
    paid_at: datetime | None
    refunded_at: datetime | None
    created_at: datetime
    updated_at: datetime
