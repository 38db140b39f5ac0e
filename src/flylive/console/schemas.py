"""What goes into and comes out of the staff's addresses."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from flylive.accounts.identities.schemas import IdentityView
from flylive.accounts.schemas import UserCard
from flylive.accounts.staff import Role


class PersonView(msgspec.Struct, kw_only=True):
    """A user as the staff see him: every column but the password, as it is kept.

    `vip_level` is the kept one, whether or not it has expired; `debt` is in coins; `staff_role`
    is None for whoever is no member of the staff.
    """

    id: int
    name: str
    email: str | None
    phone: str | None
    signature: str
    dob: date
    gender: int
    country: str
    avatar_image: str | None
    animated_src: str | None
    static_src: str | None
    coin_balance: Decimal
    diamond_balance: Decimal
    total_spent: Decimal
    total_received: Decimal
    debt: Decimal
    wealth_level_id: int | None
    charm_level_id: int | None
    wealth_xp: int
    charm_xp: int
    agency_id: int | None
    agency_role: str
    agency_joined_at: datetime | None
    vip_level: int
    vip_expires_at: datetime | None
    social_provider: str | None
    social_provider_id: str | None
    is_blocked: bool
    blocked_at: datetime | None
    block_reason: str | None
    last_active_at: datetime | None
    email_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    staff_role: Role | None


class AuditView(msgspec.Struct, kw_only=True):
    """Something that staff did; `actor` is None for the machine's own command line."""

    id: int
    actor_id: int | None
    actor_role: str | None
    actor: UserCard | None
    action: str
    subject_type: str
    subject_id: int
    reason: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    ip_address: str | None
    created_at: datetime


class PersonDetail(PersonView, kw_only=True):
    """A user with what surrounds his account; `audit` is what staff did to him last,
    nothing for who may not read the audit log.
    """

    tokens_count: int
    room_id: int | None
    identities: list[IdentityView]
    audit: list[AuditView]


class GiveReason(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Why staff act: 1–500 characters, kept in the audit log."""

    reason: str


class GiveSignature(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT …/signature: 1–20 digits, the first one not 0, and why."""

    signature: str
    reason: str


class GiveRole(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """PUT …/role: the role, in place of any other, and why."""

    role: Role
    reason: str
