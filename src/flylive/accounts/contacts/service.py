"""Proving an e-mail, changing e-mail and phone.

A new address gets its code whether or not another account has it: whoever reads the code there
may be told so, and nobody else learns it.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from flylive import jobs
from flylive.accounts import code_limits, codes, notices
from flylive.accounts import queries as accounts
from flylive.accounts.contacts import queries, tasks
from flylive.accounts.contacts.errors import CodeInvalid, NoEmail, VerificationInvalid
from flylive.accounts.contacts.queries import Kind
from flylive.accounts.errors import EmailTaken, PhoneTaken
from flylive.accounts.identities.proofs import require_still_proved
from flylive.accounts.identities.service import IdentityProof
from flylive.accounts.login import Proof
from flylive.accounts.recovery import queries as recovery
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import Unauthenticated
from flylive.ids import sha256_hex

PENDING_SECONDS = 60 * 60
"""How long a change waits for the worker to send its code; from then on it has 5 minutes."""


async def ask_for_verification(
    tx: Transaction, settings: Settings, user_id: int, host: str | None
) -> None:
    """Let a verification mail be sent; where the e-mail is proved already, none is.

    Raises NoEmail, TooManyRequests.
    """
    user = await accounts.lock_user(tx, user_id)
    if user is None:
        raise Unauthenticated
    if user.email is None:
        raise NoEmail
    await code_limits.take_code(tx, "verify", f"user:{user_id}")
    await code_limits.take_address(tx, settings, host)
    was_barred = user.recovery_barred == "email"
    await jobs.defer(tx, tasks.VERIFICATION_MAIL, user_id=user_id, was_barred=was_barred)


async def check_guess(tx: Transaction, settings: Settings, host: str | None) -> None:
    """Count a try with a verification token; committed before it is looked at."""
    await code_limits.take_address(tx, settings, host)


async def verify_email(tx: Transaction, token: str) -> None:
    """The user whose token this is can be reached by his e-mail. Raises VerificationInvalid.

    The token alone suffices: it was mailed to the address that it proves.
    """
    digest = sha256_hex(token)
    user_id = await queries.find_verification(tx, digest)
    user = None if user_id is None else await accounts.lock_user(tx, user_id)
    if user is None:
        raise VerificationInvalid
    if user.email is None or await queries.use_verification(tx, user.id, digest) != user.email:
        raise VerificationInvalid
    await queries.delete_verification(tx, user.id)
    await queries.set_verified(tx, user.id)


async def ask_for_change(
    tx: Transaction,
    settings: Settings,
    proof: Proof | IdentityProof,
    kind: Kind,
    contact: str,
    host: str | None,
) -> None:
    """Let a code be sent to a new e-mail or phone, in place of any other pending change.

    Raises WrongPassword and IdentityNotLinked where the proof holds no more, TooManyRequests.
    """
    user = await accounts.lock_user(tx, proof.user_id)
    if user is None:
        raise Unauthenticated
    await require_still_proved(tx, user, proof)
    await code_limits.take_code(tx, "change", f"{kind}:user:{user.id}")
    await code_limits.take_code(tx, "change", code_limits.subject(kind, contact))
    await code_limits.take_address(tx, settings, host)
    until = now() + timedelta(seconds=PENDING_SECONDS)
    change_id = await queries.put_change(tx, user.id, kind, contact, until)
    await jobs.defer(tx, tasks.CHANGE_CODE, change_id=change_id)


async def prove_change(
    database: Database, settings: Settings, user_id: int, kind: Kind, code: str, host: str | None
) -> Row[Any]:
    """The user's pending change, if this is its code; :func:`change` then makes it.

    Opens its own transactions: the try is committed before it is looked at. Raises CodeInvalid,
    TooManyRequests, Unavailable.
    """

    async def take_try(tx: Transaction) -> Row[Any] | None:
        await code_limits.take_guess(tx, "change", f"{kind}:user:{user_id}")
        await code_limits.take_address(tx, settings, host)
        return await queries.take_try(tx, user_id, kind, codes.TRIES)

    pending = await database.run(take_try)
    if pending is None or not await codes.is_code(
        settings, code, pending.code, f"change-{kind}", user_id, pending.contact
    ):
        raise CodeInvalid
    return pending


async def change(tx: Transaction, user_id: int, kind: Kind, pending: Row[Any]) -> None:
    """Make a proved change. Raises CodeInvalid where it is used; EmailTaken, PhoneTaken.

    What was sent to the former address to reset the password or to prove it holds no more, and
    that address is told.
    """
    user = await accounts.lock_user(tx, user_id)
    if user is None:
        raise Unauthenticated
    if not await queries.use_change(tx, user_id, kind, pending.code):
        raise CodeInvalid
    try:
        async with tx.connection.begin_nested():
            await queries.set_contact(tx, user_id, kind, pending.contact)
    except IntegrityError as error:
        raise (EmailTaken if kind == "email" else PhoneTaken) from error
    if kind == "email":
        await queries.delete_verification(tx, user_id)
    await recovery.delete_open(tx, user_id, user.email)
    former = user.email if kind == "email" else user.phone
    if former is not None and former.lower() != pending.contact.lower():
        await jobs.defer(tx, notices.CONTACT_NOTICE, kind=kind, former=former)
