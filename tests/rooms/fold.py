"""The client's side of a room's stream: the state of a join, kept fresh by events."""

import copy
from datetime import datetime
from typing import Any

STATE = ("room", "seats", "participants", "messages", "seat_requests")


def state_of(join: dict[str, Any]) -> dict[str, Any]:
    """The parts of a join's answer that the stream keeps fresh."""
    state = {part: copy.deepcopy(join[part]) for part in STATE}
    state["participants"] = state["participants"]["data"]
    return state


def seen_at(state: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """What a client shows at that moment: a request is over in time, told or not.

    A message shows its sender as he was when it was read, so of him only the id is compared.
    """
    shown = copy.deepcopy(state)
    shown["seat_requests"] = [
        request
        for request in shown["seat_requests"]
        if datetime.fromisoformat(request["expires_at"]) > moment
    ]
    for message in shown["messages"]:
        message["sender"] = message["sender"]["id"]
    return shown


def fold(state: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """The state after the events, as flylive.rooms.events says."""
    for event in events:
        kind, data = event["type"], copy.deepcopy(event["data"])
        room, seats = state["room"], state["seats"]
        people, messages = state["participants"], state["messages"]
        if kind in ("participant.joined", "participant.updated"):
            _put(people, data["participant"], "id", "user_id")
            _recard(state, data["participant"]["user"])
            room["participant_count"] = data.get("participant_count", room["participant_count"])
        elif kind == "participant.left":
            people[:] = [p for p in people if p["user_id"] != data["user_id"]]
            room["participant_count"] = data["participant_count"]
        elif kind == "seat.updated":
            _put(seats, data["seat"], "seat_number", "seat_number")
        elif kind == "seat.requested":
            requests, request = state["seat_requests"], data["request"]
            _put(requests, request, "id", "id")
            requests[:] = [r for r in requests if r["status"] == "pending"]
        elif kind == "room.updated":
            state["room"] = data["room"]
            _recard(state, data["room"]["owner"])
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


def _recard(state: dict[str, Any], card: dict[str, Any]) -> None:
    """Show somebody's newest card beside his messages and requests as well."""
    for message in state["messages"]:
        if message["sender"]["id"] == card["id"]:
            message["sender"] = card
    for request in state["seat_requests"]:
        for side in ("user", "requester"):
            if request[side]["id"] == card["id"]:
                request[side] = card


def _put(rows: list[dict[str, Any]], row: dict[str, Any], order: str, key: str) -> None:
    rows[:] = [other for other in rows if other[key] != row[key]]
    rows.append(row)
    rows.sort(key=lambda each: each[order])
