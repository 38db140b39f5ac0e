"""Backgrounds of rooms: portrait, dark enough for light text, quiet in the middle."""

import math
from collections.abc import Sequence

from drawing import PORTRAIT, SPARK, across, ball, down, glow, save

WIDTH, HEIGHT = 360, 640
SKY = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#a)"/>'


def light(name: str, x: float, y: float, radius: float, strength: float) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="url(#{name})" opacity="{strength:g}"/>'
    )


def ridge(base: float, height: float, waves: float, phase: float, paint: str) -> str:
    """A soft range of hills, waves or dunes that fills everything below it."""
    path = ""
    for index in range(9):
        x = WIDTH / 8 * index
        y = base - height * math.sin(math.radians(phase + 360 * waves * index / 8))
        path += f"M-4 {y:.0f}L{x:g} {y:.0f}" if index == 0 else f"S{x - 22:g} {y:.0f} {x:g} {y:.0f}"
    return f'<path d="{path}H364V644H-4Z" fill="{paint}"/>'


def night(count: int, depth: float, color: str = "fff") -> str:
    """Stars at places that look accidental and never change."""
    dots = "".join(
        f"M{index * 137.5 % WIDTH:.0f} {index * 97.3 % depth:.0f}h.1" for index in range(1, count)
    )
    few = "".join(
        f'<path d="{SPARK}" transform="translate({x} {y}) scale({size})"/>'
        for x, y, size in ((58, 92, 0.9), (304, 150, 1.1), (210, 48, 0.7))
    )
    return (
        f'<path d="{dots}" stroke="#{color}" stroke-width="2" stroke-linecap="round" '
        f'opacity=".55"/><g fill="#{color}" opacity=".8">{few}</g>'
    )


def theme(name: str, definitions: Sequence[str], body: Sequence[str]) -> None:
    save(f"themes/{name}", definitions, [SKY, *body], PORTRAIT)


def default() -> None:
    theme(
        "default",
        [across("a", "2a2350", "1b1830", "251a3f"), glow("v", "8b7cf6"), glow("p", "f2739a"),
         glow("b", "4f9dff")],
        [
            light("v", 60, 90, 230, 0.55),
            light("p", 340, 300, 200, 0.3),
            light("b", 90, 600, 240, 0.35),
            '<g fill="none" stroke="#fff" opacity=".07"><circle cx="300" cy="120" r="60"/>'
            '<circle cx="300" cy="120" r="100"/><circle cx="300" cy="120" r="140"/>'
            '<circle cx="40" cy="520" r="80"/><circle cx="40" cy="520" r="130"/></g>',
        ],
    )  # fmt: skip


def sunset() -> None:
    theme(
        "sunset",
        [down("a", "3a1a4a", "8f2f5c", "e0604f", "ffae5c"), down("s", "fff0b0", "ff8a5c"),
         glow("g", "ffd98a"), down("h", "6a2448", "3a1630"), down("i", "43193a", "220e22")],
        [
            light("g", 180, 420, 240, 0.75),
            '<circle cx="180" cy="420" r="84" fill="url(#s)"/>',
            '<path d="M20 150Q60 130 110 146T200 140Q150 158 100 156T20 150ZM190 240Q240 '
            '222 290 236'
            'T350 232Q310 248 270 246T190 240Z" fill="#ffb38a" opacity=".3"/>',
            ridge(452, 20, 1.5, 20, "url(#h)"),
            ridge(520, 24, 1.2, 160, "url(#i)"),
            ridge(588, 16, 1.7, 60, "#190a1a"),
        ],
    )  # fmt: skip


def aurora() -> None:
    def curtain(name: str, top: float, swing: float, phase: float, strength: float) -> str:
        """Rays side by side, hung from a wave."""
        rays = "".join(
            f'<use href="#{name}" x="{x}" '
            f'y="{top + swing * math.sin(math.radians(phase + x * 1.3)):.0f}"/>'
            for x in range(-20, WIDTH, 20)
        )
        return f'<g opacity="{strength:g}">{rays}</g>'

    def ray(name: str, color: str, height: int) -> str:
        """One that fades upwards, and quickly at its foot."""
        return (
            f'<linearGradient id="{name}l" x2="0" y2="1"><stop stop-color="#{color}" '
            f'stop-opacity="0"/><stop offset=".8" stop-color="#{color}"/><stop offset="1" '
            f'stop-color="#{color}" stop-opacity="0"/></linearGradient>'
            f'<rect id="{name}" width="40" height="{height}" fill="url(#{name}l)" opacity=".5"/>'
        )

    theme(
        "aurora",
        [down("a", "0a1428", "10222b", "123a3f"), ray("v", "8a6bff", 220),
         ray("g", "4ade9a", 250)],
        [
            night(10, 420),
            curtain("v", 30, 34, 200, 0.55),
            curtain("g", 120, 52, 0, 0.7),
            '<path d="M-4 560L60 486L104 530L170 452L238 540L290 494L364 566V644H-4Z" '
            'fill="#0c1d26"/><path d="M170 452L196 486L176 480L164 494L150 476ZM60 486L78 '
            '504L62 500'
            'L50 506ZM290 494L308 512L290 508L278 514Z" fill="#d9fff0" opacity=".5"/>',
            ridge(596, 12, 1.4, 40, "#081419"),
        ],
    )  # fmt: skip


