"""Hearing the bus: one LISTEN connection of a process's own, which comes back when lost."""

import asyncio
from collections.abc import Callable, Sequence

import psycopg
import structlog
from psycopg import sql

from flylive.database import Database
from flylive.errors import Unavailable

log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS, LAST_DELAY_SECONDS = 0.1, 5.0


class Listener:
    """Calls `on_line` with every line that is published on `channels`.

    `on_connected` runs whenever listening begins: what was published before that, after
    a lost connection too, went unheard, and whoever listens must look for himself.
    """

    def __init__(
        self,
        database: Database,
        channels: Sequence[str],
        on_line: Callable[[str], None],
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self.database = database
        self.channels = channels
        self.on_line = on_line
        self.on_connected = on_connected
        self.is_connected = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen; returns at once."""
        self._task = asyncio.create_task(self._listen_forever(), name="bus-listener")

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen_forever(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            try:
                async with await self.database.connect(autocommit=True) as connection:
                    for channel in self.channels:
                        await connection.execute(
                            sql.SQL("LISTEN {}").format(sql.Identifier(channel))
                        )
                    log.info("bus.listening", channels=list(self.channels))
                    self.is_connected, delay = True, FIRST_DELAY_SECONDS
                    self.on_connected()
                    async for notify in connection.notifies():
                        for line in notify.payload.split("\n"):
                            self.on_line(line)
            except (psycopg.Error, Unavailable, OSError) as error:
                log.warning("bus.listening_lost", error=str(error).strip(), retry_in=delay)
            except Exception:
                # A line that nobody can read must not make this process deaf.
                log.exception("bus.listening_failed", retry_in=delay)
            finally:
                self.is_connected = False
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_DELAY_SECONDS)
