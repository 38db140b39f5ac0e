"""What progression tells."""

from datetime import datetime

from flylive.realtime import Event


class LevelUp(Event, tag="level.up", kw_only=True, frozen=True):
    """A user reached a level; on his own stream. Rewards are what it paid."""

    level_type: str
    level_id: int
    level_number: int
    name: str
    icon_url: str | None
    badge_url: str | None
    coin_reward: int
    diamond_reward: int
    frame_rewards: list[int]


class VipLowered(Event, tag="notice", kw_only=True, frozen=True):
    """A user's VIP level is a lower one; on his own stream.

    `kind` is vip_lowered: his 30 days were over, or a purchase was taken back.
    """

    kind: str
    vip_level: int
    vip_expires_at: datetime | None


class RoomLevelUp(Event, tag="room.level_up", kw_only=True, frozen=True):
    """A room reached a level; on the room's stream."""

    room_id: int
    level_id: int
    level_number: int
    name: str
    icon_url: str | None
