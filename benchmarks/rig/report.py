"""The results as a table, as JSON and as a picture."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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

    A gift is what one request gives, to `lines` recipients. `ratio` is the gifts per second over
    those of the yardstick in the same case.
    """

    case: str
    who: str
    lines: int
    connections: int
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


def ours(case: str, lines: int, connections: int, measured: Measured, ruler: Paced) -> Line:
    """The platform's line, beside what the yardstick reached."""
    line = _ours(case, OURS, lines, connections, measured)
    return replace(line, ratio=line.gifts_per_second / ruler.rate)


def paced(case: str, connections: int, rate: float, measured: Measured) -> Line:
    """The platform's line at a fixed rate."""
    return _ours(case, f"{OURS} at {rate:,.0f}/s", 1, connections, measured)


def theirs(case: str, lines: int, clients: int, ruler: Paced) -> Line:
    """The yardstick's line."""
    times = ruler.p50_ms, ruler.p99_ms
    return _line(case, THEIRS, lines, clients, ruler.gifts, ruler.rate, times, ruler.spent)


def _ours(case: str, who: str, lines: int, connections: int, measured: Measured) -> Line:
    assert measured.spent is not None
    gifts = len(measured.milliseconds)
    times = measured.percentile(50), measured.percentile(99)
    rate = gifts / measured.spent.seconds
    return _line(case, who, lines, connections, gifts, rate, times, measured.spent)


def _line(
    case: str,
    who: str,
    lines: int,
    connections: int,
    gifts: int,
    rate: float,
    within: tuple[float, float],
    spent: Spent,
) -> Line:
    return Line(
        case=case,
        who=who,
        lines=lines,
        connections=connections,
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
        ratio=1.0,
    )


def table(results: Sequence[Line]) -> str:
    """The results for the eye, one measurement a line."""
    head = (
        f"{'case':<14} {'':<20} {'conns':>5} {'gifts/s':>8} {'p50 ms':>7} {'p99 ms':>7}"
        f" {'API ms':>7} {'PG ms':>6} {'load ms':>7} {'WAL B':>7} {'HOT %':>6} {'others %':>8}"
        f" {'ratio':>6}"
    )
    rows = [
        f"{line.case:<14} {line.who:<20} {line.connections:>5} {line.gifts_per_second:>8,.0f}"
        f" {line.p50_ms:>7.1f} {line.p99_ms:>7.1f} {line.api_cpu_ms:>7.3f}"
        f" {line.postgres_cpu_ms:>6.3f} {line.load_cpu_ms:>7.3f} {line.wal_bytes:>7,.0f}"
        f" {line.hot_share:>6.1%} {line.others_share:>8.1%} {line.ratio:>5.2f}×"
        for line in results
    ]
    notes = "API, PG and load ms: processor time per gift; others: the cores' time taken by others"
    return "\n".join([head, *rows, notes])


TARGETS = {"random pairs": 2.0, "popular host": 8.0}
"""Times the yardstick, at the better number of connections."""
P99_MS, HOT = 60.0, 0.9
GROWN = 0.15
"""How much the figure for random pairs may fall when more gifts are there."""


def verdicts(results: Sequence[Line], about: dict[str, Any]) -> str:
    """What the benchmark has to show, and whether this run does."""
    words = []
    for case, wanted in TARGETS.items():
        found = [line.ratio for line in results if line.case == case and line.who == OURS]
        if found:
            words.append(
                _verdict(
                    f"{case}, times the yardstick", max(found), f"≥ {wanted}", max(found) >= wanted
                )
            )
    words += [
        _verdict(
            f"p99 ms {line.who[len(OURS) + 1 :]}", line.p99_ms, f"≤ {P99_MS}", line.p99_ms <= P99_MS
        )
        for line in results
        if line.who.startswith(f"{OURS} at")
    ]
    hot = min(line.hot_share for line in results if line.who == OURS)
    words.append(_verdict("least share of HOT updates of users", hot, f"≥ {HOT}", hot >= HOT))
    words.append(f"older gifts: {about['older']:,}")
    return "\n".join(words)


def _verdict(what: str, found: float, wanted: str, is_met: bool) -> str:
    return f"{what}: {found:.2f} ({wanted}: {'met' if is_met else 'not met'})"


def save(folder: Path, results: Sequence[Line], about: dict[str, Any]) -> None:
    """Write gifts.json, a run for each number of older gifts, and gifts.png of the newest run."""
    folder.mkdir(exist_ok=True)
    path = folder / "gifts.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    runs = {run["older"]: run for run in kept.get("runs", [])}
    runs[about["older"]] = about | {"results": [asdict(line) for line in results]}
    ordered = [runs[older] for older in sorted(runs)]
    document = rounded({"runs": ordered, "grown": _grown(ordered)})
    path.write_text(json.dumps(document, indent=2, default=str) + "\n")
    draw(folder / "gifts.png", results)


def _grown(runs: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Gifts per second in the biggest database over those in the smallest, by case."""
    first, last = (
        {
            (line["case"], line["connections"]): line["gifts_per_second"]
            for line in run["results"]
            if line["who"] == OURS
        }
        for run in (runs[0], runs[-1])
    )
    return {
        f"{case}, {n}": last[case, n] / first[case, n] for case, n in first.keys() & last.keys()
    }


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
    whole = [line for line in results if line.who in COLOURS]
    sides = list(dict.fromkeys((line.who, line.connections) for line in whole if line.who == OURS))
    figure, (rates, costs) = pyplot.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
    width = 0.8 / (len(sides) + 1)
    for number, (who, connections) in enumerate([*sides, (THEIRS, 0)]):
        mine = {
            line.case: line
            for line in whole
            if line.who == who and connections in (0, line.connections)
        }
        places = [place + width * (number - len(sides) / 2) for place in range(len(cases))]
        name = f"{who}, {connections} connections" if connections else who
        shade = 1 - 0.35 * number if who == OURS else 1
        bars = rates.bar(
            places,
            [mine[case].gifts_per_second for case in cases],
            width * 0.95,
            label=name,
            color=COLOURS[who],
            alpha=shade,
        )
        rates.bar_label(
            bars,
            [
                f"{mine[case].gifts_per_second:,.0f}"
                + (f"\n{mine[case].ratio:.1f}×" if who == OURS else "")
                for case in cases
            ],
            padding=2,
            fontsize=7,
        )
        postgres = [mine[case].postgres_cpu_ms / mine[case].lines for case in cases]
        api = [mine[case].api_cpu_ms / mine[case].lines for case in cases]
        costs.bar(places, postgres, width * 0.95, color=COLOURS[who], alpha=shade)
        costs.bar(places, api, width * 0.95, bottom=postgres, color="#c4b5fd", alpha=shade)
    rates.set_title("Gifts per second (times the yardstick)", loc="left")
    costs.set_title("Processor time per line, ms: PostgreSQL, above it the API", loc="left")
    for axes in (rates, costs):
        axes.set_xticks(range(len(cases)), cases)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(y=0.3)
    rates.legend(frameon=False, fontsize=8, ncols=3, loc="upper right")
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
