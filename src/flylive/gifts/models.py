"""Tables of gifts: the catalogue, what was sent, groups to fold, fair draws."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import (
    COUNTRY_CODE,
    NOT_BLANK,
    ONE,
    ZERO,
    BigInt,
    Country,
    Id,
    Multiplier,
    Now,
    Off,
    On,
    Percent,
    Points,
    Sum,
    one_of,
)


class Gift(Base):
    """A gift of the catalogue. Switched off with `is_active`, never deleted once sent."""

    __tablename__ = "gifts"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint("price > 0", "positive_price"),
        CheckConstraint(one_of("category", "normal", "lucky", "cp", "vip", "country"), "category"),
        CheckConstraint(one_of("rarity", "common", "rare", "epic", "legendary"), "rarity"),
        CheckConstraint(
            "wealth_xp_multiplier >= 0 AND charm_xp_multiplier >= 0", "positive_multipliers"
        ),
        CheckConstraint("vip_level_required BETWEEN 0 AND 7", "vip_level_required"),
        CheckConstraint("category <> 'vip' OR vip_level_required >= 1", "vip_gift"),
        CheckConstraint(f"country_specific {COUNTRY_CODE}", "country_specific"),
        CheckConstraint("category <> 'country' OR country_specific IS NOT NULL", "country_gift"),
        CheckConstraint("(category = 'lucky') = (lucky_odds IS NOT NULL)", "lucky_gift"),
        Index("idx_gifts_category", "category"),
        Index("idx_gifts_price", "price"),
        Index("idx_gifts_rarity", "rarity"),
        Index("idx_gifts_active", "is_active"),
        Index("idx_gifts_vip_required", "vip_level_required"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    price: Mapped[Decimal]
    thumbnail_url: Mapped[str]
    animation_url: Mapped[str | None]
    sound_url: Mapped[str | None]
    category: Mapped[str] = mapped_column(String(50))
    subcategory: Mapped[str | None] = mapped_column(String(50))
    rarity: Mapped[str] = mapped_column(String(20), server_default="common")
    wealth_xp_multiplier: Mapped[Decimal] = mapped_column(Multiplier, server_default=text("1.00"))
    charm_xp_multiplier: Mapped[Decimal] = mapped_column(Multiplier, server_default=text("1.00"))
    lucky_odds: Mapped[dict[str, Any] | None]
    is_active: Mapped[On]
    vip_level_required: Mapped[int] = mapped_column(server_default=ZERO)
    country_specific: Mapped[Country | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


_OURS = "is_adopted OR "
"""Lines of an adopted database stand as they were found; every other one keeps the rest."""


class GiftTransaction(Base):
    """One recipient's line of a send, price and rate frozen. Never changed, never deleted.

    Partitioned by month; as hot as the ledger.
    """

    __tablename__ = "gift_transactions"
    __table_args__ = (
        CheckConstraint(_OURS + "sender_id <> recipient_id", "two_sides"),
        CheckConstraint(_OURS + "quantity BETWEEN 1 AND 9999", "quantity"),
        CheckConstraint(_OURS + "(price > 0 AND total_cost = price * quantity)", "total_cost"),
        CheckConstraint(
            _OURS + "recipient_earnings + agency_commission + platform_fee = total_cost", "split"
        ),
        CheckConstraint(
            _OURS + "(recipient_earnings >= 0 AND agency_commission >= 0 AND platform_fee >= 0)",
            "positive_parts",
        ),
        CheckConstraint("commission_rate BETWEEN 0 AND 100", "commission_rate"),
        CheckConstraint(_OURS + "agency_id IS NOT NULL OR agency_commission = 0", "commission"),
        CheckConstraint(
            _OURS + "(wealth_xp_awarded >= 0 AND charm_xp_awarded >= 0)", "positive_xp"
        ),
        CheckConstraint("combo >= 1", "combo"),
        Index("idx_gift_transactions_sender_id", "sender_id", text("sent_at DESC")),
        Index("idx_gift_transactions_recipient_id", "recipient_id", text("sent_at DESC")),
        Index("idx_gift_transactions_room_date", "room_id", text("sent_at DESC")),
        Index(
            "idx_gift_transactions_sent_at",
            "sent_at",
            postgresql_using="brin",
            postgresql_with={"autosummarize": "true"},
        ),
        # None but adopted rows: they are counted by it, and no other row pays for it.
        Index("idx_gift_transactions_adopted", "id", postgresql_where=text("is_adopted")),
        {"postgresql_partition_by": "RANGE (sent_at)"},
    )

    id: Mapped[Id]
    batch_id: Mapped[BigInt]
    sender_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    recipient_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    gift_id: Mapped[BigInt] = mapped_column(ForeignKey("gifts.id", ondelete="RESTRICT"))
    room_id: Mapped[BigInt | None] = mapped_column(ForeignKey("rooms.id", ondelete="RESTRICT"))
    agency_id: Mapped[BigInt | None] = mapped_column(ForeignKey("agencies.id", ondelete="RESTRICT"))
    quantity: Mapped[int] = mapped_column(server_default=ONE)
    price: Mapped[Decimal]
    total_cost: Mapped[Decimal]
    recipient_earnings: Mapped[Decimal]
    agency_commission: Mapped[Sum]
    platform_fee: Mapped[Sum]
    commission_rate: Mapped[Decimal] = mapped_column(Percent, server_default=ZERO)
    wealth_xp_awarded: Mapped[Points]
    charm_xp_awarded: Mapped[Points]
    combo: Mapped[int] = mapped_column(server_default=ONE)
    sent_at: Mapped[Now] = mapped_column(primary_key=True)
    is_adopted: Mapped[Off]


class GiftGroup(Base):
    """What a committed group of gifts adds to metrics; the aggregator folds and deletes it."""

    __tablename__ = "gift_groups"

    id: Mapped[Id]
    folds: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_ranked: Mapped[Off]
    created_at: Mapped[Now]


class GiftOdds(Base):
    """An odds table as it was drawn from. Never changed: editing a gift makes another one."""

    __tablename__ = "gift_odds"
    __table_args__ = (
        UniqueConstraint("sha256"),
        CheckConstraint("sha256 = encode(sha256(convert_to(odds::text, 'UTF8')), 'hex')", "sha256"),
    )

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64))
    odds: Mapped[dict[str, Any]]
    created_at: Mapped[Now]


class GiftWall(Base):
    """How often a user got a gift: kept by the fold, so that nobody adds up the history."""

    __tablename__ = "gift_walls"
    __table_args__ = (
        CheckConstraint("quantity >= 1", "quantity"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    user_id: Mapped[BigInt] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"), primary_key=True
    )
    gift_id: Mapped[BigInt] = mapped_column(
        ForeignKey("gifts.id", ondelete="RESTRICT"), primary_key=True
    )
    quantity: Mapped[BigInt]
    last_received_at: Mapped[datetime]


class LuckyDraw(Base):
    """A draw as it fell: with its seed and nonce, anybody can recompute it."""

    __tablename__ = "lucky_draws"
    __table_args__ = (
        ForeignKeyConstraint(
            ["gift_transaction_id", "sent_at"],
            ["gift_transactions.id", "gift_transactions.sent_at"],
            ondelete="RESTRICT",
            name="fk_lucky_draws_gift_transaction",
        ),
        CheckConstraint("nonce >= 0", "nonce"),
        CheckConstraint("outcome ~ '^[0-9a-f]{64}$'", "outcome"),
        CheckConstraint("multiplier >= 0 AND payout >= 0", "positive_payout"),
        UniqueConstraint("seed_id", "nonce"),
    )

    gift_transaction_id: Mapped[BigInt] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[datetime] = mapped_column(primary_key=True)
    seed_id: Mapped[BigInt] = mapped_column(ForeignKey("fairness_seeds.id", ondelete="RESTRICT"))
    odds_id: Mapped[BigInt] = mapped_column(ForeignKey("gift_odds.id", ondelete="RESTRICT"))
    nonce: Mapped[BigInt]
    outcome: Mapped[str] = mapped_column(String(64))
    multiplier: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    payout: Mapped[Decimal]
