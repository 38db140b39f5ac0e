"""Why something about a room is refused; nothing is changed.

::

    Problem
    ├── 403  NotTheOwner, NotAModerator, NotInRoom, NotAboveThem, RoomNotAvailable, Banned,
    │        Muted, WrongRoomPassword, TouristsMayNotSpeak, ApplyFirst, SeatNotYours,
    │        RequestNotYours, KickImmune
    ├── 404  UnknownRoom, UnknownSeat, UnknownRequest
    ├── 409  NameTaken, RoomLimitReached, CapacityTooSmall, RoomFull, TooManyModerators,
    │        SeatOccupied, SeatLocked, NoSeatFree, AlreadySeated, NotSeated, UserNotInRoom,
    │        RequestPending, RequestOver, QueueFull, NotSuspended
    └── 429  LockedOut, TooManyRequestsForSeats
"""

from flylive.errors import Forbidden, NotFound, Problem, TooManyRequests


class OwnerNotBanned(Problem):
    """An owner is not banned from his own room: the room is suspended."""

    status, code, title = 409, "room.owner_not_banned", "An owner cannot be banned from his room"


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
    """Every place is taken, or kept for an absent owner or moderator.

    Extras: `participant_count`, `kept_places`, `max_participants`.
    """

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
    """Seats of this room are given by its owner and moderators.

    Extras: `queue_length`; `place` of the caller's own application, or null.
    """

    code, title = "seat.apply_first", "The owner or a moderator gives the seats of this room"


class UserNotInRoom(Problem):
    """The user whom it is about is not in the room. Extra: `user_id`."""

    status, code, title = 409, "room.user_not_in_room", "The user is not in the room"


class Banned(Forbidden):
    """The caller was kicked out of the room. Extras: `until`, `reason`."""

    code, title = "room.banned", "You may not enter this room for a while"


class Muted(Forbidden):
    """The caller is silenced in the room: neither text nor a seat of his own taking."""

    code, title = "room.muted", "You are muted in this room"


class TooManyModerators(Problem):
    """The room has as many moderators as one may have. Extra: `limit`."""

    status, code, title = 409, "room.too_many_moderators", "The room has enough moderators"


class NotSuspended(Problem):
    """Only a suspended room can be opened again."""

    status, code, title = 409, "room.not_suspended", "The room is not suspended"


class NoSeatFree(Problem):
    """Nobody can be seated now. Extras: `free_seats` (empty), `locked_seats` (empty ones)."""

    status, code, title = 409, "seat.none_free", "No seat is free"


class AlreadySeated(Problem):
    """Who sits already needs no request. Extras: `user_id`, `seat_number`."""

    status, code, title = 409, "seat.already_seated", "Already on a seat"


class NotSeated(Problem):
    """Only somebody on a seat can swap it. Extra: `user_id`."""

    status, code, title = 409, "seat.not_seated", "Two people on seats can swap them"


class UnknownRequest(NotFound):
    """No such request for a seat, or not to be seen by the caller."""

    code, title = "seat_request.not_found", "There is no such request"


class RequestNotYours(Forbidden):
    """It is somebody else's to accept, decline or withdraw."""

    code, title = "seat_request.not_yours", "Somebody else decides about this request"


class RequestPending(Problem):
    """There is such a request already. Extra: `request`, with its `place` in the queue."""

    status, code, title = 409, "seat_request.pending", "There is such a request already"


class RequestOver(Problem):
    """The request was decided, withdrawn, or is too old. Extras: `request_status`, `expires_at`."""

    status, code, title = 409, "seat_request.over", "This request is over"


class QueueFull(Problem):
    """As many wait as may. Extra: `limit`."""

    status, code, title = 409, "seat_request.queue_full", "Too many wait already"


class TooManyRequestsForSeats(TooManyRequests):
    """Too many applications or invitations in a short time. Extra: `retry_after` seconds."""

    code, title = "seat_request.slow_down", "Too many requests for seats"


class KickImmune(Forbidden):
    """His level keeps moderators from putting him out; the room's owner can."""

    code, title = "room.kick_immune", "Only the room's owner may put this user out"
