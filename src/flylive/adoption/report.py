"""What an adoption found and did, in words for people and as JSON for the rest."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from flylive.adoption.carry import EXAMPLES, Carried, Decision
from flylive.adoption.catalogue import Column
from flylive.adoption.survey import LEFT_ASIDE, Survey

Say = Callable[[str], None]


@dataclass
class Changed:
    """How a table's own shape changes."""

    types: dict[str, list[str]]
    columns_added: list[str]
    columns_extra: list[str]
    became_required: list[str]
    definitions_added: list[str]
    definitions_gone: list[str]


@dataclass
class Report:
    """Everything that is to be said; see :func:`as_json` for its form outside."""

    is_applied: bool
    timezone: str
    survey: Survey
    adopted_at: str = ""
    seconds: float = 0.0
    changed: dict[str, Changed] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    aside: dict[str, int] = field(default_factory=dict)
    partitions: list[str] = field(default_factory=list)
    hashed: int = 0
    opened: int = 0
    differing: list[dict[str, Any]] = field(default_factory=list)
    differing_users: int = 0
    proof: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def compare(
    old: dict[str, Column],
    new: dict[str, Column],
    old_definitions: set[str],
    new_definitions: set[str],
) -> Changed:
    """How one table's shape changes."""
    shared = [name for name in new if name in old]
    return Changed(
        types={
            name: [old[name].type, new[name].type]
            for name in shared
            if old[name].type != new[name].type
        },
        columns_added=[name for name in new if name not in old],
        columns_extra=[name for name in old if name not in new],
        became_required=[n for n in shared if new[n].is_required and not old[n].is_required],
        definitions_added=sorted(new_definitions - old_definitions),
        definitions_gone=sorted(old_definitions - new_definitions),
    )


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values; of decisions and rows left behind every id stands there."""
    survey = report.survey
    return {
        "applied": report.is_applied,
        "timezone": report.timezone,
        "adopted_at": report.adopted_at,
        "seconds": round(report.seconds, 1),
        "tables_missing": survey.missing,
        "tables": {
            carried.table: {
                "rows_before": carried.before,
                "rows_after": carried.after + carried.added,
                "rows_added": carried.added,
                "rows_left_behind": carried.left,
                "seconds": round(carried.seconds, 1),
                "shape": asdict(report.changed[carried.table]),
            }
            for carried in report.carried
        },
        "decisions": [asdict(d) for carried in report.carried for d in carried.decisions],
        "left_behind": [asdict(d) for carried in report.carried for d in carried.left_behind],
        "left_aside": {
            table: {"rows": rows, "why": LEFT_ASIDE[table]} for table, rows in report.aside.items()
        },
        "beside": list(survey.beside),
        "referring": [reference._asdict() for reference in survey.referring],
        "views": survey.views,
        "triggers": survey.triggers,
        "sessions": survey.sessions,
        "partitions_made": report.partitions,
        "room_passwords_hashed": report.hashed,
        "ledger": {
            "accounts_opened": report.opened,
            "users_that_differ": report.differing_users,
            "differences": report.differing,
        },
        "proof": report.proof,
        "warnings": report.warnings,
    }


def tell(report: Report, say: Say) -> None:
    """Say the report in lines, examples instead of every row."""
    _tell_shape(report, say)
    _tell_decisions(report, say)
    _tell_money(report, say)
    _tell_surroundings(report, say)


def _tell_shape(report: Report, say: Say) -> None:
    widened: dict[str, list[str]] = {}
    for table, changed in report.changed.items():
        for column, (old, new) in changed.types.items():
            widened.setdefault(f"{old} → {new}", []).append(f"{table}.{column}")
    say("\nTypes")
    for change, columns in sorted(widened.items()):
        more = f" and {len(columns) - 6} more" if len(columns) > 6 else ""
        say(f"  {change}: {', '.join(columns[:6])}{more}")
    say("\nConstraints, indexes and columns (each by its words in the report file)")
    for table, changed in report.changed.items():
        words = (
            f"{len(changed.columns_added)} columns new, "
            f"{len(changed.became_required)} become NOT NULL, "
            f"{len(changed.definitions_added)} constraints and indexes new, "
            f"{len(changed.definitions_gone)} gone"
        )
        extra = changed.columns_extra
        say(
            f"  {table}: {words}"
            + (f"; only the old table keeps {', '.join(extra)}" if extra else "")
        )


def _tell_decisions(report: Report, say: Say) -> None:
    say("\nValues that become others, and what is worth a look")
    decisions = [d for carried in report.carried for d in carried.decisions]
    for decision in decisions:
        say(f"  {decision.table}.{decision.column}: {decision.rows} rows: {decision.words}")
        for example in decision.examples[:EXAMPLES]:
            if "found" in example:
                found, becomes = _short(example["found"]), _short(example["becomes"])
                say(f"    id {example['id']}: {found}" + _arrow(found, becomes))
        if decision.rows > EXAMPLES and "found" in decision.examples[0]:
            say(f"    … and {decision.rows - EXAMPLES} more")
    if not decisions:
        say("  none")
    say("\nRows that stay in the old table alone")
    _tell_left([d for carried in report.carried for d in carried.left_behind], say)
    for table, rows in report.aside.items():
        if rows:
            say(f"  {table}: all {rows} rows: {LEFT_ASIDE[table]}")


def _tell_left(left: list[Decision], say: Say) -> None:
    for decision in left:
        ids = ", ".join(str(example["id"]) for example in decision.examples[:EXAMPLES])
        more = " …" if decision.rows > EXAMPLES else ""
        say(f"  {decision.table}: {decision.rows} rows: {decision.words} (ids {ids}{more})")


def _tell_money(report: Report, say: Say) -> None:
    say(f"\nMoney: {report.opened} opening rows")
    say(f"  {report.differing_users} users whose old ledger does not add up to their balance")
    for row in report.differing[:EXAMPLES]:
        say(
            f"    user {row['user_id']}, {row['currency']}: balance {row['balance']},"
            f" ledger {row['ledger']}, difference {row['difference']}"
        )
    if report.differing_users > EXAMPLES:
        say("    …")
    for line in report.proof:
        say(f"  {line}")


def _tell_surroundings(report: Report, say: Say) -> None:
    survey = report.survey
    say("\nBeside the seed's tables")
    say(f"  missing: {', '.join(survey.missing) or 'none'}")
    say(f"  left untouched in public: {', '.join(survey.beside) or 'none'}")
    for reference in survey.referring:
        say(f"  {reference.table} goes on referring to the old table; let it refer to the new one:")
        say(f"    {reference.repair}")
    for name in survey.views:
        say(f"  the view {name} goes on reading the old tables: make it again")
    for name in survey.triggers:
        say(f"  the trigger {name} stays with the old table")
    for words in survey.sessions:
        say(f"  connected, and able to write: {words}")
    for warning in report.warnings:
        say(f"  warning: {warning}")


def _short(value: str | None) -> str:
    if value is None:
        return "NULL"
    return repr(value if len(value) <= 40 else value[:39] + "…")


def _arrow(found: str, becomes: str) -> str:
    return "" if found == becomes else f" → {becomes}"
