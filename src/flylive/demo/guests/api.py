"""The guests' way to the platform: every request is repeated until it is answered.

Each of their requests does no harm twice: gifts and orders carry an Idempotency-Key that stays
the same through all tries, messages a client id, and the others only say what shall be.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

import httpx
import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 8.0
PATIENCE_SECONDS = 15.0


class Stopped(Exception):
    """The guests are to go home; what is not answered stays unanswered."""


class Answer(NamedTuple):
    """What the platform said; `document` is empty where there is no body."""

    status: int
    document: dict[str, Any]

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return 0 < self.status < 400

    @property
    def code(self) -> str:
        """The code of a refusal."""
        return str(self.document.get("code", ""))


class Api:
    """The platform at `address`, as long as `stop` is not set; `transport` stands in for it."""

    def __init__(
        self,
        address: str,
        stop: asyncio.Event,
        random: Random,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.stop = stop
        self._random = random
        # Until the first answer: it may just be starting, which is worth no warning.
        self._is_away = True
        self._client = httpx.AsyncClient(
            base_url=f"{address}/v1",
            timeout=PATIENCE_SECONDS,
            limits=httpx.Limits(max_connections=8, keepalive_expiry=30),
            # Straight to the platform, whatever proxies the surroundings name.
            trust_env=False,
            transport=transport,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> Answer:
        """The answer to a request, sent again and again with the same key until there is one.

        Raises Stopped when the guests are to go home before that.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            answer = await self.attempt(method, path, token, body, key=key)
            if answer is not None:
                return answer
            await self.rest(pause * self._random.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def attempt(
        self,
        method: str,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> Answer | None:
        """One try; None where nobody can tell what came of it."""
        headers = {"Authorization": f"Bearer {token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        try:
            response = await self._client.request(method, path, json=body, headers=headers)
            document = response.json() if response.content else {}
        except (httpx.TransportError, ValueError) as error:
            self._note(repr(error))
            return None
        if response.status_code >= 500:
            self._note(f"status {response.status_code}")
            return None
        self._note(None)
        return Answer(response.status_code, document)

    async def visit(self, url: str, body: Mapping[str, Any]) -> Answer:
        """A POST to somebody else's server, who gets no token; status 0 where none answers."""
        try:
            response = await self._client.post(url, json=body)
            return Answer(response.status_code, response.json())
        except (httpx.TransportError, ValueError) as error:
            log.info("guests.nobody_there", reason=repr(error))
            return Answer(0, {})

    async def rest(self, seconds: float) -> None:
        """Wait so long. Raises Stopped at once when the guests are to go home."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        if self.stop.is_set():
            raise Stopped

    def _note(self, trouble: str | None) -> None:
        """Say once that the platform is away, and once that it is reached."""
        if trouble is not None and not self._is_away and not self.stop.is_set():
            log.warning("guests.platform_away", reason=trouble)
        elif trouble is None and self._is_away:
            log.info("guests.platform_reached")
        self._is_away = trouble is not None
