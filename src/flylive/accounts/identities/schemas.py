"""What goes into and comes out of the addresses of identities."""

from datetime import date, datetime

import msgspec

from flylive.accounts.identities.tokens import Provider
from flylive.accounts.schemas import DeviceName, Gender


class EnterWithIdentity(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/social: `dob`, `gender` and `country` open an account where there is none yet.

    `name` too, where the provider says none; fields as in POST /auth/register.
    """

    provider: Provider
    id_token: str
    name: str | None = None
    dob: date | None = None
    gender: Gender | None = None
    country: str | None = None
    device_name: DeviceName | None = None


class LinkIdentity(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /me/identities: an id token that the provider issued within ten minutes."""

    provider: Provider
    id_token: str


class IdentityView(msgspec.Struct, kw_only=True):
    """A linked identity; `provider_id` is the provider's `sub`, `email` what it said at linking."""

    id: int
    provider: str
    provider_id: str
    email: str | None
    created_at: datetime
