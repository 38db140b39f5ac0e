"""Carrying rows over, table by table, and noting what became of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flylive.adoption.catalogue import Column, Connection, Key, seed_tables
from flylive.adoption.errors import CannotAdopt
from flylive.adoption.plans import Change, Left, Plan

EXAMPLES = 5
"""Rows shown of each decision; a report file has all of them."""

_KINDS = {
    "bigserial": "bigint",
    "integer": "bigint",
    "smallint": "bigint",
    "bigint": "bigint",
    "integer[]": "bigint[]",
    "text[]": "text[]",
    "boolean": "boolean",
    "date": "date",
    "jsonb": "jsonb",
    "timestamp": "timestamptz",
}


_CALENDAR = ("timestamp", "date")
"""Types in which PostgreSQL knows moments beyond any calendar, as `infinity`."""


@dataclass
class Decision:
    """Rows of a table of which something is to be said: [{id, found, becomes}]."""

    table: str
    column: str
    words: str
    rows: int
    examples: list[dict[str, Any]]


@dataclass
class Carried:
    """One table's rows: before + added = after + left behind."""

    table: str
    before: int
    after: int = 0
    left: int = 0
    added: int = 0
    seconds: float = 0.0
    decisions: list[Decision] = field(default_factory=list)
    left_behind: list[Decision] = field(default_factory=list)


def make_views(connection: Connection, schema: str, found: dict[str, dict[str, Column]]) -> None:
    """Make ``old_users`` and so on: the old rows with every column of the seed, in wide types.

    A column that the old table lacks is NULL, and so is a date beyond the calendar, of which
    ``name_beyond`` tells. Moments are read in the session's time zone.
    """
    for table, facts in seed_tables().items():
        columns = found.get(table, {})
        listed: list[str] = []
        for name, column in facts["columns"].items():
            value = _as_seed(columns.get(name), name, column["type"])
            if column["type"] in _CALENDAR:
                inside = f"{value} BETWEEN '0001-01-02' AND '9999-12-30'"
                listed.append(f'NOT ({inside}) AS "{name}_beyond"')
                value = f"CASE WHEN {inside} THEN {value} END"
            listed.append(f'{value} AS "{name}"')
        source = f'FROM "{schema}"."{table}"' if columns else "WHERE false"
        connection.execute(
            f"CREATE TEMP VIEW old_{table} AS SELECT {', '.join(listed)} {source}".encode()
        )


def drop_views(connection: Connection) -> None:
    """Drop what :func:`make_views` made."""
    names = ", ".join(f"old_{table}" for table in seed_tables())
    connection.execute(f"DROP VIEW {names}".encode())


def _as_seed(column: Column | None, name: str, seed_type: str) -> str:
    bare = seed_type.split("(")[0]
    wanted = _KINDS.get(bare, "numeric" if bare == "decimal" else "text")
    if column is None:
        return f"NULL::{wanted}"
    if wanted == "boolean" and column.kind in ("int2", "int4", "int8"):
        return f'("{name}" <> 0)'
    return f'"{name}"::{wanted}'


