"""All SQL over resellers and coin requests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, text

from flylive.clock import now
from flylive.database import Reading, Transaction

_FIND_RESELLER = text("SELECT * FROM resellers WHERE user_id = :user_id")
_SAVE_RESELLER = text(
    """
    INSERT INTO resellers (user_id, max_credit_days, created_at)
    VALUES (:user_id, :max_credit_days, :at)
    ON CONFLICT (user_id) DO UPDATE SET max_credit_days = excluded.max_credit_days
    """
)
_DELETE_RESELLER = text("DELETE FROM resellers WHERE user_id = :user_id")
_LIST_RESELLERS = text(
    """
    SELECT r.* FROM resellers r JOIN users u ON u.id = r.user_id
    WHERE r.user_id > :after AND u.deleted_at IS NULL AND NOT u.is_blocked
      AND (CAST(:country AS text) IS NULL OR u.country = :country)
      AND NOT EXISTS (SELECT FROM user_blocks b
                      WHERE b.blocker_id = r.user_id AND b.blocked_id = :viewer)
    ORDER BY r.user_id LIMIT :limit
    """
)


async def find_reseller(tx: Reading, user_id: int) -> Row[Any] | None:
    """The reseller's terms, if the user is one."""
    return await tx.row(_FIND_RESELLER, {"user_id": user_id})


async def save_reseller(tx: Transaction, user_id: int, max_credit_days: int) -> None:
    """Let the user sell on these terms."""
    await tx.execute(
        _SAVE_RESELLER, {"user_id": user_id, "max_credit_days": max_credit_days, "at": now()}
    )


async def delete_reseller(tx: Transaction, user_id: int) -> bool:
    """Let the user sell no more; False where he did not."""
    return (await tx.execute(_DELETE_RESELLER, {"user_id": user_id})).rowcount > 0


