"""Draw the families of the demo world's artwork: frames, themes, levels and avatars.

    python scripts/draw_artwork.py

The same pictures every time. The files are kept in the repository; run this again only after a
change to the drawings. Gifts, badges and room logos are drawn by hand and are not touched.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

ARTWORK = Path(__file__).resolve().parents[1] / "src" / "flylive" / "demo" / "artwork"
SQUARE = "0 0 128 128"
PORTRAIT = "0 0 360 640"
GOLD = ("fff3a0", "ffc22e", "b06a06")
SILVER = ("ffffff", "d9d3ea", "8f83b5")


def stops(colors: Sequence[str]) -> str:
    last = len(colors) - 1
    return "".join(
        f'<stop offset="{index / last:.3g}" stop-color="#{color}"/>'
        for index, color in enumerate(colors)
    )


def down(name: str, *colors: str) -> str:
    """A gradient from top to bottom."""
    return f'<linearGradient id="{name}" x2="0" y2="1">{stops(colors)}</linearGradient>'


def across(name: str, *colors: str) -> str:
    """A gradient from the upper left to the lower right."""
    return f'<linearGradient id="{name}" x2="1" y2="1">{stops(colors)}</linearGradient>'


def glow(name: str, color: str) -> str:
    """Light that fades to nothing."""
    clear = f'<stop offset="1" stop-color="#{color}" stop-opacity="0"/>'
    return (
        f'<radialGradient id="{name}"><stop offset="0" stop-color="#{color}"/>'
        f"{clear}</radialGradient>"
    )


def ball(name: str, *colors: str) -> str:
    """A gradient lit from the upper left."""
    return f'<radialGradient id="{name}" cx=".38" cy=".3" r=".8">{stops(colors)}</radialGradient>'


def save(name: str, definitions: Sequence[str], body: Sequence[str], view: str = SQUARE) -> None:
    path = ARTWORK / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}">']
    lines += ["  <defs>", *(f"    {line}" for line in definitions), "  </defs>"]
    lines += [*(f"  {line}" for line in body), "</svg>"]
    path.write_text("\n".join(lines) + "\n")


def point(radius: float, degrees: float) -> tuple[float, float]:
    """On a circle about the middle of the square; 0° is the top, clockwise."""
    angle = math.radians(degrees - 90)
    return 64 + radius * math.cos(angle), 64 + radius * math.sin(angle)


def around(name: str, angles: Sequence[float]) -> str:
    """The shape `name`, drawn at the top, once more at each of the angles."""
    return "".join(
        f'<use href="#{name}" transform="rotate({angle:g} 64 64)"/>' for angle in angles
    )


def every(count: int, start: float = 0) -> list[float]:
    return [round(start + 360 / count * index, 2) for index in range(count)]


def ring(radius: float, width: float, paint: str) -> str:
    return (
        f'<circle cx="64" cy="64" r="{radius:g}" fill="none" stroke="{paint}" '
        f'stroke-width="{width:g}"/>'
    )


def wave(radius: float, height: float, count: int, phase: float = 0) -> str:
    """A closed line that swings about a circle."""
    steps = count * 6
    places = []
    for index in range(steps):
        turn = 360 / steps * index
        swing = height * math.sin(math.radians(turn * count + phase))
        x, y = point(radius + swing, turn)
        places.append(f"{x:.1f} {y:.1f}")
    return "M" + "L".join(places) + "Z"


def turning(inner: str, seconds: float, degrees: int = 360) -> str:
    return (
        f'<g><animateTransform attributeName="transform" type="rotate" values="0 64 64;'
        f'{degrees} 64 64" dur="{seconds:g}s" repeatCount="indefinite"/>{inner}</g>'
    )


def fading(inner: str, values: str, seconds: float, begin: float = 0) -> str:
    return (
        f'<g><animate attributeName="opacity" values="{values}" dur="{seconds:g}s" '
        f'begin="{-begin:g}s" repeatCount="indefinite"/>{inner}</g>'
    )


# Frames: rings about a clear middle of radius 50 at least, but for ornaments at top and bottom.

LEAF = "M64 2C69 5 70 11 64 16C58 11 59 5 64 2Z"
SPARK = "M0-6L1.700-1.700 6 0 1.700 1.700 0 6-1.700 1.700-6 0-1.700-1.700Z"
CROWN = "M50 20L46 5L55 10L64 0L73 10L82 5L78 20Q64 24 50 20Z"
WING = "M12 78C2 70-2 58 2 46C5 53 9 55 12 55C7 47 8 38 13 32C14 42 17 47 20 50C14 60 14 70 20 82Z"


def spark(radius: float, degrees: float, size: float, color: str = "fff") -> str:
    x, y = point(radius, degrees)
    return (
        f'<path d="{SPARK}" transform="translate({x:.1f} {y:.1f}) scale({size:g})" fill="#{color}"/>'
    )


def blossom(name: str, petals: int, color: str, heart: str, size: float = 1) -> str:
    """A flower at the top of the ring, to be repeated by ``around``."""
    petal = "".join(
        f'<ellipse cy="-3.800" rx="2.900" ry="3.900" transform="rotate({turn:g})"/>'
        for turn in every(petals)
    )
    return (
        f'<g id="{name}" transform="translate(64 8) scale({size:g})" fill="{color}">{petal}'
        f'<circle r="2.200" fill="#{heart}"/></g>'
    )


def plain_gold() -> None:
    save(
        "frames/plain-gold",
        [across("g", "fff3a0", "ffc22e", "b06a06", "ffe27a", "c98a10")],
        [ring(57, 8, "url(#g)"), ring(60.5, 1, "#fff3b0"), ring(53.5, 1, "#8f5206")]
        + ['<path d="M17 42A52 52 0 0 1 42 17" stroke="#fff" stroke-width="3" fill="none" '
           'stroke-linecap="round" opacity=".8" transform="translate(-2 -2)"/>'],
    )  # fmt: skip


def silver_laurel() -> None:
    right = [30 + 15 * index for index in range(10)]
    leaf = f'<path id="l" d="{LEAF}" fill="url(#s)" transform="rotate(24 64 8)"/>'
    mirrored = '<use href="#h" transform="matrix(-1 0 0 1 128 0)"/>'
    save(
        "frames/silver-laurel",
        [across("s", *SILVER), ball("b", "d6f4ff", "4a9cf0", "2a4fb0"), f"<g>{leaf}</g>"],
        [
            ring(55, 4, "url(#s)"),
            f'<g id="h">{around("l", right)}</g>{mirrored}',
            '<path d="M64 116L50 126L54 116L50 108ZM64 116L78 126L74 116L78 108Z" fill="#b9acdf"/>',
            '<circle cx="64" cy="117" r="7" fill="url(#s)"/>'
            '<circle cx="64" cy="117" r="4.500" fill="url(#b)"/>',
            spark(57, 0, 1.2) + spark(56, 14, 0.6) + spark(56, -14, 0.6),
        ],
    )


def rose_garden() -> None:
    rose = (
        '<g id="r"><circle cx="64" cy="9" r="8.500" fill="url(#p)"/><path d="M59 8A5 5 0 1 1 64 '
        '14A3.500 3.500 0 1 1 66 8M57 13Q64 19 71 13" fill="none" stroke="#8f0a30" '
        'stroke-width="1.500" stroke-linecap="round" opacity=".75"/></g>'
    )
    leaf = f'<path id="l" d="{LEAF}" fill="url(#v)" transform="rotate(66 64 9)"/>'
    angles = every(7)
    save(
        "frames/rose-garden",
        [down("v", "8fe08a", "1f8f45"), ball("p", "ffb0c4", "f0345f", "a80d3f"), rose, leaf],
        [
            f'<path d="{wave(56, 1.5, 14)}" fill="none" stroke="#2e8b3f" stroke-width="3.500"/>',
            around("l", [angle + 17 for angle in angles] + [angle + 30 for angle in angles]),
            around("r", angles),
        ],
    )


def neon_wave(animated: bool = False) -> None:
    pink = f'<path d="{wave(56, 3.5, 9)}" fill="none" stroke="url(#p)" stroke-width="3"/>'
    blue = f'<path d="{wave(56, 3.5, 9, 180)}" fill="none" stroke="url(#b)" stroke-width="3"/>'
    dim = ring(56, 13, "#8f5bff").replace("/>", ' opacity=".22"/>')
    body = [dim, turning(pink, 14), turning(blue, 14, -360)] if animated else [dim, pink, blue]
    save(
        "frames/neon-wave-animated" if animated else "frames/neon-wave",
        [across("p", "ff4fd8", "ff8fe8", "8f5bff"), across("b", "4ff0ff", "4f9dff", "5affc8")],
        [*body, ring(49.5, 1.5, "#c9f3ff"), ring(62.8, 1.5, "#ffc9f4")],
    )


def moonlight(animated: bool = False) -> None:
    places = ((318, 0.7), (338, 0.5), (5, 0.55), (80, 0.8), (105, 0.5), (150, 0.7), (182, 0.5),
              (205, 0.8), (240, 0.55), (268, 0.75), (292, 0.5))  # fmt: skip
    stars = [spark(56.5, angle, size, "fff6d0") for angle, size in places]
    if animated:
        thirds = ["".join(stars[third::3]) for third in range(3)]
        stars = [fading(part, "1;.2;1", 2.7, 0.9 * turn) for turn, part in enumerate(thirds)]
    save(
        "frames/moonlight-animated" if animated else "frames/moonlight",
        [across("n", "6f7fe8", "2a2a7a", "141437"), ball("m", "ffffff", "fff0b0", "e8bf5a")],
        [
            ring(56.5, 11, "url(#n)"),
            ring(50.8, 1.2, "#aebcff"),
            ring(62.3, 1.2, "#aebcff"),
            "".join(stars),
            '<path d="M104 6A18 18 0 1 0 124 32A15 15 0 0 1 104 6Z" fill="url(#m)"/>',
            '<ellipse cx="20" cy="106" rx="13" ry="5" fill="#dfe6ff"/><circle cx="15" cy="102" '
            'r="6" fill="#dfe6ff"/><circle cx="23" cy="100" r="7" fill="#f4f6ff"/>',
        ],
    )


def sakura() -> None:
    angles = [305, 322, 338, 352, 8, 130, 146, 163, 180]
    buds = [292, 20, 118, 193]
    falling = "".join(
        f'<path d="M64 5Q68 9 64 12Q60 9 64 5Z" transform="rotate({angle} 64 64)"/>'
        for angle in (52, 70, 92, 222, 248, 268)
    )
    save(
        "frames/sakura",
        [across("p", "ffe6f1", "ff9cc4"), across("w", "b98a78", "6f4638")]
        + [blossom("f", 5, "url(#p)", "e0487f", 1.15), blossom("b", 5, "#ffc4dc", "e0487f", 0.6)],
        [
            ring(56, 3, "#ffc4dc"),
            '<path d="M14 92A57 57 0 0 1 84 11M114 36A57 57 0 0 1 44 117" fill="none" '
            'stroke="url(#w)" stroke-width="3.500" stroke-linecap="round"/>',
            around("f", angles) + around("b", buds),
            f'<g fill="#ff9cc4">{falling}</g>',
        ],
    )
