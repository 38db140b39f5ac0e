"""How often codes and mails are asked for, and guessed at.

Every limit holds for addresses that nobody has as well, with the same answer.
"""

from flylive.config import Settings
from flylive.database import Transaction
from flylive.errors import TooManyRequests
from flylive.http import limits
from flylive.ids import sha256_hex

PER_MINUTE, PER_DAY = 1, 10
"""Codes and mails to one address, and of one account."""
GUESSES_PER_MINUTE = 10
"""Guesses for one address: each costs a password hash, whether there is a code or not."""


def subject(kind: str, contact: str) -> str:
    """The name of a limit's subject: an address, whether somebody has it or not."""
    return f"{kind}:{sha256_hex(contact.lower())}"


async def take_code(tx: Transaction, purpose: str, subject: str) -> None:
    """Count a code or mail to be sent. Raises TooManyRequests, which rolls the count back."""
    await _take(tx, f"code-minute:{purpose}:{subject}", PER_MINUTE, 60)
    await _take(tx, f"code-day:{purpose}:{subject}", PER_DAY, 24 * 60 * 60)


async def take_guess(tx: Transaction, purpose: str, subject: str) -> None:
    """Count a guess before it is looked at. Raises TooManyRequests."""
    await _take(tx, f"code-guess:{purpose}:{subject}", GUESSES_PER_MINUTE, 60)


async def take_address(tx: Transaction, settings: Settings, host: str | None) -> None:
    """Count a request of a peer's for a code, or with one. Raises TooManyRequests."""
    quota = settings.codes_per_address_hour
    await limits.take_within(tx, limits.per_address(settings, host, "codes", quota, 60 * 60))


async def _take(tx: Transaction, name: str, limit: int, window_seconds: int) -> None:
    hit = await limits.hit(tx, name, limit, window_seconds)
    if not hit.is_allowed:
        raise TooManyRequests(retry_after=hit.retry_after_seconds)
