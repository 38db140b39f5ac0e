"""What progression tells."""

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


class RoomLevelUp(Event, tag="room.level_up", kw_only=True, frozen=True):
    """A room reached a level; on the room's stream."""

    room_id: int
    level_id: int
    level_number: int
    name: str
    icon_url: str | None
