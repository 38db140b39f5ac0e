"""The games of the demo world, all of the reference provider's in ``examples/game_provider``."""

from typing import Any

PROVIDER = "fair_house"


def _game(code: str, name: str, max_win: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        # Where the provider really listens is told when it is started.
        "launch_url": f"http://127.0.0.1:8002/{code}",
        "min_bet": "1.00",
        "max_bet": "10000.00",
        "max_win": max_win,
    }


GAMES: list[dict[str, Any]] = [
    _game("teen_patti", "Teen Patti", "28800.00"),
    _game("fruit_loop", "Fruit Loop", "450000.00"),
]
