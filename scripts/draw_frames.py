"""The frames: rings about a clear middle of radius 49 at least, with room for ornaments."""

from drawing import (
    CROWN,
    GOLD,
    LEAF,
    SILVER,
    WING,
    across,
    around,
    ball,
    blossom,
    dots,
    down,
    every,
    fading,
    ring,
    save,
    spark,
    turning,
    wave,
)


def plain_gold() -> None:
    save(
        "frames/plain-gold",
        [across("g", "fff3a0", "ffc22e", "b06a06", "ffe27a", "c98a10")],
        [
            ring(57, 8, "url(#g)"),
            ring(60.5, 1, "#fff3b0"),
            ring(53.5, 1, "#8f5206"),
            '<path d="M15 40A52 52 0 0 1 40 15" stroke="#fff" stroke-width="3" fill="none" '
            'stroke-linecap="round" opacity=".8"/>',
        ],
    )


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
            spark(56, 0, 1.2, "ffe27a")
            + spark(55, 13, 0.6, "ffe27a")
            + spark(55, -13, 0.6, "ffe27a"),
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
        [
            across("p", "ffe6f1", "ff9cc4"),
            across("w", "b98a78", "6f4638"),
            blossom("f", 5, "url(#p)", "e0487f", 1.15),
            blossom("b", 5, "#ffc4dc", "e0487f", 0.6),
        ],
        [
            ring(56, 3, "#ffc4dc"),
            '<path d="M14 92A57 57 0 0 1 84 11M114 36A57 57 0 0 1 44 117" fill="none" '
            'stroke="url(#w)" stroke-width="3.500" stroke-linecap="round"/>',
            around("f", angles) + around("b", buds),
            f'<g fill="#ff9cc4">{falling}</g>',
        ],
    )


def ocean() -> None:
    scales = (
        '<g id="s"><path d="M56 12A8 8 0 0 1 72 12Q68 16 64 16Q60 16 56 12Z" fill="url(#w)"/>'
        '<path d="M59 11A5 5 0 0 1 69 11" fill="none" stroke="#e6fbff" stroke-width="1.500" '
        'opacity=".8"/></g>'
    )
    bubbles = "".join(
        f'<circle cx="{x}" cy="{y}" r="{size}"/>'
        for x, y, size in ((14, 26, 4), (22, 16, 2.5), (8, 38, 2), (112, 96, 3), (106, 106, 2))
    )
    save(
        "frames/ocean",
        [down("w", "9ff0ff", "38b6e8", "1f5fd0"), ball("p", "ffffff", "ffe9f4", "d9b8d8"), scales],
        [
            ring(54, 6, "#1f6fd8"),
            around("s", every(22)),
            ring(50.8, 1.6, "#bdf4ff"),
            f'<g fill="#fff" fill-opacity=".55" stroke="#dff9ff">{bubbles}</g>',
            '<path d="M64 126C50 126 44 114 47 106Q54 104 64 110Q74 104 81 106C84 114 78 126 '
            "64 126Z"
            '" fill="#ffb3a0"/><path d="M64 125V112M57 124L53 109M71 124L75 109" stroke="#f0705a" '
            'stroke-width="1.800" stroke-linecap="round"/>'
            '<circle cx="64" cy="111" r="5" fill="url(#p)"/>',
        ],
    )


def flame(animated: bool = False) -> None:
    tongue = (
        '<path id="{name}" d="M52 14C50 8 57 6 56 0C62 2 62 6 65 4C69 6 76 8 76 14Q64 18 52 14Z" '
        'fill="{paint}"/>'
    )
    outer = around("f", every(16))
    inner = around("i", every(16, 11.25))
    if animated:
        outer = turning(fading(outer, "1;.55;1", 1.1), 40)
        inner = turning(fading(inner, ".6;1;.6", 0.9), 28, -360)
    save(
        "frames/flame-animated" if animated else "frames/flame",
        [
            down("r", "ff7a2e", "f0264f", "a80d2a"),
            down("y", "ffb83d", "fff3a0"),
            tongue.format(name="f", paint="url(#r)"),
            '<path id="i" d="M57 15C56 11 61 10 61 5C66 8 70 11 70 15Q64 17 57 15Z" '
            'fill="url(#y)"/>',
        ],
        [
            outer,
            ring(52.5, 5, "#e8402a"),
            inner,
            ring(50.5, 2.2, "#ffe27a"),
        ],
    )


