"""What goes into and comes out of the gifts' addresses."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from flylive.http.fields import Id


class SendGift(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /gifts/send."""

    gift_id: Id
    recipient_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=20)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=9999)]
    room_id: Id | None = None


class Line(msgspec.Struct, kw_only=True):
    """What one recipient got."""

    recipient_id: int
    gift_transaction_id: int
    recipient_earnings: str
    charm_xp_awarded: int


class LevelReached(msgspec.Struct, kw_only=True):
    """The wealth level that the sender reached by this gift, as `GET /levels` shows it.

    Its rewards are what he got for it: none where he was paid for the level before.
    """

    id: int
    type: str
    level_number: int
    name: str
    required_xp: int
    icon_url: str | None
    badge_url: str | None
    coin_reward: int
    diamond_reward: int
    frame_rewards: Sequence[int]
    privileges: dict[str, Any]
    is_active: bool
    created_at: datetime
    updated_at: datetime


class LuckyDraw(msgspec.Struct, kw_only=True):
    """One draw of a lucky gift, one for each line."""

    gift_transaction_id: int
    nonce: int
    outcome: str
    multiplier: str
    payout: str


class Lucky(msgspec.Struct, kw_only=True):
    """What a lucky gift paid back, and the commitment behind it."""

    payout: str
    server_seed_hash: str
    client_seed: str
    draws: list[LuckyDraw]


class GiftSent(msgspec.Struct, kw_only=True):
    """The answer to POST /gifts/send. Money as strings, in coins (earnings in diamonds).

    `couple_request_id`: the proposal that a couple's gift made; null between partners.
    """

    id: int
    total_cost: str
    coin_balance: str
    wealth_xp: int
    level_up: LevelReached | None
    combo: int
    lucky: Lucky | None
    couple_request_id: int | None
    lines: list[Line]


class GiftView(msgspec.Struct, kw_only=True):
    """A gift of the catalogue; `can_send` says whether the caller's VIP and country allow it."""

    id: int
    name: str
    description: str | None
    price: Decimal
    thumbnail_url: str
    animation_url: str | None
    sound_url: str | None
    category: str
    subcategory: str | None
    rarity: str
    wealth_xp_multiplier: Decimal
    charm_xp_multiplier: Decimal
    is_active: bool
    vip_level_required: int
    country_specific: str | None
    lucky_odds: dict[str, Any] | None
    can_send: bool
    created_at: datetime
    updated_at: datetime


class GiftRow(msgspec.Struct, kw_only=True):
    """A gift as the staff see it; `expected_return`: coins back for each coin, as a fraction."""

    id: int
    name: str
    description: str | None
    price: Decimal
    thumbnail_url: str
    animation_url: str | None
    sound_url: str | None
    category: str
    subcategory: str | None
    rarity: str
    wealth_xp_multiplier: Decimal
    charm_xp_multiplier: Decimal
    lucky_odds: dict[str, Any] | None
    expected_return: str | None
    is_active: bool
    vip_level_required: int
    country_specific: str | None
    created_at: datetime
    updated_at: datetime


class GiftTransactionView(msgspec.Struct, kw_only=True):
    """A line of a gift as its sender or recipient sees it."""

    id: int
    sender_id: int
    recipient_id: int
    gift_id: int
    room_id: int | None
    quantity: int
    price: Decimal
    total_cost: Decimal
    recipient_earnings: Decimal
    agency_commission: Decimal
    platform_fee: Decimal
    wealth_xp_awarded: int
    charm_xp_awarded: int
    combo: int
    sent_at: datetime
    reversed_at: datetime | None


class RoomGiftView(msgspec.Struct, kw_only=True):
    """A line of a room's feed: what everybody in the room saw, and no earnings."""

    id: int
    room_id: int
    sender_id: int
    sender_name: str
    recipient_id: int
    recipient_name: str
    gift_id: int
    gift_name: str
    thumbnail_url: str
    quantity: int
    total_cost: Decimal
    wealth_xp_awarded: int
    charm_xp_awarded: int
    combo: int
    sent_at: datetime


class WallEntry(msgspec.Struct, kw_only=True):
    """How often a user received one gift."""

    gift_id: int
    name: str
    thumbnail_url: str
    rarity: str
    category: str
    quantity: int
    last_received_at: datetime


class SeedView(msgspec.Struct, kw_only=True):
    """The caller's current commitment: the server seed itself comes with rotation."""

    server_seed_hash: str
    client_seed: str
    nonce: int
    created_at: datetime


ClientSeed = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[!-~]+$")]


ServerSeedHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class ChooseSeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /fairness/client-seed: the client seed of the pair that is committed to."""

    client_seed: ClientSeed


class RotateSeed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /fairness/rotate: the client seed of the next pair, or none for a random one."""

    client_seed: ClientSeed | None = None


class RevealedSeed(msgspec.Struct, kw_only=True):
    """The old pair, revealed (`server_seed` in hex), and the new commitment."""

    server_seed: str
    server_seed_hash: str
    client_seed: str
    nonce: int
    current: SeedView


class DrawView(msgspec.Struct, kw_only=True):
    """Everything needed to recompute a draw; `server_seed` (hex) once it is revealed."""

    gift_transaction_id: int
    gift_id: int
    sent_at: datetime
    server_seed_hash: str
    server_seed: str | None
    client_seed: str
    nonce: int
    outcome: str
    multiplier: Decimal
    cost: Decimal
    payout: Decimal
    lucky_odds: dict[str, Any]
