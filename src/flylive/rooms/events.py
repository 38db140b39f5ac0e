"""What a room's stream tells. Folding these into what `join` answered gives a fresh `join`.

- ``participant.joined``, ``participant.updated``: put the participant in, by `user_id`;
- ``participant.left``: take him out;
- ``seat.updated``: put the seat in, by `seat_number`;
- ``seat.requested``: put the application in, by `id`, while its status is pending; else take it
  out. One whose `expires_at` has passed is over, its event comes within seconds;
- ``room.updated``: replace the room, and drop the seats above its `mic_seat_quantity` (new
  seats follow as ``seat.updated``);
- ``room.closed``: nothing is left.

The card of a person in ``participant.joined``, ``participant.updated`` and ``room.updated`` is his
newest: it also stands beside his messages and requests. Who left is shown as he was then.

`participant_count` stands in ``participant.joined`` and ``participant.left``. The room's sums of
coins, its XP and popularity are values (``room.metrics``), not facts of this stream.
"""

from datetime import datetime

from flylive.accounts.schemas import UserCard
from flylive.realtime import Event
from flylive.rooms.schemas import ParticipantView, RoomView, SeatRequestView, SeatView

ROOM_METRICS = "room.metrics"
"""The value that carries a room's counts, sums, level and popularity."""


class ParticipantJoined(Event, tag="participant.joined", kw_only=True, frozen=True):
    """Somebody came in."""

    participant: ParticipantView
    participant_count: int


class ParticipantLeft(Event, tag="participant.left", kw_only=True, frozen=True):
    """Somebody is out.

    `reason`: he left, moved (to another room), was absent (for too long), kicked, or removed
    (by the platform's staff).
    """

    user_id: int
    reason: str
    participant_count: int


class ParticipantUpdated(Event, tag="participant.updated", kw_only=True, frozen=True):
    """Somebody's role or seat changed, or he was muted, or the opposite."""

    participant: ParticipantView


class SeatUpdated(Event, tag="seat.updated", kw_only=True, frozen=True):
    """A seat was taken, left, locked, muted, or the opposite."""

    seat: SeatView


class RoomUpdated(Event, tag="room.updated", kw_only=True, frozen=True):
    """The room's settings changed."""

    room: RoomView


class RoomClosed(Event, tag="room.closed", kw_only=True, frozen=True):
    """Nobody is in the room any more: it was deleted, or suspended by the platform (`reason`)."""

    room_id: int
    closed_at: datetime
    reason: str = "deleted"


class SeatRequested(Event, tag="seat.requested", kw_only=True, frozen=True):
    """An application began to wait, or is over; for everybody in the room, as a raised hand is."""

    request: SeatRequestView


class SeatInvited(Event, tag="seat.invited", kw_only=True, frozen=True):
    """An invitation came, or is over; on the stream of whom it is for, and its end on the
    inviter's too.
    """

    request: SeatRequestView


class RoomOpened(Event, tag="notice", kw_only=True, frozen=True):
    """A room opens whose owner is a friend, or that one follows (`because`); on one's own stream.

    `kind` is room_opened.
    """

    kind: str
    room_id: int
    name: str
    logo: str | None
    owner: UserCard
    because: str


class RoomNotice(Event, tag="notice", kw_only=True, frozen=True):
    """What happened to oneself in a room; on one's own stream.

    `kind`: room_kicked (`until` says when one may come back, null: at once; with the
    `reason` that was given), room_appointed or room_dismissed (as a moderator). By whom is not
    told.
    """

    kind: str
    room_id: int
    room_name: str
    reason: str | None = None
    until: datetime | None = None
