"""What a room's fields may be, and who may do what in it. Pure decisions on plain values.

Functions that check a field give the value as it is kept, and raise ValueError whose words
tell the client what would be right.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from flylive.accounts import rules as account_rules

Role = Literal["owner", "moderator", "speaker", "listener"]

MAX_NAME = 40
MAX_GREETINGS = 500
MIN_PASSWORD, MAX_PASSWORD = 1, 64
MIN_SEATS, MAX_SEATS = 1, 30
MIN_CAPACITY, MAX_CAPACITY = 2, 10_000
PASSWORD_TRIES = 5
LOCK_OUT_SECONDS = 30 * 60
DEFAULT_LOGO = "/assets/rooms/default.svg"
BAN_MINUTES, MAX_BAN_MINUTES = 10, 366 * 24 * 60
MAX_REASON = 255
INVITATION_SECONDS, APPLICATION_SECONDS = 30, 10 * 60
MAX_APPLICATIONS, MAX_INVITATIONS = 100, 30
"""Requests for seats that may wait in one room at once."""
REQUESTS_PER_WINDOW, REQUEST_WINDOW_SECONDS = 60, 60

_ASSET = re.compile(r"/assets/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UPLOAD = re.compile(r"/uploads/[0-9a-f]{32}\.[a-z0-9]{3,4}")
OWN_ADDRESS_WANTED = (
    f"must be an upload of yours for this purpose, or an asset of the platform: {DEFAULT_LOGO}"
)


def name(text: str) -> str:
    """Trimmed, 1–40 characters, at least one of them visible, no control characters."""
    if len(text.strip()) > MAX_NAME:
        raise ValueError(f"must have 1–{MAX_NAME} characters")
    return account_rules.name(text)


def free_text(text: str, longest: int) -> str:
    """Up to `longest` characters; of the control characters only tab and line feed."""
    if len(text) > longest:
        raise ValueError(f"must have at most {longest} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" for c in text):
        raise ValueError("must not contain control characters")
    return text


def password(text: str) -> str:
    """As given, 1–64 characters."""
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise ValueError(f"must have {MIN_PASSWORD}–{MAX_PASSWORD} characters")
    return text


def own_address(text: str) -> str:
    """A path of an upload or of the platform's own assets: no foreign address, which would track.

    Whose upload it is remains to be asked (:mod:`flylive.rooms.addresses`).
    """
    if len(text) > 512 or not (_ASSET.fullmatch(text) or is_upload(text)):
        raise ValueError(OWN_ADDRESS_WANTED)
    return text


def is_upload(text: str) -> bool:
    """Whether the address is an upload's, and not an asset's."""
    return _UPLOAD.fullmatch(text) is not None


def standing(user_id: int, owner_id: int, *, is_moderator: bool) -> Role:
    """The role somebody has in a room by what he is there, not by where he sits."""
    if user_id == owner_id:
        return "owner"
    return "moderator" if is_moderator else "listener"


def runs(role: str) -> bool:
    """Whether somebody with this role runs the room."""
    return role in ("owner", "moderator")


def role_when_seated(role: str) -> Role:
    """The role on a seat: a listener becomes a speaker, who runs the room keeps his role."""
    return role if runs(role) else "speaker"  # type: ignore[return-value]


def role_when_unseated(role: str) -> Role:
    """The role off the seat: a speaker becomes a listener again."""
    return role if runs(role) else "listener"  # type: ignore[return-value]


def may_act_on(actor_role: str, subject_role: str) -> bool:
    """The owner acts on everybody, a moderator on whoever does not run the room."""
    return actor_role == "owner" or (actor_role == "moderator" and not runs(subject_role))


def has_room_for(
    role: str, *, participant_count: int, kept_places: int, max_participants: int
) -> bool:
    """Whether one more with this role may come in.

    `kept_places` are those of the absent owner and moderators, the comer's own included: he
    takes the place that was kept, everybody else needs one that is not.
    """
    if runs(role):
        return participant_count < max_participants
    return participant_count + kept_places < max_participants


def least_capacity(participant_count: int, kept_places: int) -> int:
    """The smallest `max_participants` that still holds everybody."""
    return participant_count + kept_places


class Seat(NamedTuple):
    """A seat and who sits on it."""

    seat_number: int
    user_id: int | None
    since: datetime | None
    is_locked: bool
    is_muted: bool


def free_seats(seats: Sequence[Seat]) -> list[int]:
    """The numbers of the seats that anybody could take: empty and not locked."""
    return [seat.seat_number for seat in seats if seat.user_id is None and not seat.is_locked]


def locked_seats(seats: Sequence[Seat]) -> list[int]:
    """The numbers of the seats that are empty but locked."""
    return [seat.seat_number for seat in seats if seat.user_id is None and seat.is_locked]


def seat_to_give(seats: Sequence[Seat], wanted: int | None) -> int | None:
    """The seat that somebody gets whom the room's people want on one; None where none is free.

    The wanted one if nobody sits there, locked or not, since he was let in; else the first
    that anybody could take.
    """
    if wanted is not None and wanted <= len(seats) and seats[wanted - 1].user_id is None:
        return wanted
    return next(iter(free_seats(seats)), None)


def may_end_ban(actor_role: str, *, banned_by_owner: bool, is_by_staff: bool) -> bool:
    """Whether somebody with this role may lift or shorten a ban: not a moderator the owner's,
    and nobody in the room the staff's.
    """
    if is_by_staff:
        return False
    return actor_role == "owner" or (actor_role == "moderator" and not banned_by_owner)
