"""Finding resellers and coin requests for staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, TextClause, text

from flylive.clock import now
from flylive.database import Reading


class Search(NamedTuple):
    """What is looked for; None stands for anything. `until` itself is not in it.

    `user_id` is on either side, `reseller_id` who was asked.
    """

    status: str | None = None
    type: str | None = None
    user_id: int | None = None
    reseller_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_overdue: bool = False


async def find_requests(
    tx: Reading, search: Search, *, limit: int, before_id: int
) -> Sequence[Row[Any]]:
    """Up to `limit` coin requests with a smaller id, newest first."""
    values = search._asdict() | {"limit": limit, "before_id": before_id, "now": now()}
    return await tx.rows(_statement(search), values)


def _statement(search: Search) -> TextClause:
    """Only the conditions that are asked for, so that each finds its index."""
    conditions = [
        condition
        for condition, is_asked in (
            ("id < :before_id", True),
            ("status = :status", search.status is not None),
            ("type = :type", search.type is not None),
            ("requested_from = :reseller_id", search.reseller_id is not None),
            ("created_at >= :since", search.since is not None),
            ("created_at < :until", search.until is not None),
            (
                "type = 'credit' AND status = 'approved' AND settled_at IS NULL AND due_at <= :now",
                search.is_overdue,
            ),
        )
        if is_asked
    ]
    order = "ORDER BY id DESC LIMIT :limit"

    def select(*more: str) -> str:
        return f"SELECT * FROM coin_requests WHERE {' AND '.join([*conditions, *more])} {order}"

    if search.user_id is None:
        return text(select())
    # Nobody asks himself, so a request is on one of these sides alone.
    sides = select("user_id = :user_id"), select("requested_from = :user_id")
    return text(f"SELECT * FROM (({sides[0]}) UNION ALL ({sides[1]})) AS found {order}")


# What a page of resellers sold is added up by each one's own ledger rows, through his index.
_LIST = text(
    """
    WITH page AS (
        SELECT r.user_id, r.max_credit_days, r.created_at, u.coin_balance AS stock,
               u.is_blocked, u.deleted_at
        FROM resellers r JOIN users u ON u.id = r.user_id
        WHERE r.user_id > :after_id
          AND (CAST(:user_id AS bigint) IS NULL OR r.user_id = :user_id)
          AND (NOT :is_overdue OR EXISTS (
                SELECT FROM coin_requests c
                WHERE c.requested_from = r.user_id AND c.type = 'credit'
                  AND c.status = 'approved' AND c.settled_at IS NULL AND c.due_at <= :now))
        ORDER BY r.user_id LIMIT :limit
    )
    SELECT page.*, sold.coins AS sold_30_days, owed.on_credit, owed.overdue, owed.open_credits,
           owed.overdue_credits, waiting.pending
    FROM page
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(amount), 0.00) AS coins FROM transactions t
        WHERE t.user_id = page.user_id AND t.direction = 1 AND t.beneficiary_id IS NOT NULL
          AND t.type IN ('transfer', 'coin_request') AND t.created_at >= :since
    ) AS sold
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(amount), 0.00) AS on_credit,
               COALESCE(sum(amount) FILTER (WHERE due_at <= :now), 0.00) AS overdue,
               count(*) AS open_credits, count(*) FILTER (WHERE due_at <= :now) AS overdue_credits
        FROM coin_requests c
        WHERE c.requested_from = page.user_id AND c.type = 'credit' AND c.status = 'approved'
          AND c.settled_at IS NULL
    ) AS owed
    CROSS JOIN LATERAL (
        SELECT count(*) AS pending FROM coin_requests c
        WHERE c.requested_from = page.user_id AND c.status = 'pending'
    ) AS waiting
    ORDER BY page.user_id
    """
)


async def list_resellers(
    tx: Reading,
    *,
    after_id: int,
    limit: int,
    since: datetime,
    user_id: int | None = None,
    is_overdue: bool = False,
) -> Sequence[Row[Any]]:
    """Up to `limit` resellers by id, blocked ones too, with what they have, sold and are owed."""
    return await tx.rows(
        _LIST,
        {
            "after_id": after_id,
            "limit": limit,
            "since": since,
            "now": now(),
            "user_id": user_id,
            "is_overdue": is_overdue,
        },
    )
