"""Write the facts of the seed schema's document as data.

    python scripts/seed_facts.py DOCUMENT seed/facts.json

DOCUMENT is the seed's ``database-schema.md``; only what its SQL says is taken (tables,
columns, types, defaults, constraints, indexes, partitions), none of its text.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

Facts = dict[str, Any]

# The document names Laravel Sanctum's table and prints no columns: these are the ones that
# Sanctum's own published migration makes.
SANCTUM_COLUMNS: dict[str, tuple[str, bool]] = {
    "id": ("bigserial", False),
    "tokenable_type": ("varchar(255)", False),
    "tokenable_id": ("bigint", False),
    "name": ("varchar(255)", False),
    "token": ("varchar(64)", False),
    "abilities": ("text", True),
    "last_used_at": ("timestamp", True),
    "expires_at": ("timestamp", True),
    "created_at": ("timestamp", True),
    "updated_at": ("timestamp", True),
}


def split_top(text: str) -> list[str]:
    """The parts of a comma-separated list, commas inside brackets left alone."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def closing(text: str, opening: int) -> int:
    """Where the bracket that opens at `opening` closes."""
    depth = 0
    for position in range(opening, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return position
    raise ValueError(f"unclosed bracket: {text[opening : opening + 40]}")


def squeeze(text: str) -> str:
    """One blank for any run of white space."""
    return " ".join(text.split())


_COLUMN = re.compile(
    r"(?P<name>\w+)\s+(?P<type>\w+(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])?)\s*(?P<rest>.*)", re.S
)
_DEFAULT = re.compile(r"DEFAULT\s+('[^']*'|[\w.]+(?:\(\))?)")
_REFERENCES = re.compile(r"REFERENCES\s+(\w+)\s*\((\w+)\)(?:\s+ON DELETE (\w+(?: NULL)?))?")


def parse_table(body: str) -> Facts:
    """Columns and constraints of the inside of a CREATE TABLE."""
    table: Facts = {
        "columns": {}, "primary_key": [], "unique": [], "checks": [], "foreign_keys": [],
    }  # fmt: skip
    for part in split_top(body):
        constraint = re.match(r"(UNIQUE|CHECK)\s*\(", part)
        if constraint:
            inside = part[constraint.end() : closing(part, constraint.end() - 1)]
            if constraint[1] == "UNIQUE":
                table["unique"].append(split_top(inside))
            else:
                table["checks"].append(squeeze(inside))
            continue
        match = _COLUMN.fullmatch(part)
        if match is None:
            raise ValueError(f"not a column: {part!r}")
        name, rest = match["name"], match["rest"]
        default = _DEFAULT.search(rest)
        table["columns"][name] = {
            "type": match["type"].lower().replace(" ", ""),
            "nullable": "NOT NULL" not in rest and "PRIMARY KEY" not in rest,
            "default": default[1] if default else None,
        }
        if "PRIMARY KEY" in rest:
            table["primary_key"].append(name)
        if "UNIQUE" in rest:
            table["unique"].append([name])
        reference = _REFERENCES.search(rest)
        if reference:
            table["foreign_keys"].append(
                {
                    "column": name,
                    "table": reference[1],
                    "target": reference[2],
                    "on_delete": reference[3],
                }
            )
    return table


def parse(document: str) -> Facts:
    """All facts of the document, in its order."""
    tables: Facts = {}
    indexes: Facts = {}
    headings = {
        name: prose.strip().startswith("Laravel")
        for name, prose in re.findall(r"^### (\w+)\n(.*)$", document, re.M)
    }
    code = "\n".join(re.findall(r"```sql\n(.*?)```", document, re.S))
    code = re.sub(r"--.*", "", code)
    for match in re.finditer(r"CREATE TABLE (\w+) \(", code):
        inside = code[match.end() : closing(code, match.end() - 1)]
        tables[match[1]] = {"laravel": headings.get(match[1], False), **parse_table(inside)}
    partitions = {
        parent: name for name, parent in re.findall(r"CREATE TABLE (\w+) PARTITION OF (\w+)", code)
    }
    for match in re.finditer(r"CREATE INDEX (\w+) ON (\w+)\s*\(", code):
        end = closing(code, match.end() - 1)
        where = re.match(r"\s*WHERE\s+([^;]+);", code[end + 1 :])
        indexes[match[1]] = {
            "table": match[2],
            "columns": split_top(code[match.end() : end]),
            "where": squeeze(where[1]) if where else None,
        }
    for table, name, start in (
        (m[1], m[2], m.end())
        for m in re.finditer(r"ALTER TABLE (\w+) ADD CONSTRAINT (\w+)\s+CHECK \(", code)
    ):
        inside = code[start : closing(code, start - 1)]
        tables[table].setdefault("named_checks", {})[name] = squeeze(inside)
    tables["personal_access_tokens"] = {
        "laravel": True,
        "columns_from": "Laravel Sanctum",
        "columns": {
            column: {"type": kind, "nullable": nullable, "default": None}
            for column, (kind, nullable) in SANCTUM_COLUMNS.items()
        },
        "primary_key": ["id"],
        "unique": [["token"]],
        "checks": [],
        "foreign_keys": [],
    }
    return {"tables": tables, "indexes": indexes, "partitioned_by_month": partitions}


def render(value: Any, indent: int = 0) -> str:
    """JSON with whatever fits a line on one line, so that a difference reads well."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or indent + len(flat) <= 100:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {render(item, indent + 2)}" for key, item in value.items()]
        opening, end = "{}"
    else:
        rows = [render(item, indent + 2) for item in value]
        opening, end = "[]"
    body = ",\n".join(inner + row for row in rows)
    return f"{opening}\n{body}\n{' ' * indent}{end}"


def main() -> None:
    """Parse one file into the other."""
    source, target = map(Path, sys.argv[1:3])
    facts = parse(source.read_text(encoding="utf-8"))
    target.write_text(render(facts) + "\n", encoding="utf-8")
    print(f"{target} written")


if __name__ == "__main__":
    main()
