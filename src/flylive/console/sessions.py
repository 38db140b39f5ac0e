"""Signing in to the console, and its sessions: open, look, list, end."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import Row

from flylive.accounts import Caller, audit, login, staff, staff_sessions, totp
from flylive.accounts import queries as accounts
from flylive.accounts.audit import Actor
from flylive.accounts.errors import Blocked, WrongCredentials
from flylive.accounts.login import Proof
from flylive.accounts.schemas import UserCard
from flylive.accounts.staff import Role
from flylive.accounts.totp import Factor
from flylive.config import Settings
from flylive.console import cookies, guard, rules
from flylive.console.errors import StaffRequired, UnknownSession
from flylive.console.guard import require_staff
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.http import limits, pages
from flylive.http.fields import MAX_ID, FieldChecks
from flylive.http.requests import origin, peer
from flylive.ids import sha256_hex

TotpState = Literal["enrolled", "required", "optional"]


class SignIn(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/session: e-mail, phone or signature, the password, and where a phone is set up
    the code that it shows, or a recovery code.
    """

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    password: Annotated[str, msgspec.Meta(max_length=255)]
    code: Annotated[str, msgspec.Meta(max_length=totp.MAX_CODE)] | None = None


class SessionView(msgspec.Struct, kw_only=True):
    """Who is signed in, and what he may.

    `csrf_token` goes into ``X-CSRF-Token`` of each act by cookie; None for a Bearer token. `totp`:
    a phone is set up (`enrolled`); has to be, before anything else (`required`); may be.
    """

    user: UserCard
    role: Role
    rights: list[str]
    csrf_token: str | None
    totp: TotpState


class StaffSessionView(msgspec.Struct, kw_only=True):
    """A console session that holds; `id` opens nothing. `factor`: what was proved besides."""

    id: str
    user_id: int
    user: UserCard
    role: Role
    ip_address: str | None
    user_agent: str | None
    factor: Factor
    started_at: datetime
    last_activity: datetime
    is_current: bool


@post("/session", status_code=200, opt={cookies.OPENS_SESSION: True})
async def sign_in(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[SignIn],
) -> Response[SessionView]:
    """Sign in to the console: the answer sets the cookie ``flylive_staff``.

    401 `auth.wrong_credentials` for an unknown account and a wrong password alike; 429
    `auth.locked` after too many, of passwords or of codes. Only with the right password: 403
    `auth.blocked` and `staff.required`, 401 `staff.code_needed` and `staff.wrong_code`. Where
    codes are required and no phone is set up, the session can do nothing but set one up.
    """
    cookies.check_origin(request.scope, settings, needed=False)
    host, quota = peer(request), settings.wrong_logins_per_address_hour
    by_address = limits.per_address(settings, host, "login", quota, 60 * 60)
    proof = await login.prove(database, data.login, data.password, host, by_address)
    earlier = cookies.read(request.scope)

    async def work(tx: Transaction) -> tuple[str, SessionView]:
        role = await _check(tx, proof)
        factor = await totp.use(tx, settings, proof.user_id, data.code)
        if earlier is not None:
            await staff_sessions.end_session(tx, sha256_hex(earlier))
        cookie, _ = await staff_sessions.open_session(tx, proof.user_id, factor, origin(request))
        await login.remember(tx, proof.user_id, host)
        await audit.write(
            tx,
            Actor(proof.user_id, role, host),
            "staff.sign_in",
            ("user", proof.user_id),
            reason="signed in to the console",
            before={},
            after={"factor": factor},
        )
        return cookie, await _view(tx, settings, proof.user_id, role, cookie)

    if data.code is None:
        cookie, view = await database.run(work)
    else:
        cookie, view = await login.counted(
            database, proof.user_id, host, lambda: database.run(work)
        )
    return Response(view, cookies=[cookies.make(settings, cookie)])


async def _check(tx: Transaction, proof: Proof) -> Role:
    """The role of whoever proved his password, his row locked.

    Raises WrongCredentials where account or password have changed meanwhile, Blocked,
    StaffRequired.
    """
    user = await accounts.lock_user(tx, proof.user_id)
    if user is None or user.password != proof.proved_hash:
        raise WrongCredentials
    if user.is_blocked:
        raise Blocked
    role = await staff.find_role(tx, proof.user_id)
    if role is None:
        raise StaffRequired
    if proof.new_hash is not None:
        await accounts.update_password(tx, proof.user_id, proof.new_hash)
    return role


