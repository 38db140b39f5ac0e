"""A provider's published keys: fetched when they are needed, kept as long as it says.

One fetch at a time per set and process, shared by everybody who waits. An unknown key id asks
for the set again, but no more than once in `REFETCH_SECONDS`, so that made-up ids cannot make
us hammer the provider. A provider that does not answer is forgiven for `FORGIVEN_SECONDS`: so
long the old set goes on serving.
"""

import asyncio
import math
import re
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from msgspec import Meta

from flylive.clock import now
from flylive.errors import Unavailable

log = structlog.get_logger(__name__)

MIN_FRESH_SECONDS, MAX_FRESH_SECONDS = 60, 24 * 60 * 60
"""Bounds on what the provider's Cache-Control says."""
DEFAULT_FRESH_SECONDS = 60 * 60
"""Where it says nothing that can be read."""
FORGIVEN_SECONDS = 6 * 60 * 60
REFETCH_SECONDS = 30
"""Between two fetches, whatever key is asked for."""
RETRY_SECONDS = 10
"""Between two fetches after one that failed."""
FETCH_SECONDS = 5.0
MAX_BYTES = 256 * 1024
MIN_RSA_BITS = 2048

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class Key(NamedTuple):
    """A public key and the one algorithm it may verify."""

    algorithm: str
    key: RSAKey | ECKey


class _Set(msgspec.Struct):
    """RFC 7517, section 5."""

    keys: Annotated[list[dict[str, Any]], Meta(max_length=64)]


class UnusableSet(Exception):
    """What the provider answered is no key set that we could use."""


class PublishedKeys:
    """The key set at one address."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self.url = url
        self._client = client
        self._keys: dict[str, Key] = {}
        self._fresh_seconds = 0
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> Key | None:
        """The key of this id; None where the provider publishes no such key.

        Raises Unavailable where that cannot be said: no set could be had, or only an old one
        that lacks the key.
        """
        is_fresh = 0 <= _seconds_since(self._fetched_at) < self._fresh_seconds
        if not is_fresh or key_id not in self._keys:
            await self._refresh()
        if _seconds_since(self._fetched_at) >= self._fresh_seconds + FORGIVEN_SECONDS:
            raise self._unavailable()
        key = self._keys.get(key_id)
        if key is None and self._failed:
            raise self._unavailable()
        return key

    def _pause_seconds(self) -> float:
        """How long until the set may be fetched again; a clock that was set back does not count."""
        passed = _seconds_since(self._tried_at)
        pause = RETRY_SECONDS if self._failed else REFETCH_SECONDS
        return pause - passed if 0 <= passed < pause else 0

    def _unavailable(self) -> Unavailable:
        retry_after = max(1, math.ceil(self._pause_seconds()))
        return Unavailable("The provider's keys cannot be had now", retry_after=retry_after)

    async def _refresh(self) -> None:
        """Fetch the set, or wait for whoever does, unless one was fetched just now."""
        if self._fetching is None:
            if self._pause_seconds() > 0:
                return
            self._fetching = asyncio.create_task(self._fetch(), name=f"keys of {self.url}")
        # Shielded: whoever gives up waiting does not take the others' fetch along.
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys, self._fresh_seconds = await self._request()
        except (httpx.HTTPError, UnusableSet, TimeoutError) as error:
            self._failed = True
            log.warning("keys.not_fetched", url=self.url, error=repr(error))
        else:
            self._failed, self._fetched_at = False, now()
        finally:
            self._tried_at = now()
            self._fetching = None

    async def _request(self) -> tuple[dict[str, Key], int]:
        # Unpacked, an answer could be a thousand times what was sent: so none is packed.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        async with self._client.stream("GET", self.url, headers=headers) as answer:
            if answer.status_code != httpx.codes.OK:
                raise UnusableSet(f"status {answer.status_code}")
            body = bytearray()
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise UnusableSet(f"more than {MAX_BYTES} bytes")
        keys = read_set(bytes(body))
        if not keys:
            raise UnusableSet("no key that could be used")
        return keys, fresh_seconds(answer.headers.get("cache-control", ""))


def _seconds_since(moment: datetime | None) -> float:
    return math.inf if moment is None else (now() - moment).total_seconds()


def fresh_seconds(cache_control: str) -> int:
    """For how long an answer with this Cache-Control is kept."""
    found = _MAX_AGE.search(cache_control)
    seconds = int(found[1]) if found else DEFAULT_FRESH_SECONDS
    return min(max(seconds, MIN_FRESH_SECONDS), MAX_FRESH_SECONDS)


def read_set(body: bytes) -> dict[str, Key]:
    """The keys that may verify id tokens, by id; others in the set are passed over.

    Raises UnusableSet where it is no key set.
    """
    try:
        members = msgspec.json.decode(body, type=_Set).keys
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnusableSet("not a key set") from error
    keys = {}
    for member in members:
        key_id, key = member.get("kid"), _read_key(member)
        if isinstance(key_id, str) and key is not None:
            keys[key_id] = key
    return keys


def _read_key(member: dict[str, Any]) -> Key | None:
    """RS256 for a strong RSA key; ES256 for P-256 where the set says so; nothing else."""
    kind, algorithm = member.get("kty"), member.get("alg")
    if member.get("use", "sig") != "sig":
        return None
    try:
        if kind == "RSA" and algorithm in (None, "RS256"):
            public = RSAKey.import_key({name: member[name] for name in ("kty", "n", "e")})
            if public.public_key.key_size >= MIN_RSA_BITS:
                return Key("RS256", public)
        elif kind == "EC" and algorithm == "ES256" and member.get("crv") == "P-256":
            names = ("kty", "crv", "x", "y")
            return Key("ES256", ECKey.import_key({name: member[name] for name in names}))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        log.warning("keys.one_is_unreadable", error=repr(error))
    return None
