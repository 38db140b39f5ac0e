"""Why the economy stays as it is."""

from flylive.errors import Problem


class SettingsChanged(Problem):
    """Somebody saved other settings meanwhile. Extra: `version`, the one that holds now."""

    status, code, title = 409, "settings.changed", "The settings were changed meanwhile"


class CoinsCouldBePumped(Problem):
    """With these settings coins could be pumped: lucky return + share × rate is above the ceiling.

    Extras: `returns`, the highest sum; `ceiling`; both exact fractions; `gifts`, up to twenty lucky
    gifts that return too much, as {id, name, is_active, expected_return}.
    """

    status, code, title = 409, "settings.pump", "Coins could be pumped with these settings"
