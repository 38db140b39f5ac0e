"""Pictures of people who have none of their own: small landscapes and things, no faces."""

from drawing import across, around, ball, every, save

PALETTES = (
    ("ffd9a8", "ff8a6a", "c23a6f", "fff3d6"),
    ("c9f3ff", "4fb0f0", "2a4fb0", "ffffff"),
    ("d6ffe0", "4fcf8f", "0f7a5f", "fffbe0"),
    ("efe0ff", "a07bff", "4a2fb0", "ffe9a8"),
    ("ffe0ee", "ff7fb0", "b0246f", "ffffff"),
    ("fff6c9", "ffc23d", "d9702e", "fff0f5"),
)
"""Light, middle and dark of a family of colours, and one that stands against them."""


def sunrise(light: str, middle: str, dark: str, other: str) -> list[str]:
    return [
        f'<circle cx="64" cy="66" r="40" fill="#{other}" opacity=".35"/>'
        f'<circle cx="64" cy="66" r="27" fill="#{other}"/>',
        f'<path d="M0 82Q26 58 54 78T128 72V128H0Z" fill="#{middle}"/>',
        f'<path d="M0 100Q34 78 70 96T128 92V128H0Z" fill="#{dark}"/>',
        f'<path d="M18 34q6-6 12 0q6-6 12 0M90 24q5-5 10 0q5-5 10 0" fill="none" stroke="#{dark}" '
        'stroke-width="3" stroke-linecap="round" opacity=".7"/>',
    ]


def waves(light: str, middle: str, dark: str, other: str) -> list[str]:
    rows = [
        f'<path d="M0 {y}Q16 {y - 18} 32 {y}T64 {y}T96 {y}T128 {y}V128H0Z" fill="#{color}"/>'
        for y, color in ((62, light), (80, middle), (100, dark))
    ]
    boat = (
        f'<path d="M62 18V58Q44 56 36 58Q46 34 62 18Z" fill="#{other}"/>'
        f'<path d="M67 28V58H90Q84 40 67 28Z" fill="#{light}"/>'
        f'<path d="M34 64H96Q90 80 78 80H50Q38 80 34 64Z" fill="#{dark}"/>'
    )
    return [rows[0], boat, *rows[1:]]


def flower(light: str, middle: str, dark: str, other: str) -> list[str]:
    petal = '<ellipse id="q" cx="64" cy="34" rx="15" ry="25" fill="url(#p)"/>'
    return [
        f'<circle cx="64" cy="64" r="58" fill="#{other}" opacity=".18"/>',
        petal + around("q", every(8)[1:]),
        f'<circle cx="64" cy="64" r="17" fill="#{other}"/>'
        f'<circle cx="64" cy="64" r="9" fill="#{middle}" opacity=".55"/>',
    ]


def planet(light: str, middle: str, dark: str, other: str) -> list[str]:
    return [
        f'<path d="M20 28h.1M104 22h.1M112 92h.1M24 100h.1M52 16h.1M96 112h.1" stroke="#{other}" '
        'stroke-width="5" stroke-linecap="round"/>',
        '<circle cx="64" cy="64" r="34" fill="url(#p)"/>',
        f'<path d="M34 52Q64 62 94 46M32 70Q62 82 96 66" fill="none" stroke="#{light}" '
        'stroke-width="5" stroke-linecap="round" opacity=".5"/>',
        '<path d="M33 78C4 96 12 106 52 90C94 73 124 46 116 36C112 31 100 35 92 40" fill="none" '
        f'stroke="#{other}" stroke-width="6" stroke-linecap="round"/>',
    ]


def leaf(light: str, middle: str, dark: str, other: str) -> list[str]:
    return [
        f'<circle cx="88" cy="38" r="17" fill="#{other}"/>',
        '<path d="M60 112C18 98 16 56 34 26C66 40 82 76 60 112Z" fill="url(#p)"/>',
        f'<path d="M66 112C62 82 82 58 112 58C116 88 98 112 66 112Z" fill="#{dark}"/>',
        f'<path d="M60 112Q58 70 40 44M56 78L38 72M58 92L74 78M66 112Q80 84 100 70" fill="none" '
        f'stroke="#{other}" stroke-width="3" stroke-linecap="round" opacity=".65"/>',
    ]


def balloon(light: str, middle: str, dark: str, other: str) -> list[str]:
    return [
        f'<path d="M6 96a13 13 0 0 1 22-8a11 11 0 0 1 18 8ZM84 40a12 12 0 0 1 20-7a10 10 0 0 1 17 '
        f'7Z" fill="#{other}" opacity=".85"/>',
        '<path d="M64 14C92 14 104 34 100 54C97 70 82 80 76 90H52C46 80 31 70 28 54C24 34 36 14 64 '
        '14Z" fill="url(#p)"/>',
        f'<path d="M64 14C76 14 82 36 80 54C79 70 72 80 70 90H58C56 80 49 70 48 54C46 36 52 14 64 '
        f'14Z" fill="#{other}" opacity=".75"/>',
        f'<path d="M54 90L57 102M74 90L71 102" stroke="#{dark}" stroke-width="2.500"/>'
        f'<rect x="54" y="101" width="20" height="14" rx="4" fill="#{dark}"/>',
    ]


MOTIFS = (sunrise, waves, flower, planet, leaf, balloon)


def draw() -> None:
    for index in range(12):
        # The second six take the palettes in another order, on a dark ground.
        later = index >= 6
        light, middle, dark, other = PALETTES[(index + (3 if later else 0)) % 6]
        ground = (middle, dark) if later else (light, middle)
        shapes = MOTIFS[index % 6](light, middle, dark, other)
        if later:
            shapes = ['<circle cx="64" cy="64" r="50" fill="#fff" opacity=".1"/>', *shapes]
        save(
            f"avatars/avatar-{index + 1}",
            [across("a", *ground), ball("p", "ffffff", light if later else middle, dark)],
            ['<rect width="128" height="128" fill="url(#a)"/>', *shapes],
        )
