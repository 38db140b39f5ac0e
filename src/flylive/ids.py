"""Identifiers and secrets: random tokens, their hashes, the public signature."""

import hashlib
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def new_secret(length: int = 40) -> str:
    """A random alphanumeric secret (40 characters, as Laravel Sanctum makes them)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def sha256_hex(text: str) -> str:
    """SHA-256 in lower-case hex: how random tokens are kept at rest."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_signature() -> str:
    """A public id for a new user: nine digits, not starting with 0."""
    return str(100_000_000 + secrets.randbelow(900_000_000))