def midnight() -> None:
    towers = ((0, 520, 44), (38, 478, 40), (84, 540, 36), (116, 446, 46), (168, 508, 40),
              (204, 470, 34), (236, 536, 44), (276, 456, 42), (322, 512, 44))  # fmt: skip
    blocks = "".join(f"M{x} {y}h{width}V640h-{width}Z" for x, y, width in towers)
    windows = "".join(
        f"M{x + 9 + 11 * (index % 3)} {y + 18 + 20 * (index * 7 % 5)}h.1"
        for x, y, _ in towers
        for index in range(5)
    )
    theme(
        "midnight",
        [down("a", "070b1c", "0d1a3f", "2a3f8f"), ball("m", "ffffff", "e6ecff", "aebcf0"),
         glow("g", "6ea8fe"), down("t", "14204f", "0a1026")],
        [
            night(60, 440),
            light("g", 262, 120, 150, 0.5),
            '<circle cx="262" cy="120" r="44" fill="url(#m)"/><g fill="#97a6e0" opacity=".45">'
            '<circle cx="250" cy="110" r="8"/><circle cx="276" cy="134" r="10"/>'
            '<circle cx="272" cy="98" r="5"/></g>',
            f'<path d="{blocks}" fill="url(#t)"/>',
            f'<path d="{windows}" stroke="#ffd98a" stroke-width="5" stroke-linecap="round" '
            'opacity=".75"/>',
        ],
    )  # fmt: skip


def desert() -> None:
    theme(
        "desert",
        [down("a", "2a1d3f", "7a4348", "e09a50", "ffd98a"), ball("m", "ffffff", "fff3d0", "ffd98a"),
         glow("g", "ffe6a8"), down("d", "c9843a", "7a4a24"), down("e", "9a5f2c", "54321c"),
         down("f", "6b4222", "2a1a10")],
        [
            night(30, 240, "fff3d0"),
            light("g", 100, 190, 170, 0.55),
            '<circle cx="100" cy="190" r="48" fill="url(#m)"/>',
            '<path d="M-4 470C70 400 130 392 190 446C250 420 310 430 364 462V644H-4Z" '
            'fill="url(#d)"/>',
            '<path d="M-4 520C60 520 130 470 200 486C180 520 120 540 100 644H-4Z" fill="url(#e)"/>',
            '<path d="M364 500C290 490 230 512 200 486C210 540 150 580 130 644H364Z" '
            'fill="url(#f)"/><path d="M-4 600C80 570 160 590 220 612S330 600 364 588V644H-4Z" '
            'fill="#241610"/>',
            '<path d="M200 486C180 520 120 540 100 644" fill="none" stroke="#ffd98a" '
            'stroke-width="1.500" opacity=".5"/>',
        ],
    )  # fmt: skip


def lagoon() -> None:
    bubbles = "".join(
        f'<circle cx="{index * 89 % WIDTH}" cy="{150 + index * 131 % 430}" '
        f'r="{3 + index * 5 % 9}"/>'
        for index in range(1, 17)
    )
    theme(
        "lagoon",
        [down("a", "1aa0b8", "0f5f7a", "0a3040", "071c24"), glow("g", "bdfbff"),
         '<linearGradient id="r" x2="0" y2="1"><stop stop-color="#e6fcff" stop-opacity=".5"/>'
         '<stop offset="1" stop-color="#e6fcff" stop-opacity="0"/></linearGradient>'],
        [
            light("g", 150, -30, 260, 0.6),
            '<path d="M90-10L10 460H90L130-10ZM160-10L170 520H250L200-10ZM230-10L330 '
            '420H380L270-10Z'
            '" fill="url(#r)" opacity=".5"/>',
            '<g fill="#dffcff" fill-opacity=".1" stroke="#dffcff" '
            f'stroke-opacity=".4">{bubbles}</g>',
            ridge(556, 14, 1.3, 30, "#0a2c38"),
            '<g fill="none" stroke-linecap="round" stroke-width="9" opacity=".8"><path d="M40 620'
            'C20 580 60 560 36 510M64 624C84 590 50 570 74 536" stroke="#17806f"/><path d="M310 624'
            'C290 580 330 560 308 500M284 624C300 596 270 580 282 548M334 624C346 590 326 576 340 '
            '546" stroke="#e0607a"/></g>',
            ridge(612, 10, 1.6, 120, "#061a20"),
        ],
    )  # fmt: skip