def gem(name: str, paint: str, size: float) -> str:
    """A cut stone at the top of the ring, in a setting of gold."""
    return (
        f'<g id="{name}" transform="translate(64 8) scale({size:g})"><path '
        'd="M0-7L6.500-2.500V2.500'
        'L0 7L-6.500 2.500V-2.500Z" fill="url(#g)" stroke="#8f5206" stroke-width=".6"/>'
        f'<path d="M0-5L4.600-1.800V1.800L0 5L-4.600 1.800V-1.800Z" fill="url(#{paint})"/>'
        '<path d="M0-5L4.600-1.800 0 .5-4.600-1.800Z" fill="#fff" opacity=".45"/></g>'
    )


def vip(name: str, colors: tuple[str, str, str], stones: int, *, winged: bool, head: str) -> None:
    light, middle, dark = colors
    wings = (
        f'<path id="w" d="{WING}" fill="url(#g)" stroke="#8f5206" stroke-width=".8"/>'
        '<use href="#w" transform="matrix(-1 0 0 1 128 0)"/>'
    )
    save(
        f"frames/vip-{name}",
        [
            across("g", *GOLD),
            ball("c", light, middle, dark),
            down("e", middle, dark),
            gem("s", "c", 0.9),
        ],
        [
            ring(57, 10, "url(#g)"),
            ring(57, 5, "url(#e)"),
            dots(57, stones * 4, 2.8, "#fff6d0"),
            around("s", every(stones, 180 / stones if stones % 2 == 0 else 0)),
            wings if winged else "",
            f'<g transform="translate(64 112) scale(1.150)"><path d="{head}" fill="url(#g)" '
            'stroke="#8f5206" stroke-width=".8" stroke-linejoin="round"/>'
            '<circle r="4.600" fill="url(#c)"/><circle cx="-1.500" cy="-1.500" r="1.200" '
            'fill="#fff" opacity=".8"/></g>',
        ],
    )


def flsvip(animated: bool = False) -> None:
    gleam = (
        '<circle cx="64" cy="64" r="57" fill="none" stroke="#fff" stroke-width="5" '
        'stroke-dasharray="34 324" stroke-linecap="round" opacity=".75"/>'
    )
    halves = [around("s", every(6, start)) for start in (15, 45)]
    save(
        "frames/vip-flsvip-animated" if animated else "frames/vip-flsvip",
        [
            across("g", "fffbe0", "ffd84d", "c98a10"),
            across("v", "c38fff", "6a2fd0", "2a1070"),
            ball("r", "ff9fc0", "f0264f", "8f0a30"),
            ball("b", "d6f4ff", "4a9cf0", "2a4fb0"),
            f'<g id="s">{spark(57, 0, 0.6, "fff6d0")}</g>',
        ],
        [
            ring(57, 12, "url(#g)"),
            ring(57, 7, "url(#v)"),
            *([turning(gleam, 4)] if animated else []),
            *(
                fading(half, "1;.25;1", 2.4, 1.2 * turn) if animated else half
                for turn, half in enumerate(halves)
            ),
            f'<g stroke="#8f5206" stroke-width=".8" fill="url(#g)"><g id="w"><path d="{WING}"/>'
            '<path d="M17 94C8 90 2 84 1 76C7 80 13 84 21 88Z"/></g>'
            '<use href="#w" transform="matrix(-1 0 0 1 128 0)"/></g>',
            f'<path d="{CROWN}" fill="url(#g)" stroke="#8f5206" stroke-width="1" '
            'stroke-linejoin="round" transform="translate(64 12) scale(1.200) translate(-64 -10)"/>'
            '<circle cx="64" cy="15" r="4" fill="url(#r)"/><circle cx="52" cy="17" r="2.200" '
            'fill="url(#b)"/><circle cx="76" cy="17" r="2.200" fill="url(#b)"/>',
            '<path d="M46 116Q64 124 82 116L78 125Q64 130 50 125Z" fill="url(#g)"/>'
            '<path d="M64 106L73 116L64 127L55 116Z" fill="url(#r)" stroke="#ffd84d" '
            'stroke-width="1.500"/><path d="M64 106L73 116H55Z" fill="#fff" opacity=".4"/>',
        ],
    )


