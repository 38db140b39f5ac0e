"""What goes into the addresses of e-mail and phone."""

from typing import Annotated

import msgspec
from msgspec import Meta

from flylive.accounts.recovery.schemas import Code, Token

CurrentPassword = Annotated[str, Meta(min_length=1, max_length=1024)]


class VerifyEmail(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/email/verify."""

    token: Token


class ChangeEmail(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /me/email: the new address, and the current password."""

    email: str
    password: CurrentPassword


class ChangePhone(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /me/phone: the new number, international or of one's own country, and the password."""

    phone: str
    password: CurrentPassword


class ConfirmChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /me/email/confirm and /me/phone/confirm: the code that was sent to the new address."""

    code: Code
