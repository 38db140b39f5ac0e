"""Every table that staff look at: answers, rights, secrets, CSV, and the planner's own word.

Rows are made by the type of each column, since the planner asks for nothing else: every table is
filled and analysed, and then asked by every filter and in every order.
"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.accounts.staff import Role
from flylive.console.rules import may
from flylive.console.tables import reading
from flylive.console.tables.registry import NOT_SHOWN, TABLES
from flylive.console.tables.table import Filter, Table
from flylive.database import Database
from flylive.database.partitions import add_months, list_partitions
from tests.conftest import Addresses
from tests.console.hands import refusal, team
from tests.world import Person, World

ROWS = 3_000
Connection = psycopg.Connection[Any]
SECRETS = (
    "password", "token", "token_hash", "server_seed", "secret", "code", "key", "payload",
    "fingerprint", "binding", "checkout_url", "signature_secret", "totp_secret", "answer",
)  # fmt: skip
"""Names of columns that open something, wherever they stand."""
OPEN = {("games", "code")}
"""A game's code is its name in addresses."""

GIVEN = {"deleted_at": "NULL", "tokenable_type": f"'{TOKENABLE_TYPE}'"}
"""What partial indexes and fixed conditions are about."""

_VALUES = {
    "smallint": "i",
    "integer": "i",
    "bigint": "i",
    "numeric": "i % 900",
    "boolean": "false",
    "date": "DATE '2000-01-01' + i",
    "timestamp with time zone": "TIMESTAMPTZ 'MIDDLE' + (i % 6 - 1) * interval '30 days'"
    " - i * interval '1 min'",
    "time without time zone": "TIME '00:00'",
    "json": "'{}'::json",
    "jsonb": "'{}'::jsonb",
    "bytea": "decode(md5(i::text), 'hex')",
    "uuid": "md5(i::text)::uuid",
}
_COLUMNS = """
    SELECT attname, format_type(atttypid, NULL), atttypmod, typtype = 'e'
    FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def value(kind: str, width: int, is_enum: bool) -> str:
    """An expression over `i` that differs from row to row wherever the type allows it."""
    if kind in _VALUES:
        return _VALUES[kind]
    if kind.endswith("[]"):
        return f"CAST('{{}}' AS {kind})"
    if is_enum:
        return f"(enum_range(NULL::{kind}))[1]"
    text = "md5(i::text) || md5((-i)::text)"
    return f"left({text}, {width - 4})" if width > 4 else text


@pytest.fixture(scope="module")
def filled(addresses: Addresses, world: World) -> Iterator[Connection]:
    """A database of this module's own in which every table is full of rows of no meaning."""
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        checks = connection.execute(
            "SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            " AND conparentid = 0 AND coninhcount = 0"
        ).fetchall()
        for table, name in checks:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE".encode())
        connection.execute("SET session_replication_role = replica")
        # From the middle of a month, so that each month that has a partition has many rows: what
        # has hardly any is read through, whatever its indexes.
        months = [part.month for part in list_partitions(connection) if part.month is not None]
        middle = add_months(min(months), 1) + timedelta(days=14)
        for name in TABLES:
            columns = connection.execute(_COLUMNS, (name,)).fetchall()
            names = sql.SQL(", ").join(sql.Identifier(column) for column, *_ in columns)
            values = ", ".join(
                GIVEN.get(column) or value(kind, width, enum)
                for column, kind, width, enum in columns
            )
            insert = sql.SQL(
                "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {}"
                " FROM generate_series(1000, {}) AS i ON CONFLICT DO NOTHING"
            )
            connection.execute(
                insert.format(
                    sql.Identifier(name),
                    names,
                    sql.SQL(values.replace("MIDDLE", f"{middle} 00:00+00")),
                    1000 + ROWS,
                )
            )
        connection.execute("SET session_replication_role = origin")
        connection.execute("ANALYZE")
        yield connection


@pytest.fixture(scope="module")
async def staff(world: World, database: Database) -> dict[Role, Person]:
    return await team(world, database)


@pytest.fixture(scope="module")
def boss(staff: dict[Role, Person]) -> Person:
    return staff[Role.ADMIN]


