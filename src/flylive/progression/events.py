"""What progression tells. Folding these into one's own answers gives fresh ones.

- ``level.up``: of `level_type` the user stands on this level now, since `achieved_at`; with
  `room_id` it is that room of his which does, and he whom it rewards;
- ``notice`` level_lowered: of `level_type` he stands on `standing` now; VIP: vip_lowered, where
  `standing` may be null;
- ``badge.earned``: put the badge in; with `room_id` it is that room's.

Frames that levels give follow as the shop tells of frames (:mod:`flylive.shop.events`).
"""

from datetime import datetime

import msgspec

from flylive.progression.schemas import BadgeBrief
from flylive.realtime import Event


class Standing(msgspec.Struct, kw_only=True, frozen=True):
    """The level that somebody stands on, since when, and his XP as he reached it."""

    level_id: int
    level_number: int
    name: str
    icon_url: str | None
    badge_url: str | None
    current_xp: int
    achieved_at: datetime


class LevelUp(Event, tag="level.up", kw_only=True, frozen=True):
    """A user, or his room, reached a level; on his own stream. Rewards are what it paid him."""

    level_type: str
    level_id: int
    level_number: int
    name: str
    icon_url: str | None
    badge_url: str | None
    coin_reward: int
    diamond_reward: int
    frame_rewards: list[int]
    current_xp: int
    achieved_at: datetime
    room_id: int | None = None


class LevelLowered(Event, tag="notice", kw_only=True, frozen=True):
    """Staff changed the levels, and by the new ones a user, or his room, stands lower.

    On his own stream; `kind` is level_lowered. What the higher ones paid is his.
    """

    kind: str
    level_type: str
    standing: Standing | None
    room_id: int | None = None


class VipLowered(Event, tag="notice", kw_only=True, frozen=True):
    """A user's VIP level is a lower one; on his own stream.

    `kind` is vip_lowered: his 30 days were over, or a purchase was taken back.
    """

    kind: str
    vip_level: int
    vip_expires_at: datetime | None
    standing: Standing | None = None


class VipRenewed(Event, tag="notice", kw_only=True, frozen=True):
    """A user's VIP level goes on, or ends, at another moment than he knew; on his own stream.

    `kind` is vip_renewed.
    """

    kind: str
    vip_level: int
    vip_expires_at: datetime


class VipEnding(Event, tag="notice", kw_only=True, frozen=True):
    """A user's VIP level ends soon; on his own stream, once for each end. `kind`: vip_ending."""

    kind: str
    vip_level: int
    vip_expires_at: datetime


class BadgeEarned(Event, tag="badge.earned", kw_only=True, frozen=True):
    """A user, or his room, earned a badge; on his own stream."""

    badge: BadgeBrief
    room_id: int | None = None


class RoomLevelUp(Event, tag="room.level_up", kw_only=True, frozen=True):
    """A room reached a level; on the room's stream."""

    room_id: int
    level_id: int
    level_number: int
    name: str
    icon_url: str | None
