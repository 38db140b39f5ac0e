"""The staff's addresses about people: find, block, log out, rename, promote."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller, audit, sessions, staff
from flylive.accounts import queries as accounts
from flylive.accounts import rules as account_rules
from flylive.accounts.authentication import Authenticator
from flylive.accounts.errors import UnknownUser
from flylive.accounts.identities.queries import list_identities
from flylive.accounts.identities.schemas import IdentityView
from flylive.accounts.schemas import TokenView
from flylive.accounts.service import change_signature
from flylive.accounts.staff import Role
from flylive.clock import now
from flylive.console import queries, rules
from flylive.console.audit_log import views as audit_views
from flylive.console.guard import begin, check, require
from flylive.console.rules import Right
from flylive.console.schemas import (
    GiveReason,
    GiveRole,
    GiveSignature,
    PersonDetail,
    PersonView,
)
from flylive.database import Database, Reading, Transaction
from flylive.http import pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.reactions import account_blocked
from flylive.rooms import cards

LAST_AUDIT_ENTRIES = 10

Search = Annotated[
    str | None,
    QueryParameter(
        name="q",
        min_length=1,
        max_length=255,
        description="Part of a name, or a whole signature, e-mail, phone number or id.",
    ),
]


@get("/users", guards=[require(Right.VIEW_PEOPLE)])
async def search_people(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    q: Search = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[PersonView]:
    """People, newest first, deleted ones too; `q` narrows them."""
    (before_id,) = pages.decode(cursor, int) or (MAX_ID,)
    wanted = q.strip() if q else ""
    is_id = wanted.isascii() and wanted.isdigit() and int(wanted) <= MAX_ID

    async def work(tx: Reading) -> pages.Page[PersonView]:
        rows = await queries.search_people(
            tx,
            before_id=before_id,
            limit=limit + 1,
            q=wanted or None,
            phone=_phone(wanted),
            user_id=int(wanted) if is_id else None,
        )
        return pages.page(
            rows,
            limit,
            lambda row: msgspec.convert(row._asdict(), PersonView),
            lambda row: (row.id,),
        )

    return await database.read(work)


def _phone(text: str) -> str | None:
    try:
        return account_rules.phone("+" + text.removeprefix("+").removeprefix("00"), None)
    except ValueError:
        return None


@get("/users/{user_id:int}", guards=[require(Right.VIEW_PEOPLE)])
async def get_person(
    caller: NamedDependency[Caller], database: NamedDependency[Database], user_id: FromPath[int]
) -> PersonDetail:
    """A person, deleted or not, with his identities and what staff did to him last, which is for
    who reads the audit log.
    """

    async def work(tx: Reading) -> PersonDetail:
        return await _detail(tx, user_id, await check(tx, caller.user_id, Right.VIEW_PEOPLE))

    return await database.read(work)


async def _detail(tx: Reading, user_id: int, role: str | None) -> PersonDetail:
    row = await queries.find_person(tx, user_id, tokenable_type=accounts.TOKENABLE_TYPE, now=now())
    if row is None:
        raise UnknownUser
    entries: Sequence[Row[Any]] = []
    if role is not None and rules.may(Role(role), Right.VIEW_AUDIT):
        entries = await audit.list_entries(
            tx,
            audit.Search(subject_type="user", subject_id=user_id),
            before_id=MAX_ID,
            limit=LAST_AUDIT_ENTRIES,
        )
    identities = await list_identities(tx, user_id)
    around = {
        "identities": [msgspec.convert(one._asdict(), IdentityView) for one in identities],
        "audit": await audit_views(tx, entries),
    }
    return msgspec.convert(row._asdict() | around, PersonDetail)


@post("/users/{user_id:int}/block", status_code=200, guards=[require(Right.BLOCK_PEOPLE)])
async def block_person(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> PersonDetail:
    """Block a person: his tokens, sockets, seat and stay end at once, everywhere.

    Rooms that he owns stay open. 409 `user.blocked_already`.
    """
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> PersonDetail:
        actor, person = await begin(tx, request, caller, Right.BLOCK_PEOPLE, user_id)
        await account_blocked.block(tx, actor, person, reason)
        return await _detail(tx, user_id, actor.role)

    blocked = await database.run(work)
    _authenticator(request).forget(user_id=user_id)
    return blocked


@post("/users/{user_id:int}/unblock", status_code=200, guards=[require(Right.BLOCK_PEOPLE)])
async def unblock_person(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> PersonDetail:
    """Let a person log in again; what the block ended does not come back."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> PersonDetail:
        actor, person = await begin(tx, request, caller, Right.BLOCK_PEOPLE, user_id)
        await account_blocked.unblock(tx, actor, person, reason)
        return await _detail(tx, user_id, actor.role)

    return await database.run(work)


