"""A forgotten password, step by step.

Asking only notes that somebody asked: the worker looks the account up, makes the secret and
sends it, so that the answer is the same, in words and in time, whether there is an account.

Resetting goes the log-in's way: the try is counted and committed before it is looked at, so
that no number of parallel guesses gets more than :data:`codes.TRIES`; hashes are computed
between transactions; the secret is used up in the transaction that changes the password.
"""

import hmac
from typing import Any, Literal

from sqlalchemy import Row

from flylive import jobs
from flylive.accounts import code_limits, codes, login, notices, passwords
from flylive.accounts.contacts import queries as contacts
from flylive.accounts.identities.service import (
    forget_identities,
    forget_linked_identities,
)
from flylive.accounts.recovery import queries, tasks
from flylive.accounts.recovery.errors import ResetInvalid
from flylive.accounts.sessions import end_all, tell_revoked
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.ids import sha256_hex

PURPOSE = "reset"


async def ask_by_email(tx: Transaction, settings: Settings, email: str, host: str | None) -> None:
    """Let a token be sent to this address, if somebody has it. Raises TooManyRequests."""
    await code_limits.take_code(tx, PURPOSE, code_limits.subject("email", email))
    await code_limits.take_address(tx, settings, host)
    await jobs.defer(tx, tasks.RESET_MAIL, email=email)


async def ask_by_phone(tx: Transaction, settings: Settings, phone: str, host: str | None) -> None:
    """Let a code be sent to this number, if somebody has it. Raises TooManyRequests."""
    await code_limits.take_code(tx, PURPOSE, code_limits.subject("phone", phone))
    await code_limits.take_address(tx, settings, host)
    await jobs.defer(tx, tasks.RESET_SMS, phone=phone)


async def reset_by_email(
    database: Database, settings: Settings, email: str, token: str, password: str, host: str | None
) -> int:
    """Set the password with a mailed token; the user's id. Opens its own transactions.

    Raises TooManyRequests, ResetInvalid, Unavailable.
    """

    async def take_try(tx: Transaction) -> str | None:
        await code_limits.take_guess(tx, PURPOSE, code_limits.subject("email", email))
        await code_limits.take_address(tx, settings, host)
        return await queries.take_token_try(tx, email, codes.TRIES)

    digest = sha256_hex(token)
    kept = await database.run(take_try)
    if kept is None or not hmac.compare_digest(kept, digest):
        raise ResetInvalid("token")
    new_hash = await passwords.hash_password(password)

    async def work(tx: Transaction) -> int:
        user = await queries.lock_by_email(tx, email)
        if user is None or not await queries.use_token(tx, email, digest):
            raise ResetInvalid("token")
        await _recover(tx, user, "email", new_hash)
        return int(user.id)

    return await database.run(work)


async def reset_by_phone(
    database: Database, settings: Settings, phone: str, code: str, password: str, host: str | None
) -> int:
    """Set the password with a code from an SMS; the user's id. Opens its own transactions.

    Raises TooManyRequests, ResetInvalid, Unavailable.
    """

    async def take_try(tx: Transaction) -> str | None:
        await code_limits.take_guess(tx, PURPOSE, code_limits.subject("phone", phone))
        await code_limits.take_address(tx, settings, host)
        return await queries.take_code_try(tx, phone, codes.TRIES)

    kept = await database.run(take_try)
    is_right = await codes.is_code(settings, code, kept, PURPOSE, phone)
    if kept is None or not is_right:
        raise ResetInvalid("code")
    new_hash = await passwords.hash_password(password)

    async def work(tx: Transaction) -> int:
        user = await queries.lock_by_phone(tx, phone)
        if user is None or not await queries.use_code(tx, user.id, kept):
            raise ResetInvalid("code")
        await _recover(tx, user, "phone", new_hash)
        return int(user.id)

    return await database.run(work)


async def _recover(
    tx: Transaction, user: Row[Any], kind: Literal["email", "phone"], new_hash: str
) -> None:
    """Give a locked user another password, proved by his e-mail or phone.

    Whoever signed up may have done so with somebody else's address, whose owner followed the
    link in the mail; whoever had a stolen access token may have linked an identity of his own.
    So every way in that nobody proved is shut each time: linked identities go, and the other
    address, if it was never proved, cannot reset the password until it is. Only the identity by
    which an account without a password was opened stays.
    """
    proved = {"email": user.email_verified_at, "phone": user.phone_verified_at}
    other: Literal["email", "phone"] = "phone" if kind == "email" else "email"
    barred = other if proved[other] is None else None
    if proved[kind] is None or passwords.is_hash(user.password):
        await forget_identities(tx, user.id)
    else:
        await forget_linked_identities(tx, user.id)
    await queries.recover(tx, user.id, new_hash, kind=kind, barred=barred)
    await contacts.delete_verification(tx, user.id)
    tell_revoked(tx, user.id, await end_all(tx, user.id))
    await login.forget_tries(tx, user.id)
    await after_new_password(tx, user.id, user.email)


async def after_new_password(tx: Transaction, user_id: int, email: str | None) -> None:
    """What ends with an old password: open resets, pending changes of e-mail and phone.

    Its owner is told. Call it with the user locked, whenever his password changed.
    """
    await queries.delete_open(tx, user_id, email)
    await contacts.delete_changes(tx, user_id)
    await jobs.defer(tx, notices.PASSWORD_NOTICE, user_id=user_id)
