"""What is hashed, byte for byte. Never changed: another form would be another format number.

A span's content is the text that ``COPY … TO STDOUT`` gives for its rows, in the order of their
ids: a line a row, columns parted by tabs, ``\\N`` for NULL, moments in UTC, in UTF-8. Its seal
is the SHA-256 of :func:`seal_of`'s lines, the last of which is the seal before it.
"""

import hashlib
import select
from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import ExecStatus

from flylive.wallet.proving.ledger import COLUMNS

FORMAT = "flylive ledger seal 1"
NOTHING = "0" * 64
"""Stands before the first seal."""
SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "client_encoding": "UTF8",
    "extra_float_digits": "1",
}

Connection = psycopg.Connection[Any]


class Seal(NamedTuple):
    """A seal without the marks of its rows; ids are inclusive."""

    number: int
    from_id: int
    to_id: int
    row_count: int
    content_sha256: str
    previous_seal: str
    seal: str


class Content(NamedTuple):
    """What a span holds: its rows' count, its hash, and the mark of each row by its id."""

    row_count: int
    sha256: str
    marks: dict[int, int]


def seal_of(
    number: int, from_id: int, to_id: int, row_count: int, content_sha256: str, previous_seal: str
) -> str:
    """The seal, 64 hexadecimal digits."""
    lines = (FORMAT, number, from_id, to_id, row_count, content_sha256, previous_seal)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def apply_settings(connection: Connection) -> None:
    """Let values be rendered as sealed, for the rest of the transaction."""
    for name, value in SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, true)", (name, value))


def read_lines(
    connection: Connection, transactions: str, from_id: int, to_id: int
) -> Iterator[bytes | bytearray | memoryview]:
    """The span's content, line by line. `transactions`: a relation, in parentheses."""
    statement = _content(transactions, from_id, to_id)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from copy


def _content(transactions: str, from_id: int, to_id: int) -> bytes:
    return f"""
        COPY (SELECT {", ".join(COLUMNS)} FROM {transactions} AS t
              WHERE id BETWEEN {int(from_id)} AND {int(to_id)} ORDER BY id) TO STDOUT
    """.encode()


def hash_span(
    connection: Connection, transactions: str, from_id: int, to_id: int
) -> tuple[int, str]:
    """How many rows a span holds, and its hash.

    Millions of rows are read by it, each for a hundredth of what looking at it would cost. So it
    takes them from libpq itself, which is half of the work of :func:`read_lines`.
    """
    driver = connection.pgconn
    result = driver.exec_(_content(transactions, from_id, to_id))
    if result.status != ExecStatus.COPY_OUT:
        raise psycopg.OperationalError(driver.get_error_message())
    count, content = 0, hashlib.sha256()
    read, update = driver.get_copy_data, content.update
    while True:
        length, line = read(1)
        if length > 0:
            count += 1
            update(line)
        elif length == 0:
            select.select([driver.socket], [], [])
            driver.consume_input()
        else:
            break
    while (ended := driver.get_result()) is not None:
        if ended.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(driver.get_error_message())
    return count, content.hexdigest()


def mark_span(connection: Connection, transactions: str, from_id: int, to_id: int) -> Content:
    """The same, and each row's mark: the first eight bytes of its line's SHA-256, signed."""
    marks: dict[int, int] = {}
    count, content = 0, hashlib.sha256()
    for line in read_lines(connection, transactions, from_id, to_id):
        count += 1
        whole = bytes(line)
        content.update(whole)
        marks[int(whole[: whole.index(b"\t")])] = int.from_bytes(
            hashlib.sha256(whole).digest()[:8], "big", signed=True
        )
    return Content(count, content.hexdigest(), marks)
