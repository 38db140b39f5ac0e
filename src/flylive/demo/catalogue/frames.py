"""Frames around avatars: bought for days, for ever, or earned by levels."""

from typing import Any

from flylive.demo.catalogue.gifts import ARTWORK


def _frame(
    name: str,
    slug: str,
    price: str,
    description: str,
    *,
    category: str = "standard",
    rarity: str = "common",
    duration_days: int | None = 30,
    vip_level_required: int = 0,
    level_required: int = 1,
) -> dict[str, Any]:
    animated = f"{slug}-animated.svg"
    is_animated = (ARTWORK / "frames" / animated).exists()
    return {
        "name": name,
        "description": description,
        "price": price,
        "static_src": f"/assets/frames/{slug}.svg",
        "animated_src": f"/assets/frames/{animated}" if is_animated else None,
        "thumbnail_url": f"/assets/frames/{slug}.svg",
        "category": category,
        "rarity": rarity,
        "duration_days": duration_days,
        "is_active": True,
        "vip_level_required": vip_level_required,
        "level_required": level_required,
    }


FRAMES: list[dict[str, Any]] = [
    _frame("Plain Gold", "plain-gold", "100.00", "A quiet ring of gold."),
    _frame("Silver Laurel", "silver-laurel", "250.00", "Leaves for the patient.", rarity="rare"),
    _frame("Rose Garden", "rose-garden", "300.00", "Seven roses.", rarity="rare"),
    _frame("Sakura", "sakura", "300.00", "Petals in the wind.", rarity="rare"),
    _frame("Ocean", "ocean", "400.00", "Waves all round.", rarity="rare", level_required=5),
    _frame("Moonlight", "moonlight", "600.00", "For late rooms.", rarity="epic"),
    _frame("Neon Wave", "neon-wave", "800.00", "Hums a little.", rarity="epic", level_required=10),
    _frame("Flame", "flame", "1200.00", "Handle with care.", rarity="epic", duration_days=90,
           level_required=20),
    _frame("VIP Ruby", "vip-ruby", "500.00", "From VIP 1.", category="vip", rarity="rare",
           vip_level_required=1),
    _frame("VIP Emerald", "vip-emerald", "1500.00", "From VIP 3.", category="vip",
           rarity="epic", vip_level_required=3),
    _frame("VIP Sapphire", "vip-sapphire", "4000.00", "From VIP 5.", category="vip",
           rarity="epic", vip_level_required=5),
    _frame("FLSVIP", "vip-flsvip", "20000.00", "There is no higher.", category="vip",
           rarity="legendary", vip_level_required=7),
    _frame("Wealth Legend", "wealth-legend", "30000.00", "Earned by giving.",
           category="event", rarity="legendary", duration_days=None, level_required=90),
    _frame("Charm Legend", "charm-legend", "30000.00", "Earned by being given.",
           category="event", rarity="legendary", duration_days=None, level_required=90),
]  # fmt: skip
