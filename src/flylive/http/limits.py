"""Limits on speed that hold across processes: a bucket per name in the ``cache`` table.

A bucket remembers the moments of the last hits, so no window of the given length ever holds
more than the limit; the row's lock makes that true for parallel hits as well. The cost grows
with the limit: made for limits up to a few hundred. A hit costs one upsert and its commit.

A refusal by exception would roll the hit back with everything else, so :func:`hit` answers
instead, and the caller commits before it refuses.
"""

import math
from typing import NamedTuple

from sqlalchemy import text

from flylive.clock import now
from flylive.database import Transaction

_HIT = text(
    """
    INSERT INTO cache AS c (key, value, expiration)
    VALUES (:key, '{' || CAST(:at AS bigint) || '}', :expiration)
    ON CONFLICT (key) DO UPDATE SET
        value = CAST((SELECT array_agg(t ORDER BY t)
                      FROM unnest(CAST(c.value AS bigint[]) || CAST(:at AS bigint)) AS t
                      WHERE t > :since) AS text),
        expiration = excluded.expiration
    WHERE (SELECT count(*) FROM unnest(CAST(c.value AS bigint[])) AS t WHERE t > :since) < :limit
    RETURNING cardinality(CAST(value AS bigint[])) AS used
    """
)
_OLDEST = text(
    """
    SELECT min(t) FROM cache, unnest(CAST(value AS bigint[])) AS t
    WHERE key = :key AND t > :since
    """
)
_GIVE_BACK = text(
    """
    UPDATE cache SET value = COALESCE(
        (SELECT CAST(array_agg(t ORDER BY t) AS text)
         FROM unnest(CAST(value AS bigint[])) WITH ORDINALITY AS hits (t, n)
         WHERE n <> COALESCE(array_position(CAST(value AS bigint[]), CAST(:at AS bigint)), 0)),
        '{}')
    WHERE key = :key
    """
)
_EMPTY = text("DELETE FROM cache WHERE key = :key OR starts_with(key, :key || ':')")
_DELETE_EXPIRED = text("DELETE FROM cache WHERE expiration < :now")


class Hit(NamedTuple):
    """The answer of a bucket. `at` names the hit for :func:`give_back` (microseconds)."""

    is_allowed: bool
    remaining: int
    retry_after_seconds: int
    at: int


async def hit(tx: Transaction, name: str, limit: int, window_seconds: int) -> Hit:
    """Count one hit on the bucket `name`, if the last `window_seconds` hold less than `limit`.

    Refused hits are not counted, so insisting does not prolong the wait.
    """
    key = _key(name)
    at = int(now().timestamp() * 1_000_000)
    window = window_seconds * 1_000_000
    used = await tx.scalar(
        _HIT,
        {
            "key": key,
            "at": at,
            "since": at - window,
            "limit": limit,
            "expiration": at // 1_000_000 + window_seconds + 1,
        },
    )
    if used is not None:
        return Hit(True, max(0, limit - used), 0, at)
    oldest = await tx.scalar(_OLDEST, {"key": key, "since": at - window})
    wait = (oldest + window - at) / 1_000_000 if oldest is not None else 0
    return Hit(False, 0, max(1, math.ceil(wait)), at)


async def give_back(tx: Transaction, name: str, at: int) -> None:
    """Take one hit out again, for what turned out not to count."""
    await tx.execute(_GIVE_BACK, {"key": _key(name), "at": at})


async def empty(tx: Transaction, name: str) -> None:
    """Forget the hits on the bucket `name`, and on those below it: ``{name}:…``."""
    await tx.execute(_EMPTY, {"key": _key(name)})


async def delete_expired(tx: Transaction) -> int:
    """Drop the rows of ``cache`` whose time is over; how many they were."""
    return (await tx.execute(_DELETE_EXPIRED, {"now": int(now().timestamp())})).rowcount


def _key(name: str) -> str:
    key = f"limit:{name}"
    if len(key) > 255:
        raise ValueError("the name of a limit has at most 249 characters")
    return key
