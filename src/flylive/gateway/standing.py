"""Ending the sockets of those who may not be here any more.

At once by the control channel, and by looking again every few seconds at every token that a
socket here was opened with, so that neither a lost line nor a token's expiry is missed.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from flylive.clock import now
from flylive.errors import Unavailable
from flylive.gateway import queries
from flylive.gateway.frames import Close
from flylive.gateway.reader import Reader
from flylive.gateway.sessions import Session

log = structlog.get_logger(__name__)

CHECK_SECONDS = 3.0
TOKENS_AT_ONCE = 5_000


class Sessions:
    """Every socket of this process, by the token it was opened with."""

    def __init__(self, reader: Reader, silent_after_seconds: float = math.inf) -> None:
        self.reader = reader
        self.silent_after_seconds = silent_after_seconds
        self._by_token: dict[tuple[int, int], set[Session]] = defaultdict(set)
        self._check_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to check."""
        self._task = asyncio.create_task(self._check_forever(), name="standing")

    async def stop(self) -> None:
        """Stop checking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def __iter__(self) -> Iterator[Session]:
        return iter([session for some in self._by_token.values() for session in some])

    def __len__(self) -> int:
        return sum(map(len, self._by_token.values()))

    def add(self, session: Session) -> None:
        """A socket opened."""
        self._by_token[_key(session)].add(session)

    def discard(self, session: Session) -> None:
        """A socket is gone."""
        key = _key(session)
        some = self._by_token.get(key)
        if some is not None:
            some.discard(session)
            if not some:
                del self._by_token[key]

    def count_like(self, session: Session) -> int:
        """How many sockets its access token has open here, itself included."""
        some = self._by_token.get(_key(session), ())
        return sum(not other.is_closing for other in some)

    def user_ids(self) -> set[int]:
        """Everybody with a live socket here, one that answers."""
        return {
            session.caller.user_id
            for session in self
            if not session.is_closing and not self.is_silent(session)
        }

    def silent(self) -> dict[int, datetime]:
        """When those were last heard of whose sockets are open but answer no ping."""
        moment, found = now(), dict[int, datetime]()
        for session in self:
            if self.is_silent(session):
                user_id = session.caller.user_id
                heard_at = moment - timedelta(seconds=session.silent_seconds)
                found[user_id] = max(heard_at, found.get(user_id, heard_at))
        return found

    def is_silent(self, session: Session) -> bool:
        """Whether a socket ought to have been heard since: its client may be gone."""
        return session.silent_seconds > self.silent_after_seconds

    def revoke(self, token_id: int) -> None:
        """End the sockets of an access token."""
        for session in self:
            if session.caller.token_id == token_id:
                session.close(Close.TOKEN_REVOKED, "access token revoked")

    def block(self, user_id: int) -> None:
        """End the sockets of a user."""
        for session in self:
            if session.caller.user_id == user_id:
                session.close(Close.BLOCKED, "account blocked")

    def check(self) -> None:
        """Look at every token now: lines may have been missed."""
        self._check_now.set()

    async def _check_forever(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._check_now.wait(), CHECK_SECONDS)
            self._check_now.clear()
            try:
                await self._check()
            except Unavailable as error:
                log.warning("standing.check_failed", error=error.detail)
            except Exception:
                log.exception("standing.check_failed")

    async def _check(self) -> None:
        tokens = list(self._by_token)
        for start in range(0, len(tokens), TOKENS_AT_ONCE):
            some = tokens[start : start + TOKENS_AT_ONCE]
            standings = await queries.list_standings(self.reader, some)
            for token_id, user_id in some:
                standing = standings.get(token_id)
                if standing is None or standing.is_blocked:
                    self.block(user_id)
                elif not standing.is_valid:
                    self.revoke(token_id)


def _key(session: Session) -> tuple[int, int]:
    return session.caller.token_id, session.caller.user_id
