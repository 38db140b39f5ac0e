"""Which level an amount of XP stands for. Pure."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

VIP_PERIOD = timedelta(days=30)
"""How long bought coins count, and how long a VIP level lasts."""


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
    """The active levels of one type, lowest first.

    `retired` has the numbers, by id, of levels that were switched off: whoever stands on one
    has all below it behind him, and is paid for none of them again.
    """

    def __init__(self, levels: Sequence[Level], retired: Mapping[int, int] | None = None) -> None:
        self.levels = sorted(levels, key=lambda level: level.level_number)
        self._thresholds = [level.required_xp for level in self.levels]
        self._numbers = [level.level_number for level in self.levels]
        self._number_of = {level.id: level.level_number for level in self.levels} | dict(
            retired or {}
        )

    def crossed(self, level_id: int | None, xp: int) -> Sequence[Level]:
        """The levels above `level_id` that `xp` reaches, lowest first; nobody falls.

        Without a level yet, the lowest is where everybody starts, so it is not crossed.
        """
        if level_id is None:
            return self.above(None, xp)
        # A level that another process knows and this one does not yet: wait until it does.
        number = self._number_of.get(level_id)
        return () if number is None else self.above(number, xp)

    def above(self, number: int | None, xp: int) -> Sequence[Level]:
        """The same for whoever stands on the level with this number, active or not."""
        start = 1 if number is None else bisect_right(self._numbers, number)
        return self.levels[start : bisect_right(self._thresholds, xp)]


class Vip(NamedTuple):
    """A VIP level (0: none) until when, and the XP that counts at that moment."""

    level: int
    expires_at: datetime | None
    xp: int


def vip_at(purchases: Sequence[tuple[datetime, int]], ladder: Ladder, moment: datetime) -> Vip:
    """The VIP level that these purchases (when, coins; oldest first) have earned at `moment`.

    A purchase that brings the coins of the last 30 days to a higher level lifts to it for 30
    days; when those are over, the level is what the last 30 days earn, for 30 days again. Told
    from the beginning each time, so that a purchase taken back leaves no trace.
    """
    times = [at for at, _ in purchases if at <= moment]
    sums = [0, *accumulate(coins for _, coins in purchases[: len(times)])]

    def xp(at: datetime) -> int:
        return sums[bisect_right(times, at)] - sums[bisect_right(times, at - VIP_PERIOD)]

    def earned(at: datetime) -> int:
        reached = ladder.above(0, xp(at))
        return reached[-1].level_number if reached else 0

    level, expires_at = 0, None
    for at in (*times, moment):
        while expires_at is not None and expires_at <= at:
            level = earned(expires_at)
            expires_at = expires_at + VIP_PERIOD if level else None
        if earned(at) > level:
            level, expires_at = earned(at), at + VIP_PERIOD
    return Vip(level, expires_at, xp(moment))
