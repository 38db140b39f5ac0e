"""Connections to a migrated database, rows to violate it with, and the seed's facts."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from tests.conftest import OWNER, SERVER, Addresses, _addresses
from tests.schema.rows import Rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """seed/facts.json."""
    return json.loads((ROOT / "seed" / "facts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def owner(addresses: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """The owning role's connection, in autocommit."""
    with psycopg.connect(addresses.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def serving(addresses: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """The serving role's connection, in autocommit."""
    with psycopg.connect(addresses.serving, autocommit=True) as connection:
        yield connection


@pytest.fixture
def rows(addresses: Addresses) -> Iterator[Rows]:
    """Rows put in by the owner and gone after the test."""
    with psycopg.connect(addresses.owner, row_factory=dict_row) as connection:
        yield Rows(connection)
        connection.rollback()


@pytest.fixture
def empty(template: str) -> Iterator[Addresses]:
    """A database that nobody has migrated; `template` only makes sure of the roles."""
    name = f"flylive_empty_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
        yield _addresses(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
