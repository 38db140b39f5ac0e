"""Gifts of every category, from one coin to the price of a yacht.

Lucky gifts return 0.40 of what they cost at the most, so that with the recipients' share (0.50)
and the exchange rate (0.50) no coin can be pumped: 0.40 + 0.25 ≤ 0.95.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

ARTWORK = Path(__file__).resolve().parents[1] / "artwork"

ODDS: Mapping[str, Any] = {
    "entries": [
        {"weight": 7600, "multiplier": "0"},
        {"weight": 1800, "multiplier": "1"},
        {"weight": 500, "multiplier": "2"},
        {"weight": 90, "multiplier": "10"},
        {"weight": 9, "multiplier": "25"},
        {"weight": 1, "multiplier": "50"},
    ],
    "total": 10_000,
}
"""0.18 + 0.10 + 0.09 + 0.0225 + 0.005 = 0.3975 coins come back for each one spent."""


def _gift(
    name: str,
    price: str,
    slug: str,
    description: str,
    *,
    category: str = "normal",
    subcategory: str | None = None,
    rarity: str = "common",
    **fields: Any,
) -> dict[str, Any]:
    animated = f"{slug}-animated.svg"
    is_animated = (ARTWORK / "gifts" / animated).exists()
    return {
        "name": name,
        "description": description,
        "price": price,
        "thumbnail_url": f"/assets/gifts/{slug}.svg",
        "animation_url": f"/assets/gifts/{animated}" if is_animated else None,
        "sound_url": None,
        "category": category,
        "subcategory": subcategory,
        "rarity": rarity,
        "wealth_xp_multiplier": "1.00",
        "charm_xp_multiplier": "1.00",
        "lucky_odds": dict(ODDS) if category == "lucky" else None,
        "is_active": True,
        "vip_level_required": 0,
        "country_specific": None,
    } | fields


def _country(name: str, price: str, slug: str, country: str, description: str) -> dict[str, Any]:
    return _gift(
        name,
        price,
        slug,
        description,
        category="country",
        rarity="rare",
        country_specific=country,
    )


def _vip(
    name: str, price: str, slug: str, level: int, description: str, rarity: str = "epic"
) -> dict[str, Any]:
    return _gift(
        name,
        price,
        slug,
        description,
        category="vip",
        rarity=rarity,
        vip_level_required=level,
        wealth_xp_multiplier="1.20",
        charm_xp_multiplier="1.20",
    )


GIFTS: list[dict[str, Any]] = [
    _gift("Gold Coin", "1.00", "gold-coin", "A small thank you."),
    _gift("Rose", "5.00", "rose", "Says what words do not.", subcategory="flowers"),
    _gift("Applause", "5.00", "applause", "For a song well sung."),
    _gift("Lollipop", "9.00", "lollipop", "Sweet and quick.", subcategory="treats"),
    _gift("Heart", "10.00", "heart", "Straight to the host.", subcategory="love"),
    _gift("Coffee", "20.00", "coffee", "Keeps the night owls going.", subcategory="treats"),
    _gift("Ice Cream", "30.00", "ice-cream", "Three scoops, one cherry.", subcategory="treats"),
    _gift("Headphones", "66.00", "headphones", "We hear you.", subcategory="music"),
    _gift("Tulip Bouquet", "99.00", "tulip-bouquet", "Fresh from the garden.", rarity="rare",
          subcategory="flowers"),
    _gift("Teddy Bear", "199.00", "teddy-bear", "To hold on to.", rarity="rare"),
    _gift("Guitar", "299.00", "guitar", "Play us another one.", rarity="rare",
          subcategory="music"),
    _gift("Celebration Cake", "520.00", "celebration-cake", "For birthdays and big evenings.",
          rarity="rare", subcategory="treats"),
    _gift("Golden Microphone", "1000.00", "golden-microphone", "The stage is yours.",
          rarity="epic", subcategory="music", charm_xp_multiplier="1.10"),
    _gift("Fireworks", "1888.00", "fireworks", "The whole room looks up.", rarity="epic"),
    _gift("Sports Car", "3000.00", "sports-car", "Arrive in style.", rarity="epic",
          wealth_xp_multiplier="1.10"),
    _gift("Rocket", "5000.00", "rocket", "To the top of the board.", rarity="epic",
          wealth_xp_multiplier="1.10", charm_xp_multiplier="1.10"),
    _gift("Castle", "20000.00", "castle", "A home for a legend.", rarity="legendary",
          wealth_xp_multiplier="1.20", charm_xp_multiplier="1.20"),
    _gift("Lucky Clover", "10.00", "lucky-clover", "Four leaves, four chances.",
          category="lucky"),
    _gift("Lucky Star", "20.00", "lucky-star", "Make a wish.", category="lucky"),
    _gift("Golden Dice", "50.00", "golden-dice", "Roll them.", category="lucky"),
    _gift("Magic Lamp", "100.00", "magic-lamp", "Rub it gently.", category="lucky",
          rarity="rare"),
    _gift("Wheel of Fortune", "300.00", "wheel-of-fortune", "Round it goes.",
          category="lucky", rarity="rare"),
    _gift("Treasure Chest", "1000.00", "treasure-chest", "Nobody knows what is inside.",
          category="lucky", rarity="epic"),
    _gift("Couple Ring", "520.00", "couple-ring", "A question, with an answer.", category="cp",
          rarity="epic"),
    _gift("Love Lock", "1314.00", "love-lock", "And the key thrown away.", category="cp",
          rarity="epic"),
    _gift("Swan Pair", "5200.00", "swan-pair", "For life.", category="cp", rarity="legendary"),
    _vip("Crown", "500.00", "crown", 1, "For those who are seen.", "rare"),
    _vip("Diamond", "1200.00", "diamond", 2, "Cut for the occasion."),
    _vip("Yacht", "6000.00", "yacht", 3, "An evening at sea."),
    _vip("Private Jet", "10000.00", "private-jet", 4, "Wheels up."),
    _vip("Golden Throne", "15000.00", "golden-throne", 5, "Take a seat.", "legendary"),
    _vip("Dragon", "30000.00", "dragon", 6, "It circles the room twice.", "legendary"),
    _vip("Galaxy", "50000.00", "galaxy", 7, "Only FLSVIP can give one.", "legendary"),
    _country("Palm of the Kingdom", "49.00", "palm-tree", "SA", "Shade for the guests."),
    _country("Pyramid", "49.00", "pyramid", "EG", "It has seen longer evenings."),
    _country("Falcon", "49.00", "falcon", "AE", "Proud and fast."),
    _country("Peacock", "49.00", "peacock", "IN", "All its colours."),
    _country("Jasmine", "49.00", "jasmine", "PK", "Scent of the evening."),
    _country("Tea Glass", "49.00", "tea-glass", "TR", "Two sugars."),
    _country("Toucan", "49.00", "toucan", "BR", "Loudest in the room."),
    _country("Batik Fan", "49.00", "batik-fan", "ID", "Patterns of home."),
]  # fmt: skip
