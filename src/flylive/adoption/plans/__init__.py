"""How each table's rows are carried over: what becomes of a value that ours cannot hold.

The old rows are read through views named ``old_`` and the table, in which every column of the
seed is there with the seed's kind of type; ``o`` is the old row. What no plan mentions goes over
as it is: a NULL that ours does not have becomes the column's default, a reference to nothing
becomes NULL, or the row stays behind where it needs one.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """A column's new value as SQL over ``o``.

    Where `when` holds, the report names the row and says `words`; without it, wherever the value
    becomes another one. A Change without `value` is a remark alone.
    """

    column: str
    value: str | None
    when: str = ""
    words: str = ""


@dataclass(frozen=True)
class Left:
    """Rows that ours cannot hold; they stand in the old table, and the report names them."""

    when: str
    words: str


@dataclass(frozen=True)
class Plan:
    """One table's way.

    `joins` follow ``FROM old_table o``; `prepare` runs before, `after` when the rows are there.
    `required` are columns that may be NULL, but not for want of the row they name. `omitted`
    ones are written by others.
    """

    table: str
    changes: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()
    joins: str = ""
    prepare: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    omitted: frozenset[str] = frozenset()


def one_of(
    column: str, allowed: Sequence[str], otherwise: str, default: str | None = None
) -> Change:
    """A word of a list, whatever its case; any other becomes `otherwise`, NULL the `default`."""
    listed = ", ".join(f"'{word}'" for word in allowed)
    value = f"lower(btrim(o.{column}))"
    missing = default or otherwise
    return Change(
        column,
        f"CASE WHEN o.{column} IS NULL THEN '{missing}' WHEN {value} IN ({listed}) THEN {value}"
        f" ELSE '{otherwise}' END",
        words=f"is one of {', '.join(allowed)}, in lower case: any other becomes {otherwise}"
        + (f" ({missing} where there was none)" if missing != otherwise else ""),
    )


def between(column: str, low: int, high: int, default: int) -> Change:
    """A number kept within bounds; NULL becomes the column's default."""
    return Change(
        column,
        f"LEAST(GREATEST(COALESCE(o.{column}, {default}), {low}), {high})",
        f"o.{column} IS NULL OR o.{column} NOT BETWEEN {low} AND {high}",
        f"is not within {low} and {high}: the nearest of them, {default} where there was none",
    )


def at_least_zero(column: str) -> Change:
    """A number that cannot be below zero."""
    return Change(
        column,
        f"GREATEST(COALESCE(o.{column}, 0), 0)",
        f"o.{column} IS NULL OR o.{column} < 0",
        "is missing or below zero: becomes 0",
    )


def not_blank(column: str, otherwise: str) -> Change:
    """A name that shows something; `otherwise` is SQL."""
    return Change(
        column,
        rf"CASE WHEN o.{column} ~ '\S' THEN o.{column} ELSE {otherwise} END",
        rf"o.{column} !~ '\S'",
        "is blank: gets a name",
    )


def json_object(column: str) -> Change:
    """JSON that has to be an object; anything else is none."""
    return Change(
        column,
        f"CASE WHEN jsonb_typeof(o.{column}) = 'object' THEN o.{column} END",
        f"jsonb_typeof(o.{column}) <> 'object'",
        "is JSON, but no object: becomes NULL",
    )


RARITIES = ("common", "rare", "epic", "legendary")
