"""A database as the Laravel project leaves it: the seed's facts, printed as SQL, and Laravel's own.

The tables are made literally from ``seed/facts.json``: its types, defaults, keys, CHECKs and
indexes. Foreign keys come last, since the seed as printed refers to tables that are not there yet.
"""

import json
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).parents[2]

FACTS: dict[str, Any] = json.loads((ROOT / "seed" / "facts.json").read_text(encoding="utf-8"))

BESIDE = """
    CREATE TABLE migrations (
        id serial PRIMARY KEY, migration varchar(255) NOT NULL, batch integer NOT NULL);
    INSERT INTO migrations (migration, batch) VALUES
        ('2014_10_12_000000_create_users_table', 1), ('2024_02_01_000000_create_rooms_table', 2);
    CREATE TABLE cache_locks (
        key varchar(255) PRIMARY KEY, owner varchar(255) NOT NULL, expiration integer NOT NULL);
    CREATE TABLE telescope_entries (
        sequence bigserial PRIMARY KEY, uuid uuid NOT NULL UNIQUE, content text NOT NULL);
    INSERT INTO telescope_entries (uuid, content)
        VALUES ('0190a5a4-0000-7000-8000-000000000001', '{}');
    CREATE TABLE user_notes (
        id bigserial PRIMARY KEY,
        user_id bigint NOT NULL CONSTRAINT user_notes_user_id_foreign REFERENCES users (id),
        note text NOT NULL);
    CREATE VIEW rich_users AS SELECT id, name FROM users WHERE coin_balance > 1000;
    ALTER TABLE users ADD COLUMN referral_code varchar(20);
"""
"""Laravel's own tables and the operator's: no seed has them. One column of his own, too."""


def statements() -> list[str]:
    """The seed as SQL, in an order that loads."""
    made: list[str] = []
    keys: list[str] = []
    for table, facts in FACTS["tables"].items():
        lines = []
        for name, column in facts["columns"].items():
            words = [f'"{name}"', column["type"]]
            if not column["nullable"]:
                words.append("NOT NULL")
            if column["default"] is not None:
                words.append(f"DEFAULT {column['default']}")
            lines.append(" ".join(words))
        if facts["primary_key"]:
            lines.append(f"PRIMARY KEY ({', '.join(facts['primary_key'])})")
        lines += [f"UNIQUE ({', '.join(columns)})" for columns in facts["unique"]]
        lines += [f"CHECK ({words})" for words in facts["checks"]]
        made.append(f"CREATE TABLE {table} ({', '.join(lines)})")
        made += [
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({words})"
            for name, words in facts.get("named_checks", {}).items()
        ]
        for key in facts["foreign_keys"]:
            rule = f" ON DELETE {key['on_delete']}" if key["on_delete"] else ""
            keys.append(
                f"ALTER TABLE {table} ADD FOREIGN KEY ({key['column']})"
                f" REFERENCES {key['table']} ({key['target']}){rule}"
            )
    for name, index in FACTS["indexes"].items():
        where = f" WHERE {index['where']}" if index["where"] else ""
        made.append(
            f"CREATE INDEX {name} ON {index['table']} ({', '.join(index['columns'])}){where}"
        )
    return made + keys


def build(connection: psycopg.Connection[Any]) -> None:
    """Make the seed's tables and those beside them, empty."""
    for statement in statements():
        connection.execute(statement.encode())
    connection.execute(BESIDE)
