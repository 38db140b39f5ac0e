"""Sealed spans as files: what was hashed, byte for byte, and the seals beside it.

``span-000001.tsv`` is a span's content, ``seals.json`` lists the seals in order. Whoever has
them and ``scripts/check_seals.py`` needs nothing else.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from flylive.wallet.proving.ledger import COLUMNS, locate
from flylive.wallet.seals.format import FORMAT, Seal, apply_settings, read_lines

Connection = psycopg.Connection[Any]

_SEALS = """
    SELECT number, from_id, to_id, row_count, content_sha256, previous_seal, seal, sealed_at
    FROM ledger_seals WHERE number BETWEEN %s AND %s ORDER BY number
"""


class CannotExport(Exception):
    """The words say why."""


def list_last(connection: Connection, count: int) -> list[tuple[Seal, datetime]]:
    """The newest seals and when they were made, oldest first."""
    newest = connection.execute("SELECT COALESCE(max(number), 0) FROM ledger_seals").fetchone()
    assert newest is not None
    rows = connection.execute(_SEALS, (newest[0] - count + 1, newest[0]))
    return [(Seal(*row[:-1]), row[-1]) for row in rows]


def export(connection: Connection, first: int, last: int, folder: Path) -> int:
    """Write the spans `first` to `last` into `folder`; returns how many rows.

    Whether they fit their seals is not looked at here: that is the reader's to find out. Raises
    CannotExport where a seal is missing, or `folder` holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CannotExport(f"{folder} is not empty")
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        apply_settings(connection)
        connection.execute("SET LOCAL statement_timeout = 0")
        seals = [Seal(*row[:-1]) for row in connection.execute(_SEALS, (first, last))]
        if [seal.number for seal in seals] != list(range(first, last + 1)):
            raise CannotExport(f"there are not all seals from {first} to {last}")
        transactions = locate(connection).everything
        folder.mkdir(parents=True, exist_ok=True)
        rows = 0
        for seal in seals:
            with (folder / file_name(seal.number)).open("wb") as file:
                for line in read_lines(connection, transactions, seal.from_id, seal.to_id):
                    file.write(line)
                    rows += 1
    document = {
        "format": FORMAT,
        "columns": COLUMNS,
        "seals": [seal._asdict() | {"file": file_name(seal.number)} for seal in seals],
    }
    (folder / "seals.json").write_text(json.dumps(document, indent=2) + "\n")
    return rows


def file_name(number: int) -> str:
    """``span-000001.tsv``."""
    return f"span-{number:06}.tsv"
