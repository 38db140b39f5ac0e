"""Who acts, and whether he may: before the request is read, and again under the locks."""

from collections.abc import Awaitable, Callable
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

    return guard


async def check(tx: Reading, user_id: int, right: Right) -> Role:
    """The user's role, if it includes the right. Raises StaffRequired, RightMissing."""
    role = await staff.find_role(tx, user_id)
    if role is None:
        raise StaffRequired
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
    await staff.lock(tx)
    users = await queries.lock_users(tx, {caller.user_id, subject_id})
    role = await check(tx, caller.user_id, right)
    if subject_id == caller.user_id:
        raise NotOnOneself
    subject = users.get(subject_id)
    if subject is None:
        raise UnknownUser
    if not rules.may_act_on(role, await staff.find_kept_role(tx, subject_id)):
        raise NotAboveStaff
    return Actor(caller.user_id, role, peer(request)), subject


async def act(
    tx: Transaction, request: Request[Any, Any, Any], caller: Caller, right: Right
) -> Actor:
    """Lock the actor for an act of staff that is about no person; who acts.

    Raises StaffRequired, RightMissing.
    """
    await staff.lock(tx)
    await queries.lock_users(tx, {caller.user_id})
    return Actor(caller.user_id, await check(tx, caller.user_id, right), peer(request))
