"""The client's side of one's own stream, as flylive.progression.events and flylive.shop.events say.

The state is what one's own addresses answer: `levels`, `badges`, `frames`, `themes`, and of `vip`
the level and its end; of one's room the level and its badges.
"""

import copy
from datetime import datetime
from typing import Any

from tests.progression.hands import answer
from tests.world import Person, World

STANDING = ("level_id", "level_number", "name", "icon_url", "badge_url", "achieved_at")


async def fresh(world: World, person: Person, room_id: int) -> dict[str, Any]:
    """The state as it is answered now."""
    levels = await answer(world, person, f"/users/{person.id}/levels")
    room = await answer(world, person, f"/rooms/{room_id}/levels")
    me = await answer(world, person, "/me")
    state: dict[str, Any] = {kind: _standing(levels[kind]) for kind in ("wealth", "charm", "vip")}
    state["room"] = _standing(room["level"])
    state["vip_level"] = levels["vip"]["level_number"] if levels["vip"] else 0
    state["vip_expires_at"] = levels["vip_expires_at"]
    state["look"] = [me["static_src"], me["animated_src"]]
    for name, path in (
        ("badges", f"/users/{person.id}/badges"),
        ("room_badges", f"/rooms/{room_id}/badges"),
        ("frames", "/me/frames"),
        ("themes", "/me/themes"),
    ):
        page = await answer(world, person, f"{path}?limit=100")
        state[name] = {row.get("frame_id") or row.get("theme_id") or row["id"]: row
                       for row in page["data"]}  # fmt: skip
    return state


def _standing(view: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if view is None else {name: view[name] for name in STANDING}


def fold(state: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """The state after the events."""
    state = copy.deepcopy(state)
    for event in events:
        data = event["data"]
        kind = data.get("kind", event["type"])
        if kind in ("level.up", "level_lowered"):
            place = "room" if data.get("room_id") else data["level_type"]
            standing = data if kind == "level.up" else data["standing"]
            state[place] = _standing(standing)
        elif kind in ("vip_lowered", "vip_renewed"):
            state["vip_level"], state["vip_expires_at"] = data["vip_level"], data["vip_expires_at"]
            if kind == "vip_lowered":
                state["vip"] = _standing(data["standing"])
        elif kind == "badge.earned":
            state["room_badges" if data.get("room_id") else "badges"][data["badge"]["id"]] = data[
                "badge"
            ]
        elif kind == "frame_updated":
            frame = data["frame"]
            if frame["is_active"]:
                for other in state["frames"].values():
                    other["is_active"] = False
            state["frames"][frame["frame_id"]] = frame
        elif kind == "theme_owned":
            state["themes"][data["theme"]["theme_id"]] = data["theme"]
    return state


def seen_at(state: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """What a client shows at that moment: what is over in time is over, told or not.

    His look is that of the frame he wears as it was told; what else the catalogue says of frames
    the catalogue says.
    """
    shown = settled_at(state, moment)
    worn = [frame["frame"] for frame in state["frames"].values()
            if shown["frames"][frame["frame_id"]]["is_active"]]  # fmt: skip
    shown["look"] = [None, None]
    if worn:
        shown["look"] = [worn[0]["static_src"], worn[0]["animated_src"]]
    return shown


def settled_at(state: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """The state without what is over by then, and without what is the catalogue's."""
    shown = copy.deepcopy(state)
    ends = shown["vip_expires_at"]
    if ends is not None and datetime.fromisoformat(ends) <= moment:
        shown["vip_level"], shown["vip_expires_at"], shown["vip"] = 0, None, None
    for frame in shown["frames"].values():
        del frame["frame"]
        ends = frame["expires_at"]
        frame["is_expired"] = ends is not None and datetime.fromisoformat(ends) <= moment
        frame["is_active"] = frame["is_active"] and not frame["is_expired"]
        # When a frame went off does not show; when it was put on does.
        frame["activated_at"] = frame["activated_at"] if frame["is_active"] else None
    return shown
