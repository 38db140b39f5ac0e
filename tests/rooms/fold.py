"""The client's side of a room's stream: the state of a join, kept fresh by events."""

import copy
from typing import Any

STATE = ("room", "seats", "participants", "messages")


def state_of(join: dict[str, Any]) -> dict[str, Any]:
    """The parts of a join's answer that the stream keeps fresh."""
    state = {part: copy.deepcopy(join[part]) for part in STATE}
    state["participants"] = state["participants"]["data"]
    return state


def fold(state: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """The state after the events, as flylive.rooms.events says."""
    for event in events:
        kind, data = event["type"], copy.deepcopy(event["data"])
        room, seats = state["room"], state["seats"]
        people, messages = state["participants"], state["messages"]
        if kind in ("participant.joined", "participant.updated"):
            participant = data["participant"]
            people[:] = [p for p in people if p["user_id"] != participant["user_id"]]
            people.append(participant)
            people.sort(key=lambda p: p["id"])
            room["participant_count"] = data.get("participant_count", room["participant_count"])
        elif kind == "participant.left":
            people[:] = [p for p in people if p["user_id"] != data["user_id"]]
            room["participant_count"] = data["participant_count"]
        elif kind == "seat.updated":
            seat = data["seat"]
            seats[:] = [s for s in seats if s["seat_number"] != seat["seat_number"]]
            seats.append(seat)
            seats.sort(key=lambda s: s["seat_number"])
        elif kind == "room.updated":
            state["room"] = data["room"]
            quantity = data["room"]["mic_seat_quantity"]
            seats[:] = [s for s in seats if s["seat_number"] <= quantity]
        elif kind == "message.created":
            messages.append(data["message"])
            del messages[:-50]
        elif kind == "message.deleted":
            for message in messages:
                if message["seq"] == data["seq"]:
                    message |= {
                        "is_deleted": True,
                        "content": "",
                        "attachment_url": None,
                        "attachment_type": None,
                    }
        else:
            raise AssertionError(f"an event that nobody folds: {kind}")
    return state
