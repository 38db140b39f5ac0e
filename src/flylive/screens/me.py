"""The caller's own view, and the addresses that answer with it: sign-up, log-in, ``/me``."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from sqlalchemy import text

from flylive import jobs
from flylive.accounts import Caller, login, passwords, privileges, service
from flylive.accounts import queries as accounts
from flylive.accounts.contacts.tasks import VERIFICATION_MAIL
from flylive.accounts.identities import IdTokens
from flylive.accounts.identities import service as identities
from flylive.accounts.identities.schemas import EnterWithIdentity
from flylive.accounts.privileges import Privileges
from flylive.accounts.queries import ANIMATED_SRC, STATIC_SRC, VIP_LEVEL
from flylive.accounts.schemas import EditProfile, LogIn, Register
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unauthenticated
from flylive.http import limits
from flylive.http.requests import origin, peer
from flylive.rooms import cards
from flylive.screens.profile import (
    LEVEL_AND_AGENCY_COLUMNS,
    LEVEL_AND_AGENCY_JOINS,
    AgencyBrief,
    LevelBrief,
    merged,
)
from flylive.wallet.schemas import WalletView


class OwnView(msgspec.Struct, kw_only=True):
    """A user as he sees himself: every column but the password, with wallet, levels, agency.

    `vip_level` is 0 from the second that `vip_expires_at` passes; `dob` is YYYY-MM-DD; money
    is a string with two decimals.
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
    phone_verified_at: datetime | None
    recovery_barred: str | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    wallet: WalletView
    wealth_level: LevelBrief | None
    charm_level: LevelBrief | None
    privileges: Privileges
    agency: AgencyBrief | None


class Entered(msgspec.Struct, kw_only=True):
    """A new access token, ``{id}|{secret}``, shown this once, and whose it is."""

    token: str
    user: OwnView


_OWN = text(
    f"""
    SELECT u.id, u.name, u.email, u.phone, u.signature, u.dob, u.gender, u.country,
           u.avatar_image, {ANIMATED_SRC} AS animated_src, {STATIC_SRC} AS static_src,
           u.coin_balance, u.diamond_balance, u.total_spent, u.total_received,
           u.wealth_level_id, u.charm_level_id, u.wealth_xp, u.charm_xp,
           u.agency_id, u.agency_role, u.agency_joined_at,
           {VIP_LEVEL} AS vip_level, u.vip_expires_at, u.social_provider, u.social_provider_id,
           u.is_blocked, u.blocked_at, u.block_reason, u.last_active_at, u.email_verified_at,
           u.phone_verified_at, u.recovery_barred,
           u.created_at, u.updated_at, u.deleted_at, u.coin_debt AS debt,
           {privileges.COLUMN} AS privileges, {LEVEL_AND_AGENCY_COLUMNS}
    FROM users u {LEVEL_AND_AGENCY_JOINS} {privileges.VIP_JOIN}
    WHERE u.id = :user_id AND u.deleted_at IS NULL
    """
)


async def own_view(tx: Reading, user_id: int) -> OwnView:
    """A user as he sees himself. Raises Unauthenticated if he was deleted meanwhile."""
    row = await tx.row(_OWN, {"user_id": user_id, "now": now()})
    if row is None:
        raise Unauthenticated
    columns = merged(row._asdict())
    wallet = {name: columns[name] for name in WalletView.__struct_fields__}
    return msgspec.convert(columns | {"wallet": wallet}, OwnView)


def _registrations(request: Request[Any, Any, Any], settings: Settings) -> limits.Limit | None:
    quota = settings.registrations_per_address_hour
    return limits.per_address(settings, peer(request), "register", quota, 60 * 60)


