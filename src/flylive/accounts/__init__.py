"""People: their accounts, access tokens, identities and staff roles.

Owns ``users`` (whose balances only ``wallet`` writes), ``personal_access_tokens``,
``password_reset_tokens``, ``phone_reset_tokens``, ``user_identities``, ``push_tokens``,
``user_preferences``, ``staff_members`` and ``sessions``. Locks users by id.
"""

from flylive.accounts.caller import Caller

__all__ = ["Caller"]
