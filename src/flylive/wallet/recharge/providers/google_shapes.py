"""What Google says of purchases, as its JSON has it; further fields are passed over."""

import msgspec


class ProductPurchase(msgspec.Struct, rename="camel"):
    """ProductPurchase of the API; what is not there is absent in its JSON too.

    purchase_state: 0 purchased, 1 canceled, 2 pending. consumption_state and
    acknowledgement_state: 0 not yet, 1 done. purchase_type: 0 a licence tester's, 1 by promo
    code, 2 rewarded; absent: paid for.
    """

    purchase_state: int | None = None
    consumption_state: int | None = None
    acknowledgement_state: int | None = None
    order_id: str | None = None
    purchase_type: int | None = None
    product_id: str | None = None
    quantity: int | None = None
    obfuscated_external_account_id: str | None = None
    obfuscated_external_profile_id: str | None = None
    region_code: str | None = None


class VoidedPurchase(msgspec.Struct, rename="camel"):
    """VoidedPurchase of the API. voided_reason: 2 fraud, 7 chargeback …"""

    purchase_token: str
    order_id: str | None = None
    voided_time_millis: str | None = None
    voided_source: int | None = None
    voided_reason: int | None = None
    voided_quantity: int | None = None


class TokenPagination(msgspec.Struct, rename="camel"):
    next_page_token: str | None = None


class VoidedPage(msgspec.Struct, rename="camel"):
    voided_purchases: list[VoidedPurchase] = []
    token_pagination: TokenPagination | None = None


class OneTimeProduct(msgspec.Struct, rename="camel"):
    """notification_type: 1 purchased, 2 canceled."""

    notification_type: int
    purchase_token: str
    sku: str


class Voided(msgspec.Struct, rename="camel"):
    """product_type: 1 subscription, 2 one-time. refund_type: 1 whole, 2 by quantity."""

    purchase_token: str
    order_id: str
    product_type: int = 2
    refund_type: int = 1


class Notification(msgspec.Struct, rename="camel"):
    """DeveloperNotification."""

    package_name: str
    one_time_product_notification: OneTimeProduct | None = None
    voided_purchase_notification: Voided | None = None


class Message(msgspec.Struct, rename="camel"):
    data: str
    message_id: str


class Push(msgspec.Struct):
    """What Pub/Sub posts."""

    message: Message


class Error(msgspec.Struct):
    message: str


class Refusal(msgspec.Struct):
    """What stands in an answer that is an error."""

    error: Error


class Claims(msgspec.Struct):
    iss: str
    aud: str
    exp: int | float
    email: str
    email_verified: bool = False


class Header(msgspec.Struct):
    kid: str
