"""The live database against the seed: every table, column, key and index, or its excuse.

The excuses are the tables of docs/schema.md; an excuse for something that is as the seed
says is a failure too, so that the page stays true.
"""

import importlib.util
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Addresses
from tests.schema.catalogue import (
    Column,
    Constraint,
    Index,
    read_columns,
    read_constraints,
    read_indexes,
)
from tests.schema.conftest import ROOT

DOCUMENT = ROOT.parent / "shared" / "seed" / "database-schema.md"
FACTS: dict[str, Any] = json.loads((ROOT / "seed" / "facts.json").read_text(encoding="utf-8"))
TABLES: dict[str, Any] = FACTS["tables"]
PAGE = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
VIEWS = {"jobs", "failed_jobs"}


def section(title: str) -> list[list[str]]:
    """The rows of the tables under a heading of docs/schema.md, their heads left out."""
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.M | re.S)
    assert match, f"docs/schema.md has no section {title!r}"
    lines = match[1].splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for number, line in enumerate(lines)
        if line.startswith("|")
        and not line.startswith("|---")
        and not "".join(lines[number + 1 : number + 2]).startswith("|---")
    ]


def words(cell: str) -> list[str]:
    """What a cell sets in code."""
    return re.findall(r"`([^`]+)`", cell)


WIDER = [(words(row[0])[0], words(row[1])[0], row[2]) for row in section("Wider types")]
KEYS = {
    words(row[0])[0]: (words(row[1]) or [None])[0] for row in section("Keys and unique constraints")
}
DELETES = {
    words(row[0])[0]: words(row[1])[0] for row in section("Foreign keys that delete otherwise")
}
LEFT_OUT = {
    words(row[0])[0]: words(row[2])[0] for row in section("Indexes of the seed that are left out")
}
CHANGED = {words(row[0])[0] for row in section("Indexes that are not quite the seed's")}


class Live:
    """The catalogue, read once."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.columns: dict[str, dict[str, Column]] = read_columns(connection)
        self.constraints: dict[str, Constraint] = {
            constraint.name: constraint for constraint in read_constraints(connection)
        }
        self.indexes: dict[str, Index] = read_indexes(connection)

    def unique(self, table: str) -> list[Index]:
        """The table's unique indexes."""
        return [i for i in self.indexes.values() if i.table == table and i.is_unique]


@pytest.fixture(scope="module")
def live(addresses: Addresses) -> Iterator[Live]:
    """The migrated database."""
    with psycopg.connect(addresses.owner) as connection:
        yield Live(connection)


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the seed's document is not beside this clone")
def test_the_facts_are_the_documents() -> None:
    path = ROOT / "scripts" / "seed_facts.py"
    spec = importlib.util.spec_from_file_location("seed_facts", path)
    assert spec is not None
    assert spec.loader is not None
    seed_facts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(seed_facts)
    document = DOCUMENT.read_text(encoding="utf-8")
    written = (ROOT / "seed" / "facts.json").read_text(encoding="utf-8")
    assert seed_facts.render(seed_facts.parse(document)) + "\n" == written
    # Counted in the document by other means, so that the parser cannot lose something quietly.
    assert len(re.findall(r"^CREATE TABLE \w+ \($", document, re.M)) + 1 == len(TABLES)
    assert len(re.findall(r"^CREATE INDEX", document, re.M)) == len(FACTS["indexes"])
    named = sum(len(table.get("named_checks", {})) for table in TABLES.values())
    assert document.count("ADD CONSTRAINT") == named
    assert document.count(" REFERENCES ") == sum(len(t["foreign_keys"]) for t in TABLES.values())


def test_the_seed_is_as_large_as_it_is() -> None:
    keys = sum(bool(table["primary_key"]) + len(table["unique"]) for table in TABLES.values())
    # 154 with the keys' own, Sanctum's table (which the document does not print) aside.
    assert len(FACTS["indexes"]) + keys - 2 == 154
    assert len(TABLES) == 30
    assert sum(len(table["columns"]) for table in TABLES.values()) == 327


def alias(kind: str) -> str:
    """A seed's type as PostgreSQL prints it."""
    kind = {"bigserial": "bigint"}.get(kind, kind)
    return kind.replace("varchar", "character varying").replace("decimal", "numeric")


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table in TABLES for column in TABLES[table]["columns"]],
)
def test_column(live: Live, table: str, column: str) -> None:
    seed = TABLES[table]["columns"][column]
    assert table in live.columns, f"no table {table}"
    assert column in live.columns[table], f"no column {table}.{column}"
    found = live.columns[table][column]

    wider = [
        here
        for there, here, where in WIDER
        if there == seed["type"] and (where == "*" or f"{table}.{column}" in words(where))
    ]
    expected = wider[0] if wider else alias(seed["type"])
    assert found.type == expected

    if table in VIEWS:
        return
    if not seed["nullable"]:
        assert not found.is_nullable
    if seed["type"] == "bigserial":
        assert "nextval(" in str(found.default)
    elif seed["default"] is not None:
        assert same_default(seed["default"], found.default)
        assert column == "duration_days" or not found.is_nullable, "a default that may be NULL"


def same_default(seed: str, live: str | None) -> bool:
    """Whether two defaults are the same value."""
    bare = re.sub(r"::[\w ]+(\(\d+\))?$", "", live or "")
    try:
        return Decimal(seed) == Decimal(bare)
    except InvalidOperation:
        return seed.lower() == bare.lower()


def test_widenings_are_needed() -> None:
    """Each line of 'Wider types' is about a column that the seed has."""
    for there, here, where in WIDER:
        if where != "*":
            for name in words(where):
                table, column = name.split(".")
                assert TABLES[table]["columns"][column]["type"] == there, name
        else:
            assert any(
                column["type"] == there for t in TABLES.values() for column in t["columns"].values()
            ), (there, here)


