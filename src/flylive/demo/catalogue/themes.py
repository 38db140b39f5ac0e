"""Room themes: one free default, the others bought once. Only custom properties in the styles."""

from typing import Any


def _theme(
    name: str,
    slug: str,
    price: str,
    accent: str,
    surface: str,
    text: str,
    *,
    is_default: bool = False,
    vip_level_required: int = 0,
) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"{name}, for a room of its own mood.",
        "price": price,
        "background_image": f"/assets/themes/{slug}.svg",
        "css_styles": {
            "--room-accent": accent,
            "--room-surface": surface,
            "--room-text": text,
        },
        "is_active": True,
        "is_default": is_default,
        "vip_level_required": vip_level_required,
    }


THEMES: list[dict[str, Any]] = [
    _theme("Default", "default", "0.00", "#8b7cf6", "#1b1830", "#f4f2ff", is_default=True),
    _theme("Sunset", "sunset", "0.00", "#ff8a5c", "#2b1726", "#fff1ea"),
    _theme("Aurora", "aurora", "500.00", "#4ade9a", "#10222b", "#eafff5"),
    _theme("Midnight", "midnight", "500.00", "#6ea8fe", "#0d1326", "#eaf2ff"),
    _theme("Desert", "desert", "800.00", "#f2b84b", "#2a2016", "#fff6e3"),
    _theme("Lagoon", "lagoon", "800.00", "#38c6d9", "#0c2329", "#e6fcff"),
    _theme("Velvet", "velvet", "2000.00", "#e05a8a", "#26101c", "#ffe9f2", vip_level_required=2),
    _theme("Festival", "festival", "5000.00", "#ffd166", "#221335", "#fffbe9",
           vip_level_required=4),
]  # fmt: skip
