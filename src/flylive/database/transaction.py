"""The one transaction function."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import psycopg
import structlog
from psycopg import IsolationLevel
from psycopg import errors as pg
from psycopg.pq import TransactionStatus
from sqlalchemy import CursorResult, Executable, Row, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from flylive.database.burst import Call, Rows, Statement, burst, send_ahead, settle
from flylive.errors import Unavailable

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 4
"""Tries of one transaction before a deadlock or serialization failure becomes a 503."""

REPLAN_SECONDS = 300

T = TypeVar("T")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_CONNECTION_OPTIONS = (
    "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s "
    "-c idle_in_transaction_session_timeout=60s"
)

# Foreign keys to partitioned tables, and the statements of a burst, are planned anew for each
# row or group otherwise, at a cost that grows with the number of partitions. A plan that is kept
# must not be one for the empty table that it was made over: rows are looked up by their index.
_GENERIC_PLANS = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"

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


_COMMIT = Statement("COMMIT")


class Transaction(Reading):
    """A transaction that may write. Never committed by whoever holds it."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._before_commit: dict[str, Callable[[Transaction], Awaitable[None]]] = {}
        self._after_commit: list[Callable[[], None]] = []
        self._last: tuple[Sequence[Call], Callable[[list[Rows]], None]] | None = None
        self._speaking: psycopg.AsyncConnection[Any] | None = None
        self.attached: dict[str, Any] = {}

    async def send_ahead(self, calls: Sequence[Call]) -> None:
        """Let the server begin with these; the next burst waits for them and raises what they do.

        Nothing else may be run before that.
        """
        self._speaking = await self.driver()
        send_ahead(self._speaking, calls)

    async def settle(self) -> None:
        """Wait for what was sent ahead, whatever comes of it: for who is about to roll back."""
        if self._speaking is not None:
            await settle(self._speaking)

    def before_commit(self, name: str, hook: Callable[["Transaction"], Awaitable[None]]) -> None:
        """Run `hook` once, as the last thing before the commit; one hook per name."""
        self._before_commit.setdefault(name, hook)

    def commit_with(self, calls: Sequence[Call], told: Callable[[list[Rows]], None]) -> None:
        """Send these statements, the last of the transaction, together with its commit.

        For who knows that nothing else is to come. Once committed, `told` gets their rows, before
        what :meth:`after_commit` was told runs.
        """
        assert self._last is None, "there is one end"
        self._last = (calls, told)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once the commit has happened; never after a rollback."""
        self._after_commit.append(callback)

    async def lock(self, name: str) -> None:
        """Wait for, and hold until the end, the advisory lock of this name."""
        await self.execute(_LOCK, {"name": name})

    def callbacks(self) -> list[Callable[[], None]]:
        """What :meth:`after_commit` was told."""
        return list(self._after_commit)

    def forget(self) -> None:
        """Drop what waits for the end: for whoever rolls back to a savepoint, or is done."""
        self._before_commit.clear()
        self._after_commit.clear()
        self._last = None
        self.attached.clear()

    async def finish(self) -> None:
        """Run what waits for the end of the transaction, in the order it was asked for."""
        while self._before_commit:
            hook = self._before_commit.pop(next(iter(self._before_commit)))
            await hook(self)

        if self._last is not None:
            calls, told = self._last
            *rows, _ = await burst(await self.driver(), [*calls, _COMMIT()])
            told(rows)


class Database:
    """A pool of connections to one database, and the only place that commits.

    `dsn` is a libpq address (URI or key=value). `size` is the most connections this
    process opens. The pool opens lazily, so making a Database never blocks.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 10,
        application_name: str = "flylive",
        is_for_bursts: bool = False,
    ) -> None:
        self.dsn = dsn
        self.application_name = application_name
        self.is_for_bursts = is_for_bursts
        self.engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self.connect,
            pool_size=size,
            max_overflow=0,
            pool_timeout=10,
            # A plan that is kept for good would outlive the size that the tables had.
            pool_recycle=REPLAN_SECONDS if is_for_bursts else -1,
            pool_reset_on_return="rollback",
            # Errors are logged with their statement: what people typed stays out of it.
            hide_parameters=True,
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_unclean)
        self._asked: psycopg.AsyncConnection[Any] | None = None
        self._asking = asyncio.Lock()

    async def connect(
        self, *, autocommit: bool = False, is_for_bursts: bool | None = None
    ) -> psycopg.AsyncConnection[Any]:
        """A connection of one's own beside the pool (for LISTEN, NOTIFY and COPY)."""
        is_for_bursts = self.is_for_bursts if is_for_bursts is None else is_for_bursts
        return await psycopg.AsyncConnection.connect(
            self.dsn,
            options=_CONNECTION_OPTIONS + (_GENERIC_PLANS if is_for_bursts else ""),
            application_name=self.application_name,
            autocommit=autocommit,
            connect_timeout=5,
            prepare_threshold=None if is_for_bursts else 5,
        )

    def for_bursts(self, size: int) -> "Database":
        """A pool beside this one whose connections keep what :func:`burst` prepares for good."""
        return Database(
            self.dsn, size=size, application_name=self.application_name, is_for_bursts=True
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
                    try:
                        result = await work(transaction)
                        await transaction.finish()
                        await connection.commit()
                        callbacks = transaction.callbacks()
                    except BaseException:
                        await transaction.settle()
                        raise
                    finally:
                        # What waited for the end holds the transaction, which holds that: only
                        # the collector would find it, in one pause for hundreds of them.
                        transaction.forget()
            except (DBAPIError, psycopg.Error, PoolTimeout) as error:
                if not _is_retryable(error):
                    raise _translated(error) from error
                if attempt == MAX_ATTEMPTS:
                    raise Unavailable("Too many requests met on the same rows") from error
                log.info("transaction.retried", attempt=attempt, reason=_sqlstate(error))
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)
            else:
                for callback in callbacks:
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

    async def look_up(self, call: Call) -> Rows:
        """The rows of a statement that needs no transaction around it, in one round trip.

        For what every request asks, such as whose token this is: over a connection of its own,
        one statement at a time. Raises Unavailable.
        """
        for attempt in (1, 2):
            try:
                async with self._asking:
                    if self._asked is None or self._asked.closed:
                        self._asked = await self.connect(autocommit=True, is_for_bursts=True)
                [rows] = await burst(self._asked, [call])
            except psycopg.Error as error:
                # It may have been closed long ago, and nobody noticed until now.
                if attempt == 1 and isinstance(error, psycopg.OperationalError):
                    continue
                raise _translated(error) from error
            else:
                return rows
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._asked is not None:
            await self._asked.close()


def _refuse_unclean(adapted: Any, _record: Any, _fairy: Any) -> None:
    """Let the pool throw away a connection that is not as it was when it was new.

    Whoever hangs up in the middle cancels what was going on, and once in some ten thousand times
    a connection came back as a reader had it: the next one would have failed to write.
    """
    driver: psycopg.AsyncConnection[Any] = adapted.driver_connection
    is_clean = (
        not driver.read_only
        and driver.isolation_level in (None, IsolationLevel.READ_COMMITTED)
        and driver.info.transaction_status == TransactionStatus.IDLE
    )
    if not is_clean:
        log.warning("database.connection_unclean", status=driver.info.transaction_status.name)
        raise DisconnectionError


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
