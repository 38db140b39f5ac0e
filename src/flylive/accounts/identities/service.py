"""The verbs of identities: enter or sign up, link, unlink, prove oneself.

Id tokens arrive here verified, since that may wait for the provider's keys.
"""

from typing import Any, NamedTuple, TypeVar

from msgspec import UNSET, UnsetType
from sqlalchemy import Row

from flylive.accounts import passwords, service
from flylive.accounts import queries as accounts
from flylive.accounts.errors import Blocked
from flylive.accounts.identities import queries
from flylive.accounts.identities.errors import (
    IdentityNotLinked,
    IdentityTaken,
    LastWayIn,
    ProviderLinked,
)
from flylive.accounts.identities.schemas import EnterWithIdentity
from flylive.accounts.identities.tokens import Identity, IdTokens, Provider
from flylive.accounts.service import NewUser
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Unauthenticated
from flylive.http.fields import FieldChecks

LINK_AGE_SECONDS = 10 * 60
"""How old an id token may be that links an identity."""
PROOF_AGE_SECONDS = 5 * 60
"""How old one may be that stands in for a password."""


T = TypeVar("T")


class Entry(NamedTuple):
    """Who came in, and whether his account was opened for it."""

    user_id: int
    is_new: bool


class IdentityProof(NamedTuple):
    """Who proved himself, and with which of his identities."""

    user_id: int
    provider: Provider
    provider_id: str


async def prove_identity(
    database: Database, id_tokens: IdTokens, user_id: int, provider: Provider, id_token: str
) -> IdentityProof:
    """The caller's fresh id token of an identity that he has linked, in place of a password.

    Opens its own transaction; :func:`require_still_linked` looks again in the one that acts on
    the proof. Raises ProviderUnavailable, InvalidIdToken, StaleIdToken, IdentityNotLinked,
    Unavailable.
    """
    identity = await id_tokens.verify(provider, id_token, max_age_seconds=PROOF_AGE_SECONDS)
    owner = await database.read(lambda tx: queries.find_owner(tx, provider, identity.provider_id))
    if owner != user_id:
        raise IdentityNotLinked
    return IdentityProof(user_id, provider, identity.provider_id)


async def require_still_linked(tx: Transaction, proof: IdentityProof) -> None:
    """Raises IdentityNotLinked if it was unlinked meanwhile; call it with the user locked."""
    if await queries.find_owner(tx, proof.provider, proof.provider_id) != proof.user_id:
        raise IdentityNotLinked


async def forget_identities(tx: Transaction, user_id: int) -> None:
    """Unlink all of a user's identities."""
    await queries.delete_identities(tx, user_id)


async def forget_linked_identities(tx: Transaction, user_id: int) -> None:
    """Unlink a user's identities, but for the one by which his account was opened."""
    await queries.delete_linked_identities(tx, user_id)


async def enter(
    tx: Transaction, identity: Identity, data: EnterWithIdentity, settings: Settings
) -> Entry:
    """Whose identity it is; a new account of the token's and the body's fields if nobody's.

    Raises Blocked; for a new account InvalidRequest that names every field at fault or missing,
    and EmailTaken. Of two sign-ups with one identity, the second finds the first's account.
    """
    named = (identity.provider, identity.provider_id)
    await queries.lock_identity(tx, *named)
    user_id = await queries.find_owner(tx, *named)
    user = None if user_id is None else await accounts.lock_user(tx, user_id)
    # Asked again under the user's lock: it may have been unlinked while we waited for that.
    if user is not None and await queries.find_owner(tx, *named) == user.id:
        if user.is_blocked:
            raise Blocked
        return Entry(user.id, is_new=False)
    new_user = _check_sign_up(identity, data, settings)
    await queries.free_from_deleted(tx, *named)
    user_id = await service.register(tx, new_user, passwords.NO_PASSWORD)
    await _insert(tx, user_id, identity)
    return Entry(user_id, is_new=True)


async def link(tx: Transaction, user_id: int, identity: Identity) -> Row[Any]:
    """Link an identity to the user; its row. Raises IdentityTaken, ProviderLinked."""
    await queries.lock_identity(tx, identity.provider, identity.provider_id)
    if await accounts.lock_user(tx, user_id) is None:
        raise Unauthenticated
    owner = await queries.find_owner(tx, identity.provider, identity.provider_id)
    if owner not in (None, user_id):
        raise IdentityTaken
    linked = await queries.list_identities(tx, user_id)
    if any(row.provider == identity.provider for row in linked):
        raise ProviderLinked
    await queries.free_from_deleted(tx, identity.provider, identity.provider_id)
    return await _insert(tx, user_id, identity)


async def unlink(tx: Transaction, user_id: int, provider: str) -> None:
    """Unlink the user's identity at a provider. Raises IdentityNotLinked, LastWayIn.

    The user's lock comes first, so that two at once cannot each leave the other for the last.
    """
    user = await accounts.lock_user(tx, user_id)
    if user is None:
        raise Unauthenticated
    linked = await queries.list_identities(tx, user_id)
    if all(row.provider != provider for row in linked):
        raise IdentityNotLinked
    has_password = passwords.is_hash(user.password) and (user.email or user.phone)
    if len(linked) == 1 and not has_password:
        raise LastWayIn
    await queries.delete_identity(tx, user_id, provider)


async def _insert(tx: Transaction, user_id: int, identity: Identity) -> Row[Any]:
    return await queries.insert_identity(
        tx, user_id, identity.provider, identity.provider_id, identity.email
    )


def _check_sign_up(identity: Identity, data: EnterWithIdentity, settings: Settings) -> NewUser:
    """The new account's fields as they are kept: the body's, the provider's name, its e-mail."""
    checks = FieldChecks()
    name = identity.name if data.name is None else data.name
    fields = {"name": name, "dob": data.dob, "gender": data.gender, "country": data.country}
    for field, value in fields.items():
        if value is None:
            checks.refuse(field, "is needed to open an account")
    profile = service.check_profile(
        checks,
        settings,
        name=_sent(name),
        dob=_sent(data.dob),
        gender=_sent(data.gender),
        country=_sent(data.country),
    )
    checks.done()
    if identity.email is None or not identity.is_email_verified:
        return NewUser.of(profile)
    return NewUser.of(profile, email=identity.email, email_verified_at=now())


def _sent(value: T | None) -> T | UnsetType:
    return UNSET if value is None else value
