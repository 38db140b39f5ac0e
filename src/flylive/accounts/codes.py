"""Secrets that prove an address: six-digit codes for people to type, tokens for links.

A token is random enough for a plain SHA-256 at rest. A code is not: a stolen row with any
unkeyed hash would give it away after a million guesses. So what is kept is argon2id over a
keyed digest, and the key is not in the database.
"""

import hashlib
import hmac
import secrets

from flylive import keys
from flylive.accounts import passwords
from flylive.config import Settings

CODE_SECONDS = 5 * 60
TRIES = 5
"""Guesses at one code or token; they are counted before they are looked at."""


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06d}"


async def hash_code(settings: Settings, code: str, *bound_to: object) -> str:
    """What to keep of a code. It is good for this purpose, user and address alone.

    Raises Unavailable when too many hashes wait.
    """
    return await passwords.hash_password(_digest(settings, code, bound_to))


async def is_code(settings: Settings, code: str, stored: str | None, *bound_to: object) -> bool:
    """Whether it is the code that was kept; without one, spend the same time and say no.

    Raises Unavailable when too many hashes wait.
    """
    return (await passwords.verify(_digest(settings, code, bound_to), stored)).is_right


def _digest(settings: Settings, code: str, bound_to: tuple[object, ...]) -> str:
    message = "\x00".join([code, *map(str, bound_to)])
    key = keys.derive(settings, "codes")
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()
