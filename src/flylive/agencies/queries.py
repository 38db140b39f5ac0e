"""All SQL over agencies, their people and their requests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, tuple_, update

from flylive import badge_checks
from flylive.agencies.models import Agency
from flylive.agencies.schemas import AgencyMembership
from flylive.clock import now
from flylive.database import Reading, Transaction

_LOCK = text("SELECT * FROM agencies WHERE id = :id FOR NO KEY UPDATE")
_JOIN = text(
    "UPDATE users SET agency_id = :agency_id, agency_role = :role, agency_joined_at = :at,"
    " updated_at = :at WHERE id = :user_id"
)
_LEAVE = text(
    "UPDATE users SET agency_id = NULL, agency_role = 'member', agency_joined_at = NULL,"
    " updated_at = :at WHERE id = :user_id"
)
_SET_ROLE = text("UPDATE users SET agency_role = :role, updated_at = :at WHERE id = :user_id")
_COUNT = text(
    "UPDATE agencies SET member_count = member_count + :change, updated_at = :at WHERE id = :id"
)
_RUNNERS = text(
    "SELECT id FROM users WHERE agency_id = :agency_id AND agency_role IN ('admin', 'moderator')"
    " AND deleted_at IS NULL ORDER BY id"
)
_MEMBER_IDS = text(
    "SELECT id, agency_role FROM users WHERE agency_id = :agency_id AND deleted_at IS NULL"
    " ORDER BY id"
)
_MEMBERS = {
    "joined": text(
        """
        SELECT id, agency_role, agency_joined_at, last_active_at, agency_joined_at AS sort_at
        FROM users
        WHERE agency_id = :agency_id AND deleted_at IS NULL
          AND (agency_joined_at, id) > (:after_at, :after_id)
        ORDER BY agency_joined_at, id LIMIT :limit
        """
    ),
    "active": text(
        """
        SELECT id, agency_role, agency_joined_at, last_active_at, sort_at FROM (
            SELECT *, COALESCE(last_active_at, created_at) AS sort_at FROM users
            WHERE agency_id = :agency_id AND deleted_at IS NULL) AS m
        WHERE (sort_at, id) < (:after_at, :after_id)
        ORDER BY sort_at DESC, id DESC LIMIT :limit
        """
    ),
}
_REQUEST_COLUMNS = "r.*, a.name AS agency_name"
_FIND_REQUEST = text(
    f"SELECT {_REQUEST_COLUMNS} FROM agency_member_requests r"
    " JOIN agencies a ON a.id = r.agency_id WHERE r.id = :id"
)
_LOCK_REQUEST = text(
    f"SELECT {_REQUEST_COLUMNS} FROM agency_member_requests r"
    " JOIN agencies a ON a.id = r.agency_id WHERE r.id = :id FOR NO KEY UPDATE OF r"
)
_FIND_PENDING = text(
    "SELECT id FROM agency_member_requests"
    " WHERE agency_id = :agency_id AND user_id = :user_id AND status = 'pending'"
)
_INSERT_REQUEST = text(
    """
    INSERT INTO agency_member_requests (agency_id, user_id, type, message, created_at)
    VALUES (:agency_id, :user_id, :type, :message, :at) RETURNING id
    """
)
_DECIDE = text(
    """
    UPDATE agency_member_requests SET status = :status, processed_by = :by, processed_at = :at
    WHERE id = :id
    """
)
_CANCEL_OPEN = text(
    """
    UPDATE agency_member_requests SET status = 'cancelled', processed_by = :by, processed_at = :at
    WHERE status = 'pending' AND (agency_id = :agency_id OR user_id = :user_id)
    RETURNING id
    """
)
_LIST_REQUESTS = text(
    f"""
    SELECT {_REQUEST_COLUMNS} FROM agency_member_requests r JOIN agencies a ON a.id = r.agency_id
    WHERE r.id < :before AND (CAST(:agency_id AS bigint) IS NULL OR r.agency_id = :agency_id)
      AND (CAST(:user_id AS bigint) IS NULL OR r.user_id = :user_id)
      AND (CAST(:status AS text) IS NULL OR r.status = :status)
      AND (CAST(:type AS text) IS NULL OR r.type = :type)
    ORDER BY r.id DESC LIMIT :limit
    """
)


async def find(tx: Reading, agency_id: int) -> Row[Any] | None:
    """An agency, active or not."""
    return await tx.row(select(Agency.__table__).where(Agency.id == agency_id))


async def lock(tx: Transaction, agency_id: int) -> Row[Any] | None:
    """The agency, which nobody else changes meanwhile. After its people."""
    return await tx.row(_LOCK, {"id": agency_id})


async def create(tx: Transaction, **values: Any) -> Row[Any]:
    """A new agency."""
    at = now()
    statement = insert(Agency).values(**values, created_at=at, updated_at=at)
    return (await tx.execute(statement.returning(Agency.__table__))).one()


async def change(tx: Transaction, agency_id: int, **values: Any) -> Row[Any]:
    """Change columns of a locked agency."""
    statement = update(Agency).where(Agency.id == agency_id).values(**values, updated_at=now())
    return (await tx.execute(statement.returning(Agency.__table__))).one()


async def join(tx: Transaction, agency_id: int, user_id: int, role: str) -> None:
    """Let a locked user be in the agency, count him, and have his badges looked at."""
    at = now()
    values = {"agency_id": agency_id, "user_id": user_id, "role": role, "at": at}
    await tx.execute(_JOIN, values)
    await tx.execute(_COUNT, {"id": agency_id, "change": 1, "at": at})
    await badge_checks.add(tx, "ties", [user_id])


async def leave(tx: Transaction, agency_id: int, user_id: int) -> None:
    """Let a locked user be in no agency, and count him no more."""
    at = now()
    await tx.execute(_LEAVE, {"user_id": user_id, "at": at})
    await tx.execute(_COUNT, {"id": agency_id, "change": -1, "at": at})


async def set_role(tx: Transaction, user_id: int, role: str) -> None:
    """Give a locked member another role."""
    await tx.execute(_SET_ROLE, {"user_id": user_id, "role": role, "at": now()})


async def runners(tx: Reading, agency_id: int) -> list[int]:
    """Who decides about the agency's people."""
    return [row.id for row in await tx.rows(_RUNNERS, {"agency_id": agency_id})]


