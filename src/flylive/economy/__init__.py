"""The settings of the economy that staff change while the platform runs.

Owns ``platform_settings``: each change is a row that is never changed, the newest one holds, and
what it does not name is as the environment says. Promises: money that moves in one transaction is
decided with one row's values, read in that transaction, so that a change holds everywhere from
the moment it is committed. Locks: :func:`service.lock`, under which the odds of lucky gifts are
saved too, so that neither can slip past the other.
"""

from flylive.economy.rules import Economy
from flylive.economy.service import current

__all__ = ["Economy", "current"]
