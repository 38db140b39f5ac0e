"""What an agency's fields may be, and who may do what in it. Pure."""

import unicodedata
from decimal import Decimal
from typing import Literal

from flylive.accounts import rules as account_rules
from flylive.rooms.rules import free_text, is_upload

Role = Literal["admin", "moderator", "member"]

MAX_NAME = 100
MAX_DESCRIPTION = 2000
MAX_MESSAGE = 500
MAX_MEMBERS = 1000
DEFAULT_COMMISSION = "10.00"
REQUESTS_PER_WINDOW, REQUEST_WINDOW_SECONDS = 30, 3600
FOUNDED_PER_DAY = 5
OWN_LOGO_WANTED = "must be an upload of yours for this purpose"


def name(text: str) -> str:
    """Trimmed, 1–100 characters, at least one of them visible, no control characters."""
    trimmed = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(trimmed) <= MAX_NAME:
        raise ValueError(f"must have 1–{MAX_NAME} characters")
    return account_rules.name(trimmed) if len(trimmed) <= 50 else _visible(trimmed)


def _visible(text: str) -> str:
    kinds = [unicodedata.category(character) for character in text]
    if any(kind in ("Cc", "Cs") for kind in kinds):
        raise ValueError("must not contain control characters")
    if all(kind[0] in "CZ" for kind in kinds):
        raise ValueError("must contain a visible character")
    return text


def description(text: str | None) -> str | None:
    """Up to 2000 characters; None and blank alike are no description."""
    if text is None or not text.strip():
        return None
    return free_text(text.strip(), MAX_DESCRIPTION)


def message(text: str | None) -> str | None:
    """Up to 500 characters that go with a request."""
    if text is None or not text.strip():
        return None
    return free_text(text.strip(), MAX_MESSAGE)


def logo(text: str | None) -> str | None:
    """The address of an upload; whose it is remains to be asked."""
    if text is not None and not is_upload(text):
        raise ValueError(OWN_LOGO_WANTED)
    return text


def commission_rate(given: object) -> Decimal:
    """Percent, 0–100, exact to 0.01: ``"12.50"`` or 12."""
    words = str(given)
    whole, _, part = words.partition(".")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 3:
        raise ValueError('must be percent such as "12.50"')
    if (part and not (part.isascii() and part.isdigit() and len(part) <= 2)) or words[-1] == ".":
        raise ValueError('must be percent such as "12.50"')
    rate = Decimal(words)
    if rate > 100:
        raise ValueError("must be at most 100")
    return rate.quantize(Decimal("0.01"))


def runs(role: str | None) -> bool:
    """Whether somebody in this role decides about who comes in."""
    return role in ("admin", "moderator")


def may_remove(actor: str | None, subject: str) -> bool:
    """Whether the actor may put the subject out: the admin anybody else, moderators members."""
    return (actor == "admin" and subject != "admin") or (
        actor == "moderator" and subject == "member"
    )
