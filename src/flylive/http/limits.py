"""Limits on speed that hold across processes: a row per limit and subject in ``cache``.

Two kinds. :func:`hit` keeps a *window*: the moments of the last hits, so that no window of the
given length ever holds more than the limit, for what has to be exact, such as guesses; made for
limits up to a few hundred. :func:`take` keeps a *bucket*: one moment, at which it will be whole
again; it lets a whole quota through at once and gives it back evenly, and costs the same whatever
the quota is. The row's lock makes both hold for parallel hits.

What a hit costs is measured by ``benchmarks/accounts.py``: a bucket's is one upsert of a row of
some 80 bytes, which stays on its page (HOT), since `expiration`, which has an index, moves once in
a window; 200 to 300 bytes of write-ahead log; one dead row version, pruned by a later hit. A window
of 5 costs 450 bytes, one of 50 costs 660. A bucket's commit does not wait for the disk: what a
crash forgets is a quarter of a second of hits.

Every limit that a request meets is noted, and :class:`LimitHeadersMiddleware` tells the tightest
in the answer's ``RateLimit-*`` headers, whether it was let through or not. A refusal by exception
rolls back what is in its transaction, so nothing is counted for whoever is refused.
"""

import math
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy import text

from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import TooManyRequests
from flylive.http.addresses import is_loopback, network

SECOND = 1_000_000
"""Moments are kept in microseconds since 1970."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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

# A bucket's value is the moment at which it is whole again; a hit moves it on by a step. One
# that is whole only after two windows was written before the clock was set back.
_FROM = """
    CASE WHEN CAST(c.value AS bigint) > :at + 2 * :span THEN CAST(:at AS bigint)
    ELSE greatest(CAST(c.value AS bigint), :at) END
