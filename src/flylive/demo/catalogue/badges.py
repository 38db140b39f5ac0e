"""Badges: rules over named metrics, in the language ``{"all": […]}``, ``any``, ``not``."""

from typing import Any


def _badge(
    name: str,
    slug: str,
    category: str,
    description: str,
    *conditions: dict[str, Any],
    rarity: str = "common",
) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "category": category,
        "requirements": {"all": list(conditions)},
        "icon_url": f"/assets/badges/{slug}.svg",
        "rarity": rarity,
        "is_active": True,
    }


def _gte(metric: str, least: int) -> dict[str, Any]:
    return {"metric": metric, "gte": least}


BADGES: list[dict[str, Any]] = [
    _badge("First Gift", "first-gift", "achievement", "Gave a gift.", _gte("gifts_sent", 1)),
    _badge("Generous", "generous", "achievement", "Gave a hundred.", _gte("gifts_sent", 100)),
    _badge("Patron", "patron", "achievement", "Spent 10,000 coins.",
           _gte("coins_spent", 10_000), rarity="rare"),
    _badge("Tycoon", "tycoon", "achievement", "Spent a million coins.",
           _gte("coins_spent", 1_000_000), rarity="legendary"),
    _badge("Beloved", "beloved", "achievement", "Received a hundred gifts.",
           _gte("gifts_received", 100), rarity="rare"),
    _badge("Star Host", "star-host", "achievement", "Earned 100,000 diamonds.",
           _gte("diamonds_earned", 100_000), rarity="epic"),
    _badge("Chatterbox", "chatterbox", "activity", "Said a thousand things.",
           _gte("messages_sent", 1_000)),
    _badge("Socialite", "socialite", "activity", "Followed by a hundred people.",
           _gte("followers", 100), rarity="rare"),
    _badge("Explorer", "explorer", "activity", "Was in fifty rooms.", _gte("rooms_joined", 50)),
    _badge("Team Player", "team-player", "personal", "Belongs to an agency.",
           _gte("agency_member", 1)),
    _badge("Veteran", "veteran", "personal", "A year with us.",
           _gte("days_since_signup", 365), rarity="epic"),
    _badge("Rising Wealth", "rising-wealth", "achievement", "Wealth level 20.",
           _gte("wealth_level", 20), rarity="rare"),
    _badge("Rising Charm", "rising-charm", "achievement", "Charm level 20.",
           _gte("charm_level", 20), rarity="rare"),
    _badge("Room Spark", "room-spark", "room", "Room level 5.", _gte("room_level", 5)),
    _badge("Room Blaze", "room-blaze", "room", "100,000 coins given in the room.",
           _gte("room_coins_spent", 100_000), rarity="epic"),
    _badge("Full House", "room-crowd", "room", "Followed by a thousand people.",
           _gte("room_followers", 1_000), rarity="rare"),
]  # fmt: skip
