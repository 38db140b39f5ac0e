"""A flame graph of one gift: where the API's processor time goes, in microseconds per gift.

``python -m benchmarks.rig.flame STACKS MICROSECONDS OUT.svg``: STACKS are sampled stacks, one a
line (``frame;frame;frame count``), as ``py-spy record --format raw`` writes them; MICROSECONDS is
what a gift cost while they were taken. Frames of the event loop and of the start are left out.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Self

WIDTH, ROW, LEAST = 1200, 17, 0.3
"""Pixels of the picture and of a row; microseconds below which a bar is left out."""
COLOURS = {
    "flylive/gifts": "#7c3aed",
    "flylive/": "#a78bfa",
    "psycopg": "#f59e0b",
    "sqlalchemy": "#fbbf24",
    "uvicorn": "#38bdf8",
    "": "#cbd5e1",
}
_FRAME = re.compile(r"(?P<name>.+?) \((?P<file>[^:)]*)(?::\d+)?\)$")
_BEGINS = ("Runner.run", "Server.run", "Server.serve")
_IDLE = ("Thread._bootstrap",)


@dataclass
class Bar:
    """A function under its callers: how many samples were in it."""

    name: str
    file: str
    samples: int = 0
    below: dict[str, Self] = field(default_factory=dict)


def read(lines: Iterable[str]) -> Bar:
    """The samples as a tree."""
    root = Bar("one gift", "")
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if any(frame.startswith(_IDLE) for frame in frames):
            continue
        samples = int(count)
        root.samples += samples
        bar = root
        for frame in _inner(frames):
            match = _FRAME.match(frame)
            name, file = (match["name"], match["file"]) if match else (frame, "")
            key = f"{name} {file}"
            if key not in bar.below:
                bar.below[key] = Bar(name, file)
            bar = bar.below[key]
            bar.samples += samples
    return root


def _inner(frames: Sequence[str]) -> Sequence[str]:
    last = max((n for n, frame in enumerate(frames) if frame.startswith(_BEGINS)), default=-1)
    return frames[last + 1 :]


def draw(root: Bar, microseconds: float) -> str:
    """The picture: callers below, callees above; each bar tells its time when pointed at."""
    scale = microseconds / root.samples
    depth = _depth(root, scale)
    height = (depth + 1) * ROW + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="monospace" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    _draw(parts, root, 0.0, height - ROW - 4, scale, WIDTH / microseconds)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _depth(bar: Bar, scale: float) -> int:
    wide = [one for one in bar.below.values() if one.samples * scale >= LEAST]
    return 1 + max((_depth(one, scale) for one in wide), default=0)


def _draw(parts: list[str], bar: Bar, left: float, top: float, scale: float, pixels: float) -> None:
    time = bar.samples * scale
    width = time * pixels
    colour = next(value for start, value in COLOURS.items() if start in bar.file)
    name = bar.name.replace("<locals>.", "")
    words = escape(f"{name} {bar.file}".strip())
    room = int(width / 6.7)
    label = escape(name if len(name) <= room else name[: max(room - 1, 0)] + "…")
    parts.append(
        f"<g><title>{words}: {time:.1f} µs</title>"
        f'<rect x="{left:.1f}" y="{top:.0f}" width="{max(width - 0.5, 0.2):.1f}"'
        f' height="{ROW - 1}" rx="1.5" fill="{colour}"/>'
        + (f'<text x="{left + 3:.1f}" y="{top + 12:.0f}">{label}</text>' if room > 3 else "")
        + "</g>"
    )
    for one in sorted(bar.below.values(), key=lambda other: -other.samples):
        if one.samples * scale >= LEAST:
            _draw(parts, one, left, top - ROW, scale, pixels)
        left += one.samples * scale * pixels


def main(arguments: Sequence[str]) -> None:
    """Draw the stacks of a file."""
    stacks, microseconds, out = arguments
    with Path(stacks).open() as lines:
        root = read(lines)
    Path(out).write_text(draw(root, float(microseconds)))


if __name__ == "__main__":
    main(sys.argv[1:])
