"""What goes into and comes out of the staff's addresses about one person."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from flylive.accounts.schemas import UserCard
from flylive.agencies.schemas import AgencyMembership, AgencyRequestView, Totals
from flylive.rooms.schemas import RoomView
from flylive.shop.schemas import OwnedFrame, OwnedTheme


class Named(msgspec.Struct, kw_only=True):
    """A room or a gift in few words; `image` is a gift's thumbnail, a room's logo."""

    id: int
    name: str
    image: str | None


class TimelineEntry(msgspec.Struct, kw_only=True):
    """Something that happened at `at`. `kind` says in what, `what` what it was.

    `person` is the other one of it: who gave or got, reported, banned, wrote or acted. `data` are
    the columns of that source. `id` counts within `kind` and `what`.
    """

    at: datetime
    kind: str
    what: str
    id: int
    person: UserCard | None
    room: Named | None
    gift: Named | None
    data: dict[str, Any]


class Timeline(msgspec.Struct, kw_only=True):
    """A page; `left_out` are the kinds that the caller's role does not include."""

    data: list[TimelineEntry]
    next_cursor: str | None
    left_out: list[str]


class NoteView(msgspec.Struct, kw_only=True):
    """What one of the staff wrote about a person, in the role he had then."""

    id: int
    user_id: int
    author_id: int
    author: UserCard
    author_role: str
    content: str
    created_at: datetime


class WriteNote(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST …/notes: 1–2000 characters that stay, and why they are written."""

    content: str
    reason: str


class GiftLine(msgspec.Struct, kw_only=True):
    """A gift that a person sent or received; `person` is the other one."""

    id: int
    person: UserCard
    gift: Named
    room: Named | None
    quantity: int
    price: Decimal
    total_cost: Decimal
    recipient_earnings: Decimal
    agency_commission: Decimal
    platform_fee: Decimal
    combo: int
    sent_at: datetime


class StayView(msgspec.Struct, kw_only=True):
    """A person's stay in a room; `left_at` null: he is there."""

    id: int
    room: Named
    role: str
    seat_number: int | None
    is_muted: bool
    joined_at: datetime
    left_at: datetime | None


class RoomsOf(msgspec.Struct, kw_only=True):
    """A person's rooms: where he is now, which he owns, which he moderates."""

    current: StayView | None
    owned: list[RoomView]
    moderated: list[Named]


class DeviceView(msgspec.Struct, kw_only=True):
    """A device that is notified."""

    platform: str
    device_name: str | None
    created_at: datetime
    updated_at: datetime


class SessionView(msgspec.Struct, kw_only=True):
    """A session of the console."""

    ip_address: str | None
    user_agent: str | None
    last_activity: datetime


class AddressView(msgspec.Struct, kw_only=True):
    """Where a person came from: log-ins that still hold, and orders, of so many days."""

    ip_address: str
    logins: int
    orders: int
    first_at: datetime
    last_at: datetime


class Devices(msgspec.Struct, kw_only=True):
    """A person's devices, sessions and addresses; tokens stand at …/tokens."""

    devices: list[DeviceView]
    sessions: list[SessionView]
    addresses: list[AddressView]


class CoupleView(msgspec.Struct, kw_only=True):
    """Somebody with whom a person is or was a couple."""

    id: int
    partner: UserCard
    formed_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    coins_given: Decimal
    coins_received: Decimal


class Couples(msgspec.Struct, kw_only=True):
    """A person's couples, the newest first."""

    data: list[CoupleView]


class Wardrobe(msgspec.Struct, kw_only=True):
    """What a person has or had from the shop, the newest hundred each."""

    frames: list[OwnedFrame]
    themes: list[OwnedTheme]


class AgencyOf(msgspec.Struct, kw_only=True):
    """A person's agency, his requests (the newest twenty), and what he ever earned in agencies."""

    membership: AgencyMembership | None
    joined_at: datetime | None
    requests: list[AgencyRequestView]
    earnings: Totals
