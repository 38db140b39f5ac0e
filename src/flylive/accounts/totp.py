"""Codes from the staff's phones (RFC 6238: six digits, half a minute, SHA-1 as all phones do).

The secret is encrypted with a key that is not in the database, bound to its user. A code is good
for its half minute and the ones beside it, and once: the half minutes that a phone may still use
only move on. Recovery codes are random, kept as a keyed hash, shown once, each good once. Every
function is called with the user's row locked; who asks counts the tries (`login.counted`).
"""

import base64
import hashlib
import hmac
import secrets
from typing import Literal, NamedTuple

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text

from flylive import keys
from flylive.accounts.errors import (
    CodeNeeded,
    TotpEnrolled,
    TotpNotBegun,
    TotpUnreadable,
    WrongCode,
)
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Reading, Transaction

Factor = Literal["password", "totp", "recovery_code"]
"""What a session was opened by: the password alone, or a code of the phone or of paper besides."""
ISSUER = "FlyLive console"
STEP_SECONDS = 30
SKEW_STEPS = 1
RECOVERY_CODES = 10
MAX_CODE = 32
_NONCE_BYTES = 12
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters and digits that nobody takes for one another."""
_RECOVERY_LENGTH = 12


class Enrolment(NamedTuple):
    """What the phone has to learn: the secret (base32), its address, and that as a picture."""

    secret: str
    uri: str
    qr: str


_FIND = text("SELECT secret, confirmed_at, last_step FROM staff_totp WHERE user_id = :user_id")
_IS_ENROLLED = text(
    "SELECT EXISTS (SELECT FROM staff_totp WHERE user_id = :user_id AND confirmed_at IS NOT NULL)"
)
_BEGIN = text(
    """
    INSERT INTO staff_totp AS t (user_id, secret, created_at) VALUES (:user_id, :secret, :at)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at
    WHERE t.confirmed_at IS NULL
    RETURNING user_id
    """
)
_CONFIRM = text("UPDATE staff_totp SET confirmed_at = :at WHERE user_id = :user_id")
_USE_STEP = text(
    """
    UPDATE staff_totp SET last_step = :step WHERE user_id = :user_id AND last_step < :step
    RETURNING user_id
    """
)
_FORGET = text("DELETE FROM staff_totp WHERE user_id = :user_id RETURNING confirmed_at")
_USE_RECOVERY = text(
    "DELETE FROM staff_recovery_codes WHERE user_id = :user_id AND code = :code RETURNING user_id"
)
_DELETE_RECOVERY = text("DELETE FROM staff_recovery_codes WHERE user_id = :user_id")
_KEEP_RECOVERY = text(
    """
    INSERT INTO staff_recovery_codes (user_id, code, created_at)
    SELECT :user_id, unnest(CAST(:codes AS text[])), :at
    """
)
_COUNT_RECOVERY = text("SELECT count(*) FROM staff_recovery_codes WHERE user_id = :user_id")


async def is_enrolled(tx: Reading, user_id: int) -> bool:
    """Whether his log-in needs a code."""
    return bool(await tx.scalar(_IS_ENROLLED, {"user_id": user_id}))


async def count_recovery_codes(tx: Reading, user_id: int) -> int:
    """How many recovery codes he has left."""
    return int(await tx.scalar(_COUNT_RECOVERY, {"user_id": user_id}))


async def begin(tx: Transaction, settings: Settings, user_id: int, label: str) -> Enrolment:
    """A new secret, which counts once it is confirmed; an unconfirmed one is replaced.

    `label` is what the phone shows beside the issuer. Raises TotpEnrolled.
    """
    secret = pyotp.random_base32()
    sealed = _seal(settings, user_id, secret)
    begun = await tx.scalar(_BEGIN, {"user_id": user_id, "secret": sealed, "at": now()})
    if begun is None:
        raise TotpEnrolled
    uri = pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)
    picture = segno.make(uri, error="m").svg_data_uri(scale=4, border=2)
    return Enrolment(secret, uri, picture)


async def confirm(tx: Transaction, settings: Settings, user_id: int, code: str) -> list[str]:
    """Let the phone count from now on; the recovery codes, seen this once.

    Raises TotpNotBegun, TotpEnrolled, WrongCode.
    """
    row = await tx.row(_FIND, {"user_id": user_id})
    if row is None:
        raise TotpNotBegun
    if row.confirmed_at is not None:
        raise TotpEnrolled
    await _use_step(tx, settings, user_id, row.secret, row.last_step, code)
    await tx.execute(_CONFIRM, {"user_id": user_id, "at": now()})
    return await renew_recovery_codes(tx, settings, user_id)


async def renew_recovery_codes(tx: Transaction, settings: Settings, user_id: int) -> list[str]:
    """New recovery codes in place of all older ones, seen this once."""
    codes = [
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    await tx.execute(_DELETE_RECOVERY, {"user_id": user_id})
    await tx.execute(
        _KEEP_RECOVERY,
        {"user_id": user_id, "codes": [_digest(settings, one) for one in codes], "at": now()},
    )
    return ["-".join((one[:4], one[4:8], one[8:])) for one in codes]


async def use(tx: Transaction, settings: Settings, user_id: int, code: str | None) -> Factor:
    """Use up a code of the phone, or a recovery code; which of them it was.

    ``password`` where no phone is set up. Raises CodeNeeded, WrongCode, TotpUnreadable.
    """
    row = await tx.row(_FIND, {"user_id": user_id})
    if row is None or row.confirmed_at is None:
        return "password"
    if not code:
        raise CodeNeeded
    plain = "".join(code.split()).replace("-", "").lower()
    if len(plain) == _RECOVERY_LENGTH:
        digest = _digest(settings, plain)
        if await tx.scalar(_USE_RECOVERY, {"user_id": user_id, "code": digest}) is None:
            raise WrongCode
        return "recovery_code"
    await _use_step(tx, settings, user_id, row.secret, row.last_step, plain)
    return "totp"


async def forget(tx: Transaction, user_id: int) -> bool:
    """Take the phone and its recovery codes off; whether there was one that counted."""
    await tx.execute(_DELETE_RECOVERY, {"user_id": user_id})
    row = await tx.row(_FORGET, {"user_id": user_id})
    return row is not None and row.confirmed_at is not None


async def _use_step(
    tx: Transaction, settings: Settings, user_id: int, sealed: str, last_step: int, code: str
) -> None:
    totp = pyotp.TOTP(_open(settings, user_id, sealed), interval=STEP_SECONDS)
    current = int(now().timestamp()) // STEP_SECONDS
    given = "".join(code.split())
    fits = [
        step
        for step in range(current - SKEW_STEPS, current + SKEW_STEPS + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), given.encode())
        and step > last_step
    ]
    if not fits:
        raise WrongCode
    # The statement decides: of two at once with one code, one finds the step used.
    if await tx.scalar(_USE_STEP, {"user_id": user_id, "step": fits[0]}) is None:
        raise WrongCode


def _digest(settings: Settings, code: str) -> str:
    key = keys.derive(settings, "staff recovery codes")
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()


def _seal(settings: Settings, user_id: int, secret: str) -> str:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = _cipher(settings).encrypt(nonce, secret.encode(), str(user_id).encode())
    return base64.b64encode(nonce + sealed).decode()


def _open(settings: Settings, user_id: int, sealed: str) -> str:
    raw = base64.b64decode(sealed)
    nonce, body = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    try:
        return _cipher(settings).decrypt(nonce, body, str(user_id).encode()).decode()
    except InvalidTag as error:
        raise TotpUnreadable from error


def _cipher(settings: Settings) -> AESGCM:
    return AESGCM(keys.derive(settings, "staff totp"))