def test_primary_and_unique_keys(live: Live) -> None:
    excused = dict(KEYS)
    for table, seed in TABLES.items():
        if table in VIEWS:
            continue
        for columns in [seed["primary_key"], *seed["unique"]]:
            name = f"{table}({', '.join(columns)})"
            if name in excused:
                instead = excused.pop(name)
                assert instead is None or live.indexes[instead].table == table, name
                continue
            assert any(
                index.columns == tuple(columns) and index.where is None
                for index in live.unique(table)
            ), f"nothing keeps {name} unique"
    assert not excused, "docs/schema.md excuses keys that the seed does not have"


def test_foreign_keys(live: Live) -> None:
    excused = dict(DELETES)
    keys = {(key.table, key.columns): key for key in live.constraints.values() if key.kind == "f"}
    for table, seed in TABLES.items():
        for wanted in seed["foreign_keys"]:
            found = keys[table, (wanted["column"],)]
            assert found.target == wanted["table"]
            allowed = [wanted["on_delete"]] if wanted["on_delete"] else ["NO ACTION", "RESTRICT"]
            allowed = [excused.pop(f"{table}.{wanted['column']}", None) or allowed[0], *allowed[1:]]
            assert found.on_delete in allowed, found
    assert not excused


def test_checks(live: Live) -> None:
    """The seed's named CHECKs are there by name and word; each is violated elsewhere."""
    for table, seed in TABLES.items():
        for name, wanted in seed.get("named_checks", {}).items():
            found = live.constraints[name]
            assert found.table == table
            assert plain(wanted) == plain(found.definition.removeprefix("CHECK")), name
    unnamed = {table: seed["checks"] for table, seed in TABLES.items() if seed["checks"]}
    assert unnamed.keys() == {"user_followers", "user_blocks", "messages"}
    for name in (
        "chk_user_followers_two_users",
        "chk_user_blocks_two_users",
        "chk_messages_one_target",
    ):
        assert name in live.constraints


def plain(expression: str) -> str:
    """An expression without brackets, casts and blanks."""
    return re.sub(r"[()\s]|::\w+", "", expression).lower()


@pytest.mark.parametrize("name", FACTS["indexes"])
def test_index(live: Live, owner: psycopg.Connection[Any], name: str) -> None:
    seed = FACTS["indexes"][name]
    if name in LEFT_OUT:
        assert name not in live.indexes
        serving = LEFT_OUT[name]
        if seed["table"] in VIEWS:
            found = owner.execute("SELECT to_regclass(%s)::text", (serving,)).fetchone()
            assert found == (serving,)
        else:
            assert live.indexes[serving].table == seed["table"]
        return
    assert name in live.indexes, f"{name} is neither there nor excused in docs/schema.md"
    index = live.indexes[name]
    assert index.table == seed["table"]
    columns, where = tuple(seed["columns"]), seed["where"]
    is_same = (
        index.columns == columns
        and index.method == "btree"
        and plain(index.where or "")
        in (plain(where or ""), plain(where or "").removesuffix("=true"))
    )
    assert is_same == (name not in CHANGED), (index, seed)
    assert [column.split()[0] for column in index.columns][: len(columns)] == [
        column.split()[0] for column in columns
    ]


def test_the_page_excuses_only_what_the_seed_has() -> None:
    assert LEFT_OUT.keys() <= FACTS["indexes"].keys()
    assert FACTS["indexes"].keys() >= CHANGED
    assert not LEFT_OUT.keys() & CHANGED


def test_partitioned_by_month(live: Live, owner: psycopg.Connection[Any]) -> None:
    for table, example in FACTS["partitioned_by_month"].items():
        assert re.fullmatch(rf"{table}_y\d{{4}}m\d\d", example)
        key = owner.execute("SELECT pg_get_partkeydef(%s::regclass)", (table,)).fetchone()
        assert key in {("RANGE (created_at)",), ("RANGE (sent_at)",)}


@pytest.mark.parametrize("table", TABLES)
def test_the_page_names_each_column_once(table: str) -> None:
    rows = section(table)
    named = [column for row in rows for column in words(row[0])]
    assert sorted(named) == sorted(TABLES[table]["columns"])
    for _, written, read, shown in rows:
        assert written
        assert read
        paths = words(shown)
        assert paths or shown == "there"
        for path in paths:
            assert (ROOT / path).exists(), path


def test_what_is_beyond_the_seed_exists(live: Live) -> None:
    rows = section("Beyond the seed")
    for name in (name for row in rows for name in words(row[0])):
        table, _, column = name.partition(".")
        if name == "procrastinate_*":
            assert "procrastinate_jobs" in live.columns
        elif column:
            assert column in live.columns[table]
            assert column not in TABLES[table]["columns"]
        else:
            assert table in live.columns
            assert table not in TABLES
    named = {name for row in rows for name in words(row[0])}
    for table, columns in live.columns.items():
        if table.startswith(("procrastinate_", "alembic_")):
            continue
        if table not in TABLES:
            assert table in named, f"docs/schema.md does not name {table}"
        else:
            more = {f"{table}.{column}" for column in columns} - {
                f"{table}.{column}" for column in TABLES[table]["columns"]
            }
            assert more <= named, f"docs/schema.md does not name {more - named}"


def test_paths_on_the_page_exist() -> None:
    for path in re.findall(r"`((?:tests|scripts|seed|migrations|docs)/[\w./]*)`", PAGE):
        assert (ROOT / Path(path)).exists(), path
