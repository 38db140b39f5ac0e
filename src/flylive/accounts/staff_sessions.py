"""Sessions of the console: rows of ``sessions``, found by the hash of a random cookie.

A session ends by itself after a while without a request, and after so many hours in any case;
it ends at once with a block, a lost role or another password, whose rows are looked up with it
at each request. `id` is the SHA-256 of the cookie, so a row opens nothing; `payload` holds when
and by what the session was opened.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.accounts.staff import Role
from flylive.accounts.totp import Factor
from flylive.clock import now
from flylive.config import Settings
from flylive.database import Reading, Transaction
from flylive.http.addresses import Origin
from flylive.ids import sha256_hex

TOUCH_SECONDS = 60
"""How far `last_activity` may lag behind."""
SECRET_BYTES = 32
MAX_COOKIE = 128


class Payload(msgspec.Struct, kw_only=True):
    """``sessions.payload``: Unix seconds, and what was proved beside the password, if anything."""

    started_at: int = 0
    factor: Factor = "password"


class StaffSession(NamedTuple):
    """A session that holds, whose it is, and in which role he is now."""

    id: str
    user_id: int
    role: Role
    factor: Factor
    started_at: datetime
    last_activity: datetime


_FIND = text(
    """
    SELECT s.id, s.user_id, s.payload, s.last_activity, m.role
    FROM sessions s JOIN users u ON u.id = s.user_id JOIN staff_members m ON m.user_id = s.user_id
    WHERE s.id = :id AND u.deleted_at IS NULL AND NOT u.is_blocked
    """
)
_OPEN = text(
    """
    INSERT INTO sessions (id, user_id, ip_address, user_agent, payload, last_activity)
    VALUES (:id, :user_id, :ip_address, :user_agent, :payload, :at)
    """
)
_TOUCH = text("UPDATE sessions SET last_activity = :at WHERE id = :id AND last_activity < :at")
_END = text("DELETE FROM sessions WHERE id = :id RETURNING user_id")
_OWNER = text("SELECT user_id FROM sessions WHERE id = :id")
_LIST = text(
    """
    SELECT s.*, m.role FROM sessions s JOIN staff_members m ON m.user_id = s.user_id
    WHERE (CAST(:user_id AS bigint) IS NULL OR s.user_id = :user_id)
      AND (s.last_activity, s.id) < (CAST(:before_at AS bigint), CAST(:before_id AS text))
      AND s.last_activity > :idle_since
      AND CAST(CAST(s.payload AS json) ->> 'started_at' AS bigint) > :started_since
    ORDER BY s.last_activity DESC, s.id DESC LIMIT :limit
    """
)
# One that reached its last hour is no longer touched, and so is idle soon.
_DELETE_EXPIRED = text("DELETE FROM sessions WHERE last_activity <= :idle_since")


def csrf_token(cookie: str) -> str:
    """What a page of ours sends with each act: only who may read our answers can know it."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


async def open_session(
    tx: Transaction, user_id: int, factor: Factor, origin: Origin
) -> tuple[str, str]:
    """A new session of a locked user; its cookie, seen this once, and its id."""
    cookie = secrets.token_urlsafe(SECRET_BYTES)
    moment = int(now().timestamp())
    session_id = sha256_hex(cookie)
    await tx.execute(
        _OPEN,
        {
            "id": session_id,
            "user_id": user_id,
            "ip_address": origin.ip_address,
            "user_agent": origin.user_agent,
            "payload": msgspec.json.encode(Payload(started_at=moment, factor=factor)).decode(),
            "at": moment,
        },
    )
    return cookie, session_id


async def find_session(tx: Reading, settings: Settings, session_id: str) -> StaffSession | None:
    """The session, where it holds now."""
    row = await tx.row(_FIND, {"id": session_id})
    if row is None:
        return None
    session = _session(row)
    since_idle, since_start = _bounds(settings)
    if session.last_activity <= since_idle or session.started_at <= since_start:
        return None
    return session


async def touch(tx: Transaction, session_id: str) -> None:
    """Note that the session was used."""
    await tx.execute(_TOUCH, {"id": session_id, "at": int(now().timestamp())})


def is_stale(session: StaffSession) -> bool:
    """Whether the session's use has to be noted again."""
    return now() - session.last_activity >= timedelta(seconds=TOUCH_SECONDS)


async def end_session(tx: Transaction, session_id: str) -> int | None:
    """End one session; whose it was, None where there was none."""
    user_id: int | None = await tx.scalar(_END, {"id": session_id})
    return user_id


async def find_owner(tx: Reading, session_id: str) -> int | None:
    """Whose session this is, whether or not it still holds."""
    user_id: int | None = await tx.scalar(_OWNER, {"id": session_id})
    return user_id


async def list_sessions(
    tx: Reading,
    settings: Settings,
    *,
    user_id: int | None,
    limit: int,
    before: tuple[int, str] | None,
) -> Sequence[Row[Any]]:
    """Up to `limit` sessions that hold, last used first; of one user, or of everybody."""
    since_idle, since_start = _bounds(settings)
    at, last = before or (2**62, "")
    return await tx.rows(
        _LIST,
        {
            "user_id": user_id,
            "limit": limit,
            "before_at": at,
            "before_id": last,
            "idle_since": int(since_idle.timestamp()),
            "started_since": int(since_start.timestamp()),
        },
    )


async def delete_expired(tx: Transaction, settings: Settings) -> int:
    """Delete the sessions that ended by themselves; how many they were."""
    since_idle, _ = _bounds(settings)
    return (await tx.execute(_DELETE_EXPIRED, {"idle_since": int(since_idle.timestamp())})).rowcount


def payload_of(row: Row[Any]) -> Payload:
    """What a row's payload says."""
    return msgspec.json.decode(row.payload, type=Payload)


def moment(seconds: int) -> datetime:
    """The moment of so many Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def _session(row: Row[Any]) -> StaffSession:
    payload = payload_of(row)
    return StaffSession(
        row.id,
        row.user_id,
        Role(row.role),
        payload.factor,
        moment(payload.started_at),
        moment(row.last_activity),
    )


def _bounds(settings: Settings) -> tuple[datetime, datetime]:
    """Used no later than the first, or opened no later than the second, a session is over."""
    at = now()
    return (
        at - timedelta(minutes=settings.staff_session_idle_minutes),
        at - timedelta(hours=settings.staff_session_hours),
    )
