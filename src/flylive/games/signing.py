"""Signatures of providers: HMAC-SHA-256 over method, path, time and body.

The key is the provider's secret, 64 hex digits, as the ASCII text that it is. What is signed:
``METHOD\\nPATH\\nTIME\\nBODY``, where TIME is Unix time in milliseconds in decimal digits, and
BODY the bytes as sent. The secret is derived from the platform's own and stands nowhere.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

from flylive import keys
from flylive.config import Settings

TIME, SIGNATURE = "X-Game-Time", "X-Game-Signature"
WINDOW = timedelta(seconds=60)
"""How far a call's time may be from ours, either way."""
ROTATION = timedelta(hours=24)
"""How long the secret before holds on after a new one was made."""

_TIME = re.compile(r"[0-9]{13}\Z")
_SIGNATURE = re.compile(r"[0-9a-f]{64}\Z")


def secret(settings: Settings, provider_id: int, version: int) -> str:
    """A provider's secret: 64 hex digits."""
    return keys.derive(settings, f"games.provider:{provider_id}:{version}").hex()


def sign(secret: str, method: str, path: str, time: str, body: bytes) -> str:
    """The signature in lower-case hex."""
    signed = b"\n".join((method.encode(), path.encode(), time.encode(), body))
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def matches(given: str, *expected: str) -> bool:
    """Whether a signature is one of those expected, in a time that tells nothing of them."""
    found = False
    for one in expected:
        found |= hmac.compare_digest(given.encode(), one.encode())
    return found


def read_time(text: str) -> datetime | None:
    """The moment of a call; None if it is none."""
    if not _TIME.match(text):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))


def is_signature(text: str) -> bool:
    """Whether it looks like one at all."""
    return _SIGNATURE.match(text) is not None
