"""What happened to one person, from every slice, as one list by time.

Each source is a branch that its own index gives newest first and that stops at the page's size, so
a page costs what it shows, however long the history is. The newest months are looked at first:
only who has little in them has the older ones opened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Row, text

from flylive.accounts.queries import TOKENABLE_TYPE
from flylive.clock import now
from flylive.console.rules import Right
from flylive.database import Reading
from flylive.wallet.search import TIMELINE_SIDES

Kind = Literal[
    "ledger", "gift", "room", "report", "moderation", "login", "note", "audit"
]  # fmt: skip


class Source(NamedTuple):
    """A branch: `sql` selects `at`, `id`, `person_id` and `data`; its times stand in `column`."""

    kind: Kind
    name: str
    sql: str
    column: str
    id_column: str = "t.id"
    right: Right = Right.VIEW_PEOPLE


def _gifts(own: str, other: str) -> str:
    return f"""
        SELECT t.sent_at AS at, t.id, t.{other} AS person_id,
               jsonb_build_object('gift_id', t.gift_id, 'room_id', t.room_id,
                   'quantity', t.quantity, 'total_cost', CAST(t.total_cost AS text),
                   'recipient_earnings', CAST(t.recipient_earnings AS text)) AS data
        FROM gift_transactions t WHERE t.{own} = :user_id
    """


def _reports(own: str, other: str) -> str:
    return f"""
        SELECT t.created_at AS at, t.id, t.{other} AS person_id,
               jsonb_build_object('reason', t.reason, 'status', t.status,
                   'subject_type', t.subject_type, 'subject_id', t.subject_id) AS data
        FROM reports t WHERE t.{own} = :user_id
    """


SOURCES = (
    Source("ledger", "paid", TIMELINE_SIDES["paid"], "t.created_at", right=Right.VIEW_LEDGER),
    Source(
        "ledger", "received", TIMELINE_SIDES["received"], "t.created_at", right=Right.VIEW_LEDGER
    ),
    Source("gift", "sent", _gifts("sender_id", "recipient_id"), "t.sent_at"),
    Source("gift", "received", _gifts("recipient_id", "sender_id"), "t.sent_at"),
    Source(
        "room",
        "stayed",
        """
        SELECT t.joined_at AS at, t.id, CAST(NULL AS bigint) AS person_id,
               jsonb_build_object('room_id', t.room_id, 'role', t.role, 'left_at', t.left_at)
                   AS data
        FROM room_participants t WHERE t.user_id = :user_id
        """,
        "t.joined_at",
    ),
    Source(
        "report",
        "reported",
        _reports("subject_user_id", "reporter_id"),
        "t.created_at",
        right=Right.VIEW_REPORTS,
    ),
    Source(
        "report",
        "filed",
        _reports("reporter_id", "subject_user_id"),
        "t.created_at",
        right=Right.VIEW_REPORTS,
    ),
    Source(
        "moderation",
        "banned",
        """
        SELECT t.banned_at AS at, t.id, t.banned_by AS person_id,
               jsonb_build_object('room_id', t.room_id, 'until', t.until, 'reason', t.reason,
                   'is_by_staff', t.is_by_staff) AS data
        FROM room_bans t WHERE t.user_id = :user_id
        """,
        "t.banned_at",
    ),
    Source(
        "moderation",
        "muted",
        """
        SELECT t.muted_at AS at, t.room_id AS id, t.muted_by AS person_id,
               jsonb_build_object('room_id', t.room_id) AS data
        FROM room_mutes t WHERE t.user_id = :user_id
        """,
        "t.muted_at",
        "t.room_id",
    ),
    Source(
        "login",
        "logged_in",
        """
        SELECT t.created_at AS at, t.id, CAST(NULL AS bigint) AS person_id,
               jsonb_build_object('device', t.name, 'ip_address', t.ip_address,
                   'user_agent', t.user_agent) AS data
        FROM personal_access_tokens t
        WHERE t.tokenable_type = :tokenable_type AND t.tokenable_id = :user_id
        """,
        "t.created_at",
    ),
    Source(
        "note",
        "noted",
        """
        SELECT t.created_at AS at, t.id, t.author_id AS person_id,
               jsonb_build_object('content', t.content, 'role', t.author_role) AS data
        FROM staff_notes t WHERE t.user_id = :user_id
        """,
        "t.created_at",
    ),
    Source(
        "audit",
        "acted_on",
        """
        SELECT t.created_at AS at, t.id, t.actor_id AS person_id,
               jsonb_build_object('action', t.action, 'reason', t.reason, 'role', t.actor_role,
                   'before', t.before, 'after', t.after) AS data
        FROM audit_log t WHERE t.subject_type = 'user' AND t.subject_id = :user_id
        """,
        "t.created_at",
        right=Right.VIEW_AUDIT,
    ),
)
KINDS = tuple(dict.fromkeys(source.kind for source in SOURCES))
SPANS = (timedelta(days=92), timedelta(days=366), timedelta(days=5 * 366), None)
"""How far back is looked before more months are opened."""


class Position(NamedTuple):
    """The entry behind which a page begins: its time, its source's place, its id."""

    at: datetime
    rank: int
    id: int


async def find_entries(
    tx: Reading,
    user_id: int,
    sources: Sequence[Source],
    *,
    limit: int,
    before: Position | None = None,
) -> Sequence[Row[Any]]:
    """Up to `limit` entries of these sources, newest first."""
    begin = before.at if before else now()
    rows: Sequence[Row[Any]] = []
    for span in SPANS:
        since = None if span is None else begin - span
        values = {"user_id": user_id, "limit": limit, "tokenable_type": TOKENABLE_TYPE}
        # Months to come are not opened either.
        values["until"] = begin + timedelta(hours=1)
        if before is not None:
            values |= {"before_at": before.at, "before_id": before.id}
        if since is not None:
            values["since"] = since
        sql = statement(sources, before=before, has_since=since is not None)
        used = {name: value for name, value in values.items() if f":{name}" in sql}
        rows = await tx.rows(text(sql), used)
        if len(rows) >= limit:
            break
    return rows


def statement(sources: Sequence[Source], *, before: Position | None, has_since: bool) -> str:
    """The SQL of a page: only the conditions that are asked for, so that each finds its index."""
    branches = []
    for source in sources:
        rank = SOURCES.index(source)
        bounds = ""
        if has_since:
            bounds += f" AND {source.column} >= :since"
        if before is not None:
            bounds += f" AND {_behind(source, rank, before)}"
        else:
            bounds += f" AND {source.column} <= :until"
        branches.append(
            f"(SELECT b.*, {rank} AS rank FROM ({source.sql} {bounds}"
            f" ORDER BY {source.column} DESC, {source.id_column} DESC LIMIT :limit) AS b)"
        )
    union = " UNION ALL ".join(branches)
    return f"SELECT * FROM ({union}) AS found ORDER BY at DESC, rank DESC, id DESC LIMIT :limit"


def _behind(source: Source, rank: int, before: Position) -> str:
    """Sources of one moment follow each other by their rank."""
    if rank < before.rank:
        return f"{source.column} <= :before_at"
    if rank > before.rank:
        return f"{source.column} < :before_at"
    return (
        f"{source.column} <= :before_at"
        f" AND ({source.column}, {source.id_column}) < (:before_at, :before_id)"
    )