def wealth_legend() -> None:
    coin = (
        '<g id="c"><circle cx="64" cy="9" r="7.500" fill="url(#y)" stroke="#a86206" '
        'stroke-width=".8"/><circle cx="64" cy="9" r="4.600" fill="none" stroke="#c9820c" '
        'stroke-width="1.200"/><path d="M64 6L67 9 64 12 61 9Z" fill="#fff6d0"/></g>'
    )
    save(
        "frames/wealth-legend",
        [across("g", *GOLD), ball("y", "fffbe0", "ffd84d", "e08f10"),
         ball("e", "b9f7d6", "1fae78", "0a5a44"), coin],
        [
            ring(56, 9, "url(#g)"),
            ring(56, 5, "#0f6f55"),
            dots(56, 72, 1.5, "#ffe27a"),
            around("c", [angle for angle in every(18) if not 30 < (angle + 60) % 360 < 90]),
            f'<path d="{CROWN}" fill="url(#g)" stroke="#8f5206" stroke-width="1" '
            'stroke-linejoin="round" transform="translate(0 2)"/>'
            '<circle cx="64" cy="16" r="3.600" fill="url(#e)"/>',
        ],
    )  # fmt: skip


def charm_legend() -> None:
    heart = "M64 16C56 11 54 7 56 4C58 1 62 2 64 5C66 2 70 1 72 4C74 7 72 11 64 16Z"
    feathers = (
        f'<path id="w" d="{WING}" fill="#fff" stroke="#ffb3d4" stroke-width="1"/>'
        '<use href="#w" transform="matrix(-1 0 0 1 128 0)"/>'
    )
    angles = [angle for angle in every(14) if angle % 180]
    big = "translate(64 9) scale(1.900) translate(-64 -8)"
    save(
        "frames/charm-legend",
        [across("g", "fff0f7", "ff9cc8", "c2418f"), ball("h", "ffc4d8", "ff4d8d", "c2185f"),
         across("v", "e0c4ff", "a06bff"),
         f'<path id="k" d="{heart}" transform="translate(0 -1)"/>'],
        [
            ring(56, 8, "url(#g)"),
            ring(56, 3.5, "url(#v)"),
            f'<g fill="url(#h)">{around("k", angles)}</g>',
            feathers,
            f'<path d="{heart}" fill="url(#h)" stroke="#ffe0ee" stroke-width="1" '
            f'transform="{big}"/><ellipse cx="57" cy="5" rx="3" ry="1.800" fill="#fff" '
            'opacity=".8" transform="rotate(-35 57 5)"/>',
            '<path d="M64 117L48 109Q45 117 50 124ZM64 117L80 109Q83 117 78 124Z" '
            'fill="url(#v)"/><circle cx="64" cy="117" r="5.500" fill="#fff0f7"/>',
            spark(57, 40, 0.8) + spark(57, 320, 0.8),
        ],
    )  # fmt: skip


def draw() -> None:
    plain_gold()
    silver_laurel()
    rose_garden()
    sakura()
    ocean()
    for animated in (False, True):
        neon_wave(animated)
        moonlight(animated)
        flame(animated)
        flsvip(animated)
    shield = "M0-9L9-5V2Q8 8 0 11Q-8 8-9 2V-5Z"
    drop = "M0-11L10 0 0 11-10 0Z"
    round_off = "M-9 0A9 9 0 1 1 9 0Q8 7 0 11Q-8 7-9 0Z"
    vip("ruby", ("ffb3c4", "f0264f", "8f0a30"), 4, winged=False, head=shield)
    vip("emerald", ("c4ffdc", "1fae68", "0a5a38"), 6, winged=False, head=drop)
    vip("sapphire", ("c9e6ff", "2f7df0", "14308f"), 8, winged=True, head=round_off)
    wealth_legend()
    charm_legend()
