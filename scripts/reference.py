"""Write docs/reference/ from the code: errors, ledger, settings. `--check` only compares."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic_core import PydanticUndefined

import flylive
from flylive.config import Settings
from flylive.errors import Problem
from flylive.wallet.movements import SHAPES, Direction

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "<!-- made by `python3 fly.py exec python scripts/reference.py`; do not edit -->\n\n"


def subclasses(cls: type[Problem]) -> Iterator[type[Problem]]:
    """Every refusal below `cls`."""
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def errors() -> str:
    """A row for each refusal."""
    for module in pkgutil.walk_packages(flylive.__path__, "flylive."):
        if module.name.endswith((".errors", ".idempotency")):
            importlib.import_module(module.name)
    lines = [
        "# Errors\n",
        "Every refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`,",
        "`detail`, `code`, `errors: [{field, message}]` where fields are at fault, and the extras",
        "named here. Nothing was changed.\n",
        "| code | status | means |",
        "|---|---|---|",
    ]
    classes: list[type[Problem]] = [Problem, *subclasses(Problem)]
    rows = {
        (cls.code, cls.status): " ".join((cls.__doc__ or cls.title).split())
        for cls in classes
        if cls.code
    }
    lines += [
        f"| `{code}` | {status} | {words} |" for (code, status), words in sorted(rows.items())
    ]
    return "\n".join(lines) + "\n"


def ledger() -> str:
    """A row for each type of movement."""
    lines = [
        "# The ledger's types\n",
        "`transactions.type`: who pays, who receives, in which currency. The house has no balance:",
        "a row without a beneficiary moves coins or diamonds into or out of existence.\n",
        "| type | the user's balance | currency | pays | receives | counts as |",
        "|---|---|---|---|---|---|",
    ]
    for movement, shape in SHAPES.items():
        currency = shape.currency.name.lower() if shape.currency else "either"
        if shape.beneficiary_currency:
            currency += f" → {shape.beneficiary_currency.name.lower()}"
        way = "down" if shape.direction is Direction.DEBIT else "up"
        counts = [
            name
            for name, counted in (
                ("spent", shape.counts_as_spent),
                ("received", shape.counts_as_received),
            )
            if counted
        ]
        lines.append(
            f"| `{movement}` | {way} | {currency} | {shape.pays} | {shape.receives} |"
            f" {', '.join(counts) or '–'} |"
        )
    return "\n".join(lines) + "\n"


def settings() -> str:
    """A row for each setting."""
    lines = [
        "# Settings\n",
        "Read from the environment; `flylive config` prints each with its value and where it",
        "comes from.\n",
        "| variable | default | means |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"FLYLIVE_{name.upper()}"
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(default)
        default = "" if default in (None, "", PydanticUndefined) else f"`{default}`"
        lines.append(f"| `{variable}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


PAGES = {"errors.md": errors, "ledger.md": ledger, "settings.md": settings}


def main() -> int:
    """Write or compare; the exit code says whether all is as the code has it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    stale = []
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        page, path = MADE + make(), REFERENCE / name
        if not path.exists() or path.read_text() != page:
            stale.append(name)
            if not check:
                path.write_text(page)
    for name in stale:
        print(f"docs/reference/{name} {'is stale' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
