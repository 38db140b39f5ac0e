"""What goes into and comes out of progression's addresses."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec


class LevelView(msgspec.Struct, kw_only=True):
    """A level: from how much XP, what reaching it gives, what whoever stands on it may.

    `privileges` holds names of docs/reference/badges.md.
    """

    id: int
    name: str
    type: str
    level_number: int
    required_xp: int
    coin_reward: int
    diamond_reward: int
    frame_rewards: list[int]
    privileges: dict[str, Any]
    icon_url: str | None
    badge_url: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class NextLevel(msgspec.Struct, kw_only=True):
    """The next level and the XP it needs."""

    level_number: int
    name: str
    required_xp: int


class StandingView(msgspec.Struct, kw_only=True):
    """The level that somebody stands on.

    `achieved_at` is None for the one where everybody starts. `xp` and `next` are told to the
    user himself; `next` is None where there is no higher level, and for others.
    """

    level_id: int
    level_number: int
    name: str
    icon_url: str | None
    badge_url: str | None
    achieved_at: datetime | None
    xp: int | None = None
    next: NextLevel | None = None


class HistoryView(msgspec.Struct, kw_only=True):
    """A level that was reached; `ended_at` is when it was left, `current_xp` what he had."""

    id: int
    level_id: int
    type: str
    level_number: int
    name: str
    current_xp: int
    achieved_at: datetime
    ended_at: datetime | None
    is_active: bool


class UserHistoryView(HistoryView, kw_only=True):
    """A level that a user reached."""

    user_id: int


class UserLevelsView(msgspec.Struct, kw_only=True):
    """GET /users/{id}/levels. `history` is the newest 200, for the user himself; else None.

    `vip` is None from the second that his VIP level ends.
    """

    user_id: int
    wealth: StandingView | None
    charm: StandingView | None
    vip: StandingView | None
    vip_expires_at: datetime | None
    history: list[UserHistoryView] | None


class RoomLevelsView(msgspec.Struct, kw_only=True):
    """GET /rooms/{id}/levels: the room's level, what the next one needs, and its history."""

    room_id: int
    level: StandingView | None
    history: list[HistoryView]


class VipView(msgspec.Struct, kw_only=True):
    """GET /vip: the caller's VIP level and all there are.

    `vip_xp` are the coins that he bought in the last 30 days; `next` is the level above his and
    the XP it needs.
    """

    vip_level: int
    vip_expires_at: datetime | None
    vip_xp: int
    next: NextLevel | None
    levels: list[LevelView]


class BadgeBrief(msgspec.Struct, kw_only=True, frozen=True):
    """A badge that was earned, as events and lists show it.

    `id` and `badge_id` are the badge's; `earned_id` is that of the row which says that it was
    earned. `user_id` is null where a room earned it.
    """

    id: int
    earned_id: int
    user_id: int | None
    badge_id: int
    name: str
    description: str | None
    category: str
    icon_url: str
    rarity: str
    earned_at: datetime


class BadgeView(msgspec.Struct, kw_only=True):
    """A badge and what earns it, in the language of docs/reference/badges.md."""

    id: int
    name: str
    description: str | None
    category: str
    requirements: dict[str, Any]
    icon_url: str
    rarity: str
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ConditionView(msgspec.Struct, kw_only=True):
    """One comparison: where it stands in the requirements, what is there, what is wanted.

    What is counted is counted no further than any badge asks.
    """

    metric: str
    comparison: str
    current: Decimal | int
    target: int
    is_met: bool


class ProgressView(msgspec.Struct, kw_only=True):
    """How far the caller is from a badge; `earned_at` is None until he has it."""

    badge: BadgeView
    earned_at: datetime | None
    is_met: bool
    conditions: list[ConditionView]


class RunView(msgspec.Struct, kw_only=True):
    """Going through all users or rooms after a change of the catalogue, or at night.

    `kind`: levels (`subject`: their type), badge, frame (`subject_id`), badges, room_badges
    (`day`). `status`: waiting, running, done or superseded by a newer one. `changed` counts what
    was granted or moved, `failed` whom it had to leave out (a balance beyond what is counted).
    """

    id: int
    kind: str
    subject: str | None
    subject_id: int | None
    day: Any
    status: str
    progress_percent: int
    done: int
    changed: int
    failed: int
    starts_at: datetime
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
