"""Passwords: argon2id, and Laravel's bcrypt until its owner logs in the next time.

Hashing costs tens of milliseconds and 64 MiB each, so it runs in two threads beside the event
loop, and a queue that grows too long answers 503 instead of growing on. One address may fill a
small part of it only, so that whoever floods it shuts nobody out but himself.
"""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from flylive.errors import Unavailable
from flylive.http.addresses import NOWHERE, asking, is_loopback
from flylive.ids import new_secret

THREADS = 2
MAX_WAITING = 200
"""Hashes waiting per process: some ten seconds of work."""

MAX_WAITING_OF_ADDRESS = 20
"""Of them, hashes that one address waits for; this machine itself and the worker are exempt."""

BCRYPT_BYTES = 72
"""Laravel's bcrypt looked at so many bytes and no further."""

NO_PASSWORD = "!"  # noqa: S105
"""Kept for an account that has none, such as a social log-in's: no hash, so nothing opens it."""

_ARGON2 = Argon2Hasher()
_BCRYPT = BcryptHasher()
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
_waiting = 0
_waiting_of: Counter[str] = Counter()
_LEAST_COST, _MOST_COST = 10, 14
_bcrypt_cost = _LEAST_COST

T = TypeVar("T")


class Verdict(NamedTuple):
    """Whether the password is right, and the hash that should replace the stored one."""

    is_right: bool
    new_hash: str | None = None


def is_hash(stored: str) -> bool:
    """Whether some password can open what is stored."""
    return BcryptHasher.identify(stored) or Argon2Hasher.identify(stored)


async def hash_password(password: str) -> str:
    """The argon2id hash to keep. Raises Unavailable when too many wait."""
    return await _in_thread(lambda: _ARGON2.hash(password))


async def verify(password: str, stored: str | None) -> Verdict:
    """Compare with a stored hash; without one, do the same work and say no.

    A wrong password costs an argon2id hash and a bcrypt hash, whichever of them is stored, if
    any: on a busy machine no fixed delay would hide that one of the two is quicker.

    Raises Unavailable when too many wait.
    """
    return await _in_thread(lambda: _verify(password, stored))


def _verify(password: str, stored: str | None) -> Verdict:
    argon2, laravels = _dummy_hash(), _dummy_bcrypt(_bcrypt_cost)
    if stored is not None and BcryptHasher.identify(stored):
        _learn_cost(stored)
        if _is_right_for_bcrypt(password, stored):
            return Verdict(True, _ARGON2.hash(password))
        _ARGON2.verify(password, argon2)
        return Verdict(False)
    known = stored is not None and Argon2Hasher.identify(stored)
    is_right = _ARGON2.verify(password, stored if known and stored else argon2) and known
    if not is_right:
        _is_right_for_bcrypt(password, laravels)
        return Verdict(False)
    if stored and _ARGON2.check_needs_rehash(stored):
        return Verdict(True, _ARGON2.hash(password))
    return Verdict(True)


def _is_right_for_bcrypt(password: str, stored: str) -> bool:
    try:
        return _BCRYPT.verify(password.encode()[:BCRYPT_BYTES], stored)
    except ValueError:
        # It has a hash's shape, but a cost or a salt that no bcrypt could have made.
        return False


def _learn_cost(stored: str) -> None:
    """Let dummies cost what Laravel's hashes here do: 10 or 12, by its version."""
    global _bcrypt_cost
    cost = stored.split("$")[2]
    if cost.isdigit() and _LEAST_COST <= int(cost) <= _MOST_COST:
        _bcrypt_cost = int(cost)


@functools.cache
def _dummy_hash() -> str:
    return _ARGON2.hash(new_secret())


@functools.cache
def _dummy_bcrypt(cost: int) -> str:
    return BcryptHasher(rounds=cost).hash(new_secret())


async def _in_thread(work: Callable[[], T]) -> T:
    global _waiting
    address = asking.get()
    is_bounded = address != NOWHERE and not is_loopback(address)
    is_full = is_bounded and _waiting_of[address] >= MAX_WAITING_OF_ADDRESS
    if _waiting >= MAX_WAITING or is_full:
        raise Unavailable("Too many log-ins at once", retry_after=2)
    _waiting += 1
    _waiting_of[address] += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1
        _waiting_of[address] -= 1
        if not _waiting_of[address]:
            del _waiting_of[address]
