"""The staff's addresses of tables: which there are, a page of one, and all of it as CSV."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from flylive.accounts import Caller
from flylive.console import rules
from flylive.console.errors import UnknownTable
from flylive.console.guard import check, require_staff, role_of
from flylive.console.tables import reading
from flylive.console.tables.registry import TABLES
from flylive.console.tables.table import Table
from flylive.database import Database, Reading
from flylive.errors import InvalidRequest
from flylive.http import export, pages

Sort = Annotated[
    str | None,
    QueryParameter(max_length=64, description="A column; with `-` before it, highest first."),
]
CSV = ".csv"
_RESERVED = ("limit", "cursor", "sort")


class FilterView(msgspec.Struct, kw_only=True):
    """A filter: `names` is what a query calls it, two for a range; `type` the column's."""

    names: list[str]
    type: str
    how: str
    needs: str | None


class ColumnView(msgspec.Struct, kw_only=True):
    """A column that is shown, with PostgreSQL's name of its type."""

    name: str
    type: str


class TableView(msgspec.Struct, kw_only=True):
    """A table that the caller may look at."""

    name: str
    group: str
    label: str
    right: str
    columns: list[ColumnView]
    filters: list[FilterView]
    sorts: list[str]


class Tables(msgspec.Struct, kw_only=True):
    """GET /admin/tables."""

    data: list[TableView]


class TablePage(msgspec.Struct, kw_only=True):
    """A page of a table: the order that holds (`sorts` are those that do with these filters)."""

    table: TableView
    sort: str
    sorts: list[str]
    data: list[dict[str, Any]]
    next_cursor: str | None


async def _view(tx: Reading, table: Table) -> TableView:
    columns = await reading.columns_of(tx, table)
    return TableView(
        name=table.name,
        group=table.group,
        label=table.label,
        right=table.right.value,
        columns=[ColumnView(name=name, type=columns[name].type) for name in table.columns],
        filters=[
            FilterView(
                names=list(one.names),
                type=columns[one.column].type,
                how=one.how,
                needs=one.needs,
            )
            for one in table.filters
        ],
        sorts=list(table.sorts),
    )


@get("/tables", guards=[require_staff])
async def list_tables(
    caller: NamedDependency[Caller], database: NamedDependency[Database]
) -> Tables:
    """The tables that the caller's role may look at, with how rows are found in each."""

    async def work(tx: Reading) -> Tables:
        role = await role_of(tx, caller.user_id)
        seen = [one for one in TABLES.values() if rules.may(role, one.right)]
        return Tables(data=[await _view(tx, one) for one in seen])

    return await database.read(work)


@get(
    "/tables/{name:str}",
    guards=[require_staff],
    responses={200: ResponseSpec(TablePage, generate_examples=False, description="A page")},
)
async def show_table(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    name: FromPath[str],
    sort: Sort = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> Response[Any]:
    """A page of a table, or, under its name with `.csv`, all of it as CSV.

    Its filters are query parameters, as GET /admin/tables tells them.
    """
    table = TABLES.get(name.removesuffix(CSV))
    if table is None:
        raise UnknownTable
    given: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        if key in given:
            raise InvalidRequest.field(key, "is there twice")
        if key not in _RESERVED:
            given[key] = value

    async def prepare(tx: Reading) -> tuple[reading.Query, tuple[Any, ...] | None]:
        await check(tx, caller.user_id, table.right)
        columns = await reading.columns_of(tx, table)
        query = reading.parse(table, columns, given, sort)
        return query, reading.read_cursor(table, columns, query, cursor)

    if name.endswith(CSV):
        query, _ = await database.read(prepare)
        return export.csv_file(name, table.columns, _all_rows(database, table, query))

    async def work(tx: Reading) -> TablePage:
        query, after = await prepare(tx)
        rows = await reading.read(tx, table, query, after, limit + 1)
        page = pages.page(
            rows,
            limit,
            lambda row: {column: row._mapping[column] for column in table.columns},
            lambda row: reading.sort_key(table, query, row),
        )
        return TablePage(
            table=await _view(tx, table),
            sort=("" if query.is_up else "-") + query.sort,
            sorts=query.sorts,
            data=page.data,
            next_cursor=page.next_cursor,
        )

    return Response(await database.read(work))


async def _all_rows(
    database: Database, table: Table, query: reading.Query
) -> AsyncIterator[list[list[Any]]]:
    after: tuple[Any, ...] | None = None
    while True:

        async def page(
            tx: Reading, after: tuple[Any, ...] | None = after
        ) -> tuple[list[list[Any]], tuple[Any, ...] | None]:
            rows = await reading.read(tx, table, query, after, export.PAGE)
            cells = [[_cell(row._mapping[column]) for column in table.columns] for row in rows]
            return cells, reading.sort_key(table, query, rows[-1]) if rows else None

        lines, after = await database.read(page)
        if not lines:
            return
        yield lines


def _cell(value: Any) -> Any:
    """Documents and lists as JSON."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


ROUTES = [list_tables, show_table]
