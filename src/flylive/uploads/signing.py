"""Signed addresses of private files, which expire; what is stored is always the plain one.

An address is signed at the moment of answering: ``/uploads/private/…?expires=…&signature=…``.
Whoever holds it can read the file until then, without a token: that is what an image in a page
needs. Whoever may see what names the file gets a fresh one from there.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from flylive import keys
from flylive.clock import now
from flylive.config import Settings
from flylive.uploads.errors import AddressExpired, AddressForged

PREFIX = "/uploads/private/"

BRIEF_LIFETIME = timedelta(hours=1)
LIFETIME = timedelta(days=30)
"""From one end of an address that is given again and again to the next."""
LEAST_LEFT = timedelta(days=7)
"""How long such an address holds at least when it is given."""


def sign(settings: Settings, url: str, expires_at: datetime) -> str:
    """The address that holds until `expires_at` (whole seconds); a public one as it is."""
    if not url.startswith(PREFIX):
        return url
    expires = int(expires_at.timestamp())
    return f"{url}?expires={expires}&signature={_signature(settings, url, expires)}"


def steady(settings: Settings, url: str, since: datetime) -> str:
    """An address that stays the same for weeks, for what is told again and again.

    `since` is a moment of the thing that names the file, such as when a message was sent. The
    address is the same for 23 days: so an event that tells it and a fresh answer agree.
    """
    spans = max(0, (now() + LEAST_LEFT - since) // LIFETIME)
    return sign(settings, url, since + (spans + 1) * LIFETIME)


def briefly(settings: Settings, url: str) -> str:
    """An address for whoever asked just now, such as to see what he uploaded."""
    return sign(settings, url, now() + BRIEF_LIFETIME)


def plain(url: str) -> str:
    """An address without its signature."""
    return url.partition("?")[0] if url.startswith(PREFIX) else url


def check(settings: Settings, url: str, expires: int, signature: str) -> None:
    """Raises AddressForged, AddressExpired."""
    if not hmac.compare_digest(_signature(settings, url, expires).encode(), signature.encode()):
        raise AddressForged
    if expires <= now().timestamp():
        raise AddressExpired


def _signature(settings: Settings, url: str, expires: int) -> str:
    key = keys.derive(settings, "uploads")
    return hmac.new(key, f"{url}\n{expires}".encode(), hashlib.sha256).hexdigest()
