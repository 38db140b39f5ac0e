"""Where the ledger lies: month after month, the detached months and DEFAULT included.

The proof reads a few months at a time, so that what PostgreSQL sorts and joins at once is
bounded by those and not by the ledger. The first stretch has no beginning and the last one no
end: whatever lies outside the months that have a partition (in DEFAULT) is in one of them.
"""

from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from flylive.database.partitions import PARTITIONED, list_detached, list_sizes

BYTES_AT_ONCE = 1 << 30
"""Months are read together up to this size of their tables, so that an empty ledger is not
asked month by month."""

COLUMNS: tuple[str, ...] = (
    "id",
    "user_id",
    "beneficiary_id",
    "type",
    "direction",
    "currency_type",
    "amount",
    "quantity",
    "user_balance_before",
    "user_balance_after",
    "beneficiary_currency_type",
    "beneficiary_amount",
    "beneficiary_balance_before",
    "beneficiary_balance_after",
    "transactionable_type",
    "transactionable_id",
    "description",
    "metadata",
    "status",
    "created_at",
    "updated_at",
    "deleted_at",
    "is_adopted",
)
"""Every column of ``transactions``, in the order in which a span is sealed."""


_TABLES = ", ".join(f"ONLY {table}" for table in PARTITIONED)
_HOLD = f"LOCK TABLE {_TABLES} IN ACCESS SHARE MODE".encode()
"""What detaching waits for, and nobody else."""


class Interval(NamedTuple):
    """A stretch of time that is read at once: relations to select from, in parentheses."""

    label: str
    transactions: str
    gifts: str
    begin: date | None
    end: date | None

    def limits(self, column: str) -> str:
        """That a moment lies within, as SQL."""
        return _limits(column, self.begin, self.end)


class Ledger(NamedTuple):
    """The relations to read: whole ones, and the same by interval, in the order of time.

    They leave out what was adopted; `everything` and `every_gift` do not. `relations` are the
    tables that together are the ledger: the partitioned one, and months that stand beside it.
    `recent` and `recent_gifts` are the rows since the moment that the proof was asked for.
    """

    transactions: str
    gifts: str
    intervals: tuple[Interval, ...]
    relations: tuple[str, ...]
    everything: str
    every_gift: str
    is_any_adopted: bool
    since: datetime | None = None

    @property
    def recent(self) -> str:
        """The ledger's rows since then."""
        return self._since("transactions", "created_at")

    @property
    def recent_gifts(self) -> str:
        """The gift lines since then."""
        return self._since("gift_transactions", "sent_at")

    def _since(self, table: str, column: str) -> str:
        return f"({_rows(table, self.is_any_adopted, f'{column} >= {self.moment}')})"

    @property
    def moment(self) -> str:
        """The moment as SQL."""
        assert self.since is not None
        return f"TIMESTAMPTZ '{self.since.isoformat()}'"


def locate(connection: psycopg.Connection[Any], since: datetime | None = None) -> Ledger:
    """Read the catalogue. Runs in the proof's own snapshot, which is to be in a transaction: until
    its end no month is detached or put back, or its rows would be read nowhere, or twice.
    """
    connection.execute(_HOLD)
    detached = {
        table: {month: name for name, found, month in list_detached(connection) if found == table}
        for table in PARTITIONED
    }
    names = {
        table: (table, *(_quoted(connection, name) for name in found.values()))
        for table, found in detached.items()
    }
    every = {
        table: f"({' UNION ALL '.join(f'SELECT * FROM {name}' for name in found)})"
        for table, found in names.items()
    }
    is_any_adopted = _is_any_adopted(connection, every)

    def ours(name: str, *conditions: str) -> str:
        return _rows(name, is_any_adopted, *conditions)

    intervals = []
    for begin, end in pairwise([None, *_bounds(connection), None]):
        within = {}
        for table, column in PARTITIONED.items():
            within[table] = ours(table, _limits(column, begin, end))
            # Rows that came for a month after it was detached lie in DEFAULT.
            for month, name in detached[table].items():
                if (begin is None or begin <= month) and (end is None or month < end):
                    within[table] += f" UNION ALL {ours(_quoted(connection, name))}"
        label = f"from {begin:%Y-%m}" if begin is not None else "the oldest"
        intervals.append(
            Interval(
                label,
                f"({within['transactions']})",
                f"({within['gift_transactions']})",
                begin,
                end,
            )
        )
    whole = {
        table: f"({' UNION ALL '.join(ours(name) for name in found)})"
        for table, found in names.items()
    }
    return Ledger(
        whole["transactions"],
        whole["gift_transactions"],
        tuple(intervals),
        tuple(f"({ours(name)})" for name in names["transactions"]),
        every["transactions"],
        every["gift_transactions"],
        is_any_adopted,
        since,
    )


def _rows(name: str, is_any_adopted: bool, *conditions: str) -> str:
    # `is_adopted` is the last of a row's columns: to look at it, all before it are walked over. So
    # it is asked for only where there is something to find.
    asked = (*conditions, "NOT is_adopted") if is_any_adopted else conditions
    return f"SELECT * FROM {name} WHERE {' AND '.join(asked) or 'true'}"


def _is_any_adopted(connection: psycopg.Connection[Any], every: dict[str, str]) -> bool:
    # Each table has an index of its adopted rows alone.
    found = (f"EXISTS (SELECT FROM {rows} AS t WHERE is_adopted)" for rows in every.values())
    row = connection.execute(f"SELECT {' OR '.join(found)}".encode()).fetchone()
    assert row is not None
    return bool(row[0])


def _bounds(connection: psycopg.Connection[Any]) -> list[date]:
    """Where to cut: at a month's end, once there is enough to read at once."""
    sizes: dict[date, int] = {}
    for table in PARTITIONED:
        for month, size in list_sizes(connection, table):
            sizes[month] = sizes.get(month, 0) + size
    bounds, gathered = [], 0
    for month, size in sorted(sizes.items()):
        if gathered and gathered + size > BYTES_AT_ONCE:
            bounds.append(month)
            gathered = 0
        gathered += size
    return bounds


def _limits(column: str, begin: date | None, end: date | None) -> str:
    limits = [
        f"{column} {sign} TIMESTAMPTZ '{edge.isoformat()} 00:00:00+00'"
        for sign, edge in ((">=", begin), ("<", end))
        if edge is not None
    ]
    return " AND ".join(limits) or "true"


def _quoted(connection: psycopg.Connection[Any], name: str) -> str:
    return sql.Identifier(name).as_string(connection)
