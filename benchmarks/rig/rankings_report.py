"""What boards cost, as a table, as JSON and as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.rig.load import percentile

COLOURS = {
    "FlyLive, HTTP": "#7c3aed",
    "FlyLive, alone": "#7c3aed",
    "FlyLive, of 500": "#a78bfa",
    "bands in SQL": "#a78bfa",
    "count(*) in SQL": "#f59e0b",
    "Valkey": "#9ca3af",
}


@dataclass(frozen=True)
class Line:
    """One measurement, in milliseconds."""

    subjects: int
    what: str
    how: str
    times: int
    p50_ms: float
    p99_ms: float


def line(subjects: int, what: str, how: str, taken: Sequence[float]) -> Line:
    """Of so many milliseconds."""
    return Line(subjects, what, how, len(taken), percentile(taken, 50), percentile(taken, 99))


def table(results: Sequence[Line]) -> str:
    """The results for the eye."""
    head = f"{'ranked':>10} {'what':<13} {'how':<17} {'times':>6} {'p50 ms':>9} {'p99 ms':>9}"
    return "\n".join(
        [head]
        + [
            f"{one.subjects:>10,} {one.what:<13} {one.how:<17} {one.times:>6,}"
            f" {one.p50_ms:>9.3f} {one.p99_ms:>9.3f}"
            for one in sorted(results, key=lambda one: (one.what, one.how, one.subjects))
        ]
    )


def save(folder: Path, results: Sequence[Line], about: dict[str, Any]) -> None:
    """rankings.json and rankings.png."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = [
        asdict(one) | {"p50_ms": round(one.p50_ms, 4), "p99_ms": round(one.p99_ms, 4)}
        for one in results
    ]
    words = json.dumps({"about": about, "results": kept}, indent=2)
    (folder / "rankings.json").write_text(words + "\n")
    mpl.use("agg")
    from matplotlib import pyplot

    kinds = ("top 100", "me", "score change")
    figure, panes = pyplot.subplots(1, 3, figsize=(13, 4.5), layout="constrained", sharey=True)
    for axes, what in zip(panes, kinds, strict=True):
        for how in dict.fromkeys(one.how for one in results if one.what == what):
            points = sorted(
                (one.subjects, one.p50_ms, one.p99_ms)
                for one in results
                if (one.what, one.how) == (what, how)
            )
            sizes, middle, slow = zip(*points, strict=True)
            colour = COLOURS.get(how)
            axes.plot(sizes, middle, marker="o", label=how, color=colour)
            axes.plot(sizes, slow, linestyle=":", color=colour)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(what, loc="left")
        axes.set_xlabel("ranked users")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
    panes[0].set_ylabel("milliseconds; line p50, dotted p99")
    figure.savefig(folder / "rankings.png", dpi=110)
    pyplot.close(figure)
