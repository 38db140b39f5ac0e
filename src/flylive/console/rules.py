"""Which role may do what. Pure: whatever does not stand here is denied."""

from enum import StrEnum

from flylive.accounts.staff import Role


class Right(StrEnum):
    """Something that only some of the staff may do."""

    VIEW_PEOPLE = "people.view"
    BLOCK_PEOPLE = "people.block"
    END_SESSIONS = "people.end_sessions"
    GIVE_SIGNATURES = "people.signature"
    GIVE_ROLES = "staff.roles"
    VIEW_AUDIT = "audit.view"
    MANAGE_ROOMS = "rooms.manage"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.MODERATOR: frozenset(
        {Right.VIEW_PEOPLE, Right.BLOCK_PEOPLE, Right.END_SESSIONS, Right.MANAGE_ROOMS}
    ),
    Role.FINANCE: frozenset({Right.VIEW_PEOPLE}),
    Role.CATALOGUE: frozenset(),
    Role.SUPPORT: frozenset({Right.VIEW_PEOPLE, Right.END_SESSIONS}),
    Role.READ_ONLY: frozenset({Right.VIEW_PEOPLE, Right.VIEW_AUDIT}),
}


def may(role: Role, right: Right) -> bool:
    """Whether somebody in this role has the right."""
    return right in RIGHTS.get(role, frozenset())


def may_act_on(actor: Role, subject: Role | None) -> bool:
    """Whether the actor stands above the subject: of the staff, only an admin acts on staff."""
    return subject is None or actor is Role.ADMIN


MAX_REASON = 500


def reason(text: str) -> str:
    """Trimmed, 1–500 characters."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= MAX_REASON:
        raise ValueError(f"must have 1–{MAX_REASON} characters")
    return trimmed
