"""Levels: wealth and charm 1–100, room 1–50, VIP 1–7.

Level 1 needs nothing and pays nothing. Coin and diamond rewards begin at levels of 200,000 XP
and pay a fifth of a per cent of the XP between the level and the one before: one gift feeds
wealth, charm and room at once, and the three together stay below one per cent of its cost. VIP
levels reward frames and privileges only.
"""

from typing import Any

REWARDS_FROM_XP = 200_000
TITLES = {
    "wealth": ("Newcomer", "Giver", "Supporter", "Patron", "Benefactor", "Magnate", "Baron",
               "Viscount", "Duke", "Sovereign"),
    "charm": ("Fresh Voice", "Rising Voice", "Favourite", "Charmer", "Idol", "Star",
              "Superstar", "Diva", "Icon", "Legend"),
    "room": ("Corner", "Lounge", "Salon", "Hall", "Arena"),
}  # fmt: skip
FRAMES_AT = {
    ("wealth", 30): "Silver Laurel",
    ("wealth", 60): "Flame",
    ("wealth", 90): "Wealth Legend",
    ("charm", 30): "Sakura",
    ("charm", 60): "Ocean",
    ("charm", 90): "Charm Legend",
    ("room", 30): "Neon Wave",
    ("vip", 1): "VIP Ruby",
    ("vip", 3): "VIP Emerald",
    ("vip", 5): "VIP Sapphire",
    ("vip", 7): "FLSVIP",
}
"""Frames that levels give, by name; ids stand in ``levels.frame_rewards``."""
VIP_XP = (1_000, 5_000, 20_000, 60_000, 150_000, 400_000, 1_000_000)
VIP_PRIVILEGES: tuple[dict[str, Any], ...] = (
    {"name_color": "#c0504d"},
    {"name_color": "#d97c30", "entry_effect": "sparkle"},
    {"name_color": "#d9a520", "entry_effect": "sparkle", "extra_moderators": 2},
    {"name_color": "#3d9b57", "entry_effect": "comet", "extra_moderators": 4},
    {"name_color": "#3c78d8", "entry_effect": "comet", "extra_moderators": 6},
    {"name_color": "#7e57c2", "entry_effect": "dragon", "extra_moderators": 8},
    {
        "name_color": "#e0b84c",
        "entry_effect": "royal",
        "extra_moderators": 10,
        "kick_immunity": True,
    },
)
"""Names of docs/reference/badges.md. Clients show colours and entries; rooms hold the others."""


def required_xp(number: int, base: int, growth: float) -> int:
    """XP of a level: nothing for the first, then growing smoothly; two leading digits and zeros."""
    if number == 1:
        return 0
    exact: int = int(base * float(number - 1) ** growth)
    unit: int = 10 ** max(0, len(str(exact)) - 3)
    return exact // unit * unit


def _level(kind: str, number: int, base: int, growth: float) -> dict[str, Any]:
    titles = TITLES[kind]
    tier = (number - 1) // 10
    xp = required_xp(number, base, growth)
    step = xp - required_xp(number - 1, base, growth) if number > 1 else 0
    reward = step // 500 // 10 * 10 if xp >= REWARDS_FROM_XP else 0
    return {
        "name": f"{titles[min(tier, len(titles) - 1)]} {number}",
        "type": kind,
        "level_number": number,
        "required_xp": xp,
        # Wealth is rewarded in coins, charm and rooms in diamonds.
        "coin_reward": reward if kind == "wealth" else 0,
        "diamond_reward": 0 if kind == "wealth" else reward,
        "privileges": {"entry_effect": "comet"} if number >= 50 and kind != "room" else None,
        "icon_url": f"/assets/levels/{kind}-{tier + 1}.svg",
        "badge_url": f"/assets/levels/{kind}-{tier + 1}.svg",
        "frame": FRAMES_AT.get((kind, number)),
    }


def _vip(number: int) -> dict[str, Any]:
    return {
        "name": "FLSVIP" if number == 7 else f"VIP {number}",
        "type": "vip",
        "level_number": number,
        "required_xp": VIP_XP[number - 1],
        "coin_reward": 0,
        "diamond_reward": 0,
        "privileges": VIP_PRIVILEGES[number - 1],
        "icon_url": f"/assets/levels/vip-{number}.svg",
        "badge_url": f"/assets/levels/vip-{number}.svg",
        "frame": FRAMES_AT.get(("vip", number)),
    }


LEVELS: list[dict[str, Any]] = [
    *(_level("wealth", number, 100, 3.0) for number in range(1, 101)),
    *(_level("charm", number, 100, 3.0) for number in range(1, 101)),
    *(_level("room", number, 500, 3.1) for number in range(1, 51)),
    *(_vip(number) for number in range(1, 8)),
]
"""Rows of ``levels``; `frame` is the name of a frame that reaching it gives."""