def test_every_table_is_shown_or_stands_with_its_reason(world: World) -> None:
    there = {
        name
        for (name,) in world.sql(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition"
        )
    }
    assert TABLES.keys() & NOT_SHOWN.keys() == set()
    assert there == TABLES.keys() | NOT_SHOWN.keys(), there ^ (TABLES.keys() | NOT_SHOWN.keys())
    assert all(len(reason) > 20 for reason in NOT_SHOWN.values())


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_declaration_names_what_is_there_and_no_secret(world: World, table: Table) -> None:
    columns = dict(
        world.sql(
            "SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped",
            table.name,
        )
    )
    named = {*table.columns, *table.sorts, *table.key, *(one.column for one in table.filters)}
    assert named <= columns.keys(), named - columns.keys()
    assert len(set(table.columns)) == len(table.columns)
    shown = {column for column in table.columns if (table.name, column) not in OPEN}
    assert shown.isdisjoint(SECRETS)
    assert all(columns[name] for name in table.key)
    keys = world.sql(
        "SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indpred IS NULL"
        " AND i.indexprs IS NULL GROUP BY i.indexrelid",
        table.name,
    )
    assert any(set(key) <= set(table.key) for (key,) in keys), "its key is not unique"
    assert {one.needs for one in table.filters if one.needs} <= {
        one.column for one in table.filters
    }


def plans(connection: Connection, statement: str, values: dict[str, Any]) -> Iterator[Any]:
    """Every node of a statement's plan."""
    numbered = statement
    names = list(values)
    for name in sorted(names, key=len, reverse=True):
        numbered = numbered.replace(f":{name}", f"%({name})s")
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = on")
        row = connection.execute(f"EXPLAIN (FORMAT JSON) {numbered}".encode(), values).fetchone()
    assert row is not None
    waiting = [row[0][0]["Plan"]]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.get("Plans", [])


def assert_by_index(connection: Connection, statement: str, values: dict[str, Any]) -> None:
    nodes = list(plans(connection, statement, values))
    scans = {node["Node Type"] for node in nodes if "Scan" in node["Node Type"]}
    assert "Seq Scan" not in scans, (statement, json.dumps(nodes[0], indent=1)[:3000])
    assert scans, statement


def asked(connection: Connection, table: Table, filter_: Filter) -> list[dict[str, str]]:
    """Queries by a filter, each beside what it needs, for values that a row in the middle has."""
    wanted, needs = [filter_], filter_.needs
    while needs is not None:
        found = table.find(needs)
        assert found is not None
        wanted.append(found)
        needs = found.needs
    query: dict[str, str] = {}
    where = f" WHERE {table.where}" if table.where else ""
    for one in wanted:
        row = connection.execute(
            f'SELECT "{one.column}" FROM "{table.name}"{where}'
            f' ORDER BY "{table.key[0]}" DESC OFFSET 100 LIMIT 1'.encode()
        ).fetchone()
        assert row is not None
        found = row[0]
        if one.how == "range":
            query[one.names[0]] = found.isoformat()
            query[one.names[1]] = (found + timedelta(minutes=1)).isoformat()
        elif isinstance(found, bool):
            query[one.column] = "true"
        else:
            query[one.column] = str(found)[:20] if one.how == "contains" else str(found)
    return [query]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
async def test_every_filter_and_order_answers_by_an_index(
    world: World, database: Database, filled: Connection, boss: Person, table: Table
) -> None:
    columns = await database.read(lambda tx: reading.columns_of(tx, table))
    path = f"/admin/tables/{table.name}"
    for sort in (None, *table.sorts, *(f"-{name}" for name in table.sorts)):
        params = {} if sort is None else {"sort": sort}
        first = await world.call("GET", path, boss, params=params | {"limit": 7})
        assert first.status_code == 200, first.text
        page = first.json()
        assert len(page["data"]) == 7
        assert set(page["data"][0]) == set(table.columns)
        column = page["sort"].removeprefix("-")
        if column in table.columns:
            kept = [row[column] for row in page["data"]]
            assert kept == sorted(kept, reverse=page["sort"].startswith("-"))
        second = await world.call(
            "GET", path, boss, params=params | {"limit": 7, "cursor": page["next_cursor"]}
        )
        assert second.status_code == 200, second.text
        assert not any(row in page["data"] for row in second.json()["data"])
        query = reading.parse(table, columns, {}, sort)
        after = reading.read_cursor(table, columns, query, page["next_cursor"])
        for key in (None, after):
            select, values = reading.statement(table, columns, query, key)
            assert_by_index(filled, f"{select} LIMIT 21", values)
            nodes = list(plans(filled, f"{select} LIMIT 21", values))
            assert "Sort" not in {node["Node Type"] for node in nodes}, (select, nodes[0])
    for filter_ in table.filters:
        for params in asked(filled, table, filter_):
            query = reading.parse(table, columns, params, None)
            for sort in (None, *query.sorts, *(f"-{name}" for name in query.sorts)):
                more = {} if sort is None else {"sort": sort}
                answer = await world.call("GET", path, boss, params=params | more)
                assert answer.status_code == 200, (params, answer.text)
                if params.get(filter_.column) != "true":
                    assert answer.json()["data"], params
                query = reading.parse(table, columns, params, sort)
                select, values = reading.statement(table, columns, query, None)
                assert_by_index(filled, f"{select} LIMIT 21", values)
            # Not by walking the order and throwing rows away: by the filter's own index.
            found = select[select.index(" FROM ") : select.index(" ORDER BY ")]
            assert_by_index(filled, f"SELECT 1{found}", values)
            assert_filtered_by_index(filled, f"SELECT 1{found}", values, filter_)


