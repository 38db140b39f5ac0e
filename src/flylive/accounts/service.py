"""The accounts' verbs: sign up, enter, leave, edit.

Locks: the user, then his tokens. Passwords arrive here already hashed or proved
(`passwords`, `login`), since hashing takes far longer than a transaction should.
"""

from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType
from sqlalchemy.exc import IntegrityError

from flylive.accounts import queries, rules
from flylive.accounts.errors import (
    Blocked,
    EmailTaken,
    PhoneTaken,
    SignatureTaken,
    UnknownToken,
    WrongCredentials,
    WrongPassword,
)
from flylive.accounts.login import Proof
from flylive.accounts.schemas import EditProfile, Register
from flylive.accounts.sessions import end_console, tell_revoked
from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Transaction
from flylive.errors import Unauthenticated, Unavailable
from flylive.fairness import seeds
from flylive.http.addresses import UNKNOWN, Origin
from flylive.http.fields import FieldChecks
from flylive.ids import new_secret, new_signature, sha256_hex

DEFAULT_DEVICE = "unnamed device"
SIGNATURE_TRIES = 20

_TAKEN: dict[str, type[EmailTaken] | type[PhoneTaken]] = {
    "uq_users_email": EmailTaken,
    "uq_users_phone": PhoneTaken,
}
_SIGNATURE = "uq_users_signature"


class Profile(NamedTuple):
    """A person's own fields as they are kept; None for what was not sent or is at fault."""

    name: str | None
    dob: date | None
    gender: int | None
    country: str | None


class NewUser(NamedTuple):
    """A checked sign-up, every field as it is kept."""

    name: str
    dob: date
    gender: int
    country: str
    email: str | None = None
    phone: str | None = None
    email_verified_at: datetime | None = None

    @classmethod
    def of(cls, profile: Profile, **contact: Any) -> "NewUser":
        """Of a profile that was sent in full and found to be in order."""
        name, dob, gender, country = profile
        assert name is not None
        assert dob is not None
        assert gender is not None
        assert country is not None
        return cls(name, dob, gender, country, **contact)


def check_profile(
    checks: FieldChecks,
    settings: Settings,
    *,
    name: str | UnsetType = UNSET,
    dob: date | UnsetType = UNSET,
    gender: int | UnsetType = UNSET,
    country: str | UnsetType = UNSET,
) -> Profile:
    """The fields that were sent, as they are kept; `checks` learns of those at fault."""
    today = business_day(now(), settings.timezone)
    return Profile(
        checks.field("name", rules.name, name),
        checks.field("dob", lambda day: rules.date_of_birth(day, today, settings.minimum_age), dob),
        None if gender is UNSET else gender,
        checks.field("country", rules.country, country),
    )


def check_registration(data: Register, settings: Settings) -> NewUser:
    """The fields as they are kept. Raises InvalidRequest that names every field at fault."""
    checks = FieldChecks()
    profile = check_profile(
        checks, settings, name=data.name, dob=data.dob, gender=data.gender, country=data.country
    )
    email = phone = None
    if data.email is not None:
        email = checks.field("email", rules.email, data.email)
    if data.phone is not None:
        phone = checks.field("phone", lambda text: rules.phone(text, profile.country), data.phone)
    if data.email is None and data.phone is None:
        checks.refuse("email", "an e-mail or a phone number is needed")
    checks.field("password", rules.password, data.password)
    checks.done()
    return NewUser.of(profile, email=email, phone=phone)


async def register(tx: Transaction, user: NewUser, password_hash: str) -> int:
    """A new user with a random signature and a pair of seeds; his id.

    Raises EmailTaken, PhoneTaken.

    The unique indexes decide, so of many at once exactly one wins.
    """
    moment = now()
    for _ in range(SIGNATURE_TRIES):
        try:
            async with tx.connection.begin_nested():
                user_id = await queries.insert_user(
                    tx,
                    **user._asdict(),
                    password=password_hash,
                    signature=new_signature(),
                    at=moment,
                )
        except IntegrityError as error:
            constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
            if constraint in _TAKEN:
                raise _TAKEN[constraint] from error
            if constraint != _SIGNATURE:
                raise
        else:
            await seeds.commit_to(tx, [user_id])
            return user_id
    raise Unavailable("No free signature was found")


async def issue_token(
    tx: Transaction,
    user_id: int,
    device_name: str | None,
    origin: Origin = UNKNOWN,
    *,
    days: int = 0,
) -> str:
    """A new access token, ``{id}|{secret}``: the only time that the secret is seen.

    It holds for so many days, or with 0 until somebody ends it.
    """
    secret = new_secret()
    token_id = await queries.insert_token(
        tx, user_id, device_name or DEFAULT_DEVICE, sha256_hex(secret), origin, days=days
    )
    return f"{token_id}|{secret}"


async def enter(
    tx: Transaction, proof: Proof, device_name: str | None, origin: Origin, *, days: int
) -> str:
    """A token for whoever proved his password; an old hash is replaced by a new one.

    Raises Blocked, and WrongCredentials where account or password have changed meanwhile.
    """
    user = await queries.lock_user(tx, proof.user_id)
    if user is None or user.password != proof.proved_hash:
        raise WrongCredentials
    if user.is_blocked:
        raise Blocked
    if proof.new_hash is not None:
        await queries.update_password(tx, proof.user_id, proof.new_hash)
    return await issue_token(tx, proof.user_id, device_name, origin, days=days)


async def revoke_token(tx: Transaction, user_id: int, token_id: int) -> None:
    """End one of the user's tokens, everywhere at once. Raises UnknownToken."""
    revoked = await queries.delete_tokens(tx, user_id, only=token_id)
    if not revoked:
        raise UnknownToken
    tell_revoked(tx, user_id, revoked)


async def revoke_other_tokens(tx: Transaction, user_id: int, kept_token_id: int) -> None:
    """End all of the user's tokens but one."""
    tell_revoked(tx, user_id, await queries.delete_tokens(tx, user_id, but=kept_token_id))


async def change_password(tx: Transaction, proof: Proof, new_hash: str, kept_token_id: int) -> None:
    """Keep another password and end every other token, and the console sessions.

    Raises WrongPassword where the proved one is no longer the current one.
    """
    user = await queries.lock_user(tx, proof.user_id)
    if user is None:
        raise Unauthenticated
    if user.password != proof.proved_hash:
        raise WrongPassword
    await queries.update_password(tx, proof.user_id, new_hash)
    await end_console(tx, proof.user_id)
    await revoke_other_tokens(tx, proof.user_id, kept_token_id)


async def change_signature(tx: Transaction, user_id: int, signature: str) -> None:
    """Give a locked user another public id. Raises SignatureTaken."""
    try:
        async with tx.connection.begin_nested():
            await queries.update_signature(tx, user_id, signature)
    except IntegrityError as error:
        raise SignatureTaken from error


async def edit_profile(
    tx: Transaction, user_id: int, data: EditProfile, settings: Settings
) -> None:
    """Change the fields that were sent. Raises InvalidRequest that names those at fault."""
    checks = FieldChecks()
    changes = check_profile(
        checks, settings, name=data.name, dob=data.dob, gender=data.gender, country=data.country
    )
    checks.done()
    if any(value is not None for value in changes):
        await queries.update_profile(tx, user_id, **changes._asdict())