async def _view(
    tx: Reading, settings: Settings, user_id: int, role: Role, cookie: str | None
) -> SessionView:
    cards = await accounts.cards(tx, [user_id])
    needed: TotpState = "required" if settings.needs_totp else "optional"
    return SessionView(
        user=cards[user_id],
        role=role,
        rights=rules.rights(role),
        csrf_token=None if cookie is None else staff_sessions.csrf_token(cookie),
        totp="enrolled" if await totp.is_enrolled(tx, user_id) else needed,
    )


@get("/session", guards=[require_staff], opt={cookies.WHILE_ENROLLING: True})
async def get_session(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> SessionView:
    """Who is signed in, what he may, and the CSRF token of his acts."""
    cookie = cookies.read(request.scope) if caller.session_id is not None else None

    async def work(tx: Reading) -> SessionView:
        role = await guard.role_of(tx, caller.user_id)
        return await _view(tx, settings, caller.user_id, role, cookie)

    return await database.read(work)


@delete("/session", status_code=204, guards=[require_staff], opt={cookies.WHILE_ENROLLING: True})
async def sign_out(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[None]:
    """End the console session that this request carries; a Bearer token goes on."""
    session_id = caller.session_id
    if session_id is not None:
        await database.run(lambda tx: staff_sessions.end_session(tx, session_id))
    return Response(None, cookies=[cookies.make(settings, "")])


@get("/sessions", guards=[require_staff])
async def list_sessions(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    user_id: Annotated[
        int | None, QueryParameter(name="user_id", ge=1, le=MAX_ID, description="Whose.")
    ] = None,
    limit: pages.Limit = pages.DEFAULT_LIMIT,
    cursor: pages.Cursor = None,
) -> pages.Page[StaffSessionView]:
    """Console sessions that hold, last used first: one's own, and for an admin everybody's."""
    before = pages.decode(cursor, int, str)

    async def work(tx: Reading) -> pages.Page[StaffSessionView]:
        role = await guard.role_of(tx, caller.user_id)
        whose = user_id
        if not rules.may(role, Right.MANAGE_STAFF_SESSIONS):
            if user_id not in (None, caller.user_id):
                return pages.Page(data=[], next_cursor=None)
            whose = caller.user_id
        rows = await staff_sessions.list_sessions(
            tx,
            settings,
            user_id=whose,
            limit=limit + 1,
            before=(before[0], before[1]) if before else None,
        )
        cards = await accounts.cards(tx, {row.user_id for row in rows})
        return pages.page(
            rows,
            limit,
            lambda row: _row_view(row, cards, caller),
            lambda row: (row.last_activity, row.id),
        )

    return await database.read(work)


def _row_view(row: Row[Any], cards: dict[int, UserCard], caller: Caller) -> StaffSessionView:
    payload = staff_sessions.payload_of(row)
    return StaffSessionView(
        id=row.id,
        user_id=row.user_id,
        user=cards[row.user_id],
        role=Role(row.role),
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        factor=payload.factor,
        started_at=staff_sessions.moment(payload.started_at),
        last_activity=staff_sessions.moment(row.last_activity),
        is_current=row.id == caller.session_id,
    )


@delete("/sessions/{session_id:str}", status_code=204, guards=[require_staff])
async def end_session(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    session_id: FromPath[str],
    data: JSONBody[GiveReason],
) -> None:
    """End a console session at once: one's own, or for an admin anybody's.

    404 `staff.session_not_found`, for other people's too.
    """
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()

    async def work(tx: Transaction) -> None:
        await staff.lock(tx)
        await accounts.lock_users(tx, {caller.user_id})
        role = await guard.role_of(tx, caller.user_id)
        owner = await staff_sessions.find_owner(tx, session_id)
        may_all = rules.may(role, Right.MANAGE_STAFF_SESSIONS)
        if owner is None or not (may_all or owner == caller.user_id):
            raise UnknownSession
        if await staff_sessions.end_session(tx, session_id) is None:
            raise UnknownSession
        await audit.write(
            tx,
            Actor(caller.user_id, role, peer(request)),
            "staff.end_session",
            ("user", owner),
            reason=reason,
            before={"session_id": session_id},
            after={"session_id": None},
        )

    await database.run(work)


ROUTES = [sign_in, get_session, sign_out, list_sessions, end_session]
