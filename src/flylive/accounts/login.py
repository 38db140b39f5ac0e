"""Proving a password: counted before it is looked at, so parallel guesses gain nothing.

Steps between transactions, since a hash takes far longer than a transaction should: find the
account, take one of its tries and commit that, verify, and give the try back if the password
was right. An unknown account goes the same way with buckets of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from flylive.accounts import passwords, queries, rules
from flylive.accounts.errors import Locked, NoPassword, WrongCode, WrongCredentials, WrongPassword
from flylive.database import Database, Reading, Transaction
from flylive.errors import Unavailable
from flylive.http import limits, marks
from flylive.http.addresses import network
from flylive.ids import sha256_hex

ADDRESS_TRIES, ADDRESS_WINDOW_SECONDS = 5, 15 * 60
"""Wrong passwords for one account from one address."""
ACCOUNT_TRIES, ACCOUNT_WINDOW_SECONDS = 50, 60 * 60
"""Wrong passwords for one account in all; addresses it was entered from do not count here."""
KNOWN_ADDRESS_SECONDS = 30 * 24 * 60 * 60
REFUSAL_SECONDS = 0.4
"""A wrong password is answered no sooner: Laravel's bcrypt and argon2id take unlike times."""

T = TypeVar("T")


class Proof(NamedTuple):
    """Whose password was right, the hash it was compared with, the one to replace it if any."""

    user_id: int
    proved_hash: str
    new_hash: str | None


class _Taken(NamedTuple):
    """What a try was counted in: windows by name and moment, and the address's own limit."""

    hits: list[tuple[str, int]]
    by_address: limits.Limit | None


class _Account(NamedTuple):
    """Whom a log-in names: a user, or nobody, under the name of his buckets."""

    name: str
    user_id: int | None
    password: str | None


async def prove(
    database: Database,
    login: str,
    password: str,
    host: str | None,
    by_address: limits.Limit | None = None,
) -> Proof:
    """Whose log-in this is, if the password is right. `host` is the client's address.

    `by_address` bounds the wrong passwords of one address for whichever accounts. Raises Locked,
    TooManyRequests, and WrongCredentials in the same words and time for an unknown account.
    """
    answer_at = time.monotonic() + REFUSAL_SECONDS
    account = await database.read(lambda tx: _find(tx, login))
    proof = await _verify(database, account, password, network(host), answer_at, by_address)
    if proof is None:
        raise WrongCredentials
    return proof


async def prove_again(database: Database, user_id: int, password: str, host: str | None) -> Proof:
    """The caller's own password, asked for once more; counted with the log-in's tries.

    Raises Locked, WrongPassword, and NoPassword where the account has none.
    """

    async def find(tx: Reading) -> _Account:
        user = await queries.find_user(tx, user_id)
        if user is not None and not passwords.is_hash(user.password):
            raise NoPassword
        return _Account(f"user:{user_id}", user_id, user.password if user else None)

    answer_at = time.monotonic() + REFUSAL_SECONDS
    account = await database.read(find)
    proof = await _verify(database, account, password, network(host), answer_at, None)
    if proof is None:
        raise WrongPassword
    return proof


async def counted(
    database: Database, user_id: int, host: str | None, attempt: Callable[[], Awaitable[T]]
) -> T:
    """What `attempt` to prove a code gives, each counted before it is looked at.

    Its WrongCode uses up a try, in numbers like the password's own but apart from them. Raises
    Locked besides.
    """
    account = _Account(f"code:{user_id}", user_id, None)
    taken = await database.run(lambda tx: _take_try(tx, account, network(host), None))
    try:
        result = await attempt()
    except WrongCode:
        raise
    except BaseException:
        await database.run(lambda tx: _give_back(tx, taken))
        raise
    await database.run(lambda tx: _give_back(tx, taken))
    return result


async def remember(tx: Transaction, user_id: int, host: str | None) -> None:
    """Remember where an account was entered from: that address keeps its own allowance."""
    await marks.put(tx, _address_mark(user_id, network(host)), KNOWN_ADDRESS_SECONDS)


async def forget_tries(tx: Transaction, user_id: int) -> None:
    """Open a locked log-in again, for whoever proved in another way whose account it is."""
    await limits.empty(tx, f"login:user:{user_id}")


async def _find(tx: Reading, login: str) -> _Account:
    trimmed = login.strip()
    email = phone = signature = None
    if "@" in trimmed:
        email = trimmed
    else:
        number = "+" + trimmed.removeprefix("+").removeprefix("00")
        try:
            phone = rules.phone(number, None)
        except ValueError:
            phone = None
        signature = trimmed
    user = await queries.find_login(tx, email=email, phone=phone, signature=signature)
    if user is None:
        digest = sha256_hex(phone or trimmed.lower())
        return _Account(f"unknown:{digest}", None, None)
    return _Account(f"user:{user.id}", user.id, user.password)


async def _verify(
    database: Database,
    account: _Account,
    password: str,
    address: str,
    answer_at: float,
    by_address: limits.Limit | None,
) -> Proof | None:
    taken = await database.run(lambda tx: _take_try(tx, account, address, by_address))
    try:
        verdict = await passwords.verify(password, account.password)
    except Unavailable:
        # Nothing was looked at, so no try is used up.
        await database.run(lambda tx: _give_back(tx, taken))
        raise
    if verdict.is_right and account.user_id is not None and account.password is not None:
        await database.run(lambda tx: _give_back(tx, taken))
        return Proof(account.user_id, account.password, verdict.new_hash)
    await asyncio.sleep(max(0.0, answer_at - time.monotonic()))
    return None


async def _take_try(
    tx: Transaction, account: _Account, address: str, by_address: limits.Limit | None
) -> _Taken:
    """Count a try wherever it counts, or nowhere: Locked and TooManyRequests roll back."""
    await limits.take_within(tx, by_address)
    buckets = [(f"login:{account.name}:{address}", ADDRESS_TRIES, ADDRESS_WINDOW_SECONDS)]
    # Asked for nobody too, so that an unknown account costs the same queries.
    if await marks.seconds_left(tx, _address_mark(account.user_id or 0, address)) is None:
        buckets.append((f"login:{account.name}", ACCOUNT_TRIES, ACCOUNT_WINDOW_SECONDS))
    hits = []
    for name, tries, window_seconds in buckets:
        hit = await limits.hit(tx, name, tries, window_seconds)
        if not hit.is_allowed:
            raise Locked(retry_after=hit.retry_after_seconds)
        hits.append((name, hit.at))
    return _Taken(hits, by_address)


async def _give_back(tx: Transaction, taken: _Taken) -> None:
    await limits.put_back(tx, taken.by_address)
    for name, at in taken.hits:
        await limits.give_back(tx, name, at)


def _address_mark(user_id: int, address: str) -> str:
    return f"login-address:{user_id}:{address}"