class Carrier:
    """Carries tables in the order in which they refer to each other."""

    def __init__(
        self,
        connection: Connection,
        old: dict[str, dict[str, Column]],
        new: dict[str, dict[str, Column]],
        keys: dict[str, list[Key]],
        *,
        wants_all: bool,
    ) -> None:
        self.connection = connection
        self.old = old
        self.new = new
        self.keys = keys
        self.limit = "" if wants_all else f" LIMIT {EXAMPLES}"
        self._done: set[str] = set()

    def carry(self, plan: Plan) -> Carried:
        """Carry one table; raises CannotAdopt where a row is neither here nor accounted for."""
        started = time.monotonic()
        table = plan.table
        for statement in plan.prepare:
            self.connection.execute(statement.encode())
        changes, left = self._complete(plan)
        source = f"FROM old_{table} o {plan.joins}"
        remarks = [change for change in changes if change.when]
        (before,) = self._row(f"SELECT count(*) FROM old_{table}")
        carried = Carried(table, before)
        # What stays behind is not spoken of again.
        source += f" WHERE {self._leave(plan, left, source, carried)}"
        values = {change.column: change.value for change in changes if change.value is not None}
        counts = self._counts([change.when for change in remarks], source)
        for change, count in zip(remarks, counts, strict=True):
            if count:
                carried.decisions.append(self._decision(table, change, count, source, values))
        names = ", ".join(f'"{name}"' for name in values)
        cursor = self.connection.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} {source}".encode()
        )
        carried.after = cursor.rowcount
        if carried.after + carried.left != carried.before:
            raise CannotAdopt(
                f"{table}: {carried.before} rows were found, {carried.after} carried over and"
                f" {carried.left} left behind. This is a fault of ours; please report it."
            )
        for statement in plan.after:
            added = self.connection.execute(statement.encode()).rowcount
            if f"INSERT INTO {table} " in statement:
                carried.added += added
        self.connection.execute(f"ANALYZE {table}".encode())
        self._done.add(table)
        carried.seconds = time.monotonic() - started
        return carried

    def _counts(self, conditions: list[str], source: str) -> tuple[int, ...]:
        """Of how many rows each condition holds."""
        if not conditions:
            return ()
        counted = ", ".join(f"count(*) FILTER (WHERE {when})" for when in conditions)
        return self._row(f"SELECT {counted} {source}")

    def _row(self, statement: str) -> tuple[Any, ...]:
        row = self.connection.execute(statement.encode()).fetchone()
        assert row is not None
        return tuple(row)

    def _complete(self, plan: Plan) -> tuple[list[Change], list[Left]]:
        """The plan's rules, and those that follow from the two tables' columns and keys."""
        seed = seed_tables()[plan.table]["columns"]
        new, old = self.new[plan.table], self.old.get(plan.table, {})
        fitting = [_fitting(change, new, old) for change in plan.changes]
        changes, left = _spoken(fitting, seed), list(plan.left)
        planned = {change.column for change in changes if change.value is not None}
        orphans = {
            key.column: f"o.{key.column} IS NOT NULL AND NOT EXISTS (SELECT FROM {key.target} t"
            f" WHERE t.{key.target_column} = o.{key.column})"
            for key in self.keys.get(plan.table, [])
            if key.column in seed and key.column not in planned and key.target in self._done
        }
        for name in seed:
            if name in planned or name in plan.omitted:
                continue
            column, orphan = new[name], orphans.get(name)
            if orphan is not None and (column.is_required or name in plan.required):
                left.append(Left(orphan, f"{name} names nobody that there is"))
                changes.append(Change(name, f"o.{name}"))
            elif orphan is not None:
                changes.append(
                    Change(
                        name,
                        f"CASE WHEN NOT ({orphan}) THEN o.{name} END",
                        orphan,
                        "names nobody that there is: becomes NULL",
                    )
                )
            else:
                changes.append(_plain(name, column, old.get(name), seed))
        changes += [
            Change(name, None, f"o.{name}_beyond", "lies beyond the calendar: taken as missing")
            for name, facts in seed.items()
            if facts["type"] in _CALENDAR
        ]
        return changes, left

    def _leave(self, plan: Plan, left: list[Left], source: str, carried: Carried) -> str:
        """Note the rows that stay behind; the condition that keeps them out."""
        counts = self._counts([rule.when for rule in left], source)
        rules = [rule for rule, count in zip(left, counts, strict=True) if count]
        if not rules:
            return "true"
        work = f"adopt_left_{plan.table}"
        reason = " ".join(f"WHEN {rule.when} THEN {number}" for number, rule in enumerate(rules))
        some = " OR ".join(f"({rule.when})" for rule in rules)
        self.connection.execute(
            f"CREATE TEMP TABLE {work} ON COMMIT DROP AS"
            f" SELECT o.id, CASE {reason} END AS reason {source} WHERE {some}".encode()
        )
        self.connection.execute(f"ALTER TABLE {work} ADD PRIMARY KEY (id)".encode())
        (carried.left,) = self._row(f"SELECT count(*) FROM {work}")
        for number, rule in enumerate(rules):
            (count,) = self._row(f"SELECT count(*) FROM {work} WHERE reason = {number}")
            ids = self.connection.execute(
                f"SELECT id FROM {work} WHERE reason = {number} ORDER BY id{self.limit}".encode()
            ).fetchall()
            carried.left_behind.append(
                Decision(plan.table, "", rule.words, count, [{"id": id} for (id,) in ids])
            )
        return f"NOT EXISTS (SELECT FROM {work} s WHERE s.id = o.id)"

    def _decision(
        self, table: str, change: Change, count: int, source: str, values: dict[str, str]
    ) -> Decision:
        becomes = values.get(change.column, "NULL")
        if "row_number()" in becomes:
            becomes = "NULL"
        is_old = change.column in seed_tables()[table]["columns"]
        found = f"o.{change.column}::text" if is_old else "NULL"
        rows = self.connection.execute(
            f"SELECT o.id, {found}, ({becomes})::text {source}"
            f" AND ({change.when}) ORDER BY o.id{self.limit}".encode()
        ).fetchall()
        secret = change.column == "password"
        return Decision(
            table,
            change.column,
            change.words,
            count,
            [
                {"id": id} if secret else {"id": id, "found": found, "becomes": value}
                for id, found, value in rows
            ],
        )


