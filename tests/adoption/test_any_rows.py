"""Whatever rows the seed's own constraints let in can be adopted, and nothing changes unsaid."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors, sql

from tests.adoption.compare import unexplained
from tests.adoption.conftest import adopt, laravel_database
from tests.adoption.laravel import FACTS
from tests.conftest import Addresses

ROWS = 40
WORDS = [
    "", " ", "x", "ACTIVE", "active", "pending", "approved", "gift", "normal", "lucky", "vip",
    "country", "public", "private", "wealth", "charm", "room", "daily", "admin", "moderator",
    "a@b.example", "A@B.example", "0501234567", "+971501234567", "123", "0", "AE", "are", "zz",
    "google", "{}", "credit", "application", "image", "$2y$10$x", "ملكة", "App\\Models\\User",
    "0123456789abcdef" * 4,
]  # fmt: skip
NUMBERS = [-7, -1, 0, 1, 2, 3, 5, 8, 30, 31, 100, 1000, 32000]
JSON = ["{}", "[]", "1", '"x"', "null", '{"all": []}', '{"a": [1, null]}']
MOMENTS = [
    "2024-01-31 23:30",
    "1970-01-01",
    "2031-05-05 01:00",
    "0044-01-01",
    "infinity",
    "0044-01-01 BC",
    "12024-01-01",
    None,
]


class Writer:
    """Writes random rows and keeps those that the constraints let in."""

    def __init__(self, connection: psycopg.Connection[Any], seed: int) -> None:
        self.connection = connection
        self.random = random.Random(seed)
        self.ids: dict[str, list[Any]] = {}

    def value(self, table: str, column: str, facts: dict[str, Any]) -> Any:
        """Something of the column's type, NULL where it may be."""
        draw = self.random.choice
        for key in FACTS["tables"][table]["foreign_keys"]:
            if key["column"] == column:
                return draw([*self.ids.get(key["table"], []), None])
        if facts["nullable"] and self.random.random() < 0.2:
            return None
        kind = facts["type"].split("(")[0]
        if kind in ("varchar", "text"):
            longest = int(facts["type"].split("(")[1][:-1]) if "(" in facts["type"] else 2500
            word = draw([*WORDS, "long " * 500, f"n{self.random.random()}"])
            return word[:longest]
        if kind == "decimal":
            return draw(["-1.50", "0", "0.01", "7.77"])
        if kind in ("timestamp", "date"):
            return (
                draw(MOMENTS)
                if kind == "timestamp"
                else draw(["1890-01-01", "2000-02-29", "infinity"])
            )
        simple = {
            "boolean": [True, False],
            "jsonb": JSON,
            "integer[]": [[], [1, None], [2]],
            "text[]": [[], ["AE", "xx"], ["ARE", None]],
        }
        return draw(simple.get(kind, NUMBERS))

    def write(self, table: str) -> None:
        """One row, if it may be."""
        columns = FACTS["tables"][table]["columns"]
        row = {
            name: self.value(table, name, facts)
            for name, facts in columns.items()
            if facts["type"] != "bigserial"
        }
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
            sql.Identifier("id" if "id" in columns else next(iter(columns))),
        )
        try:
            with self.connection.transaction():
                stored = self.connection.execute(statement, list(row.values())).fetchone()
        except (errors.IntegrityError, errors.DataError):
            return
        assert stored is not None
        if "id" in columns:
            self.ids.setdefault(table, []).append(stored[0])


@pytest.fixture(params=range(4))
def filled(template: str, request: pytest.FixtureRequest) -> Iterator[Addresses]:
    """A database of random rows in every table."""
    with laravel_database(filled=False) as addresses:
        with psycopg.connect(addresses.owner) as connection:
            writer = Writer(connection, request.param)
            # Twice, so that those who refer to each other find somebody.
            for table in [*FACTS["tables"]] * 2:
                for _ in range(ROWS):
                    writer.write(table)
            assert len(writer.ids) >= 20, "most tables hold something"
        yield addresses


def test_random_rows_are_adopted(filled: Addresses, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = adopt(filled, "--apply", "--timezone", "Asia/Karachi", "--report", str(path))
    assert done.exit_code == 0, done.output
    report = json.loads(path.read_text("utf-8"))
    assert all(" ok " in line for line in report["proof"])
    assert list(unexplained(filled, report)) == []
