"""Hands for games: a provider that signs, and players with sessions."""

import itertools
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from flylive import clock
from flylive.config import Settings
from flylive.games import signing
from tests.world import Person, World

_numbers = itertools.count(1)
_times: set[int] = set()


@dataclass
class House:
    """A provider with one game, who knows his secret."""

    world: World
    settings: Settings
    id: int
    game_id: int
    game: str
    secret: str
    headers: dict[str, str] = field(default_factory=dict)

    async def session(self, person: Person) -> str:
        """A session's token."""
        answer = await self.world.call("POST", f"/games/{self.game}/sessions", person)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session_token"])

    def signed(
        self, verb: str, body: Any, *, at: int | None = None, secret: str | None = None
    ) -> tuple[str, bytes, dict[str, str]]:
        """Path, body and headers of a signed call; `at` in Unix milliseconds."""
        path = f"/v1/games/{self.game}/wallet/{verb}"
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        moment = str(at if at is not None else unique_time())
        signature = signing.sign(secret or self.secret, "POST", path, moment, content)
        headers = {
            "Content-Type": "application/json",
            signing.TIME: moment,
            signing.SIGNATURE: signature,
        }
        return path, content, headers

    async def call(self, verb: str, **body: Any) -> httpx.Response:
        """A call, signed anew."""
        path, content, headers = self.signed(verb, body)
        return await self.world.client.post(path, content=content, headers=headers)

    async def bet(self, token: str, amount: Any, **fields: Any) -> httpx.Response:
        """A bet of a round of its own."""
        return await self.call("bet", **self.words(token, amount) | fields)

    async def win(self, token: str, amount: Any, **fields: Any) -> httpx.Response:
        """A win."""
        return await self.call("win", **self.words(token, amount) | fields)

    async def roll_back(self, token: str, bet: str, **fields: Any) -> httpx.Response:
        """A rollback of the bet under that id."""
        body = {"session_token": token, "transaction_id": name(), "bet_transaction_id": bet}
        return await self.call("rollback", **body | fields)

    @staticmethod
    def words(token: str, amount: Any) -> dict[str, Any]:
        """The fields of a bet or win."""
        return {
            "session_token": token,
            "transaction_id": name(),
            "round_id": name(),
            "amount": amount,
        }


def name() -> str:
    """An id of the provider's."""
    return uuid.uuid4().hex


def unique_time() -> int:
    """Now in Unix milliseconds, never the same twice."""
    moment = int(clock.now().timestamp() * 1000)
    while moment in _times:
        moment += 1
    _times.add(moment)
    return moment


def make_house(world: World, settings: Settings, **fields: Any) -> House:
    """A provider with a game, made by SQL."""
    number = next(_numbers)
    [(provider_id,)] = world.sql(
        "INSERT INTO game_providers (name) VALUES (%s) RETURNING id", f"house{number}"
    )
    row = {
        "provider_id": provider_id,
        "code": f"game{number}",
        "name": f"Game {number}",
        "launch_url": "https://games.example/play",
        "min_bet": "1.00",
        "max_bet": "1000.00",
        "max_win": "5000.00",
    } | fields
    [(game_id,)] = world.sql(
        f"INSERT INTO games ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})"
        " RETURNING id",
        *row.values(),
    )
    secret = signing.secret(settings, provider_id, 1)
    return House(world, settings, provider_id, game_id, row["code"], secret)


async def coins(world: World, person: Person) -> Decimal:
    """A person's coins."""
    return Decimal((await world.wallet(person))["coin_balance"])


def ledger(world: World, person: Person) -> list[tuple[str, Decimal]]:
    """What games moved for a person: type and amount, in order."""
    return [
        (kind, amount)
        for kind, amount in world.sql(
            "SELECT type, amount FROM transactions WHERE user_id = %s AND type LIKE 'game%%'"
            " ORDER BY id",
            person.id,
        )
    ]
