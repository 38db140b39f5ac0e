"""The rounds on disk: what was promised, staked, decided and paid, whatever crashes."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_TABLE = """
    CREATE TABLE IF NOT EXISTS rounds (
        id TEXT PRIMARY KEY,
        game TEXT NOT NULL,
        session TEXT NOT NULL,
        seed BLOB NOT NULL,
        client_seed TEXT,
        stakes TEXT NOT NULL DEFAULT '{}',
        prize INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT 'open' CHECK (state IN
            ('open', 'betting', 'refused', 'voiding', 'void', 'paying', 'settled', 'failed')),
        code TEXT
    ) STRICT
"""


class Round(NamedTuple):
    """A round. `code` is the platform's, where it refused."""

    id: str
    game: str
    session: str
    seed: bytes
    client_seed: str | None
    stakes: dict[str, int]
    prize: int
    state: str
    code: str | None

    @property
    def staked(self) -> int:
        """Hundredths of all stakes."""
        return sum(self.stakes.values())

    @property
    def is_over(self) -> bool:
        """Whether its seed may be told: nothing can be staked on it any more."""
        return self.state != "open"


class Journal:
    """A SQLite file; each change is on disk when the call returns."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE)

    def open(self, round_id: str, game: str, session: str, seed: bytes) -> None:
        """A round whose seed is committed to."""
        self._connection.execute(
            "INSERT INTO rounds (id, game, session, seed) VALUES (?, ?, ?, ?)",
            (round_id, game, session, seed),
        )

    def stake(self, round_id: str, client_seed: str, stakes: Mapping[str, int], prize: int) -> bool:
        """Begin to bet on an open round; False if it is open no more."""
        changed = self._connection.execute(
            "UPDATE rounds SET state = 'betting', client_seed = ?, stakes = ?, prize = ?"
            " WHERE id = ? AND state = 'open'",
            (client_seed, json.dumps(stakes), prize, round_id),
        )
        return changed.rowcount == 1

    def move(self, round_id: str, before: str, after: str, code: str | None = None) -> bool:
        """From one state to the next; False if it was in another."""
        changed = self._connection.execute(
            "UPDATE rounds SET state = ?, code = COALESCE(?, code) WHERE id = ? AND state = ?",
            (after, code, round_id, before),
        )
        return changed.rowcount == 1

    def find(self, round_id: str) -> Round | None:
        """A round, if there is one."""
        rows = self._list("id = ?", round_id)
        return rows[0] if rows else None

    def unfinished(self, *states: str) -> list[Round]:
        """The rounds in these states, oldest first."""
        marks = ", ".join("?" * len(states))
        return self._list(f"state IN ({marks}) ORDER BY rowid", *states)

    def _list(self, condition: str, *parameters: str) -> list[Round]:
        found = self._connection.execute(
            "SELECT id, game, session, seed, client_seed, stakes, prize, state, code"
            f" FROM rounds WHERE {condition}",
            parameters,
        )
        return [
            Round(round_id, game, session, seed, client, json.loads(stakes), prize, state, code)
            for round_id, game, session, seed, client, stakes, prize, state, code in found
        ]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
