"""The house's own rules: who may commit, who may touch money, what the docs say."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from flylive.errors import Problem

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "flylive"
FILES = sorted(path for path in SRC.rglob("*.py"))
BALANCES = (
    "coin_balance",
    "diamond_balance",
    "total_spent",
    "total_received",
    "coin_debt",
    "wealth_xp",
    "charm_xp",
)


def name(path: Path) -> str:
    return str(path.relative_to(SRC))


def calls(path: Path) -> set[str]:
    """Names of the methods that a file calls."""
    return {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def texts(path: Path) -> list[str]:
    """Every string in a file."""
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_only_the_transaction_function_commits() -> None:
    committing = {name(path) for path in FILES if "commit" in calls(path)}
    # Beside it only the owner's own connection, under the migrators' lock.
    assert committing == {"database/transaction.py", "database/migrate.py"}


def test_only_the_wallet_writes_balances() -> None:
    columns = "|".join(BALANCES)
    writes = re.compile(
        rf"UPDATE\s+users\b(?:(?!\bWHERE\b).)*\b({columns})\s*=", re.IGNORECASE | re.DOTALL
    )
    inserts = re.compile(
        rf"INSERT\s+INTO\s+(transactions\b|users\s*\([^)]*\b({columns})\b)", re.IGNORECASE
    )
    found = {
        name(path)
        for path in FILES
        for text in texts(path)
        if writes.search(text) or inserts.search(text)
    }
    assert found == {"wallet/book.py"}


def test_no_ledger_row_is_ever_changed() -> None:
    changes = re.compile(
        r"(UPDATE|DELETE\s+FROM)\s+"
        r"(transactions|gift_transactions|agency_earnings|lucky_draws|game_transactions)\b",
        re.IGNORECASE,
    )
    assert [name(path) for path in FILES for text in texts(path) if changes.search(text)] == []


def test_each_code_is_one_refusal() -> None:
    for path in FILES:
        if path.name == "errors.py" or path.stem == "idempotency":
            importlib.import_module("flylive." + name(path)[:-3].replace("/", "."))
    codes: dict[str, set[type[Problem]]] = defaultdict(set)
    waiting = [Problem]
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        if refusal.__module__.startswith("flylive."):
            codes[refusal.code].add(refusal)
    assert {code: found for code, found in codes.items() if len(found) > 1} == {}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (None, ""),
        ("wallet/service.py", "import flylive.rooms.service"),
        ("gifts/rules/split.py", "import sqlalchemy"),
        ("rooms/service.py", "import flylive.wallet.queries"),
        ("new_package/__init__.py", ""),
    ],
)
def test_import_contracts_hold_and_a_planted_violation_breaks_them(
    tmp_path: Path, file: str | None, line: str
) -> None:
    shutil.copytree(
        SRC,
        tmp_path / "src" / "flylive",
        ignore=shutil.ignore_patterns("__pycache__", "artwork", "static"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if file is not None:
        planted = tmp_path / "src" / "flylive" / file
        planted.parent.mkdir(exist_ok=True)
        planted.write_text((planted.read_text() if planted.exists() else "") + f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert (result.returncode == 0) == (file is None), result.stdout


def test_the_reference_pages_are_as_the_code_has_it() -> None:
    script = ROOT / "scripts" / "reference.py"
    result = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_and_paths_in_the_docs_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for path in re.findall(
        r"`((?:src|tests|docs|scripts|migrations|benchmarks|web|seed)/[\w./-]+)`", text
    ):
        assert (ROOT / path).exists(), f"{page.name} names {path}"


def test_nothing_names_a_package_registry_by_address() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    address = re.compile(r"https?://[^\s\"']*(pypi|pythonhosted|npmjs|debian)\b")
    for file in filter(None, listed.split("\0")):
        path = ROOT / file
        if path.suffix in {".lock", ".toml", ".json", ".md", ".py", ".txt", ".yml", ""}:
            assert not address.search(path.read_text(errors="ignore")), file
