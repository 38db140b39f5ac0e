"""The platform's wallet API, as a provider calls it. See docs/games.md."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any, NamedTuple

import httpx

TRIES = 4
PAUSE_SECONDS = 0.2
UNDECIDED = (401, 403, 408, 429)
"""With every 5xx: nothing was decided under the id, the same may be asked again."""
DECIDED = ("game.player_unavailable", "game.not_in_country")
"""The codes of a 403 that is an answer."""
REPLAYED = "game.replayed"
"""A call of the very same moment was heard: another process of ours may be at work."""


class Unheard(Exception):
    """No answer that decides anything: what was asked may have happened or not."""


class Answer(NamedTuple):
    """What the platform decided: 200, or a refusal that will be the same ever after."""

    status: int
    document: dict[str, Any]

    @property
    def code(self) -> str:
        """The refusal's."""
        return str(self.document.get("code", ""))


class Wallet:
    """Signs and sends calls, and sends them again where no answer came."""

    def __init__(self, client: httpx.AsyncClient, base_path: str, secret: str) -> None:
        self._client = client
        self._base_path = base_path
        self._secret = secret
        self._last_time = 0

    async def balance(self, game: str, session: str) -> Answer:
        """The player and his coins."""
        return await self._call(game, "balance", {"session_token": session})

    async def bet(self, game: str, session: str, name: str, round_id: str, amount: int) -> Answer:
        """Take so many hundredths. Raises Unheard."""
        return await self._call(
            game,
            "bet",
            {
                "session_token": session,
                "transaction_id": name,
                "round_id": round_id,
                "amount": render(amount),
            },
        )

    async def win(self, game: str, session: str, name: str, round_id: str, amount: int) -> Answer:
        """Pay so many hundredths; 0 settles the round. Raises Unheard."""
        return await self._call(
            game,
            "win",
            {
                "session_token": session,
                "transaction_id": name,
                "round_id": round_id,
                "amount": render(amount),
            },
        )

    async def roll_back(self, game: str, session: str, name: str, bet: str) -> Answer:
        """Give the bet back, or see to it that it is never taken. Raises Unheard."""
        return await self._call(
            game,
            "rollback",
            {"session_token": session, "transaction_id": name, "bet_transaction_id": bet},
        )

    async def _call(self, game: str, verb: str, body: dict[str, Any]) -> Answer:
        path = f"{self._base_path}/games/{game}/wallet/{verb}"
        content = json.dumps(body).encode()
        reason = "no answer"
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
            moment = self._moment()
            headers = {
                "Content-Type": "application/json",
                "X-Game-Time": moment,
                "X-Game-Signature": sign(self._secret, "POST", path, moment, content),
            }
            try:
                answer = await self._client.post(path, content=content, headers=headers)
                document = answer.json()
            except (httpx.TransportError, ValueError) as error:
                reason = type(error).__name__
                continue
            if answer.status_code < 500:
                code = document.get("code", "")
                if code == REPLAYED:
                    reason = code
                    continue
                if answer.status_code not in UNDECIDED or code in DECIDED:
                    return Answer(answer.status_code, document)
                raise Unheard(f"{answer.status_code} {code}")
            reason = f"{answer.status_code}"
        raise Unheard(reason)

    def _moment(self) -> str:
        """Unix time in milliseconds, never the same twice: a copy of a call is not heard."""
        self._last_time = max(self._last_time + 1, time.time_ns() // 1_000_000)
        return str(self._last_time)


def sign(secret: str, method: str, path: str, moment: str, body: bytes) -> str:
    """HMAC-SHA-256 over method, path, time and body, a line each, in lower-case hex."""
    signed = b"\n".join((method.encode(), path.encode(), moment.encode(), body))
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def render(amount: int) -> str:
    """``"12.50"`` from hundredths."""
    return f"{amount // 100}.{amount % 100:02d}"
