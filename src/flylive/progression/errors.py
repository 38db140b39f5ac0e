"""Why something about levels and badges is refused; nothing is changed.

::

    Problem
    ├── 404  UnknownLevel, UnknownBadge, UnknownRun
    ├── 409  LevelNumberTaken, FirstLevelNeeded, BadgeInactive, BadgeHadAlready
    └── 409  VipHeld, VipNotGiven
"""

from flylive.errors import NotFound, Problem


class UnknownLevel(NotFound):
    """There is no such level."""

    code, title = "level.not_found", "There is no such level"


class LevelNumberTaken(Problem):
    """There is a level of this type with this number."""

    status, code, title = 409, "level.number_taken", "There is a level with this number already"


class FirstLevelNeeded(Problem):
    """Level 1 of wealth, charm and room is where everybody starts: it stays, and gives nothing."""

    status, code, title = (
        409,
        "level.first_needed",
        "Level 1 needs no XP, rewards nothing and stays",
    )


class UnknownBadge(NotFound):
    """There is no such badge."""

    code, title = "badge.not_found", "There is no such badge"


class BadgeInactive(Problem):
    """The badge is retired: nobody is given it any more."""

    status, code, title = 409, "badge.inactive", "This badge is retired"


class BadgeHadAlready(Problem):
    """He has this badge already."""

    status, code, title = 409, "badge.had_already", "This badge was given already"


class UnknownRun(NotFound):
    """There is no such run."""

    code, title = "catalogue_run.not_found", "There is no such run"


class VipHeld(Problem):
    """He has a higher VIP level, or this one for longer. Extras: `vip_level`, `vip_expires_at`."""

    status, code, title = 409, "vip.held", "This person has as good a VIP level already"


class VipNotGiven(Problem):
    """His VIP level, if he has one, is what his purchases earn: none was given that could end."""

    status, code, title = 409, "vip.not_given", "No VIP level was given that could be ended"
