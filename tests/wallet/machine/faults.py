"""Connections that break between two statements, as a crash of either end leaves them.

Everything that the platform does at its database goes through ``AsyncConnection.wait``, once for
each statement, commit and rollback. A :class:`Fault` counts those and breaks one of them; what only
notes how the next transaction is to begin (`_set_…`) says nothing to the server and is passed over.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from flylive.database import Database

Kind = Literal["before", "after", "killed"]
"""`before`: the connection is gone and the statement was never sent. `after`: it was carried out,
and the answer is lost, also that to a commit. `killed`: the server's process is ended under it.
"""


@dataclass
class Fault:
    """Breaks the statement number `at` from when it was armed; once."""

    superuser_dsn: str
    kind: Kind = "before"
    at: int = -1
    hits: int = 0
    seen: int = 0

    def arm(self, kind: Kind, at: int) -> None:
        """Let `at` more statements pass, then break."""
        self.kind, self.at = kind, at

    def disarm(self) -> None:
        """Break nothing."""
        self.at = -1

    def is_due(self) -> bool:
        """Whether the statement that begins now is the one."""
        self.seen += 1
        if self.at < 0:
            return False
        self.at -= 1
        if self.at >= 0:
            return False
        self.hits += 1
        return True

    def connecting(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        """``Database.connect`` whose connections break; those for LISTEN and NOTIFY do not."""

        async def breakable(database: Database, **options: Any) -> Any:
            connection = await connect(database, **options)
            if not options.get("autocommit"):
                connection.__class__ = Fragile
                connection.fault = self
            return connection

        return breakable

    async def kill(self, pid: int) -> None:
        """End the server's process, and wait until it is gone."""
        async with await psycopg.AsyncConnection.connect(
            self.superuser_dsn, autocommit=True
        ) as connection:
            await connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


class Fragile(psycopg.AsyncConnection[Any]):
    """A connection whose statements a fault may break."""

    fault: Fault | None = None

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """Carry a statement out, or break."""
        fault = self.fault
        speaks_to_nobody = gen.__name__.startswith("_set_")
        if fault is None or self.closed or speaks_to_nobody or not fault.is_due():
            return await super().wait(gen, *arguments, **options)
        if fault.kind == "killed":
            await asyncio.shield(fault.kill(self.info.backend_pid))
            return await super().wait(gen, *arguments, **options)
        if fault.kind == "after":
            await super().wait(gen, *arguments, **options)
        else:
            gen.close()
        self.pgconn.finish()
        raise psycopg.OperationalError("the connection is gone: a test broke it")
