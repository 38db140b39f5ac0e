"""The badges of levels: ten tiers of wealth and charm, five of rooms, seven of VIP."""

from drawing import (
    CROWN,
    GOLD,
    SILVER,
    SPARK,
    WING,
    across,
    around,
    ball,
    down,
    every,
    ring,
    save,
)

# Metals of the ten tiers, light to dark; rooms take every other one.
TIERS = (
    ("f3d9c0", "c98a5c", "7a4a28"),
    ("ffd9a8", "e0904a", "8a4a1a"),
    ("ffffff", "cfd6e6", "7d88a3"),
    ("eaf6ff", "9fc4e8", "4a6fa8"),
    ("fff6c9", "ffcf4a", "b8770c"),
    ("d6ffe6", "3fcf8a", "0f6f48"),
    ("d6f0ff", "3f9df5", "14409a"),
    ("ecdcff", "9a6bff", "4a1fa8"),
    ("ffd6e2", "ff4d7d", "9a0a3f"),
    ("fffbe0", "ffb82e", "d1265f"),
)
VIP = (
    ("ffd9d0", "e0503a", "8a1a14"),
    ("ffe3c4", "f0862e", "9a4a0a"),
    ("fff3c0", "f0b92e", "9a6a06"),
    ("ccf7d9", "3db36a", "0f5f34"),
    ("cfe3ff", "3c86f0", "14409a"),
    ("e8d9ff", "8a5ae0", "3f1f8f"),
    ("fff8d6", "6a3fc8", "1f0f4a"),
)
HEART = "M64 104C30 82 20 62 26 46C33 30 55 30 64 46C73 30 95 30 102 46C108 62 98 82 64 104Z"
SHIELD = "M64 16Q84 28 106 28V62Q106 94 64 114Q22 94 22 62V28Q44 28 64 16Z"
HEXAGON = "M64 16L104 38V86L64 110L24 86V38Z"


def stars(count: int, y: float, gap: float, size: float, color: str) -> str:
    """A row of sparks, its middle below the middle of the square."""
    left = 64 - gap * (count - 1) / 2
    others = "".join(f'<use href="#k" x="{gap * index:g}"/>' for index in range(1, count))
    return (
        f'<g fill="#{color}"><path id="k" d="{SPARK}" '
        f'transform="translate({left:g} {y:g}) scale({size:g})"/>{others}</g>'
    )


def wings(paint: str) -> str:
    return (
        f'<g fill="{paint}" stroke="#5a3a10" stroke-opacity=".4"><path id="w" d="{WING}" '
        'transform="translate(0 -4) scale(1.250 1.050)"/>'
        '<use href="#w" transform="matrix(-1 0 0 1 128 0)"/></g>'
    )


def crown(y: float, size: float) -> str:
    return (
        f'<path d="{CROWN}" fill="url(#g)" stroke="#8f5206" stroke-linejoin="round" '
        f'transform="translate(64 {y:g}) scale({size:g}) translate(-64 -10)"/>'
    )


def wealth(tier: int) -> None:
    """A cut stone in a hexagon; rays, wings and a crown come with the tiers."""
    light, middle, dark = TIERS[tier - 1]
    save(
        f"levels/wealth-{tier}",
        [across("g", *GOLD), across("m", light, middle, dark), down("n", middle, dark),
         ball("s", "ffffff", light, middle)],
        [
            around_rays(tier) if tier >= 4 else "",
            wings("url(#g)") if tier >= 7 else "",
            f'<path d="{HEXAGON}" fill="url(#m)" stroke="url(#{"g" if tier >= 5 else "m"})" '
            'stroke-width="9" stroke-linejoin="round"/>',
            '<path d="M64 26L95 43V81L64 99L33 81V43Z" fill="url(#n)"/>',
            '<path d="M64 26L95 43L33 81V43Z" fill="#fff" opacity=".12"/>',
            '<path d="M46 46H82L94 60L64 90L34 60Z" fill="url(#s)" stroke="#fff" '
            'stroke-linejoin="round" stroke-width="1.500"/><path d="M34 60H94M46 46L54 60L64 90'
            'L74 60L82 46L64 60L46 46" fill="none" stroke="#fff" stroke-width="1.500" '
            f'opacity=".8"/><path d="M74 60H94L64 90Z" fill="#{dark}" opacity=".3"/>',
            crown(13, 0.8 + 0.05 * (tier - 6)) if tier >= 6 else "",
            pips(tier, 116),
        ],
    )  # fmt: skip


def around_rays(tier: int) -> str:
    ray = '<path id="y" d="M64 1L68 16H60Z" fill="url(#g)"/>'
    return ray + around("y", every(6 + tier)[1:])


def pips(tier: int, y: float) -> str:
    """One to five, silver for the first five tiers and gold for the others."""
    count = (tier - 1) % 5 + 1
    size = 1.35 if count < 5 else 1.25
    return (
        f'<rect x="{64 - count * 8 - 4}" y="{y - 9}" width="{count * 16 + 8}" height="18" rx="9" '
        'fill="#2a1f48"/>'
    ) + stars(count, y, 16, size, "e6e0ff" if tier <= 5 else "ffd84d")


