"""Tables of recharge: packages, orders, and what providers said of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    CURRENCY_CODE,
    NOT_BLANK,
    ONE,
    ZERO,
    BigInt,
    Id,
    Now,
    Off,
    On,
    Points,
    one_of,
)


class RechargePackage(Base):
    """Coins for money, as they are sold."""

    __tablename__ = "recharge_packages"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint("coin_amount > 0 AND bonus_coins >= 0", "positive_coins"),
        CheckConstraint("price > 0", "positive_price"),
        CheckConstraint(f"currency {CURRENCY_CODE}", "currency"),
        CheckConstraint(
            r"CAST(country_restrictions AS text) ~ '^\{[A-Z]{2}(,[A-Z]{2})*\}$'", "countries"
        ),
        CheckConstraint(
            "google_product_id ~ '^[a-z0-9][a-z0-9_.]*$'"
            " AND apple_product_id ~ '^[A-Za-z0-9_.-]+$'",
            "product_ids",
        ),
        Index("idx_recharge_packages_active", "is_active"),
        Index("idx_recharge_packages_popular", "is_popular"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    coin_amount: Mapped[int]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3), server_default="USD")
    bonus_coins: Mapped[int] = mapped_column(server_default=ZERO)
    is_popular: Mapped[Off]
    is_active: Mapped[On]
    country_restrictions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    google_product_id: Mapped[str | None] = mapped_column(String(255))
    apple_product_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class RechargeOrder(Base):
    """A package bought at a provider, its terms frozen; credited exactly once.

    `provider_reference` is the payment's name there: a Checkout session, a purchase token, a
    transaction id. `binding` is our name for the order there, `product_id` theirs for the
    package. `refunded_coins` are those taken back; `revision` grows with each settlement.
    `check_at` is when the worker next asks the provider.
    """

    __tablename__ = "recharge_orders"
    __table_args__ = (
        CheckConstraint(
            one_of("provider", "stripe", "google_play", "app_store", "sandbox"), "provider"
        ),
        CheckConstraint(one_of("status", "pending", "paid", "failed", "refunded"), "status"),
        CheckConstraint("(status IN ('paid', 'refunded')) = (paid_at IS NOT NULL)", "paid"),
        CheckConstraint("(status = 'refunded') = (refunded_at IS NOT NULL)", "refunded"),
        CheckConstraint("coin_amount > 0 AND bonus_coins >= 0", "positive_coins"),
        CheckConstraint("price > 0", "positive_price"),
        CheckConstraint(f"currency {CURRENCY_CODE}", "currency"),
        CheckConstraint("length(provider_reference) BETWEEN 1 AND 1024", "provider_reference"),
        CheckConstraint(
            "CASE WHEN status = 'refunded'"
            " THEN refunded_coins = CAST(coin_amount AS bigint) + bonus_coins"
            " WHEN status = 'paid' THEN refunded_coins >= 0"
            " AND refunded_coins < CAST(coin_amount AS bigint) + bonus_coins"
            " ELSE refunded_coins = 0 END",
            "refunded_coins",
        ),
        CheckConstraint(
            "consumed_at IS NULL OR (provider = 'google_play' AND paid_at IS NOT NULL)", "consumed"
        ),
        Index("uq_recharge_orders_binding", "binding", unique=True),
        Index(
            "idx_recharge_orders_check_at",
            "check_at",
            postgresql_where=text("check_at IS NOT NULL"),
        ),
        Index(
            "uq_recharge_orders_provider_reference",
            "provider",
            "provider_reference",
            unique=True,
            postgresql_where=text("provider_reference IS NOT NULL"),
        ),
        Index("idx_recharge_orders_user_id", "user_id", text("created_at DESC")),
        Index("idx_recharge_orders_package_id", "package_id"),
        Index("idx_recharge_orders_created_at", "created_at", "id"),
        Index("idx_recharge_orders_status", "status", "created_at", "id"),
        Index(
            "idx_recharge_orders_origin",
            "created_at",
            postgresql_where=text("ip_address IS NOT NULL OR user_agent IS NOT NULL"),
        ),
        CheckConstraint("length(user_agent) <= 512", "user_agent"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    package_id: Mapped[BigInt] = mapped_column(
        ForeignKey("recharge_packages.id", ondelete="RESTRICT")
    )
    provider: Mapped[str] = mapped_column(String(20))
    provider_reference: Mapped[str | None]
    binding: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    product_id: Mapped[str | None] = mapped_column(String(255))
    checkout_url: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    coin_amount: Mapped[int]
    bonus_coins: Mapped[int] = mapped_column(server_default=ZERO)
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    ip_address: Mapped[str | None] = mapped_column(String(45))
    user_agent: Mapped[str | None]
    refunded_coins: Mapped[Points]
    revision: Mapped[int] = mapped_column(server_default=ZERO)
    checks: Mapped[int] = mapped_column(server_default=ZERO)
    check_at: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class ProviderEvent(Base):
    """What a provider told us, or was found to say, without secrets and personal data.

    `reference` names the payment (of a purchase token its SHA-256). Outcomes: received (not
    dealt with yet), settled, unchanged, refused (`detail` says why; staff look at it),
    unknown_order, ignored.
    """

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        CheckConstraint(one_of("provider", "stripe", "google_play", "app_store"), "provider"),
        CheckConstraint(
            one_of(
                "outcome",
                "received",
                "settled",
                "unchanged",
                "refused",
                "unknown_order",
                "ignored",
            ),
            "outcome",
        ),
        CheckConstraint("(outcome = 'received') = (handled_at IS NULL)", "handled"),
        CheckConstraint("jsonb_typeof(payload) = 'object'", "payload"),
        CheckConstraint("deliveries >= 1", "deliveries"),
        Index("idx_provider_events_order_id", "order_id"),
        Index(
            "idx_provider_events_reference",
            "provider",
            "reference",
            postgresql_where=text("reference IS NOT NULL"),
        ),
        Index(
            "idx_provider_events_payment_intent",
            text("(payload ->> 'payment_intent')"),
            postgresql_where=text("(payload ->> 'payment_intent') IS NOT NULL"),
        ),
        Index(
            "idx_provider_events_order_number",
            text("(payload ->> 'order_id')"),
            postgresql_where=text("(payload ->> 'order_id') IS NOT NULL"),
        ),
        Index(
            "idx_provider_events_open",
            "received_at",
            postgresql_where=text(one_of("outcome", "received", "refused", "unknown_order")),
        ),
    )

    id: Mapped[Id]
    provider: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(100))
    order_id: Mapped[BigInt | None] = mapped_column(
        ForeignKey("recharge_orders.id", ondelete="RESTRICT")
    )
    reference: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(20), server_default="received")
    detail: Mapped[str | None]
    deliveries: Mapped[int] = mapped_column(server_default=ONE)
    received_at: Mapped[Now]
    handled_at: Mapped[datetime | None]


class RechargeChange(Base):
    """A user whose bought coins changed; what follows from it is folded, and the row deleted."""

    __tablename__ = "recharge_changes"
    __table_args__ = (Index("idx_recharge_changes_user_id", "user_id"),)

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[Now]
