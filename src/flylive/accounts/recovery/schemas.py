"""What goes into the addresses of a forgotten password."""

from typing import Annotated

import msgspec
from msgspec import Meta

Code = Annotated[str, Meta(pattern="^[0-9]{6}$", max_length=6, description="Six digits.")]
Token = Annotated[str, Meta(min_length=1, max_length=255)]


class ForgotPassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/password/forgot: `email`, or `phone` in international form."""

    email: str | None = None
    phone: str | None = None


class ResetPassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/password/reset: `email` and `token`, or `phone` and `code`."""

    password: str
    email: str | None = None
    token: Token | None = None
    phone: str | None = None
    code: Code | None = None


class Sent(msgspec.Struct, kw_only=True):
    """What was sent, if anything was, holds for `expires_in` seconds."""

    expires_in: int