def charm(tier: int) -> None:
    """A heart on a rosette that has more petals with each tier, then wings and a crown."""
    light, middle, dark = TIERS[tier - 1]
    petals = 5 + tier
    width = 150 / petals + 4
    save(
        f"levels/charm-{tier}",
        [across("g", *GOLD), ball("h", "ffc4d8", "ff4d8d", "b80d55"),
         down("p", light, middle, dark), ball("c", "ffffff", "fff0f7", light)],
        [
            wings("#fff" if tier < 9 else "url(#g)") if tier >= 6 else "",
            f'<ellipse id="e" cx="64" cy="27" rx="{width:.1f}" ry="23" fill="url(#p)" '
            f'stroke="#fff" stroke-opacity=".55"/>{around("e", every(petals)[1:])}',
            '<circle cx="64" cy="64" r="37" fill="url(#c)"/>'
            + ring(37, 3.5, "url(#g)" if tier >= 5 else f"#{middle}"),
            f'<path d="{HEART}" fill="url(#h)" transform="translate(64 66) scale(.66) '
            'translate(-64 -68)"/><ellipse cx="49" cy="53" rx="6" ry="3.600" fill="#fff" '
            'opacity=".7" transform="rotate(-38 49 53)"/>',
            crown(14, 0.8 + 0.05 * (tier - 7)) if tier >= 7 else "",
            pips(tier, 116),
        ],
    )  # fmt: skip


def room(tier: int) -> None:
    """A microphone under a roof; lights and a crown come with the tiers."""
    light, middle, dark = TIERS[(2 * tier) - 1]
    save(
        f"levels/room-{tier}",
        [across("g", *GOLD), across("m", light, middle, dark), down("n", "4b3a73", "1f1733"),
         down("r", "ffc09a", "f2557a")],
        [
            around_rays(tier + 3) if tier >= 3 else "",
            '<path d="M64 14L112 50Q116 56 108 56H104V98Q104 106 96 106H32Q24 106 24 98V56H20'
            'Q12 56 16 50Z" fill="url(#m)" stroke="url(#m)" stroke-width="5" '
            'stroke-linejoin="round"/>',
            '<path d="M64 28L96 53V92Q96 98 90 98H38Q32 98 32 92V53Z" fill="url(#n)"/>',
            '<rect x="54" y="44" width="20" height="33" rx="10" fill="url(#r)"/><path d="M58 54H70'
            'M58 61H70" stroke="#fff" stroke-width="2.500" stroke-linecap="round" opacity=".6"/>'
            '<path d="M46 64V67A18 18 0 0 0 82 67V64M64 85V92M54 93H74" fill="none" '
            'stroke="#ffe9dc" stroke-width="4" stroke-linecap="round"/>',
            '<path d="M38 56Q32 66 38 76M90 56Q96 66 90 76" fill="none" stroke="#ffd84d" '
            'stroke-width="3.500" stroke-linecap="round"/>'
            if tier >= 2
            else "",
            crown(12, 0.95) if tier >= 4 else "",
            pips(tier, 116),
        ],
    )  # fmt: skip


def vip(number: int) -> None:
    """A shield with a V; from 3 with laurel of gold, from 5 with wings, crowned throughout."""
    light, middle, dark = VIP[number - 1]
    edge = "g" if number >= 3 else "s"
    leaf = (
        '<path id="l" d="M64 0C70 4 71 11 64 17C57 11 58 4 64 0Z" fill="url(#g)" '
        'stroke="#8f5206" stroke-width=".6"/>'
    )
    save(
        f"levels/vip-{number}",
        [across("g", *GOLD), across("s", *SILVER), down("m", middle, dark),
         ball("b", "ffffff", light, middle)],
        [
            wings("url(#g)") if number >= 5 else "",
            leaf + around("l", every(16)[1:]) if number >= 6 else "",
            f'<path d="{SHIELD}" fill="url(#m)" stroke="url(#{edge})" stroke-width="8" '
            'stroke-linejoin="round"/>',
            '<path d="M64 24Q80 34 99 35V62Q99 72 92 82L36 40V35Q50 34 64 24Z" fill="#fff" '
            'opacity=".13"/>',
            f'<path d="M40 44H55L64 72L73 44H88L71 90H57Z" fill="url(#{edge})" stroke="#2a1a10" '
            'stroke-opacity=".45" stroke-width="1.500" stroke-linejoin="round"/>'
            '<path d="M45 48L59 86" stroke="#fff" stroke-width="2.500" stroke-linecap="round" '
            'opacity=".75"/>',
            crown(16, 0.8 + 0.08 * number),
            f'<circle cx="64" cy="{19 + number * .4:g}" r="{3 + number * .3:g}" fill="url(#b)"/>',
            seal(number),
        ],
    )  # fmt: skip


def seal(number: int) -> str:
    """As many sparks as the level, on a ribbon."""
    half = 9 + number * 5.5
    return (
        f'<path d="M{64 - half - 8:g} 104H{64 + half + 8:g}L{64 + half + 2:g} 113L'
        f'{64 + half + 8:g} 122H{64 - half - 8:g}L{64 - half - 2:g} 113Z" fill="#2a1f48"/>'
    ) + stars(number, 113, 11, 1.05, "ffd84d")


def draw() -> None:
    for tier in range(1, 11):
        wealth(tier)
        charm(tier)
    for tier in range(1, 6):
        room(tier)
    for number in range(1, 8):
        vip(number)