"""
_TAKE = text(
    f"""
    INSERT INTO cache AS c (key, value, expiration)
    VALUES (:key, CAST(CAST(:at AS bigint) + :step AS text), :expiration)
    ON CONFLICT (key) DO UPDATE SET
        value = CAST({_FROM} + :step AS text),
        expiration = excluded.expiration
    WHERE {_FROM} + :step <= :at + :span
    RETURNING CAST(value AS bigint) AS whole_at
    """
)
_WHOLE_AT = text("SELECT CAST(value AS bigint) FROM cache WHERE key = :key")
_PUT_BACK = text(
    "UPDATE cache SET value = CAST(CAST(value AS bigint) - :step AS text) WHERE key = :key"
)
_WITHOUT_WAITING = text("SET LOCAL synchronous_commit = off")


class Hit(NamedTuple):
    """The answer of a window. `at` names the hit for :func:`give_back` (microseconds)."""

    is_allowed: bool
    remaining: int
    retry_after_seconds: int
    at: int


class Limit(NamedTuple):
    """`quota` hits at once, and so many in each further window, for the subject in the name."""

    name: str
    quota: int
    window_seconds: int

    @property
    def step(self) -> int:
        """Microseconds in which one hit comes back."""
        return self.window_seconds * SECOND // self.quota


def per_address(
    settings: Settings, host: str | None, purpose: str, quota: int, window_seconds: int
) -> Limit | None:
    """A limit for everybody behind one address; None where it does not hold.

    A quota of 0 is no limit, and in development this machine itself is exempt: from limits by
    address alone, never from those of an account.
    """
    if quota == 0 or (settings.env == "development" and is_loopback(host)):
        return None
    return Limit(f"{purpose}:address:{network(host)}", quota, window_seconds)


def per_account(user_id: int, purpose: str, quota: int, window_seconds: int) -> Limit | None:
    """A limit for one account; None where the quota is 0, which is no limit."""
    return Limit(f"{purpose}:user:{user_id}", quota, window_seconds) if quota else None


async def take(database: Database, *limits: Limit | None) -> None:
    """Count one hit on each of the limits, or on none: TooManyRequests says when to come back."""
    # In one order everywhere, so that two requests never wait for each other in a ring.
    wanted = sorted(limit for limit in limits if limit is not None)
    if not wanted:
        return

    async def work(tx: Transaction) -> None:
        await tx.execute(_WITHOUT_WAITING)
        for limit in wanted:
            await take_within(tx, limit)

    await database.run(work)


async def take_within(tx: Transaction, limit: Limit | None) -> None:
    """Count one hit on the limit, in a transaction that does more. Raises TooManyRequests."""
    if limit is None:
        return
    at, key, span = _moment(), _key("bucket", limit.name), limit.window_seconds * SECOND
    whole_at = await tx.scalar(
        _TAKE,
        {
            "key": key,
            "at": at,
            "step": limit.step,
            "span": span,
            "expiration": _expiration(at, limit.window_seconds),
        },
    )
    if whole_at is not None:
        left = (at + span - whole_at) // limit.step
        _note(limit.name, Standing(limit.quota, limit.window_seconds, left, _up(whole_at - at)))
        return
    whole_at = await tx.scalar(_WHOLE_AT, {"key": key})
    wait = max(1, _up((whole_at or at) + limit.step - span - at))
    _note(limit.name, Standing(limit.quota, limit.window_seconds, 0, wait, is_refused=True))
    raise TooManyRequests(retry_after=wait)


async def put_back(tx: Transaction, limit: Limit | None) -> None:
    """Take a hit of :func:`take_within` back, for what turned out not to count."""
    if limit is not None:
        key = _key("bucket", limit.name)
        await tx.execute(_PUT_BACK, {"key": key, "step": limit.step})
        _note_back(limit.name)


async def hit(tx: Transaction, name: str, limit: int, window_seconds: int) -> Hit:
    """Count one hit on the window `name`, if the last `window_seconds` hold less than `limit`.

    Refused hits are not counted, so insisting does not prolong the wait.
    """
    key, at, window = _key("limit", name), _moment(), window_seconds * SECOND
    used = await tx.scalar(
        _HIT,
        {
            "key": key,
            "at": at,
            "since": at - window,
            "limit": limit,
            "expiration": _expiration(at, window_seconds),
        },
    )
    if used is not None:
        remaining = max(0, limit - used)
        _note(name, Standing(limit, window_seconds, remaining, window_seconds))
        return Hit(True, remaining, 0, at)
    oldest = await tx.scalar(_OLDEST, {"key": key, "since": at - window})
    wait = max(1, _up(oldest + window - at)) if oldest is not None else 1
    refuse(name, limit, window_seconds, wait)
    return Hit(False, 0, wait, at)


def refuse(name: str, limit: int, window_seconds: int, wait: int) -> None:
    """Tell in the answer of a refusal that outlasts the window `name`: who used it up is barred."""
    _note(name, Standing(limit, window_seconds, 0, wait, is_refused=True))


async def give_back(tx: Transaction, name: str, at: int) -> None:
    """Take one hit out of a window again, for what turned out not to count."""
    await tx.execute(_GIVE_BACK, {"key": _key("limit", name), "at": at})
    _note_back(name)


async def empty(tx: Transaction, name: str) -> None:
    """Forget the hits on the window `name`, and on those below it: ``{name}:…``."""
    await tx.execute(_EMPTY, {"key": _key("limit", name)})


async def delete_expired(tx: Transaction) -> int:
    """Drop the rows of ``cache`` whose time is over; how many they were."""
    return (await tx.execute(_DELETE_EXPIRED, {"now": _moment() // SECOND})).rowcount


def _moment() -> int:
    return (now() - _EPOCH) // timedelta(microseconds=1)


def _expiration(at: int, window_seconds: int) -> int:
    """When a row is of no use any more, in Unix seconds: the end of the window after this one.

    On a grid, so that only the first hit of a window moves it: `expiration` has an index, and
    an update that touches none is cheaper by far.
    """
    return (at // SECOND // window_seconds + 2) * window_seconds + 1


def _up(microseconds: int) -> int:
    """Whole seconds, rounded up."""
    return math.ceil(microseconds / SECOND)


def _key(kind: str, name: str) -> str:
    key = f"{kind}:{name}"
    if len(key) > 255:
        raise ValueError(f"the name of a {kind} has at most {255 - len(kind) - 1} characters")
    return key


@dataclass
class Standing:
    """How a request stands with one limit.

    `reset_seconds`: until the whole quota is there again; for who is refused, until one hit is.
    """

    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: int
    is_refused: bool = False


_standings: ContextVar[dict[str, Standing] | None] = ContextVar("standings", default=None)


def _note(name: str, standing: Standing) -> None:
    standings = _standings.get()
    if standings is not None:
        standings[name] = standing


def _note_back(name: str) -> None:
    standings = _standings.get()
    if standings and name in standings:
        standings[name].remaining = min(standings[name].remaining + 1, standings[name].quota)


def headers(standings: Sequence[Standing]) -> list[tuple[bytes, bytes]]:
    """``RateLimit-*`` of the tightest of the limits; none where none was met.

    ``RateLimit`` as in draft-ietf-httpapi-ratelimit-headers-07, and the names of those before.
    """
    if not standings:
        return []
    tightest = min(standings, key=lambda one: (not one.is_refused, one.remaining))
    limit, remaining, reset = tightest.quota, tightest.remaining, tightest.reset_seconds
    policies = dict.fromkeys(f"{one.quota};w={one.window_seconds}" for one in standings)
    return [
        (b"ratelimit", b"limit=%d, remaining=%d, reset=%d" % (limit, remaining, reset)),
        (b"ratelimit-limit", b"%d" % limit),
        (b"ratelimit-remaining", b"%d" % remaining),
        (b"ratelimit-reset", b"%d" % reset),
        (b"ratelimit-policy", ", ".join(policies).encode()),
    ]


class LimitHeadersMiddleware:
    """Tells in each answer, refusals included, how the request stands with its limits."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        standings: dict[str, Standing] = {}

        async def send_with_limits(message: Message) -> None:
            if standings and message["type"] == "http.response.start":
                told = headers(list(standings.values()))
                message["headers"] = [*message.get("headers", ()), *told]
            await send(message)

        token = _standings.set(standings)
        try:
            await self.app(scope, receive, send_with_limits)
        finally:
            _standings.reset(token)


AUTH = ("/v1/auth/", "/v1/admin/session")


async def guard_strangers(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Bound what one address may ask of ``/auth/…`` without a token. Raises TooManyRequests.

    Each such request may cost a password hash, and comes from somebody nobody knows.
    """
    if connection.scope["path"].startswith(AUTH) and not connection.scope["state"].get("caller"):
        settings: Settings = connection.app.state.settings
        database: Database = connection.app.state.database
        host = connection.client.host if connection.client else None
        quota = settings.auth_requests_per_address_minute
        await take(database, per_address(settings, host, "auth", quota, 60))
