"""Why something about frames and themes is refused; nothing is changed.

::

    Problem
    ├── 403  FrameVipRequired, FrameLevelRequired, ThemeVipRequired, ThemeNotOwned
    ├── 404  UnknownFrame, FrameNotOwned, UnknownTheme
    └── 409  FrameInactive, FrameOwnedForever, FrameLastsTooLong, FrameExpired, ThemeInactive,
             ThemeOwnedAlready, ThemeIsFree, DefaultThemeNeeded
"""

from flylive.errors import Forbidden, NotFound, Problem


class UnknownFrame(NotFound):
    """There is no such frame."""

    code, title = "frame.not_found", "There is no such frame"


class FrameNotOwned(NotFound):
    """The caller does not have this frame."""

    code, title = "frame.not_owned", "You do not have this frame"


class FrameInactive(Problem):
    """The frame is no longer sold."""

    status, code = 409, "frame.inactive"
    title = "This frame is not sold any more"


class FrameVipRequired(Forbidden):
    """The caller's VIP level is too low. Extras: `vip_level`, `vip_level_required`."""

    code, title = "frame.vip_required", "This frame needs a higher VIP level"


class FrameLevelRequired(Forbidden):
    """Neither wealth nor charm level is high enough. Extras: `level`, `level_required`."""

    code, title = "frame.level_required", "This frame needs a higher level"


class FrameOwnedForever(Problem):
    """What is owned for ever, or bought for ever twice at once, cannot be bought again."""

    status, code = 409, "frame.owned_forever"
    title = "This frame is yours for ever"


class FrameLastsTooLong(Problem):
    """A frame is owned for at most a hundred years ahead. Extra: `expires_at`."""

    status, code = 409, "frame.lasts_too_long"
    title = "This frame is yours for longer than it could be extended"


class FrameExpired(Problem):
    """The frame's days are over. Extra: `expires_at`."""

    status, code = 409, "frame.expired"
    title = "This frame has expired"


class UnknownTheme(NotFound):
    """There is no such theme."""

    code, title = "theme.not_found", "There is no such theme"


class ThemeInactive(Problem):
    """The theme is no longer sold, nor set on rooms."""

    status, code = 409, "theme.inactive"
    title = "This theme is not available any more"


class ThemeVipRequired(Forbidden):
    """The caller's VIP level is too low. Extras: `vip_level`, `vip_level_required`."""

    code, title = "theme.vip_required", "This theme needs a higher VIP level"


class ThemeOwnedAlready(Problem):
    """A theme is bought once."""

    status, code = 409, "theme.owned_already"
    title = "You have this theme already"


class ThemeIsFree(Problem):
    """A free theme is not bought; it can be set at once."""

    status, code = 409, "theme.free"
    title = "This theme costs nothing; set it without buying it"


class ThemeNotOwned(Forbidden):
    """Only a theme that the room's owner bought, or a free one, can be set."""

    code, title = "theme.not_owned", "Buy this theme before you set it"


class DefaultThemeNeeded(Problem):
    """The default theme is for all: active, free and without a VIP level. Make another one it."""

    status, code = 409, "theme.default_needed"
    title = "Make another theme the default one first"
