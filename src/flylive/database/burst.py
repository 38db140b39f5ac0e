"""Many statements in one round trip, prepared once: what a group of gifts is made of.

psycopg's cursors cost some sixty microseconds of Python for each statement, and its pipeline a
turn of the event loop. :func:`burst` hands all statements to libpq at once, waits once, and reads
all results. It works inside whatever transaction the connection has open, and begins one where
psycopg would; nobody but :class:`flylive.database.Database` commits.
"""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

_PARAMETER = re.compile(r"%(?:\((\w+)\))?s|%%")
_numbers = count(1)


class Statement:
    """SQL in psycopg's spelling (``%s`` or ``%(name)s``), prepared under a name of its own.

    A parameter's type is what the statement casts it to.
    """

    def __init__(self, sql: str) -> None:
        self.name = b"flylive_%d" % next(_numbers)
        self.names: list[str] = []
        self.sql = _PARAMETER.sub(self._place, sql).encode()

    def _place(self, match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        name = match[1] or f"{len(self.names)}"
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"

    def __call__(self, *values: Any) -> "Call":
        """This statement with the values of its ``%s``, in their order."""
        return Call(self, [_text(value) for value in values])

    def named(self, **values: Any) -> "Call":
        """This statement with the values of its ``%(name)s``."""
        return Call(self, [_text(values[name]) for name in self.names])


class Call(NamedTuple):
    """A statement with its parameters, as text."""

    statement: Statement
    parameters: list[bytes | None]


Rows = list[tuple[Any, ...]]


class _Due(NamedTuple):
    """A result that the server owes: of preparing a statement, of running it, or of a BEGIN."""

    is_rows: bool
    prepared: Statement | None = None


_prepared: WeakKeyDictionary[psycopg.AsyncConnection[Any], set[Statement]] = WeakKeyDictionary()
_ahead: WeakKeyDictionary[psycopg.AsyncConnection[Any], list[_Due]] = WeakKeyDictionary()


def send_ahead(connection: psycopg.AsyncConnection[Any], calls: Sequence[Call]) -> None:
    """Hand these statements to the server, which begins with them, and wait for nothing.

    The next :func:`burst` waits for them, too, and raises what they raise; until then nobody else
    may speak over the connection. Who does not come to it calls :func:`settle`.
    """
    try:
        _ahead[connection] = _send(connection, calls)
        # What the socket does not take now goes with the burst.
        connection.pgconn.flush()
    except BaseException:
        connection.pgconn.finish()
        raise


async def settle(connection: psycopg.AsyncConnection[Any]) -> None:
    """Wait for what was sent ahead, whatever comes of it: for who is about to roll back."""
    if _ahead.get(connection):
        with suppress(psycopg.Error):
            await burst(connection, [])


async def burst(connection: psycopg.AsyncConnection[Any], calls: Sequence[Call]) -> list[Rows]:
    """Run these statements in their order; the rows of each. Raises psycopg.Error.

    On a connection where psycopg prepares nothing by itself (`prepare_threshold` None) they are
    prepared; elsewhere a rollback would throw prepared statements away behind our back.
    """
    async with connection.lock:
        driver = connection.pgconn
        try:
            due = _send(connection, calls)
            driver.pipeline_sync()
            results = await _results(driver)
            driver.exit_pipeline_mode()
        except BaseException:
            # Half of a conversation: nobody can go on with it.
            driver.finish()
            raise
        finally:
            _ahead.pop(connection, None)
    rows = _rows(connection, results, due)
    return rows[len(rows) - len(calls) :]


def _send(connection: psycopg.AsyncConnection[Any], calls: Sequence[Call]) -> list[_Due]:
    """Give these statements to libpq; all that is due then, with what was sent ahead."""
    driver = connection.pgconn
    due = _ahead.get(connection, [])
    begins = not connection.autocommit and driver.transaction_status == pq.TransactionStatus.IDLE
    keeps = connection.prepare_threshold is None
    known = _prepared.setdefault(connection, set()) | {one.prepared for one in due}
    if not due:
        driver.enter_pipeline_mode()
    if begins:
        driver.send_query_params(b"BEGIN", None)
        due.append(_Due(is_rows=False))
    for statement, parameters in calls:
        if not keeps:
            driver.send_query_params(statement.sql, parameters)
        else:
            if statement not in known:
                known.add(statement)
                driver.send_prepare(statement.name, statement.sql)
                due.append(_Due(is_rows=False, prepared=statement))
            driver.send_query_prepared(statement.name, parameters)
        due.append(_Due(is_rows=True))
    return due


async def _results(driver: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    results: list[pq.abc.PGresult] = []
    while driver.flush():
        # A server that waits for us to read would never take the rest.
        await _ready(driver.socket, writable=True)
        driver.consume_input()
    while True:
        while driver.is_busy():
            await _ready(driver.socket)
            driver.consume_input()
        result = driver.get_result()
        if result is None:
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)


async def _ready(socket: int, *, writable: bool = False) -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    loop.add_reader(socket, wake)
    if writable:
        loop.add_writer(socket, wake)
    try:
        await future
    finally:
        loop.remove_reader(socket)
        if writable:
            loop.remove_writer(socket)


def _rows(
    connection: psycopg.AsyncConnection[Any],
    results: Sequence[pq.abc.PGresult],
    due: Sequence[_Due],
) -> list[Rows]:
    reader = Transformer.from_context(connection)
    known = _prepared[connection]
    found: list[Rows] = []
    # After an error the server owes nothing more up to the end of the pipeline.
    for one, result in zip(due, results, strict=False):
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result, connection.info.encoding)
        if one.prepared is not None:
            known.add(one.prepared)
        if not one.is_rows:
            continue
        if result.ntuples:
            reader.set_pgresult(result)
            found.append(reader.load_rows(0, result.ntuples, tuple))
        else:
            found.append([])
    return found


def _text(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, int):
        return b"%d" % value
    raise TypeError(f"a statement of a burst takes no {type(value).__name__}")
