"""How a table that staff look at is declared. Pure."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from flylive.console.rules import Right

How = Literal["is", "is_lower", "contains", "range"]


class Filter(NamedTuple):
    """A way to find rows by a column.

    `how`: equal; equal without case; a part of it (trigrams); or from one moment until another,
    sent as ``{column}_from`` and ``{column}_to``. `also` is the condition of the index that
    serves it. `needs` another filter beside it, whose index this column follows. `by` is the
    column that the index goes on with: rows found by this filter come in its order.
    """

    column: str
    how: How = "is"
    also: str | None = None
    needs: str | None = None
    by: str | None = None
    note: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What a query calls it."""
        if self.how == "range":
            return (f"{self.column}_from", f"{self.column}_to")
        return (self.column,)


class Table(NamedTuple):
    """A table: columns shown, filters, orders (the first one is the usual one, newest first).

    `key` makes rows that are equal in an order differ; `where` is which rows are shown at all.
    """

    name: str
    group: str
    label: str
    right: Right
    columns: tuple[str, ...]
    filters: tuple[Filter, ...]
    sorts: tuple[str, ...]
    key: tuple[str, ...]
    where: str | None

    def find(self, name: str) -> Filter | None:
        """The filter that a query calls so."""
        return next((one for one in self.filters if name in one.names), None)


def table(
    name: str,
    group: str,
    label: str,
    right: Right,
    columns: str,
    filters: Sequence[str | Filter] = (),
    *,
    sorts: str = "id",
    key: str = "id",
    where: str | None = None,
) -> Table:
    """A table; names are parted by blanks, and a filter that is a name alone is an equality."""
    return Table(
        name,
        group,
        label,
        right,
        tuple(columns.split()),
        tuple(Filter(one) if isinstance(one, str) else one for one in filters),
        tuple(sorts.split()),
        tuple(key.split()),
        where,
    )
