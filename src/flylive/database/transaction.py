"""The one transaction function."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import psycopg
import structlog
from psycopg import errors as pg
from sqlalchemy import CursorResult, Executable, Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from flylive.errors import Unavailable

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 4
"""Tries of one transaction before a deadlock or serialization failure becomes a 503."""

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_CONNECTION_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s "
    "-c idle_in_transaction_session_timeout=60s"
)

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Reading:
    """A transaction that only reads, over one snapshot."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[Any]:
        """Run one statement."""
        return await self.connection.execute(statement, parameters)

    async def rows(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Sequence[Row[Any]]:
        """All rows of a statement."""
        return (await self.execute(statement, parameters)).all()

    async def row(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> Row[Any] | None:
        """The row of a statement, or None; more than one is an error."""
        return (await self.execute(statement, parameters)).one_or_none()

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def driver(self) -> psycopg.AsyncConnection[Any]:
        """psycopg's own connection, for COPY, pipelines and set-based writes."""
        raw = await self.connection.get_raw_connection()
        return cast("psycopg.AsyncConnection[Any]", raw.driver_connection)


class Transaction(Reading):
    """A transaction that may write. Never committed by whoever holds it."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._before_commit: dict[str, Callable[[Transaction], Awaitable[None]]] = {}
        self._after_commit: list[Callable[[], None]] = []
        self.attached: dict[str, Any] = {}

    def before_commit(self, name: str, hook: Callable[["Transaction"], Awaitable[None]]) -> None:
        """Run `hook` once, as the last thing before the commit; one hook per name."""
        self._before_commit.setdefault(name, hook)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once the commit has happened; never after a rollback."""
        self._after_commit.append(callback)

    async def lock(self, name: str) -> None:
        """Wait for, and hold until the end, the advisory lock of this name."""
        await self.execute(_LOCK, {"name": name})

    def forget(self) -> None:
        """Drop what waits for the end: for whoever rolls back to a savepoint and goes on."""
        self._before_commit.clear()
        self._after_commit.clear()
        self.attached.clear()

    async def finish(self) -> None:
        """Run what waits for the end of the transaction, in the order it was asked for."""
        while self._before_commit:
            hook = self._before_commit.pop(next(iter(self._before_commit)))
            await hook(self)


class Database:
    """A pool of connections to one database, and the only place that commits.

    `dsn` is a libpq address (URI or key=value). `size` is the most connections this
    process opens. The pool opens lazily, so making a Database never blocks.
    """

    def __init__(self, dsn: str, *, size: int = 10, application_name: str = "flylive") -> None:
        self.dsn = dsn
        self.application_name = application_name
        self.engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self.connect,
            pool_size=size,
            max_overflow=0,
            pool_timeout=10,
            pool_reset_on_return="rollback",
            # Errors are logged with their statement: what people typed stays out of it.
            hide_parameters=True,
        )
        self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    async def connect(self, *, autocommit: bool = False) -> psycopg.AsyncConnection[Any]:
        """A connection of one's own beside the pool (for LISTEN, NOTIFY and COPY)."""
        return await psycopg.AsyncConnection.connect(
            self.dsn,
            options=_CONNECTION_OPTIONS,
            application_name=self.application_name,
            autocommit=autocommit,
            connect_timeout=5,
        )

    async def run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction, commit it and return its result.

        `work` may run again after a deadlock or a serialization failure, so it must keep
        its effects in the transaction. Raises Unavailable (503) when the database is away
        or the tries are used up; whatever else `work` raises rolls back and passes through.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                async with self.engine.connect() as connection:
                    # Begun by hand: work may speak to the driver alone, which SQLAlchemy does
                    # not notice, and then its commit would do nothing.
                    await connection.begin()
                    transaction = Transaction(connection)
                    result = await work(transaction)
                    await transaction.finish()
                    await connection.commit()
            except (DBAPIError, psycopg.Error, PoolTimeout) as error:
                if not _is_retryable(error):
                    raise _translated(error) from error
                if attempt == MAX_ATTEMPTS:
                    raise Unavailable("Too many requests met on the same rows") from error
                log.info("transaction.retried", attempt=attempt, reason=_sqlstate(error))
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)
            else:
                for callback in transaction._after_commit:
                    callback()
                return result
        raise AssertionError("unreachable")

    async def read(self, work: Callable[[Reading], Awaitable[T]]) -> T:
        """Run `work` over one snapshot that cannot write. Raises Unavailable like :meth:`run`."""
        try:
            async with self.engine.connect() as connection:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                result = await work(Reading(connection))
                # Not a rollback: at that psycopg forgets its prepared statements.
                await connection.commit()
                return result
        except (DBAPIError, psycopg.Error, PoolTimeout) as error:
            raise _translated(error) from error

    async def look_up(self, statement: Executable, parameters: Parameters) -> Row[Any] | None:
        """The one row of a statement that needs no transaction around it: one round trip.

        For what every request asks, such as whose token this is. Raises Unavailable.
        """
        try:
            async with self._single.connect() as connection:
                return (await connection.execute(statement, parameters)).one_or_none()
        except (DBAPIError, psycopg.Error, PoolTimeout) as error:
            raise _translated(error) from error

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()


def _sqlstate(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.sqlstate if isinstance(origin, psycopg.Error) else None


_RETRYABLE = {pg.DeadlockDetected.sqlstate, pg.SerializationFailure.sqlstate}
_BUSY = {pg.LockNotAvailable.sqlstate, pg.QueryCanceled.sqlstate, pg.TooManyConnections.sqlstate}


_MET = {"idempotency_keys_pkey"}
"""Primary keys under which two requests may meet: the one that lost runs again and finds
what the other wrote (a gift's group locks its senders, everything else the key itself)."""


def _is_retryable(error: BaseException) -> bool:
    if _sqlstate(error) == pg.UniqueViolation.sqlstate:
        return _constraint(error) in _MET
    return _sqlstate(error) in _RETRYABLE


def _constraint(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return origin.diag.constraint_name if isinstance(origin, psycopg.Error) else None


def _translated(error: BaseException) -> BaseException:
    """Unavailable where the database is away, down, or too busy; else the error itself."""
    if isinstance(error, PoolTimeout) or _sqlstate(error) in _BUSY:
        return Unavailable("The database is busy")
    origin = error.orig if isinstance(error, DBAPIError) else error
    disconnected = isinstance(error, DBAPIError) and error.connection_invalidated
    gone = isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError)
    if disconnected or gone:
        return Unavailable("The database is away")
    return error
