"""Who acts, and whether he may: before the request is read, and again under the locks."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy import Row

from flylive.accounts import Caller, queries, staff
from flylive.accounts.audit import Actor
from flylive.accounts.errors import UnknownUser
from flylive.accounts.staff import Role
from flylive.console import rules
from flylive.console.errors import NotAboveStaff, NotOnOneself, RightMissing, StaffRequired
from flylive.console.rules import Right
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http.requests import peer

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def require(right: Right) -> Guard:
    """A guard for addresses that need this right. Raises StaffRequired, RightMissing."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        caller: Caller | None = connection.scope["state"].get("caller")
        if caller is None:
            raise Unauthenticated
        database: Database = connection.app.state.database
        await database.read(lambda tx: check(tx, caller.user_id, right))

    guard.right = right  # type: ignore[attr-defined]
    return guard


async def require_staff(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard for what everybody of the staff may, in any role. Raises StaffRequired."""
    caller: Caller | None = connection.scope["state"].get("caller")
    if caller is None:
        raise Unauthenticated
    database: Database = connection.app.state.database
    await database.read(lambda tx: role_of(tx, caller.user_id))


async def role_of(tx: Reading, user_id: int) -> Role:
    """The user's role. Raises StaffRequired."""
    role = await staff.find_role(tx, user_id)
    if role is None:
        raise StaffRequired
    return role


async def check(tx: Reading, user_id: int, right: Right) -> Role:
    """The user's role, if it includes the right. Raises StaffRequired, RightMissing."""
    role = await role_of(tx, user_id)
    if not rules.may(role, right):
        raise RightMissing(role=role.value, right=right.value)
    return role


async def begin(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    right: Right,
    subject_id: int,
) -> tuple[Actor, Row[Any]]:
    """Lock actor and subject for an act of staff on a person; who acts, and the person's row.

    Raises StaffRequired, RightMissing, NotOnOneself, UnknownUser, NotAboveStaff.
    """
    actor, users = await begin_on(tx, request, caller, right, {subject_id})
    if subject_id not in users:
        raise UnknownUser
    return actor, users[subject_id]


async def begin_on(
    tx: Transaction,
    request: Request[Any, Any, Any],
    caller: Caller,
    right: Right,
    subject_ids: Collection[int],
) -> tuple[Actor, dict[int, Row[Any]]]:
    """Lock actor and subjects for an act of staff on several people at once; who acts, and the
    rows of those who are not deleted.

    Raises StaffRequired, RightMissing, NotOnOneself, NotAboveStaff.
    """
    await staff.lock(tx)
    users = await queries.lock_users(tx, {caller.user_id, *subject_ids})
    role = await check(tx, caller.user_id, right)
    if caller.user_id in subject_ids:
        raise NotOnOneself
    for subject_id in subject_ids:
        if not rules.may_act_on(role, await staff.find_kept_role(tx, subject_id)):
            raise NotAboveStaff
    return Actor(caller.user_id, role, peer(request)), users


async def act(
    tx: Transaction, request: Request[Any, Any, Any], caller: Caller, right: Right
) -> Actor:
    """Lock the actor for an act of staff that is about no person; who acts.

    Raises StaffRequired, RightMissing.
    """
    await staff.lock(tx)
    await queries.lock_users(tx, {caller.user_id})
    return Actor(caller.user_id, await check(tx, caller.user_id, right), peer(request))
