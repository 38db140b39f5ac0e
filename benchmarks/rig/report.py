"""The results as a table, as JSON and as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.rig.gauges import Spent
from benchmarks.rig.load import Measured
from benchmarks.rig.yardstick import Paced

OURS, THEIRS = "FlyLive", "one per transaction"
COLOURS = {OURS: "#7c3aed", THEIRS: "#9ca3af"}


@dataclass(frozen=True)
class Line:
    """One measurement. Processor times per gift in milliseconds; shares from 0 to 1.

    `ratio` is the gifts per second over those of the yardstick in the same case.
    """

    case: str
    who: str
    gifts: int
    gifts_per_second: float
    p50_ms: float
    p99_ms: float
    api_cpu_ms: float
    postgres_cpu_ms: float
    load_cpu_ms: float
    wal_bytes: float
    hot_share: float
    others_share: float
    ratio: float


def lines(case: str, ours: Measured, theirs: Paced) -> tuple[Line, Line]:
    """The platform's line and the yardstick's."""
    assert ours.spent is not None
    rate = len(ours.milliseconds) / ours.spent.seconds
    p50, p99 = ours.percentile(50), ours.percentile(99)
    yardstick = theirs.p50_ms, theirs.p99_ms
    return (
        _line(case, OURS, len(ours.milliseconds), rate, (p50, p99), ours.spent, rate / theirs.rate),
        _line(case, THEIRS, theirs.gifts, theirs.rate, yardstick, theirs.spent, 1.0),
    )


def _line(
    case: str,
    who: str,
    gifts: int,
    rate: float,
    within: tuple[float, float],
    spent: Spent,
    ratio: float,
) -> Line:
    return Line(
        case=case,
        who=who,
        gifts=gifts,
        gifts_per_second=rate,
        p50_ms=within[0],
        p99_ms=within[1],
        api_cpu_ms=spent.api_seconds * 1000 / gifts,
        postgres_cpu_ms=spent.postgres_seconds * 1000 / gifts,
        load_cpu_ms=spent.load_seconds * 1000 / gifts,
        wal_bytes=spent.wal_bytes / gifts,
        hot_share=spent.hot_updates / spent.updates if spent.updates else 0.0,
        others_share=spent.others_share,
        ratio=ratio,
    )


def table(results: Sequence[Line]) -> str:
    """The results for the eye, one measurement a line."""
    head = (
        f"{'case':<14} {'':<20} {'gifts/s':>8} {'p50 ms':>7} {'p99 ms':>7} {'API ms':>7}"
        f" {'PG ms':>6} {'load ms':>7} {'WAL B':>7} {'HOT %':>6} {'others %':>8} {'ratio':>6}"
    )
    rows = [
        f"{line.case:<14} {line.who:<20} {line.gifts_per_second:>8,.0f} {line.p50_ms:>7.1f}"
        f" {line.p99_ms:>7.1f} {line.api_cpu_ms:>7.3f} {line.postgres_cpu_ms:>6.3f}"
        f" {line.load_cpu_ms:>7.3f} {line.wal_bytes:>7,.0f} {line.hot_share:>6.1%}"
        f" {line.others_share:>8.1%} {line.ratio:>5.2f}×"
        for line in results
    ]
    notes = "API, PG and load ms: processor time per gift; others: the cores' time taken by others"
    return "\n".join([head, *rows, notes])


def save(folder: Path, results: Sequence[Line], about: dict[str, Any]) -> None:
    """Write gifts.json and gifts.png."""
    folder.mkdir(exist_ok=True)
    whole = about | {"results": [asdict(line) for line in results]}
    (folder / "gifts.json").write_text(json.dumps(rounded(whole), indent=2) + "\n")
    draw(folder / "gifts.png", results)


def rounded(value: Any) -> Any:
    """Every float of a document to four decimals."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value


def draw(path: Path, results: Sequence[Line]) -> None:
    """Gifts per second, and processor time per gift, beside the yardstick's."""
    mpl.use("Agg")
    from matplotlib import pyplot

    cases = list(dict.fromkeys(line.case for line in results))
    figure, (rates, costs) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for offset, who in ((-0.2, OURS), (0.2, THEIRS)):
        mine = {line.case: line for line in results if line.who == who}
        places = [place + offset for place in range(len(cases))]
        bars = rates.bar(
            places,
            [mine[case].gifts_per_second for case in cases],
            0.38,
            label=who,
            color=COLOURS[who],
        )
        shown = [f"{mine[case].gifts_per_second:,.0f}" for case in cases]
        if who == OURS:
            shown = [
                f"{text}\n{mine[case].ratio:.2f}×" for text, case in zip(shown, cases, strict=True)
            ]
        rates.bar_label(bars, shown, padding=2, fontsize=9)
        postgres = [mine[case].postgres_cpu_ms for case in cases]
        api = [mine[case].api_cpu_ms for case in cases]
        costs.bar(places, postgres, 0.38, color=COLOURS[who], label=f"{who}: PostgreSQL")
        if who == OURS:
            costs.bar(places, api, 0.38, bottom=postgres, color="#c4b5fd", label=f"{who}: API")
    rates.set_title("Gifts per second", loc="left")
    costs.set_title("Processor time per gift, ms", loc="left")
    for axes in (rates, costs):
        axes.set_xticks(range(len(cases)), cases)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(y=0.2)
        axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
