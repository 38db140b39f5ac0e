"""Staff: who works behind the console, and in which role.

A user has one role at the most. Roles are granted by whoever runs the machine
(``flylive staff``) or by an admin. Whatever changes who is staff, or may remove an admin, goes
under one lock (:func:`lock`), so that of two admins who remove each other one remains.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import text

from flylive.accounts import audit, totp
from flylive.accounts.audit import COMMAND_LINE, Actor
from flylive.accounts.errors import LastAdmin, NoRole, UnknownUser
from flylive.accounts.sessions import end_console
from flylive.clock import now
from flylive.database import Reading, Transaction


class Role(StrEnum):
    """``staff_members.role``."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    FINANCE = "finance"
    CATALOGUE = "catalogue"
    SUPPORT = "support"
    READ_ONLY = "read_only"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        """Take the hyphen that people write."""
        return cls.READ_ONLY if value == "read-only" else None


class StaffMember(NamedTuple):
    """Somebody with a role; `granted_by` is None where the machine's own command gave it."""

    user_id: int
    name: str
    email: str | None
    role: Role
    granted_by: int | None
    created_at: datetime


_FIND = text(
    """
    SELECT id FROM users
    WHERE deleted_at IS NULL
      AND (id = CAST(:id AS bigint) OR lower(email) = lower(CAST(:email AS text)))
    """
)
_GRANT = text(
    """
    INSERT INTO staff_members (user_id, role, granted_by, created_at)
    VALUES (:user_id, :role, :granted_by, :at)
    ON CONFLICT (user_id) DO UPDATE SET
        role = excluded.role, granted_by = excluded.granted_by, created_at = excluded.created_at
    """
)
_REVOKE = text("DELETE FROM staff_members WHERE user_id = :user_id")
_KEPT = text("SELECT role FROM staff_members WHERE user_id = :user_id")
_OTHER_ADMINS = text(
    """
    SELECT EXISTS (SELECT FROM staff_members s JOIN users u ON u.id = s.user_id
                   WHERE s.role = 'admin' AND s.user_id <> :user_id
                     AND u.deleted_at IS NULL AND NOT u.is_blocked)
    """
)
_ROLE = text(
    """
    SELECT s.role FROM staff_members s JOIN users u ON u.id = s.user_id
    WHERE s.user_id = :user_id AND u.deleted_at IS NULL AND NOT u.is_blocked
    """
)
_LIST = text(
    """
    SELECT s.user_id, u.name, u.email, s.role, s.granted_by, s.created_at
    FROM staff_members s JOIN users u ON u.id = s.user_id
    ORDER BY s.role, s.user_id
    """
)
_GAVE = text(
    """
    SELECT EXISTS (SELECT FROM staff_members
                   WHERE (user_id, granted_by) IN ((:one, :other), (:other, :one)))
    """
)
_MAX_ID_DIGITS = 18


async def find_member(tx: Reading, email_or_id: str) -> int:
    """The user that an e-mail (any case) or an id names. Raises UnknownUser."""
    named = email_or_id.strip()
    is_id = named.isascii() and named.isdigit() and len(named) <= _MAX_ID_DIGITS
    user_id: int | None = await tx.scalar(
        _FIND, {"id": int(named) if is_id else None, "email": None if is_id else named}
    )
    if user_id is None:
        raise UnknownUser(f"There is no user {named}")
    return user_id


async def lock(tx: Transaction) -> None:
    """Keep who is staff as it is until the transaction ends; before any row is locked."""
    await tx.lock("staff")


async def grant(
    tx: Transaction,
    user_id: int,
    role: Role,
    *,
    by: Actor = COMMAND_LINE,
    reason: str | None = None,
) -> None:
    """Give a user this role, in place of any other."""
    before = await find_kept_role(tx, user_id)
    await tx.execute(
        _GRANT, {"user_id": user_id, "role": role.value, "granted_by": by.user_id, "at": now()}
    )
    await audit.write(
        tx,
        by,
        "staff.grant",
        ("user", user_id),
        reason=reason,
        before={"role": before},
        after={"role": role},
    )


async def revoke(
    tx: Transaction, user_id: int, *, by: Actor = COMMAND_LINE, reason: str | None = None
) -> None:
    """Take a user's role, his console sessions and the phone of his codes. Raises NoRole."""
    before = await find_kept_role(tx, user_id)
    if before is None:
        raise NoRole(f"user {user_id} has no role")
    await tx.execute(_REVOKE, {"user_id": user_id})
    await end_console(tx, user_id)
    await totp.forget(tx, user_id)
    await audit.write(
        tx,
        by,
        "staff.revoke",
        ("user", user_id),
        reason=reason,
        before={"role": before},
        after={"role": None},
    )


async def reset_totp(
    tx: Transaction, user_id: int, *, by: Actor = COMMAND_LINE, reason: str | None = None
) -> bool:
    """Take off a locked user's phone and end his console sessions; whether there was a phone."""
    if not await totp.forget(tx, user_id):
        return False
    await end_console(tx, user_id)
    await audit.write(
        tx,
        by,
        "staff.totp_reset",
        ("user", user_id),
        reason=reason,
        before={"totp": True},
        after={"totp": False},
    )
    return True


async def find_kept_role(tx: Reading, user_id: int) -> Role | None:
    """The role that a user was given, whether or not it holds while he is blocked."""
    role: str | None = await tx.scalar(_KEPT, {"user_id": user_id})
    return None if role is None else Role(role)


async def require_other_admin(tx: Transaction, user_id: int) -> None:
    """Raises LastAdmin where nobody but this user is an admin; under :func:`lock`."""
    if not await tx.scalar(_OTHER_ADMINS, {"user_id": user_id}):
        raise LastAdmin


async def are_two(tx: Reading, one: int, other: int) -> bool:
    """Whether what takes two of the staff may be done by these: neither made the other one staff.

    Whoever gives roles could otherwise be his own second person. Under :func:`lock`.
    """
    return one != other and not await tx.scalar(_GAVE, {"one": one, "other": other})


async def find_role(tx: Reading, user_id: int) -> Role | None:
    """The role that holds now: none for users who are blocked or deleted."""
    role: str | None = await tx.scalar(_ROLE, {"user_id": user_id})
    return None if role is None else Role(role)


async def list_members(tx: Reading) -> list[StaffMember]:
    """Everybody with a role."""
    return [
        StaffMember(
            row.user_id, row.name, row.email, Role(row.role), row.granted_by, row.created_at
        )
        for row in await tx.rows(_LIST)
    ]
