"""Which level an amount of XP stands for. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A step of a ladder, with what reaching it pays (whole coins and diamonds)."""

    id: int
    type: str
    level_number: int
    name: str
    required_xp: int
    coin_reward: int
    diamond_reward: int
    frame_rewards: Sequence[int]
    icon_url: str | None
    badge_url: str | None


class Ladder:
    """The levels of one type, lowest first."""

    def __init__(self, levels: Sequence[Level]) -> None:
        self.levels = sorted(levels, key=lambda level: level.level_number)
        self._thresholds = [level.required_xp for level in self.levels]
        self._place = {level.id: index for index, level in enumerate(self.levels)}

    def crossed(self, level_id: int | None, xp: int) -> Sequence[Level]:
        """The levels above `level_id` that `xp` reaches, lowest first; nobody falls.

        Without a level yet, the lowest is where everybody starts, so it is not crossed.
        """
        start = 1 if level_id is None else self._place.get(level_id, -1) + 1
        return self.levels[start : bisect_right(self._thresholds, xp)]
