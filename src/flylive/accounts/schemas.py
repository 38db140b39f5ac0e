"""What goes into and comes out of the accounts' addresses."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Gender = Literal[1, 2, 3]
"""1 male, 2 female, 3 others, as in the seed."""


class UserCard(msgspec.Struct, kw_only=True, frozen=True):
    """A user in few words, wherever one is shown beside something else.

    `country` is an ISO 3166-1 alpha-2 code; `vip_level` is 0 from the second it expires.
    """

    id: int
    signature: str
    name: str
    gender: int
    country: str
    avatar_image: str | None
    static_src: str | None
    animated_src: str | None
    vip_level: int


class TokenView(msgspec.Struct, kw_only=True):
    """An access token of the caller's, without its secret.

    `ip_address` and `user_agent`: where it was issued to; null once they are forgotten.
    """

    id: int
    tokenable_type: str
    tokenable_id: int
    name: str
    abilities: str | None
    ip_address: str | None
    user_agent: str | None
    last_used_at: datetime | None
    expires_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    is_current: bool


DeviceName = Annotated[str, Meta(min_length=1, max_length=255, description="Names the token.")]


class Register(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/register: at least one of `email` and `phone`.

    `phone` is national for `country`, or international; `country` is ISO 3166-1 alpha-2 or
    alpha-3; `dob` is YYYY-MM-DD.
    """

    name: str
    password: str
    dob: date
    gender: Gender
    country: str
    email: str | None = None
    phone: str | None = None
    device_name: DeviceName | None = None


class LogIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/login: `login` is an e-mail, an international phone number or a signature."""

    login: Annotated[str, Meta(min_length=1, max_length=255)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    device_name: DeviceName | None = None


class ChangePassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/password/change."""

    current_password: Annotated[str, Meta(min_length=1, max_length=1024)]
    password: str


class EditProfile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /me: only the fields that are sent change."""

    name: str | UnsetType = UNSET
    dob: date | UnsetType = UNSET
    gender: Gender | UnsetType = UNSET
    country: str | UnsetType = UNSET


class ProvedRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What asks the caller to prove himself once more.

    By his password, or instead of it by a provider and its id token of the last five minutes.
    """

    password: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None
    provider: Literal["google", "facebook"] | None = None
    id_token: str | None = None


class DeleteAccount(ProvedRequest, kw_only=True, forbid_unknown_fields=True):
    """DELETE /me."""
