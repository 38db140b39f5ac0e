"""The results about accounts as tables, as JSON and as a picture."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import matplotlib as mpl
import psycopg
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from benchmarks.rig.alike import Comparison
from benchmarks.rig.asking import Asked
from benchmarks.rig.limit_costs import Cost
from benchmarks.rig.report import rounded

KNOWN, UNKNOWN, COST = "#7c3aed", "#9ca3af", "#c4b5fd"


@dataclass(frozen=True)
class Found:
    """Searches of one kind, in milliseconds from the request's first byte to the answer's last."""

    kind: str
    count: int
    p50_ms: float
    p99_ms: float
    most_ms: float


def tables(
    comparisons: Sequence[Comparison],
    searches: Sequence[Found],
    costs: Sequence[Cost],
    registered: Mapping[str, float],
) -> str:
    """Everything for the eye."""
    lines = [
        f"{'known beside unknown account':<38} {'n':>4} {'known ms':>9} {'unknown':>9} {'diff':>7}"
        f" {'p':>7} {'adj. p':>7} {'P(k>u)':>7} {'would show':>10}"
    ]
    lines += [
        f"{one.question:<38} {one.count:>4} {one.first_ms:>9.2f} {one.second_ms:>9.2f}"
        f" {one.difference_ms:>+7.2f} {one.p:>7.3f} {one.p_adjusted:>7.3f} {one.superiority:>7.2f}"
        f" {one.detectable_ms:>8.2f}ms{'' if one.is_alike else '  DIFFERS'}"
        for one in comparisons
    ]
    free, taken = registered["register, free"], registered["register, taken"]
    lines += [f"register: {free:.1f} ms (201), a taken e-mail {taken:.1f} ms (409, which tells)"]
    lines += ["", f"{'search for':<26} {'n':>4} {'p50 ms':>8} {'p99 ms':>8} {'most':>8}"]
    lines += [
        f"{one.kind:<26} {one.count:>4} {one.p50_ms:>8.1f} {one.p99_ms:>8.1f} {one.most_ms:>8.1f}"
        for one in searches
    ]
    lines += [
        "",
        f"{'hit on a limit':<28} {'p50 ms':>7} {'p99 ms':>7} {'10 at once/s':>13} {'WAL B':>6}"
        f" {'HOT':>6} {'dead rows':>9}",
    ]
    lines += [
        f"{one.kind:<28} {one.p50_ms:>7.2f} {one.p99_ms:>7.2f} {one.at_once_per_second:>13,.0f}"
        f" {one.wal_bytes:>6.0f} {one.hot_share:>6.1%} {one.dead_rows:>9}"
        for one in costs
    ]
    return "\n".join(lines)


def plans(owner_url: str, search: ModuleType) -> dict[str, list[str]]:
    """How PostgreSQL answers each kind of search, with its own times."""
    values = {"limit": 21, "after_id": 0, "after_place": None, "after_distance": -1}
    wanted = {
        "begins with 'mohammed'": (search._BY_BEGINNING, {"words": "mohammed"}),
        "holds 'khan'": (
            search._BY_PART,
            {"words": "khan", "pattern": "%khan%", "ranked": search.RANKED_HOLDING},
        ),
        "is like 'muhamed'": (
            search._BY_LIKENESS,
            {"words": "muhamed", "pattern": "%muhamed%", "ranked": search.RANKED_ALIKE},
        ),
    }
    shown = {}
    with psycopg.connect(owner_url) as connection:
        for name, (statement, parameters) in wanted.items():
            compiled = statement.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]
            connection.execute(str(search._SET_SIMILARITY))
            rows = connection.execute(
                f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {compiled}".encode(), values | parameters
            ).fetchall()
            shown[name] = [row[0] for row in rows]
    return shown


def save(
    folder: Path,
    about: dict[str, Any],
    times: Asked,
    comparisons: Sequence[Comparison],
    searches: Sequence[Found],
    costs: Sequence[Cost],
) -> None:
    """Write accounts.json and accounts.png."""
    folder.mkdir(exist_ok=True)
    (folder / "accounts.json").write_text(
        json.dumps(rounded(about), indent=2, ensure_ascii=False, default=str) + "\n"
    )
    draw(folder / "accounts.png", times, comparisons, searches, costs)


def draw(
    path: Path,
    times: Asked,
    comparisons: Sequence[Comparison],
    searches: Sequence[Found],
    costs: Sequence[Cost],
) -> None:
    """Differences of the medians within what would show; searches; hits on limits."""
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (alike, found, hits) = pyplot.subplots(1, 3, figsize=(16, 5), layout="constrained")
    places = range(len(comparisons))
    alike.barh(
        places,
        [2 * one.detectable_ms for one in comparisons],
        left=[-one.detectable_ms for one in comparisons],
        color="#e5e7eb",
        label="would not show",
    )
    alike.plot(
        [one.difference_ms for one in comparisons],
        places,
        "o",
        color=KNOWN,
        label="known − unknown",
    )
    alike.axvline(0, color=UNKNOWN, linewidth=0.8)
    alike.set_yticks(places, [one.question for one in comparisons])
    alike.set_title("Difference of the medians, ms", loc="left")
    found.barh(range(len(searches)), [one.p99_ms for one in searches], color=COST, label="p99")
    found.barh(range(len(searches)), [one.p50_ms for one in searches], color=KNOWN, label="p50")
    found.set_yticks(range(len(searches)), [one.kind for one in searches])
    found.set_title("Search, ms", loc="left")
    hits.barh(range(len(costs)), [one.p99_ms for one in costs], color=COST, label="p99")
    bars = hits.barh(range(len(costs)), [one.p50_ms for one in costs], color=KNOWN, label="p50")
    hits.bar_label(bars, [f" {one.wal_bytes:.0f} B WAL" for one in costs], fontsize=8)
    hits.set_yticks(range(len(costs)), [one.kind for one in costs])
    hits.set_title("A hit on a limit, ms", loc="left")
    for axes in (alike, found, hits):
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
