"""What goes into and comes out of the addresses of rooms."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flylive.accounts.schemas import UserCard
from flylive.http.fields import Id
from flylive.rooms.rules import MAX_CAPACITY, MAX_SEATS, MIN_CAPACITY, MIN_SEATS

RoomType = Literal["public", "private"]
SeatMode = Literal["free", "apply"]
Seats = Annotated[int, Meta(ge=MIN_SEATS, le=MAX_SEATS)]
Capacity = Annotated[int, Meta(ge=MIN_CAPACITY, le=MAX_CAPACITY)]


class CreateRoom(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /rooms: everything but the name has the seed's default.

    `country` is the owner's unless given; `password` belongs to a private room and only to it;
    `logo` and `background_music_url` are one's own uploads, or the platform's own assets.
    """

    name: str
    type: RoomType = "public"
    password: str | None = None
    logo: str | None = None
    country: str | None = None
    greetings: str | None = None
    mic_seat_quantity: Seats = 5
    max_participants: Capacity = 1000
    can_tourists_speak: bool = False
    can_tourists_send_text: bool = True
    can_tourists_send_files: bool = False
    seat_mode: SeatMode = "free"
    background_music_url: str | None = None


class EditRoom(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /rooms/{id}: only the fields that are sent change."""

    name: str | UnsetType = UNSET
    type: RoomType | UnsetType = UNSET
    password: str | UnsetType = UNSET
    logo: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    greetings: str | UnsetType | None = UNSET
    mic_seat_quantity: Seats | UnsetType = UNSET
    max_participants: Capacity | UnsetType = UNSET
    can_tourists_speak: bool | UnsetType = UNSET
    can_tourists_send_text: bool | UnsetType = UNSET
    can_tourists_send_files: bool | UnsetType = UNSET
    seat_mode: SeatMode | UnsetType = UNSET
    background_music_url: str | UnsetType | None = UNSET


class JoinRoom(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /rooms/{id}/join: the password of a private room."""

    password: Annotated[str, Meta(max_length=1024)] | None = None


class TakeSeat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT /rooms/{id}/seats/{n}: for oneself, or who runs the room for somebody present.

    With `swap`, whoever runs the room lets two who sit change seats.
    """

    user_id: Id | None = None
    swap: bool = False


class EditSeat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /rooms/{id}/seats/{n}: only the fields that are sent change."""

    is_locked: bool | UnsetType = UNSET
    is_muted: bool | UnsetType = UNSET


class EditParticipant(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /rooms/{id}/participants/{user_id}: only the fields that are sent change.

    `role`: moderator appoints (the owner alone); speaker gives a seat; listener takes it. Both
    end being a moderator. `is_muted`: neither text nor voice, until it is taken back.
    """

    role: Literal["moderator", "speaker", "listener"] | UnsetType = UNSET
    is_muted: bool | UnsetType = UNSET


class AskForSeat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /rooms/{id}/seat-requests: apply oneself, or invite `user_id`.

    `seat_number` is a wish; without it, or once it is taken, it is the first free seat.
    """

    kind: Literal["application", "invitation"]
    user_id: Id | None = None
    seat_number: Seats | None = None


class RoomView(msgspec.Struct, kw_only=True, frozen=True):
    """A room with its owner; sums of coins are strings with two decimals.

    The same for everybody, so that it can go into an event.
    """

    id: int
    user_id: int
    owner: UserCard
    name: str
    logo: str
    type: str
    has_password: bool
    country: str
    greetings: str | None
    theme_id: int | None
    mic_seat_quantity: int
    max_participants: int
    seat_mode: str
    can_tourists_speak: bool
    can_tourists_send_text: bool
    can_tourists_send_files: bool
    participant_count: int
    total_coins_spent: Decimal
    daily_coins_spent: Decimal
    weekly_coins_spent: Decimal
    monthly_coins_spent: Decimal
    room_level: int
    room_xp: int
    popularity_index: Decimal
    background_music_url: str | None
    is_hidden: bool
    is_featured: bool
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class ParticipantView(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody's stay in a room. `role` is owner, moderator, speaker or listener."""

    id: int
    room_id: int
    user_id: int
    user: UserCard
    role: str
    seat_number: int | None
    joined_at: datetime
    left_at: datetime | None
    is_active: bool
    is_muted: bool


class SeatView(msgspec.Struct, kw_only=True, frozen=True):
    """A seat, taken or not; `since` is when whoever sits there sat down."""

    seat_number: int
    user: UserCard | None
    is_locked: bool
    is_muted: bool
    since: datetime | None


class SeatList(msgspec.Struct, kw_only=True):
    """GET /rooms/{id}/seats: every seat of the room, by number."""

    data: list[SeatView]


class SeatRequestView(msgspec.Struct, kw_only=True, frozen=True):
    """An application of `user`, or an invitation of `user` by `requester`.

    A pending one is over at `expires_at`, whether its last event came or not. Accepted, its
    `seat_number` is the seat that was given.
    """

    id: int
    room_id: int
    user_id: int
    user: UserCard
    requested_by: int
    requester: UserCard
    kind: str
    seat_number: int | None
    status: str
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: int | None


class QueuedRequest(SeatRequestView, kw_only=True, frozen=True):
    """A request with its `place` among the applications that wait, from 1; null if it does not."""

    place: int | None


class ModeratorView(msgspec.Struct, kw_only=True):
    """Somebody who runs a room beside its owner; `is_present` while he is in it."""

    room_id: int
    user_id: int
    user: UserCard
    appointed_at: datetime
    is_present: bool


class BanView(msgspec.Struct, kw_only=True):
    """Who may not enter a room until when, and by whose word.

    What the platform's staff say is `is_by_staff`, names none of them, and is theirs to lift.
    """

    room_id: int
    user_id: int
    user: UserCard
    banned_by: int | None
    banner: UserCard | None
    is_by_staff: bool
    reason: str | None
    banned_at: datetime
    until: datetime


class FollowedRoomView(msgspec.Struct, kw_only=True):
    """A room that the caller follows, since when."""

    id: int
    user_id: int
    room_id: int
    followed_at: datetime
    room: RoomView


class RoomFollowerView(msgspec.Struct, kw_only=True):
    """Somebody who follows a room."""

    id: int
    user_id: int
    room_id: int
    followed_at: datetime
    user: UserCard
