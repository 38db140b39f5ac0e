"""What goes into and comes out of the shop's addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MAX_TIMES = 100


class BuyFrame(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /frames/{id}/purchase: how many times its days (1–100)."""

    quantity: Annotated[int, Meta(ge=1, le=MAX_TIMES)] = 1


class SetTheme(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /rooms/{id}/theme: the theme; null for the default one."""

    theme_id: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None


class FrameRow(msgspec.Struct, kw_only=True):
    """A frame of the catalogue. `duration_days` None: for ever."""

    id: int
    name: str
    description: str | None
    price: Decimal
    static_src: str
    animated_src: str | None
    thumbnail_url: str | None
    category: str
    rarity: str
    duration_days: int | None
    is_active: bool
    vip_level_required: int
    level_required: int
    created_at: datetime
    updated_at: datetime


class FrameView(FrameRow, kw_only=True):
    """A frame, and whether the caller's VIP level and levels let him buy it.

    `level_required` is met by the higher of wealth and charm level.
    """

    can_buy: bool


class FrameBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A frame as its owner's list shows it."""

    name: str
    description: str | None
    static_src: str
    animated_src: str | None
    thumbnail_url: str | None
    category: str
    rarity: str
    duration_days: int | None
    vip_level_required: int


class OwnedFrame(msgspec.Struct, kw_only=True, frozen=True):
    """A frame that a user has, until `expires_at` (None: for ever); `quantity`: times its days.

    From the second that it expires `is_active` is false and `is_expired` true.
    """

    id: int
    user_id: int
    frame_id: int
    quantity: int
    expires_at: datetime | None
    is_active: bool
    is_expired: bool
    purchased_at: datetime
    activated_at: datetime | None
    frame: FrameBrief


class FrameBought(msgspec.Struct, kw_only=True):
    """What was paid, what is left, and the frame as it is owned now."""

    total_cost: Decimal
    coin_balance: Decimal
    owned: OwnedFrame


class ThemeRow(msgspec.Struct, kw_only=True):
    """A theme of the catalogue. `css_styles` holds custom properties from a list, safe to set."""

    id: int
    name: str
    description: str | None
    price: Decimal
    background_image: str | None
    css_styles: dict[str, Any]
    is_active: bool
    is_default: bool
    vip_level_required: int
    created_at: datetime
    updated_at: datetime


class ThemeView(ThemeRow, kw_only=True):
    """A theme, whether the caller has it (bought or free), and may set it on his room now."""

    is_owned: bool
    can_set: bool


class ThemeBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A theme as its owner's list shows it."""

    name: str
    description: str | None
    background_image: str | None
    css_styles: dict[str, Any]
    is_active: bool
    vip_level_required: int


class OwnedTheme(msgspec.Struct, kw_only=True, frozen=True):
    """A theme that a user bought, at `price`, for ever."""

    id: int
    user_id: int
    theme_id: int
    price: Decimal
    purchased_at: datetime
    theme: ThemeBrief


class ThemeBought(msgspec.Struct, kw_only=True):
    """What was paid, what is left, and the theme."""

    total_cost: Decimal
    coin_balance: Decimal
    owned: OwnedTheme
