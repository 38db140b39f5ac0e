"""What goes into the addresses of e-mail and phone."""

import msgspec

from flylive.accounts.recovery.schemas import Code, Token
from flylive.accounts.schemas import ProvedRequest


class VerifyEmail(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /auth/email/verify."""

    token: Token


class ChangeEmail(ProvedRequest, kw_only=True, forbid_unknown_fields=True):
    """POST /me/email: the new address, and a proof."""

    email: str


class ChangePhone(ProvedRequest, kw_only=True, forbid_unknown_fields=True):
    """POST /me/phone: the new number, international or of one's own country, and a proof."""

    phone: str


class ConfirmChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /me/email/confirm and /me/phone/confirm: the code that was sent to the new address."""

    code: Code
