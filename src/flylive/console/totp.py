"""The staff's phones: set one up, confirm it, get recovery codes, take it off."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from flylive.accounts import Caller, audit, login, staff, staff_sessions, totp
from flylive.accounts import queries as accounts
from flylive.accounts.audit import Actor
from flylive.accounts.errors import TotpNotBegun
from flylive.accounts.sessions import end_console
from flylive.config import Settings
from flylive.console import cookies, guard, rules
from flylive.console.guard import require, require_staff
from flylive.console.rules import Right
from flylive.console.schemas import GiveReason
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http.fields import FieldChecks
from flylive.http.requests import origin, peer

ENROLLING = {cookies.WHILE_ENROLLING: True}


class GivePassword(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """POST /admin/totp: one's own password, once more."""

    password: Annotated[str, msgspec.Meta(max_length=255)]


class GiveCode(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A code that the phone shows, or where it says so a recovery code."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=totp.MAX_CODE)]


class TotpView(msgspec.Struct, kw_only=True):
    """Whether one's phone is set up, has to be, and how many recovery codes are left."""

    is_enrolled: bool
    is_required: bool
    recovery_codes: int


class EnrolmentView(msgspec.Struct, kw_only=True):
    """What the phone has to learn, seen this once; `qr` is `uri` as a picture (a data: address)."""

    secret: str
    uri: str
    qr: str


class RecoveryCodes(msgspec.Struct, kw_only=True):
    """Codes for whoever lost his phone, each good once; seen this once.

    `csrf_token` is the new session's, where one was opened.
    """

    recovery_codes: list[str]
    csrf_token: str | None = None


@get("/totp", guards=[require_staff], opt=ENROLLING)
async def get_totp(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> TotpView:
    """Whether one's own phone is set up."""

    async def work(tx: Reading) -> TotpView:
        return TotpView(
            is_enrolled=await totp.is_enrolled(tx, caller.user_id),
            is_required=settings.needs_totp,
            recovery_codes=await totp.count_recovery_codes(tx, caller.user_id),
        )

    return await database.read(work)


@post("/totp", status_code=200, guards=[require_staff], opt=ENROLLING)
async def begin_totp(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[GivePassword],
) -> EnrolmentView:
    """Begin to set up a phone: a secret, which counts once a code of it was confirmed.

    Needs the password, so that a session left open cannot be given another's phone: 403
    `auth.wrong_password`, counted as log-ins are. 409 `staff.totp_enrolled`.
    """
    host = peer(request)
    proof = await login.prove_again(database, caller.user_id, data.password, host)

    async def work(tx: Transaction) -> EnrolmentView:
        user = await accounts.lock_user(tx, caller.user_id)
        if user is None or user.password != proof.proved_hash:
            raise Unauthenticated
        await guard.role_of(tx, caller.user_id)
        label = user.email or user.phone or user.signature
        enrolment = await totp.begin(tx, settings, caller.user_id, label)
        return EnrolmentView(**enrolment._asdict())

    return await database.run(work)


@post("/totp/confirm", status_code=200, guards=[require_staff], opt=ENROLLING)
async def confirm_totp(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[GiveCode],
) -> Response[RecoveryCodes]:
    """Show with a first code that the phone has the secret: from now on signing in needs one.

    Every console session ends, and this one goes on under a new cookie. 401 `staff.wrong_code`,
    409 `staff.totp_not_begun`, `staff.totp_enrolled`, 429 `auth.locked`.
    """
    host = peer(request)

    async def work(tx: Transaction) -> tuple[str | None, list[str]]:
        await accounts.lock_user(tx, caller.user_id)
        role = await guard.role_of(tx, caller.user_id)
        codes = await totp.confirm(tx, settings, caller.user_id, data.code)
        await end_console(tx, caller.user_id)
        cookie = None
        if caller.session_id is not None:
            cookie, _ = await staff_sessions.open_session(
                tx, caller.user_id, "totp", origin(request)
            )
        await audit.write(
            tx,
            Actor(caller.user_id, role, host),
            "staff.totp_enrol",
            ("user", caller.user_id),
            reason="set up a phone",
            before={"totp": False},
            after={"totp": True},
        )
        return cookie, codes

    cookie, codes = await login.counted(database, caller.user_id, host, lambda: database.run(work))
    if cookie is None:
        return Response(RecoveryCodes(recovery_codes=codes))
    return Response(
        RecoveryCodes(recovery_codes=codes, csrf_token=staff_sessions.csrf_token(cookie)),
        cookies=[cookies.make(settings, cookie)],
    )


@post("/totp/recovery-codes", status_code=200, guards=[require_staff])
async def renew_recovery_codes(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[GiveCode],
) -> RecoveryCodes:
    """New recovery codes in place of all older ones, for a code of the phone or the last of them.

    401 `staff.wrong_code`, 409 `staff.totp_not_begun`, 429 `auth.locked`.
    """
    host = peer(request)

    async def work(tx: Transaction) -> list[str]:
        actor = await _prove_code(tx, settings, caller, host, data.code)
        codes = await totp.renew_recovery_codes(tx, settings, caller.user_id)
        await audit.write(
            tx,
            actor,
            "staff.recovery_codes",
            ("user", caller.user_id),
            reason="made new recovery codes",
            before={},
            after={"recovery_codes": len(codes)},
        )
        return codes

    codes = await login.counted(database, caller.user_id, host, lambda: database.run(work))
    return RecoveryCodes(recovery_codes=codes)


@delete("/totp", status_code=204, guards=[require_staff])
async def remove_totp(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[GiveCode],
) -> Response[None]:
    """Take one's own phone off, with a code of it or a recovery code; every session ends.

    401 `staff.wrong_code`, 409 `staff.totp_not_begun`, 429 `auth.locked`.
    """
    host = peer(request)

    async def work(tx: Transaction) -> None:
        actor = await _prove_code(tx, settings, caller, host, data.code)
        await staff.reset_totp(tx, caller.user_id, by=actor, reason="took the own phone off")

    await login.counted(database, caller.user_id, host, lambda: database.run(work))
    return Response(None, cookies=[cookies.make(settings, "")])


async def _prove_code(
    tx: Transaction, settings: Settings, caller: Caller, host: str | None, code: str
) -> Actor:
    """Who acts, his row locked and his code used up. Raises TotpNotBegun, WrongCode."""
    await accounts.lock_user(tx, caller.user_id)
    role = await guard.role_of(tx, caller.user_id)
    if not await totp.is_enrolled(tx, caller.user_id):
        raise TotpNotBegun
    await totp.use(tx, settings, caller.user_id, code)
    return Actor(caller.user_id, role, host)


@delete("/users/{user_id:int}/totp", status_code=204, guards=[require(Right.RESET_TOTP)])
async def reset_totp(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    user_id: FromPath[int],
    data: JSONBody[GiveReason],
) -> None:
    """Take off somebody's phone who lost it; his console sessions end. 409 `staff.totp_not_begun`.

    Nobody does so for himself here.
    """
    checks = FieldChecks()
    reason = checks.field("reason", rules.reason, data.reason)
    checks.done()

    async def work(tx: Transaction) -> None:
        actor, _ = await guard.begin(tx, request, caller, Right.RESET_TOTP, user_id)
        if not await staff.reset_totp(tx, user_id, by=actor, reason=reason):
            raise TotpNotBegun

    await database.run(work)


ROUTES = [
    get_totp,
    begin_totp,
    confirm_totp,
    renew_recovery_codes,
    remove_totp,
    reset_totp,
]
