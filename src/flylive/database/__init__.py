"""The database: engine, the one transaction function, partitions and migrations.

Services take a :class:`Transaction` and never commit; :meth:`Database.run` opens it, retries
it when PostgreSQL asks for that, commits, and only then runs what waits for the commit.
Rows are locked in one order everywhere: order or request; then users by id, couples,
agencies, rooms; stream counters last, by name.
"""

from flylive.database.transaction import Database, Reading, Transaction

__all__ = ["Database", "Reading", "Transaction"]