async def members(tx: Reading, agency_id: int) -> Sequence[Row[Any]]:
    """Everybody in it: `id`, `agency_role`."""
    return await tx.rows(_MEMBER_IDS, {"agency_id": agency_id})


async def list_members(
    tx: Reading, agency_id: int, *, sort: str, after: tuple[datetime, int], limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit` members: in the order of joining, or who was here last first."""
    values = {"agency_id": agency_id, "after_at": after[0], "after_id": after[1], "limit": limit}
    return await tx.rows(_MEMBERS[sort], values)


async def list_agencies(
    tx: Reading,
    *,
    sort: str,
    limit: int,
    after: tuple[Any, int] | None,
    words: str | None = None,
    is_recruiting: bool | None = None,
    status: str | None = "active",
) -> Sequence[Row[Any]]:
    """Up to `limit` agencies; by earnings, by members, or the newest first."""
    columns = Agency.__table__.columns
    key = {"earnings": columns.total_earnings, "members": columns.member_count}.get(sort)
    wanted = select(Agency.__table__)
    if status is not None:
        wanted = wanted.where(text(f"status = '{status}'"))
    if is_recruiting is not None:
        wanted = wanted.where(columns.is_recruiting == is_recruiting)
    if words is not None:
        wanted = wanted.where(columns.name.icontains(words, autoescape=True))
    if after is not None and key is not None:
        wanted = wanted.where(tuple_(key, columns.id) < tuple_(after[0], after[1]))
    elif after is not None:
        wanted = wanted.where(columns.id < after[1])
    order = [columns.id.desc()] if key is None else [key.desc(), columns.id.desc()]
    return await tx.rows(wanted.order_by(*order).limit(limit))


async def find_request(tx: Reading, request_id: int) -> Row[Any] | None:
    """A request, with its agency's name."""
    return await tx.row(_FIND_REQUEST, {"id": request_id})


async def lock_request(tx: Transaction, request_id: int) -> Row[Any] | None:
    """The same, and nobody else decides it. After the agency."""
    return await tx.row(_LOCK_REQUEST, {"id": request_id})


async def find_pending(tx: Reading, agency_id: int, user_id: int) -> int | None:
    """The open request between the two."""
    values = {"agency_id": agency_id, "user_id": user_id}
    request_id: int | None = await tx.scalar(_FIND_PENDING, values)
    return request_id


async def insert_request(tx: Transaction, **values: Any) -> int:
    """A new request; the pair's only open one."""
    request_id: int = await tx.scalar(_INSERT_REQUEST, {"at": now(), **values})
    return request_id


async def decide(tx: Transaction, request_id: int, *, status: str, by: int) -> None:
    """Close a locked request."""
    await tx.execute(_DECIDE, {"id": request_id, "status": status, "by": by, "at": now()})


async def cancel_open(
    tx: Transaction, *, by: int, agency_id: int | None = None, user_id: int | None = None
) -> list[int]:
    """Withdraw every open request of an agency, or of a user; their ids."""
    values = {"by": by, "at": now(), "agency_id": agency_id, "user_id": user_id}
    return [row.id for row in await tx.rows(_CANCEL_OPEN, values)]


async def list_requests(
    tx: Reading,
    *,
    before: int,
    limit: int,
    agency_id: int | None = None,
    user_id: int | None = None,
    status: str | None = None,
    type: str | None = None,
) -> Sequence[Row[Any]]:
    """Up to `limit` requests, newest first."""
    values = {"before": before, "limit": limit, "agency_id": agency_id, "user_id": user_id}
    return await tx.rows(_LIST_REQUESTS, values | {"status": status, "type": type})


async def find_membership(tx: Reading, user_id: int) -> AgencyMembership | None:
    """The agency that somebody is in, and as what."""
    row = await tx.row(_MEMBERSHIP, {"user_id": user_id})
    return None if row is None else AgencyMembership(id=row.id, name=row.name, role=row.agency_role)


_MEMBERSHIP = text(
    "SELECT a.id, a.name, u.agency_role FROM users u JOIN agencies a ON a.id = u.agency_id"
    " WHERE u.id = :user_id"
)
