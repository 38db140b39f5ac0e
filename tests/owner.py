"""The database's owner, who looks and puts things in place behind the product's back."""

from typing import Any

import psycopg


class Owner:
    """Statements one at a time, each committed."""

    def __init__(self, owner_dsn: str) -> None:
        self.owner_dsn = owner_dsn
        self._connection: psycopg.Connection[Any] | None = None

    def sql(self, query: str, *parameters: Any) -> list[Any]:
        """Run one statement as the owner; its rows, if it has any."""
        cursor = self._open().execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    def waiting_for_locks(self) -> int:
        """How many of this database's connections wait for a lock."""
        [[count]] = self.sql(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return int(count)

    def _open(self) -> psycopg.Connection[Any]:
        """One connection for all: making one costs more than most statements."""
        if self._connection is not None and not self._connection.closed:
            try:
                self._connection.execute("")
            except psycopg.OperationalError:
                # A test ended every connection, or the server.
                self._connection.close()
            else:
                return self._connection
        self._connection = psycopg.connect(self.owner_dsn, autocommit=True, prepare_threshold=None)
        return self._connection

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
