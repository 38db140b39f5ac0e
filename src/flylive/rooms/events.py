"""What a room's stream tells. Folding these into what `join` answered gives a fresh `join`.

- ``participant.joined``, ``participant.updated``: put the participant in, by `user_id`;
- ``participant.left``: take him out;
- ``seat.updated``: put the seat in, by `seat_number`;
- ``room.updated``: replace the room, and drop the seats above its `mic_seat_quantity` (new
  seats follow as ``seat.updated``);
- ``room.closed``: nothing is left.

`participant_count` stands in ``participant.joined`` and ``participant.left``. The room's sums of
coins, its XP and popularity are values (``room.metrics``), not facts of this stream.
"""

from datetime import datetime

from flylive.realtime import Event
from flylive.rooms.schemas import ParticipantView, RoomView, SeatView

ROOM_METRICS = "room.metrics"
"""The value that carries a room's counts, sums, level and popularity."""


class ParticipantJoined(Event, tag="participant.joined", kw_only=True, frozen=True):
    """Somebody came in."""

    participant: ParticipantView
    participant_count: int


class ParticipantLeft(Event, tag="participant.left", kw_only=True, frozen=True):
    """Somebody is out: he `left`, `moved` to another room, or was `absent` for too long."""

    user_id: int
    reason: str
    participant_count: int


class ParticipantUpdated(Event, tag="participant.updated", kw_only=True, frozen=True):
    """Somebody's role or seat changed."""

    participant: ParticipantView


class SeatUpdated(Event, tag="seat.updated", kw_only=True, frozen=True):
    """A seat was taken, left, locked, muted, or the opposite."""

    seat: SeatView


class RoomUpdated(Event, tag="room.updated", kw_only=True, frozen=True):
    """The room's settings changed."""

    room: RoomView


class RoomClosed(Event, tag="room.closed", kw_only=True, frozen=True):
    """The room is gone, and nobody is in it any more."""

    room_id: int
    closed_at: datetime
