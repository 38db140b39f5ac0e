"""The proof's results as a table, as JSON and as a picture."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks.rig.report import rounded

OURS, THEIRS = "#7c3aed", "#9ca3af"


def table(about: dict[str, Any]) -> str:
    """The results for the eye."""
    whole, recent, reads = about["verify"], about["since"], about["read_seconds"]
    lines = [
        f"{about['ledger_rows']:,} ledger rows, {about['gift_lines']:,} gift lines,"
        f" {about['users']:,} users, {about['seals']} seals,"
        f" {about['ledger_bytes'] / 2**30:.1f} GiB; {about['cores']} cores",
        f"{'psql reads the ledger, twice':<34} {sum(reads):>7.1f} s"
        f"  ({reads[0]:.1f} + {reads[1]:.1f} by COPY; by SELECT once"
        f" {about['select_seconds']:.1f})",
        f"{'flylive verify':<34} {whole['seconds']:>7.1f} s  ({about['ratio']:.2f} of it)",
        f"{'flylive verify --since 1h':<34} {recent['seconds']:>7.1f} s",
    ]
    for name, one in (("verify", whole), ("--since", recent)):
        lines.append(
            f"memory of {name}: {one['peak_command']:.0f} MiB, of its database processes"
            f" {one['peak_postgres']:.0f} MiB; {one['spilled']:,.0f} MiB sorted on disk"
        )
    return "\n".join(lines)


def save(folder: Path, about: dict[str, Any]) -> None:
    """Write verify.json and verify.png."""
    folder.mkdir(exist_ok=True)
    (folder / "verify.json").write_text(json.dumps(rounded(about), indent=2) + "\n")
    draw(folder / "verify.png", about)


def draw(path: Path, about: dict[str, Any]) -> None:
    """Seconds beside psql's, and memory while the proof ran."""
    mpl.use("Agg")
    from matplotlib import pyplot

    whole, reads = about["verify"], about["read_seconds"]
    figure, (seconds, memory) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    seconds.barh("psql, twice", reads[0], color=THEIRS)
    seconds.barh("psql, twice", reads[1], left=reads[0], color="#d1d5db")
    seconds.barh("verify", whole["seconds"], color=OURS)
    seconds.barh("verify --since 1h", about["since"]["seconds"], color=OURS)
    for name, value in (
        ("psql, twice", sum(reads)),
        ("verify", whole["seconds"]),
        ("verify --since 1h", about["since"]["seconds"]),
    ):
        seconds.text(value, name, f" {value:.1f} s", va="center", fontsize=9)
    seconds.invert_yaxis()
    seconds.set_title(f"Seconds over {about['ledger_rows']:,} ledger rows", loc="left")
    at, ours, theirs = zip(*whole["samples"], strict=True)
    memory.plot(at, theirs, color=THEIRS, label="its database processes")
    memory.plot(at, ours, color=OURS, label="flylive verify")
    memory.set_title("Memory of its own, MiB, while it ran (seconds)", loc="left")
    memory.set_ylim(bottom=0)
    memory.legend(frameon=False, fontsize=8)
    for axes in (seconds, memory):
        axes.spines[["top", "right"]].set_visible(False)
    seconds.margins(x=0.15)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