@post("/auth/register", status_code=201)
async def register(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[Register],
) -> Entered:
    """Sign up by e-mail or phone, and get the first access token; an e-mail is asked to confirm.

    409 `auth.email_taken` or `auth.phone_taken` where another account has it.
    """
    new_user = service.check_registration(data, settings)
    await limits.take(database, _registrations(request, settings))
    password_hash = await passwords.hash_password(data.password)

    async def work(tx: Transaction) -> Entered:
        user_id = await service.register(tx, new_user, password_hash)
        await login.remember(tx, user_id, peer(request))
        if new_user.email is not None:
            await jobs.defer(tx, VERIFICATION_MAIL, user_id=user_id)
        token = await service.issue_token(
            tx, user_id, data.device_name, origin(request), days=settings.token_days
        )
        return Entered(token=token, user=await own_view(tx, user_id))

    return await database.run(work)


@post("/auth/login", status_code=200)
async def log_in(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[LogIn],
) -> Entered:
    """Log in by e-mail, phone or signature, and get a new access token.

    401 `auth.wrong_credentials` for an unknown account and a wrong password alike;
    429 `auth.locked` after too many; 403 `auth.blocked` only with the right password.
    """
    host, quota = peer(request), settings.wrong_logins_per_address_hour
    by_address = limits.per_address(settings, host, "login", quota, 60 * 60)
    proof = await login.prove(database, data.login, data.password, host, by_address)

    async def work(tx: Transaction) -> Entered:
        token = await service.enter(
            tx, proof, data.device_name, origin(request), days=settings.token_days
        )
        await login.remember(tx, proof.user_id, peer(request))
        return Entered(token=token, user=await own_view(tx, proof.user_id))

    return await database.run(work)


@post(
    "/auth/social",
    status_code=201,
    responses={200: ResponseSpec(Entered, description="Known: logged in", generate_examples=False)},
)
async def enter_with_identity(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    id_tokens: NamedDependency[IdTokens],
    data: JSONBody[EnterWithIdentity],
) -> Response[Entered]:
    """Log in by an id token of Google or Facebook, or sign up where nobody has that identity.

    200 for an account that is there, 201 for a new one. A new one needs name (the body's or the
    provider's), dob, gender and country: 422 names what is missing. Its e-mail is the one that
    the provider has verified; 409 `auth.email_taken` where an account has that, since an
    identity is linked from inside alone. 422 `auth.invalid_id_token` for a token that is not
    the provider's, not for us or not for now; 422 `auth.provider_unavailable`; 403
    `auth.blocked`.
    """
    identity = await id_tokens.verify(data.provider, data.id_token)

    async def work(tx: Transaction) -> Response[Entered]:
        entry = await identities.enter(tx, identity, data, settings)
        if entry.is_new:
            await limits.take_within(tx, _registrations(request, settings))
        await login.remember(tx, entry.user_id, peer(request))
        token = await service.issue_token(
            tx, entry.user_id, data.device_name, origin(request), days=settings.token_days
        )
        entered = Entered(token=token, user=await own_view(tx, entry.user_id))
        return Response(entered, status_code=201 if entry.is_new else 200)

    return await database.run(work)


@get("/me", status_code=200)
async def get_me(caller: NamedDependency[Caller], database: NamedDependency[Database]) -> OwnView:
    """The caller's own view."""
    return await database.read(lambda tx: own_view(tx, caller.user_id))


@patch("/me", status_code=200)
async def edit_me(
    caller: NamedDependency[Caller],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    data: JSONBody[EditProfile],
) -> OwnView:
    """Change name, date of birth, gender or country; what is not sent stays.

    The room one is in hears of it at once.
    """

    async def work(tx: Transaction) -> OwnView:
        # Held from the start: what rooms hear of it comes in the order of the changes.
        await accounts.lock_user(tx, caller.user_id)
        before = await accounts.cards(tx, [caller.user_id])
        await service.edit_profile(tx, caller.user_id, data, settings)
        if await accounts.cards(tx, [caller.user_id]) != before:
            await cards.tell(tx, caller.user_id)
        return await own_view(tx, caller.user_id)

    return await database.run(work)


ROUTES = [register, log_in, enter_with_identity, get_me, edit_me]
