"""Marks: names that hold for so many seconds in the ``cache`` table, across processes."""

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND = text("SELECT expiration FROM cache WHERE key = :key AND expiration > :now")
_SET = text(
    """
    INSERT INTO cache (key, value, expiration) VALUES (:key, '1', :expiration)
    ON CONFLICT (key) DO UPDATE SET expiration = excluded.expiration
    """
)


async def seconds_left(tx: Reading, name: str) -> int | None:
    """For how many seconds more the mark holds; None where it does not."""
    moment = int(now().timestamp())
    until = await tx.scalar(_FIND, {"key": name, "now": moment})
    return None if until is None else int(until) - moment


async def put(tx: Transaction, name: str, seconds: int) -> None:
    """Let the mark hold for so long from now on. A name has at most 255 characters."""
    await tx.execute(_SET, {"key": name, "expiration": int(now().timestamp()) + seconds})
