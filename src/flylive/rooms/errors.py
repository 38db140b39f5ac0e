"""Why something about a room is refused; nothing is changed.

::

    Problem
    ├── 403  NotTheOwner, NotAModerator, NotInRoom, NotAboveThem, RoomNotAvailable,
    │        WrongRoomPassword, TouristsMayNotSpeak, ApplyFirst, SeatNotYours
    ├── 404  UnknownRoom, UnknownSeat
    ├── 409  NameTaken, RoomLimitReached, CapacityTooSmall, RoomFull, SeatOccupied, SeatLocked,
    │        UserNotInRoom
    └── 429  LockedOut
"""

from flylive.errors import Forbidden, NotFound, Problem, TooManyRequests


class UnknownRoom(NotFound):
    """No such room, or it was deleted."""

    code, title = "room.not_found", "There is no such room"


class NameTaken(Problem):
    """Another room has this name, whatever its case."""

    status, code, title = 409, "room.name_taken", "There is a room with this name already"


class RoomLimitReached(Problem):
    """The caller owns as many rooms as one may. Extras: `limit`, `room_ids` (those he owns)."""

    status, code, title = 409, "room.limit_reached", "You own as many rooms as one may"


class CapacityTooSmall(Problem):
    """`max_participants` is below those present and the places kept. Extra: `minimum`."""

    status, code = 409, "room.capacity_too_small"
    title = "More people are in the room, or have a place kept, than that"


class NotTheOwner(Forbidden):
    """Only the room's owner may do this."""

    code, title = "room.owner_only", "Only the owner of the room may do this"


class NotAModerator(Forbidden):
    """Only the room's owner and its moderators may do this."""

    code, title = "room.moderators_only", "Only the owner and moderators of the room may do this"


class NotAboveThem(Forbidden):
    """A moderator acts neither on the owner nor on another moderator."""

    code, title = "room.not_above_them", "You may not act on the owner or on a moderator"


class NotInRoom(Forbidden):
    """The caller is not in the room (any more)."""

    code, title = "room.not_in_room", "Join the room first"


class RoomNotAvailable(Forbidden):
    """The room does not take this user; why is not told."""

    code, title = "room.not_available", "This room is not available to you"


class WrongRoomPassword(Forbidden):
    """A private room's password is wrong or missing. Extra: `tries_left`."""

    code, title = "room.wrong_password", "The password of the room is wrong"


class LockedOut(TooManyRequests):
    """Too many wrong passwords for this room. Extra: `retry_after` seconds."""

    code, title = "room.locked_out", "Too many wrong passwords; wait before the next try"


class RoomFull(Problem):
    """Every place is taken, or kept. Extras: `participant_count`, `max_participants`."""

    status, code, title = 409, "room.full", "The room is full"


class UnknownSeat(NotFound):
    """The room has no seat with this number. Extra: `mic_seat_quantity`."""

    code, title = "seat.not_found", "The room has no such seat"


class SeatOccupied(Problem):
    """Somebody sits there. Extras: `occupant` (user card), `since`, `free_seats`."""

    status, code, title = 409, "seat.occupied", "Somebody sits there already"


class SeatLocked(Problem):
    """The seat is locked. Extra: `free_seats`."""

    status, code, title = 409, "seat.locked", "The seat is locked"


class SeatNotYours(Forbidden):
    """Somebody else sits there, and the caller runs nothing here."""

    code, title = "seat.not_yours", "Somebody else sits there"


class TouristsMayNotSpeak(Forbidden):
    """Only followers and those who run the room may take a seat here."""

    code, title = "seat.tourists_may_not_speak", "Follow the room before you take a seat"


class ApplyFirst(Forbidden):
    """Seats of this room are given by its owner and moderators."""

    code, title = "seat.apply_first", "The owner or a moderator gives the seats of this room"


class UserNotInRoom(Problem):
    """The user who is to be seated is not in the room. Extra: `user_id`."""

    status, code, title = 409, "room.user_not_in_room", "The user is not in the room"
