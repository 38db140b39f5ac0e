"""Databases as Laravel leaves them, and one that has been adopted."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg import sql

from flylive.cli import main
from tests.adoption import data, laravel
from tests.conftest import OWNER, SERVER, Addresses, _addresses
from tests.demo.processes import environment


@contextmanager
def laravel_database(*, filled: bool = True) -> Iterator[Addresses]:
    """A database that nobody has migrated, with the seed's tables."""
    name = f"flylive_laravel_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
        try:
            with psycopg.connect(_addresses(name).owner) as owner:
                laravel.build(owner)
                if filled:
                    data.fill(owner)
            yield _addresses(name)
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="module")
def addresses(template: str) -> Iterator[Addresses]:
    """Laravel's database, filled; `template` only makes sure of the roles."""
    with laravel_database() as addresses:
        yield addresses


def adopt(addresses: Addresses, *arguments: str) -> Result:
    """Run ``flylive adopt`` to its end, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if "FLYLIVE" in name]:
            patch.delenv(name)
        surroundings = environment(addresses, FLYLIVE_OWNER_DATABASE_URL=addresses.owner)
        return CliRunner().invoke(main, ["adopt", *arguments], env=surroundings)


@dataclass(frozen=True)
class Adopted:
    """What the trial before and the adoption reported and said."""

    trial: dict[str, Any]
    report: dict[str, Any]
    said: str


@pytest.fixture(scope="module")
def adopted(addresses: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Adopted:
    """The module's database, tried and then adopted."""
    folder = tmp_path_factory.mktemp("adopted")
    reports = []
    for name, arguments in (("trial", ()), ("report", ("--apply",))):
        path = folder / f"{name}.json"
        done = adopt(addresses, *arguments, "--timezone", "Asia/Dubai", "--report", str(path))
        assert done.exit_code == 0, done.output
        reports.append(json.loads(Path(path).read_text("utf-8")))
    return Adopted(reports[0], reports[1], done.stdout)
