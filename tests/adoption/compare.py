"""Every value of every adopted row against the old one: what differs, the report must have said."""

from collections.abc import Iterator
from typing import Any

import psycopg

from tests.adoption.laravel import FACTS
from tests.conftest import Addresses

Report = dict[str, Any]


def unexplained(addresses: Addresses, report: Report) -> Iterator[str]:
    """What of the old rows is neither there as it was nor named in the report."""
    said = {
        (decision["table"], decision["column"], example["id"])
        for decision in report["decisions"]
        for example in decision["examples"]
    }
    left = {
        (decision["table"], example["id"])
        for decision in report["left_behind"]
        for example in decision["examples"]
    }
    with psycopg.connect(addresses.superuser) as connection:
        connection.execute("SELECT set_config('timezone', %s, true)", (report["timezone"],))
        for table in report["tables"]:
            yield from _of_table(connection, table, said, left)


def _of_table(
    connection: psycopg.Connection[Any],
    table: str,
    said: set[tuple[str, str, int]],
    left: set[tuple[str, int]],
) -> Iterator[str]:
    columns = FACTS["tables"][table]["columns"]
    old, new = _rows(connection, "laravel", table, columns), _rows(
        connection, "public", table, columns
    )  # fmt: skip
    for id, row in old.items():
        if (table, id) in left:
            if id in new:
                yield f"{table} {id} was left behind and is there"
            continue
        if id not in new:
            yield f"{table} {id} is lost"
            continue
        for column, value in row.items():
            here = new[id][column]
            if here != value and (table, column, id) not in said:
                yield f"{table} {id} {column}: {value!r} became {here!r} without a word"


def _rows(
    connection: psycopg.Connection[Any], schema: str, table: str, columns: dict[str, Any]
) -> dict[int, dict[str, Any]]:
    listed = ", ".join(
        f'"{name}"::timestamptz::text'
        if column["type"] == "timestamp"
        else f'"{name}"::text'
        if column["type"] == "date"
        else f'"{name}"'
        for name, column in columns.items()
    )
    rows = connection.execute(f'SELECT {listed} FROM "{schema}"."{table}"'.encode()).fetchall()
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return {row["id"]: row for row in named}
