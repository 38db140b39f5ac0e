"""The platform's secret, and a key of its own for each purpose.

``FLYLIVE_SECRET_KEY`` where several machines serve one database; without it, a file in the
data folder that the first process makes.
"""

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flylive.config import Settings

FILE = "secret_key"


def derive(settings: Settings, purpose: str) -> bytes:
    """32 bytes for this purpose alone: whoever learns one key has learnt no other."""
    given = settings.secret_key
    secret = given.get_secret_value() if given is not None else _kept(settings.data / FILE)
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


@functools.cache
def _kept(path: Path) -> str:
    """The secret in the data folder; RuntimeError says what to do where it cannot be there."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        if not path.exists():
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(48))
            # A link appears whole or not at all, and never over another process's.
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text()
    except OSError as error:
        raise RuntimeError(
            f"cannot keep a secret in {path} ({error.strerror}): set FLYLIVE_SECRET_KEY"
        ) from error