def assert_filtered_by_index(
    connection: Connection, statement: str, values: dict[str, Any], filter_: Filter
) -> None:
    conditions = [str(node.get("Index Cond", "")) for node in plans(connection, statement, values)]
    assert any(filter_.column in one for one in conditions), (statement, conditions)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
async def test_each_right_is_asked(
    world: World, staff: dict[Role, Person], filled: Connection, table: Table
) -> None:
    for role, person in staff.items():
        for suffix in ("", ".csv"):
            path = f"/admin/tables/{table.name}{suffix}"
            if suffix and may(role, table.right):
                continue
            answer = await world.call("GET", path, person)
            if may(role, table.right):
                assert answer.status_code == 200
            else:
                assert refusal(answer) == (403, "staff.right_missing"), role
                assert answer.json()["right"] == table.right.value
    nobody = await world.register()
    answer = await world.call("GET", f"/admin/tables/{table.name}", nobody)
    assert refusal(answer) == (403, "staff.required")


async def test_each_role_is_told_of_what_it_may_see(
    world: World, staff: dict[Role, Person]
) -> None:
    for role, person in staff.items():
        listed = (await world.call("GET", "/admin/tables", person)).json()["data"]
        assert [one["name"] for one in listed] == [
            one.name for one in TABLES.values() if may(role, one.right)
        ]
        assert all(one["columns"] and one["sorts"] for one in listed)


async def test_all_of_a_table_as_csv(world: World, boss: Person, filled: Connection) -> None:
    answer = await world.call("GET", "/admin/tables/transactions.csv?sort=id", boss)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="transactions.csv"' in answer.headers["content-disposition"]
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == list(TABLES["transactions"].columns)
    [(count,)] = world.sql("SELECT count(*) FROM transactions")
    assert len(rows) == count > 2000
    ids = [int(row[0]) for row in rows]
    assert ids == sorted(set(ids))
    one = await world.call("GET", "/admin/tables/transactions.csv?user_id=1500", boss)
    assert len(list(csv.reader(io.StringIO(one.text)))) == 2
    audit = await world.call("GET", "/admin/tables/audit_log.csv?action=nothing", boss)
    assert audit.text.strip() == ",".join(TABLES["audit_log"].columns)


async def test_wrong_queries_are_refused_by_name(world: World, boss: Person) -> None:
    for query, field in (
        ("users?surname=x", "surname"),
        ("users?password=x", "password"),
        ("users?sort=password", "sort"),
        ("users?sort=name", "sort"),
        ("users?id=x", "id"),
        ("users?id=99999999999999999999", "id"),
        ("users?id=²", "id"),
        ("users?vip_level=2147483648", "vip_level"),
        ("user_badges?earned_at_from=2026-01-01T00:00:00", "earned_at_from"),
        ("user_badges?earned_at_from=soon", "earned_at_from"),
        ("user_badges?earned_at=2026-01-01T00:00:00Z", "earned_at"),
        ("users?name=", "name"),
        ("users?id=1&id=2", "id"),
        ("users?cursor=bm90aGluZw", "cursor"),
        ("user_badges?sort=earned_at&cursor=WzFd", "cursor"),
        ("gifts?is_active=maybe", "is_active"),
        ("rankings?period=daily", "period"),
        ("rankings?period_start=1.1.26", "period_start"),
        ("transactions?transactionable_id=1", "transactionable_id"),
        ("transactions?sort=created_at", "sort"),
        ("transactions?limit=0", "limit"),
        ("users.csv?surname=x", "surname"),
    ):
        answer = await world.call("GET", f"/admin/tables/{query}", boss)
        assert refusal(answer) == (422, "request.invalid"), (query, answer.text)
        assert [error["field"] for error in answer.json()["errors"]] == [field], query
    for name in ("nothing", "jobs", "sessions", "users.json", "pg_class", "users.csv.csv"):
        answer = await world.call("GET", f"/admin/tables/{name}", boss)
        assert refusal(answer) == (404, "table.not_found"), name
    led = await world.call("GET", "/admin/tables/transactions?user_id=1&sort=created_at", boss)
    assert (led.status_code, led.json()["sorts"]) == (200, ["created_at", "id"])


async def test_private_messages_are_no_table_of_the_staff(
    world: World, boss: Person, filled: Connection
) -> None:
    first, second = await world.people(2)
    await world.call(
        "POST",
        f"/conversations/{second.id}/messages",
        first,
        json={"content": "between us", "client_id": "1"},
    )
    answer = await world.call("GET", f"/admin/tables/messages?sender_id={first.id}", boss)
    assert answer.json()["data"] == []
