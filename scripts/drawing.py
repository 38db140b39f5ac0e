"""Pens and shapes for ``draw_artwork.py``: gradients, rings, waves, sparks, slow movements."""

import math
from collections.abc import Sequence
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
    return "".join(f'<use href="#{name}" transform="rotate({angle:g} 64 64)"/>' for angle in angles)


def every(count: int, start: float = 0) -> list[float]:
    return [round(start + 360 / count * index, 2) for index in range(count)]


def ring(radius: float, width: float, paint: str) -> str:
    return (
        f'<circle cx="64" cy="64" r="{radius:g}" fill="none" stroke="{paint}" '
        f'stroke-width="{width:g}"/>'
    )


def dots(radius: float, count: int, size: float, paint: str) -> str:
    """Round dots, evenly, on a circle."""
    return (
        f'<circle cx="64" cy="64" r="{radius:g}" fill="none" stroke="{paint}" '
        f'stroke-width="{size:g}" stroke-linecap="round" pathLength="{count}" '
        'stroke-dasharray="0 1"/>'
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


LEAF = "M64 2C69 5 70 11 64 16C58 11 59 5 64 2Z"
SPARK = "M0-6L1.700-1.700 6 0 1.700 1.700 0 6-1.700 1.700-6 0-1.700-1.700Z"
CROWN = "M50 20L46 5L55 10L64 0L73 10L82 5L78 20Q64 24 50 20Z"
WING = "M12 78C2 70-2 58 2 46C5 53 9 55 12 55C7 47 8 38 13 32C14 42 17 47 20 50C14 60 14 70 20 82Z"


def spark(radius: float, degrees: float, size: float, color: str = "fff") -> str:
    x, y = point(radius, degrees)
    place = f"translate({x:.1f} {y:.1f}) scale({size:g})"
    return f'<path d="{SPARK}" transform="{place}" fill="#{color}"/>'


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
