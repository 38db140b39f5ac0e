"""Write docs/reference/ from the code: errors, ledger, settings, badges. `--check` compares."""

import argparse
import sys
from pathlib import Path

from pydantic_core import PydanticUndefined

from flylive.accounts import privileges
from flylive.config import Settings
from flylive.http.error_page import refusals
from flylive.progression.badges import rules as badges
from flylive.shop import rules as shop
from flylive.wallet.movements import SHAPES, Direction

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "<!-- made by `python3 fly.py exec python scripts/reference.py`; do not edit -->\n\n"


def errors() -> str:
    """A row for each refusal."""
    lines = [
        "# Errors\n",
        "Every refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`,",
        "`detail`, `code`, `errors: [{field, message}]` where fields are at fault, and the extras",
        "named here. Nothing was changed.\n",
        "| code | status | means |",
        "|---|---|---|",
    ]
    lines += [f"| `{code}` | {status} | {words} |" for code, status, words in refusals()]
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
        ways = [(shape.direction, shape.currency), *([shape.also] if shape.also else [])]
        names = [currency.name.lower() if currency else "either" for _, currency in ways]
        if shape.beneficiary_currency:
            names.append(shape.beneficiary_currency.name.lower())
        currency = " → ".join(dict.fromkeys(names))
        way = ", ".join("down" if one is Direction.DEBIT else "up" for one, _ in ways)
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


def catalogue() -> str:
    """What staff may write into badges, levels and themes."""
    lines = [
        "# Badges, privileges, styles\n",
        "What staff may write into the catalogues. Whatever else they write is refused with the",
        "place that is at fault; what an adopted database brought and is not here counts for",
        "nothing.\n",
        "## Requirements of badges\n",
        '- `{"metric": "gifts_sent", "gte": 100}`: a metric compared with a whole number;',
        '- `{"all": [...]}`, `{"any": [...]}`: every one of them, or at least one;',
        '- `{"not": {...}}`: the opposite.\n',
        f"At most {badges.MAX_DEPTH} deep, with {badges.MAX_CONDITIONS} comparisons. Badges of the",
        "category `room` are about rooms and their metrics, all others about users. Looked at",
        "within seconds: gifts, levels and VIP let badges be looked at at once, and so do new",
        "follows, agencies and frames that are bought; the others, and what changed otherwise,",
        "wait for the night. Counted: rows are counted, and nobody is",
        f"asked for more than {badges.MAX_COUNTED:,}.\n",
        "| compares | means |",
        "|---|---|",
        *(f"| `{word}` | {means} |" for word, means in badges.COMPARISONS.items()),
    ]
    for subject in ("user", "room"):
        lines += [
            f"\n### Metrics of a {subject}\n",
            "| metric | what it is | looked at | counted |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{name}` | {metric.words} | {'within seconds' if metric.is_prompt else 'at night'}"
            f" | {'yes' if metric.is_counted else '–'} |"
            for name, metric in badges.METRICS.items()
            if metric.subject == subject
        ]
    lines += [
        "\n## Privileges of levels\n",
        "A user has those of his wealth and charm level and, while it holds, of his VIP level.",
        "Flags are had if any level gives them, numbers are the largest; of words VIP's goes",
        "before wealth's before charm's.\n",
        "| privilege | what it does |",
        "|---|---|",
        *(f"| `{name}` | {rule.words} |" for name, rule in privileges.CATALOGUE.items()),
        "\n## Styles of themes\n",
        "| property | value |",
        "|---|---|",
        *(f"| `{name}` | {allowed.words} |" for name, allowed in shop.PROPERTIES.items()),
    ]
    return "\n".join(lines) + "\n"


PAGES = {
    "badges.md": catalogue,
    "errors.md": errors,
    "ledger.md": ledger,
    "settings.md": settings,
}


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
