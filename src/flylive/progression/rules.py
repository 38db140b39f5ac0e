"""Which level an amount of XP stands for. Pure."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

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
    privileges: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    def after(self, paid: int) -> "Level":
        """The level for somebody who was paid for all up to this number: it pays once."""
        if self.level_number > paid:
            return self
        return replace(self, coin_reward=0, diamond_reward=0, frame_rewards=())


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

    def number_of(self, level_id: int | None) -> int | None:
        """A level's number, switched off or not."""
        return None if level_id is None else self._number_of.get(level_id)

    def settled(self, number: int, xp: int) -> "Settled":
        """What becomes of somebody on the level with this number when levels were changed.

        Then everybody stands where his XP puts him: who is above that falls, and who stands on
        a level that was switched off goes to the highest that is there. Gifts let nobody fall
        (:meth:`crossed`).
        """
        reached = bisect_right(self._thresholds, xp)
        if not self.levels:
            return Settled()
        top = self.levels[max(reached, 1) - 1]
        if top.level_number < number:
            return Settled(lower=top)
        return Settled(crossed=self.above(number, xp))


class Settled(NamedTuple):
    """Where somebody's XP puts him: levels that he crosses, or the lower one he falls to."""

    crossed: Sequence[Level] = ()
    lower: Level | None = None


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