@get("/users/{user_id:int}/tokens", guards=[require(Right.VIEW_PEOPLE)])
async def list_tokens(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[TokenView]:
    """A person's access tokens that still hold, newest first, without their secrets."""
    (before,) = pages.decode(cursor, int) or (None,)

    def view(row: Row[Any]) -> TokenView:
        return msgspec.convert(row._asdict() | {"is_current": row.id == caller.token_id}, TokenView)

    async def work(tx: Reading) -> pages.Page[TokenView]:
        if await accounts.find_user(tx, user_id) is None:
            raise UnknownUser
        rows = await accounts.list_tokens(tx, user_id, limit=limit + 1, before=before)
        return pages.page(rows, limit, view, lambda row: (row.id,))

    return await database.read(work)


@delete("/users/{user_id:int}/tokens", status_code=204, guards=[require(Right.END_SESSIONS)])
async def end_sessions(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """End all of a person's tokens and console sessions; he may log in again."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> None:
        actor, _ = await begin(tx, request, caller, Right.END_SESSIONS, user_id)
        ended = await sessions.end_all(tx, user_id)
        await audit.write(
            tx,
            actor,
            "user.end_sessions",
            ("user", user_id),
            reason=reason,
            before={"token_ids": ended},
            after={"token_ids": []},
        )
        sessions.tell_revoked(tx, user_id, ended)

    await database.run(work)
    _authenticator(request).forget(user_id=user_id)


@put("/users/{user_id:int}/signature", guards=[require(Right.GIVE_SIGNATURES)])
async def give_signature(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveSignature],
) -> PersonDetail:
    """Give a person a special public id. 409 `user.signature_taken`."""
    checks = FieldChecks()
    signature = checks.field("signature", account_rules.signature, data.signature)
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()
    assert signature is not None

    async def work(tx: Transaction) -> PersonDetail:
        actor, person = await begin(tx, request, caller, Right.GIVE_SIGNATURES, user_id)
        if person.signature != signature:
            await change_signature(tx, user_id, signature)
            await cards.tell(tx, user_id)
            await audit.write(
                tx,
                actor,
                "user.signature",
                ("user", user_id),
                reason=reason,
                before={"signature": person.signature},
                after={"signature": signature},
            )
        return await _detail(tx, user_id, actor.role)

    return await database.run(work)


@put("/users/{user_id:int}/role", guards=[require(Right.GIVE_ROLES)])
async def give_role(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveRole],
) -> PersonDetail:
    """Make a person a member of the staff, in this role in place of any other."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> PersonDetail:
        actor, _ = await begin(tx, request, caller, Right.GIVE_ROLES, user_id)
        if await staff.find_kept_role(tx, user_id) is not data.role:
            await staff.grant(tx, user_id, data.role, by=actor, reason=reason)
        return await _detail(tx, user_id, actor.role)

    return await database.run(work)


@delete("/users/{user_id:int}/role", status_code=204, guards=[require(Right.GIVE_ROLES)])
async def take_role(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Let a person no longer be a member of the staff. 404 `staff.no_role`."""
    reason = _reason(data.reason)

    async def work(tx: Transaction) -> None:
        actor, _ = await begin(tx, request, caller, Right.GIVE_ROLES, user_id)
        await staff.revoke(tx, user_id, by=actor, reason=reason)

    await database.run(work)


def _reason(text: str) -> str:
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, text)
    checks.done()
    assert reason is not None
    return reason


def _authenticator(request: Request[Any, Any, Any]) -> Authenticator:
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


ROUTES = [
    search_people,
    get_person,
    block_person,
    unblock_person,
    list_tokens,
    end_sessions,
    give_signature,
    give_role,
    take_role,
]