def _spoken(changes: Sequence[Change], seed: dict[str, Any]) -> list[Change]:
    """The changes, and for each column of the seed a last one: no value changes without a word."""
    spoken = list(changes)
    for change in changes:
        if change.value is None or change.column not in seed:
            continue
        when = f"({change.value}) IS DISTINCT FROM o.{change.column}"
        said = [c.when for c in changes if c.column == change.column and c.when]
        if said:
            when += f" AND NOT COALESCE({' OR '.join(f'({words})' for words in said)}, false)"
        last = "is written otherwise, or follows from the rest of the row"
        words = last if change.when else change.words or last
        spoken.append(Change(change.column, None, when, words))
    return spoken


def _fitting(change: Change, new: dict[str, Column], old: dict[str, Column]) -> Change:
    """A text that was wider there is cut to what ours holds."""
    if change.value is None or not _is_wider(old.get(change.column), new[change.column]):
        return change
    return replace(change, value=f"left({change.value}, {new[change.column].length})")


def _is_wider(old: Column | None, new: Column) -> bool:
    if old is None or new.length is None:
        return False
    return old.length is None or old.length > new.length


def _plain(name: str, new: Column, old: Column | None, seed: dict[str, Any]) -> Change:
    """A column that goes over as it is, or as its default where ours has no NULL."""
    value = f"o.{name}"
    when: list[str] = []
    words: list[str] = []
    if _is_wider(old, new):
        when.append(f"char_length(o.{name}) > {new.length}")
        words.append(f"is cut to {new.length} characters")
        value = f"left({value}, {new.length})"
    if new.is_required and new.default is not None and "nextval" not in new.default:
        when.append(f"o.{name} IS NULL")
        default = new.default
        if new.type == "timestamp with time zone":
            others = [
                f"o.{other}"
                for other in ("created_at", "updated_at")
                if other in seed and other != name
            ]
            default = ", ".join([*others, "now()"])
            words.append("is missing: another date of the row, else the day of the adoption")
        else:
            words.append(f"is missing: becomes {default.split('::')[0]}")
        value = f"COALESCE({value}, {default})"
    if old is None and not when:
        return Change(name, value)
    return Change(name, value, " OR ".join(when), "; ".join(words))