async def list_resellers(
    tx: Reading, viewer: int, *, after: int, limit: int, country: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit` resellers whom `viewer` can ask, by user id."""
    return await tx.rows(
        _LIST_RESELLERS, {"viewer": viewer, "after": after, "limit": limit, "country": country}
    )


_INSERT = text(
    """
    INSERT INTO coin_requests (user_id, requested_from, amount, type, message, credit_days,
                               proof_1, proof_2, proof_3, created_at, updated_at)
    VALUES (:user_id, :requested_from, CAST(:amount AS numeric), :type, :message, :credit_days,
            :proof_1, :proof_2, :proof_3, :at, :at)
    RETURNING *
    """
)
_LOCK = text("SELECT * FROM coin_requests WHERE id = :id FOR NO KEY UPDATE")
_DECIDE = text(
    """
    UPDATE coin_requests SET status = CAST(:status AS text), action_message = :action_message,
        updated_by = :updated_by, updated_at = :at,
        due_at = CASE WHEN CAST(:status AS text) = 'approved' AND type = 'credit'
                      THEN CAST(:at AS timestamptz) + credit_days * interval '1 day' END
    WHERE id = :id RETURNING *
    """
)
_SETTLE = text(
    """
    UPDATE coin_requests SET settled_at = :at, updated_at = :at, updated_by = :updated_by
    WHERE id = :id RETURNING *
    """
)
_PENDING = text(
    """
    SELECT count(*) FROM coin_requests
    WHERE user_id = :user_id AND requested_from = :requested_from AND status = 'pending'
    """
)
_OVERDUE = text(
    """
    SELECT * FROM coin_requests
    WHERE user_id = :user_id AND requested_from = :requested_from
      AND type = 'credit' AND status = 'approved' AND settled_at IS NULL AND due_at <= :now
    ORDER BY due_at LIMIT 1
    """
)
_LISTS = {
    box: text(
        f"""
        SELECT * FROM coin_requests
        WHERE {column} = :user_id AND id < :before
          AND (CAST(:status AS text) IS NULL OR status = :status)
          AND (NOT :is_overdue OR (type = 'credit' AND status = 'approved'
                                   AND settled_at IS NULL AND due_at <= :now))
        ORDER BY id DESC LIMIT :limit
        """
    )
    for box, column in (("sent", "user_id"), ("received", "requested_from"))
}
_FIND = text("SELECT * FROM coin_requests WHERE id = :id AND :user_id IN (user_id, requested_from)")


async def insert_request(tx: Transaction, **values: Any) -> Row[Any]:
    """A new pending request, of `amount` coins (Decimal)."""
    return (await tx.execute(_INSERT, {**values, "at": now()})).one()


async def lock_request(tx: Transaction, request_id: int) -> Row[Any] | None:
    """A request, locked."""
    return await tx.row(_LOCK, {"id": request_id})


async def find_request(tx: Reading, request_id: int, user_id: int) -> Row[Any] | None:
    """A request that the user is a side of."""
    return await tx.row(_FIND, {"id": request_id, "user_id": user_id})


async def decide_request(
    tx: Transaction, request_id: int, status: str, by: int, action_message: str | None
) -> Row[Any]:
    """Approved, rejected or cancelled; approved credit is due so many days from now."""
    values = {"id": request_id, "status": status, "updated_by": by, "at": now()}
    return (await tx.execute(_DECIDE, values | {"action_message": action_message})).one()


async def settle_request(tx: Transaction, request_id: int, by: int) -> Row[Any]:
    """Credit that was paid."""
    return (await tx.execute(_SETTLE, {"id": request_id, "updated_by": by, "at": now()})).one()


async def count_pending(tx: Reading, user_id: int, requested_from: int) -> int:
    """How many of the user's requests wait at this reseller."""
    count: int = await tx.scalar(_PENDING, {"user_id": user_id, "requested_from": requested_from})
    return count


async def find_overdue(tx: Reading, user_id: int, requested_from: int) -> Row[Any] | None:
    """The oldest credit of the user's from this reseller that is past its day."""
    return await tx.row(
        _OVERDUE, {"user_id": user_id, "requested_from": requested_from, "now": now()}
    )


async def list_requests(
    tx: Reading,
    box: Literal["sent", "received"],
    user_id: int,
    *,
    before: int,
    limit: int,
    status: str | None,
    is_overdue: bool,
) -> Sequence[Row[Any]]:
    """Up to `limit` of the user's requests, newest first."""
    return await tx.rows(
        _LISTS[box],
        {
            "user_id": user_id,
            "before": before,
            "limit": limit,
            "status": status,
            "is_overdue": is_overdue,
            "now": now(),
        },
    )


_SUMMARY = text(
    """
    WITH mine AS (
        SELECT amount, type, settled_at, due_at,
               CASE type WHEN 'credit' THEN due_at - credit_days * interval '1 day'
                         ELSE updated_at END AS approved_at
        FROM coin_requests WHERE requested_from = :user_id AND status = 'approved'
    ), asked AS (
        SELECT COALESCE(CAST(:since AS timestamptz), '-infinity') AS since,
               COALESCE(CAST(:until AS timestamptz), 'infinity') AS until
    )
    SELECT COALESCE(sum(amount) FILTER (WHERE type = 'purchase' AND approved_at >= since
                                        AND approved_at < until), 0.00) AS purchased,
           COALESCE(sum(amount) FILTER (WHERE type = 'credit' AND approved_at >= since
                                        AND approved_at < until), 0.00) AS credited,
           COALESCE(sum(amount) FILTER (WHERE settled_at >= since
                                        AND settled_at < until), 0.00) AS settled,
           COALESCE(sum(amount) FILTER (WHERE is_open), 0.00) AS on_credit,
           COALESCE(sum(amount) FILTER (WHERE is_open AND due_at <= :now), 0.00) AS overdue,
           count(*) FILTER (WHERE is_open) AS open_credits,
           count(*) FILTER (WHERE is_open AND due_at <= :now) AS overdue_credits
    FROM asked LEFT JOIN mine ON true
    CROSS JOIN LATERAL (SELECT type = 'credit' AND settled_at IS NULL AS is_open) AS state
    """
)
_BY_IDS = text("SELECT * FROM coin_requests WHERE id = ANY(CAST(:ids AS bigint[]))")


async def summary(
    tx: Reading, user_id: int, since: datetime | None, until: datetime | None
) -> Row[Any]:
    """The sums of the reseller's requests: those of the asked time, and what is open now."""
    values = {"user_id": user_id, "since": since, "until": until, "now": now()}
    return (await tx.execute(_SUMMARY, values)).one()


async def find_requests(tx: Reading, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Requests by id."""
    return {row.id: row for row in await tx.rows(_BY_IDS, {"ids": list(ids)})} if ids else {}
