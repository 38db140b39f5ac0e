"""What goes wrong while starting, each with words that say what to do."""


class LauncherError(Exception):
    """The command cannot go on; the message is for the person at the terminal."""


class DataInUse(LauncherError):
    """Another process holds the data folder."""


class NoDatabase(LauncherError):
    """The data folder has no embedded database yet."""
