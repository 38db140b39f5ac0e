"""What goes into and comes out of the addresses of agencies."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flylive.accounts.schemas import UserCard
from flylive.agencies.rules import DEFAULT_COMMISSION, MAX_MEMBERS, Role
from flylive.http.fields import Id

RequestType = Literal["application", "invitation"]
RequestStatus = Literal["pending", "approved", "rejected", "cancelled"]
Limit = Annotated[int, Meta(ge=1, le=MAX_MEMBERS)]


class FoundAgency(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /agencies. `commission_rate`: percent of its members' gifts, as ``"10.00"``."""

    name: str
    description: str | None = None
    logo: str | None = None
    commission_rate: str | int = DEFAULT_COMMISSION


class EditAgency(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /agencies/{id}: only the fields that are sent change."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    logo: str | UnsetType | None = UNSET
    commission_rate: str | int | UnsetType = UNSET
    member_limit: Limit | UnsetType = UNSET
    is_recruiting: bool | UnsetType = UNSET


class AskToJoin(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /agencies/{id}/requests: apply oneself, or invite `user_id`."""

    type: RequestType
    user_id: Id | None = None
    message: str | None = None


class EditMember(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PATCH /agencies/{id}/members/{user_id}."""

    agency_role: Literal["moderator", "member"]


class HandOver(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /agencies/{id}/transfer: the member who is its admin from now on."""

    user_id: Id


class AgencyView(msgspec.Struct, kw_only=True, frozen=True):
    """An agency, the same for everybody. `total_earnings`: commission by now, in diamonds."""

    id: int
    name: str
    description: str | None
    logo: str | None
    owner_id: int
    owner: UserCard
    commission_rate: Decimal
    member_limit: int
    member_count: int
    is_recruiting: bool
    total_earnings: Decimal
    status: str
    created_at: datetime
    updated_at: datetime


class AgencyMembership(msgspec.Struct, kw_only=True, frozen=True):
    """The agency that somebody is in, and as what."""

    id: int
    name: str
    role: Role


class AgencyMemberView(msgspec.Struct, kw_only=True, frozen=True):
    """A member. `last_active_at` is told to who runs the agency, and null to others."""

    user: UserCard
    agency_role: Role
    agency_joined_at: datetime | None
    last_active_at: datetime | None


class AgencyRequestView(msgspec.Struct, kw_only=True, frozen=True):
    """An application or invitation, with both sides."""

    id: int
    agency_id: int
    agency_name: str
    user_id: int
    user: UserCard
    type: str
    message: str | None
    status: str
    processed_by: int | None
    processed_at: datetime | None
    created_at: datetime


class EarnedGift(msgspec.Struct, kw_only=True, frozen=True):
    """The gift that an earning came from. `total_cost` in coins."""

    gift_transaction_id: int
    gift_id: int
    name: str
    quantity: int
    total_cost: Decimal
    sent_at: datetime


class EarningLine(msgspec.Struct, kw_only=True, frozen=True):
    """One earning: `amount` diamonds for the recipient and his agency together.

    `commission_amount` of them went to the agency's owner, by the `commission_rate` of that
    moment, the rest (`kept_amount`) to the recipient. `gift` is null for what an adopted
    database had.
    """

    id: int
    agency_id: int
    user_id: int
    user_name: str
    amount: Decimal
    commission_amount: Decimal
    kept_amount: Decimal
    commission_rate: Decimal
    source_type: str
    source_id: int | None
    earned_at: datetime
    gift: EarnedGift | None


class EarningGroup(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The sums of a day in the platform's zone, of a member, or (for oneself) of an agency."""

    earnings: int
    amount: Decimal
    commission_amount: Decimal
    kept_amount: Decimal
    day: date | None = None
    user_id: int | None = None
    user_name: str | None = None
    agency_id: int | None = None
    agency_name: str | None = None


class Totals(msgspec.Struct, kw_only=True, frozen=True):
    """The sums over all lines of the asked time."""

    earnings: int
    amount: Decimal
    commission_amount: Decimal
    kept_amount: Decimal


class Earnings(msgspec.Struct, kw_only=True, frozen=True):
    """A page, with the sums over all of the asked time.

    `data` holds an :class:`EarningLine` each, or where `group` was asked for an
    :class:`EarningGroup`: a schema cannot name two lists in one place.
    """

    total: Totals
    data: list[Any]
    next_cursor: str | None


class WhatIf(msgspec.Struct, kw_only=True, frozen=True):
    """What the lines of the asked time would have left to their recipient.

    `at_rate` is null where no other rate was asked for. `without_agency` is the whole amount.
    """

    earnings: int
    amount: Decimal
    kept_amount: Decimal
    commission_rate: Decimal | None
    at_rate: Decimal | None
    without_agency: Decimal