def velvet() -> None:
    folds = "".join(
        f'<path d="M{x} -4C{x + 14} 200 {x - 14} 420 {x + 4} 644H{x + 44}C{x + 24} 420 '
        f"{x + 54} 200 "
        f'{x + 40} -4Z" fill="url(#f)"/>'
        for x in range(-20, 360, 44)
    )
    theme(
        "velvet",
        [down("a", "5a1436", "3a0f26", "1c0912"), glow("g", "ff9cc0"),
         '<linearGradient id="f"><stop stop-color="#12040a" stop-opacity=".65"/><stop offset=".5" '
         'stop-color="#e05a8a" stop-opacity=".28"/><stop offset="1" stop-color="#12040a" '
         'stop-opacity=".1"/></linearGradient>', down("y", "fff0b0", "d99a2e", "8f5a14")],
        [
            folds,
            light("g", 180, 250, 230, 0.28),
            '<path d="M-4-4H364V44Q330 96 272 58Q240 112 180 64Q120 112 88 58Q30 96 -4 44Z" '
            'fill="#7a1a48"/><path d="M-4 44Q30 96 88 58Q120 112 180 64Q240 112 272 58Q330 '
            '96 364 44"'
            ' fill="none" stroke="url(#y)" stroke-width="5"/>',
            '<g fill="url(#y)"><path id="t" d="M84 56h8l4 40H80Z"/><use href="#t" x="92" y="6"/>'
            '<use href="#t" x="184"/></g>',
            '<path d="M-4 606Q180 580 364 606V644H-4Z" fill="#16060e"/><path d="M-4 606Q180 '
            '580 364 '
            '606" fill="none" stroke="url(#y)" stroke-width="3"/>',
        ],
    )  # fmt: skip


def festival() -> None:
    colors = ("ffd166", "ff6a8f", "7fd6ff", "9be08f", "c38fff")
    lamps = ""
    for row, (top, sag) in enumerate(((40, 60), (110, 70))):
        lamps += (
            f'<path d="M-4 {top}Q180 {top + 2 * sag} 364 {top - 10}" fill="none" stroke="#0e0718" '
            'stroke-width="2.500"/>'
        )
        for index in range(8):
            x = 24 + 44 * index + 12 * row
            part = x / WIDTH
            y = top + 4 * sag * part * (1 - part) - 10 * part * part
            color = colors[(index + 2 * row) % 5]
            lamps += f'<use href="#l" x="{x}" y="{y:.0f}" fill="#{color}"/>'
    burst = "".join(f'<use href="#q" transform="rotate({angle})"/>' for angle in range(30, 360, 30))
    theme(
        "festival",
        [down("a", "1a0f33", "3a1a5c", "7a2a6f"), glow("g", "ffd166"), glow("p", "ff6a8f"),
         '<g id="l"><circle cy="14" r="20" opacity=".22"/><path d="M-3 0h6v5h-6Z" fill="#2a1636"/>'
         '<ellipse cy="14" rx="8" ry="10"/></g>',
         '<g id="b" stroke-width="3" stroke-linecap="round"><path id="q" d="M0-12V-34M0-42v-3"/>'
         f"{burst}</g>"],
        [
            light("p", 300, 330, 200, 0.4),
            light("g", 60, 480, 220, 0.3),
            '<g opacity=".55"><use href="#b" x="270" y="330" stroke="#ffd166"/><use href="#b" '
            'transform="translate(84 290) scale(.7)" stroke="#ff9ad5"/><use href="#b" '
            'transform="translate(190 410) scale(.55)" stroke="#7fd6ff"/></g>',
            lamps,
            '<path d="M-4 580L40 500L84 580ZM70 580L130 470L190 580ZM176 580L226 510L276 580ZM262 '
            '580L316 480L370 580Z" fill="#2a1246"/><path d="M130 470L150 580H110ZM40 500L54 580H26Z'
            'M226 510L242 580H210ZM316 480L336 580H296Z" fill="#ff6a8f" opacity=".35"/>',
            '<path d="M-4 576H364V644H-4Z" fill="#150a26"/>',
        ],
    )  # fmt: skip


def draw() -> None:
    for paint in (default, sunset, aurora, midnight, desert, lagoon, velvet, festival):
        paint()
