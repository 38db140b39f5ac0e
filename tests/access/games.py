"""Games and their providers."""

import uuid

from tests.access.rows import REASON, UNAUTHENTICATED, Row, Thing, thing
from tests.stage import Stage


async def _provider(stage: Stage) -> int:
    name = f"house_{uuid.uuid4().hex[:10]}"
    statement = "INSERT INTO game_providers (name) VALUES (:name) RETURNING id"
    return int(await stage.sql(statement, name=name))


async def a_game(stage: Stage) -> Thing:
    code = f"game_{uuid.uuid4().hex[:10]}"
    game_id = await stage.sql(
        "INSERT INTO games (provider_id, code, name, launch_url, min_bet, max_bet, max_win)"
        " VALUES (:provider_id, :code, 'Game', 'https://games.example', 1, 10, 100) RETURNING id",
        provider_id=await _provider(stage),
        code=code,
    )
    return thing(game=code, game_id=game_id)


async def a_provider(stage: Stage) -> Thing:
    return thing(provider_id=await _provider(stage))


async def a_game_to_make(stage: Stage) -> Thing:
    body = {
        "code": f"new_{uuid.uuid4().hex[:10]}",
        "name": "New",
        "launch_url": "https://x.example",
    }
    bets = {"min_bet": 1, "max_bet": "10.00", "max_win": 100}
    return thing(body | bets | {"provider_id": await _provider(stage)} | REASON)


GAMES = [
    Row("GET /v1/games"),
    Row("POST /v1/games/{game}/sessions", a_game, json={}),
    Row("DELETE /v1/games/{game}/sessions", a_game),
    # A user's token opens none of a provider's addresses; tests/games show who may.
    *(
        Row(
            f"POST /v1/games/{{game}}/wallet/{verb}",
            a_game,
            json={},
            user=UNAUTHENTICATED,
            other=UNAUTHENTICATED,
        )
        for verb in ("balance", "bet", "win", "rollback")
    ),
]
