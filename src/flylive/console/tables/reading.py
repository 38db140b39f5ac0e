"""Reading a declared table: names come from its declaration alone, values as parameters."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, text

from flylive.console.tables.table import Filter, Table
from flylive.database import Reading
from flylive.errors import InvalidRequest
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks, moment

MAX_TEXT = 255
_INTEGERS: Final = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": MAX_ID}
_CASTS: Final = {"character varying": "text", "character": "text"}
_READ_AS: Final[dict[str, Any]] = {
    "smallint": int,
    "integer": int,
    "bigint": int,
    "numeric": Decimal,
    "date": date,
    "timestamp with time zone": datetime,
}
_TYPES = text(
    """
    SELECT attname, format_type(atttypid, NULL) AS type, attnotnull FROM pg_attribute
    WHERE attrelid = to_regclass('public.' || :name) AND attnum > 0 AND NOT attisdropped
    """
)
_known: dict[str, dict[str, "Column"]] = {}


class Column(NamedTuple):
    """A column as the database has it: its type without length, and whether it may be NULL."""

    type: str
    is_required: bool


class Condition(NamedTuple):
    """A filter with its value, read and within what the column holds."""

    filter: Filter
    name: str
    value: Any


class Query(NamedTuple):
    """What was asked of a table: `sort` by a column, `is_up`: lowest first."""

    conditions: list[Condition]
    sort: str
    is_up: bool
    sorts: list[str]


async def columns_of(tx: Reading, table: Table) -> dict[str, Column]:
    """The table's columns. They do not change under a running process."""
    if table.name not in _known:
        rows = await tx.rows(_TYPES, {"name": table.name})
        _known[table.name] = {row.attname: Column(row.type, row.attnotnull) for row in rows}
    return _known[table.name]


def parse(
    table: Table, columns: Mapping[str, Column], given: Mapping[str, str], sort: str | None
) -> Query:
    """Read a query's filters and order. Raises InvalidRequest that names each field at fault."""
    checks, conditions = FieldChecks(), list[Condition]()
    for name, words in given.items():
        found = table.find(name)
        if found is None:
            known = ", ".join(name for one in table.filters for name in one.names)
            checks.refuse(name, f"is no filter of this table; these are: {known}")
            continue
        if found.needs is not None and found.needs not in given:
            checks.refuse(name, f"is looked for together with {found.needs} only")
            continue
        kind = "text" if found.how in ("contains", "is_lower") else columns[found.column].type
        value = checks.field(name, partial(_value, kind), words)
        conditions.append(Condition(found, name, value))
    led = [one.filter.by for one in conditions if one.filter.by is not None]
    sorts = list(dict.fromkeys([*led, *table.sorts]))
    column = (sort or f"-{sorts[0]}").removeprefix("-")
    if column not in sorts:
        checks.refuse("sort", f"one of {', '.join(sorts)}, with - before it: highest first")
    checks.done()
    return Query(conditions, column, not (sort or "-").startswith("-"), sorts)


def _value(kind: str, words: str) -> Any:
    if kind in _INTEGERS:
        most = _INTEGERS[kind]
        digits = words.removeprefix("-")
        # Read only where it can be small enough: leading noughts could hide how long it is.
        is_read = digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_ID))
        if not is_read or int(digits) > most:
            raise ValueError(f"must be a whole number up to {most}")
        return int(words)
    if kind == "boolean":
        if words not in ("true", "false"):
            raise ValueError("must be true or false")
        return words == "true"
    if kind == "date":
        return date.fromisoformat(words)
    if kind == "timestamp with time zone":
        return moment(datetime.fromisoformat(words))
    if not 1 <= len(words) <= MAX_TEXT or "\0" in words:
        raise ValueError(f"must have 1–{MAX_TEXT} characters, none of them NUL")
    return words


def _condition(one: Condition, column: Column, number: int) -> str:
    filter_, parameter = one.filter, f":f{number}"
    name = f'"{filter_.column}"'
    kind = _CASTS.get(column.type, column.type)
    if filter_.how == "contains":
        found = f"{name} ILIKE CAST({parameter} AS text)"
    elif filter_.how == "is_lower":
        found = f"lower({name}) = lower(CAST({parameter} AS text))"
    elif filter_.how == "range":
        sign = ">=" if one.name.endswith("_from") else "<"
        found = f"{name} {sign} CAST({parameter} AS {kind})"
    else:
        found = f"{name} = CAST({parameter} AS {kind})"
    return found if filter_.also is None else f"{found} AND {filter_.also}"


def statement(
    table: Table, columns: Mapping[str, Column], query: Query, after: Sequence[Any] | None
) -> tuple[str, dict[str, Any]]:
    """The SELECT of a page behind the row with this sort key, without its LIMIT; its values."""
    order = _order(table, query)
    conditions = [] if table.where is None else [table.where]
    values: dict[str, Any] = {}
    for number, one in enumerate(query.conditions):
        conditions.append(_condition(one, columns[one.filter.column], number))
        values[f"f{number}"] = _escaped(one)
    if not columns[query.sort].is_required:
        # Rows without it stand nowhere in its order.
        conditions.append(f'"{query.sort}" IS NOT NULL')
    if after is not None:
        marks = []
        for number, (name, part) in enumerate(zip(order, after, strict=True)):
            kind = columns[name].type
            marks.append(f"CAST(:k{number} AS {_CASTS.get(kind, kind)})")
            values[f"k{number}"] = part
        names = ", ".join(f'"{name}"' for name in order)
        conditions.append(f"({names}) {'>' if query.is_up else '<'} ({', '.join(marks)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    direction = "" if query.is_up else " DESC"
    sorted_by = ", ".join(f'"{name}"{direction}' for name in order)
    # What the order needs is read too: a key need not be shown.
    shown = ", ".join(f'"{name}"' for name in dict.fromkeys([*table.columns, *order]))
    return f'SELECT {shown} FROM "{table.name}"{where} ORDER BY {sorted_by}', values


def _escaped(one: Condition) -> Any:
    if one.filter.how != "contains":
        return one.value
    escaped = one.value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _order(table: Table, query: Query) -> list[str]:
    return list(dict.fromkeys([query.sort, *table.key]))


def sort_key(table: Table, query: Query, row: Row[Any]) -> tuple[Any, ...]:
    """The row's place in the order asked for."""
    return tuple(row._mapping[name] for name in _order(table, query))


def read_cursor(
    table: Table, columns: Mapping[str, Column], query: Query, cursor: str | None
) -> tuple[Any, ...] | None:
    """The place that a cursor of this table and order names. Raises InvalidRequest."""
    order = _order(table, query)
    types = [_READ_AS.get(columns[name].type, str) for name in order]
    after = pages.decode(cursor, *types)
    for name, part in zip(order, after or (), strict=False):
        most = _INTEGERS.get(columns[name].type)
        if most is not None and abs(part) > most:
            raise InvalidRequest.field("cursor", "is not a cursor of this list")
    return after


async def read(
    tx: Reading, table: Table, query: Query, after: Sequence[Any] | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` rows behind `after`, in the order asked for."""
    select, values = statement(table, await columns_of(tx, table), query, after)
    return await tx.rows(text(f"{select} LIMIT :limit"), values | {"limit": limit})
