"""Tables of the shop: frames, who owns them, themes of rooms."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from flylive.database.base import Base
from flylive.database.types import NOT_BLANK, ONE, ZERO, BigInt, Id, Now, Off, On, Sum, one_of


class Frame(Base):
    """A frame around an avatar, for some days or for ever (`duration_days` NULL)."""

    __tablename__ = "frames"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint("price > 0", "positive_price"),
        CheckConstraint(one_of("rarity", "common", "rare", "epic", "legendary"), "rarity"),
        CheckConstraint("duration_days >= 1", "duration_days"),
        CheckConstraint("vip_level_required BETWEEN 0 AND 7", "vip_level_required"),
        CheckConstraint("level_required >= 1", "level_required"),
        Index("idx_frames_category", "category"),
        Index("idx_frames_price", "price"),
        Index("idx_frames_rarity", "rarity"),
        Index("idx_frames_active", "is_active"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    price: Mapped[Decimal]
    static_src: Mapped[str]
    animated_src: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    category: Mapped[str] = mapped_column(String(50), server_default="standard")
    rarity: Mapped[str] = mapped_column(String(20), server_default="common")
    duration_days: Mapped[int | None] = mapped_column(server_default=text("30"))
    is_active: Mapped[On]
    vip_level_required: Mapped[int] = mapped_column(server_default=ZERO)
    level_required: Mapped[int] = mapped_column(server_default=ONE)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class FrameUser(Base):
    """A frame that a user owns; at most one of his is active."""

    __tablename__ = "frame_user"
    __table_args__ = (
        CheckConstraint("quantity >= 1", "quantity"),
        UniqueConstraint("user_id", "frame_id"),
        Index(
            "uq_frame_user_active",
            "user_id",
            unique=True,
            postgresql_where=text("is_active"),
        ),
        Index("idx_frame_user_frame_id", "frame_id"),
        Index("idx_frame_user_active", "user_id", "is_active"),
        Index("idx_frame_user_expires_at", "expires_at"),
        Index(
            "idx_frame_user_ending",
            "expires_at",
            postgresql_where=text("NOT is_end_told AND expires_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    frame_id: Mapped[BigInt] = mapped_column(ForeignKey("frames.id", ondelete="CASCADE"))
    quantity: Mapped[int] = mapped_column(server_default=ONE)
    expires_at: Mapped[datetime | None]
    is_active: Mapped[Off]
    purchased_at: Mapped[Now]
    activated_at: Mapped[datetime | None]
    is_end_told: Mapped[Off]


class Theme(Base):
    """How a room looks; a room without one has the default."""

    __tablename__ = "themes"
    __table_args__ = (
        CheckConstraint(f"name {NOT_BLANK}", "name"),
        CheckConstraint("price >= 0", "positive_price"),
        CheckConstraint("jsonb_typeof(css_styles) = 'object'", "css_styles"),
        CheckConstraint("vip_level_required BETWEEN 0 AND 7", "vip_level_required"),
        CheckConstraint("NOT is_default OR (is_active AND price = 0)", "default_for_all"),
        Index(
            "uq_themes_default",
            "is_default",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index("idx_themes_active", "is_active"),
        Index("idx_themes_default", "is_default"),
        Index("idx_themes_price", "price"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    price: Mapped[Sum]
    background_image: Mapped[str | None]
    css_styles: Mapped[dict[str, Any] | None]
    is_active: Mapped[On]
    is_default: Mapped[Off]
    vip_level_required: Mapped[int] = mapped_column(server_default=ZERO)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]


class ThemeUser(Base):
    """A theme that a user bought, for ever, at the price of that day."""

    __tablename__ = "theme_user"
    __table_args__ = (
        CheckConstraint("price > 0", "positive_price"),
        UniqueConstraint("user_id", "theme_id"),
        Index("idx_theme_user_theme_id", "theme_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[BigInt] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    theme_id: Mapped[BigInt] = mapped_column(ForeignKey("themes.id"))
    price: Mapped[Decimal]
    purchased_at: Mapped[Now]
