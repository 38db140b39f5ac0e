"""What a score is made of: its rows, and what they come to.

A gift that staff took back stands there twice, once below zero, on every board that was open when
that happened. What waits to be folded is counted along, so that the rows are the score always.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.rankings import queries
from flylive.rankings.queries import Board

_WHOSE = {
    "wealth": ("gift_transactions", "t.sender_id = :id"),
    "charm": ("gift_transactions", "t.recipient_id = :id"),
    "room": ("gift_transactions", "t.room_id = :id"),
    "agency": (
        """
        (SELECT t.* FROM agency_earnings e
         JOIN gift_transactions t ON t.id = e.source_id AND t.sent_at = e.source_date
         WHERE e.agency_id = :id AND e.earned_at >= :since AND e.earned_at < :until
           AND e.source_type = 'gift')
        """,
        "true",
    ),
}
_REVERSAL = """
    gift_reversals r WHERE r.gift_transaction_id = t.id AND r.sent_at = t.sent_at
        AND NOT :board = ANY (r.frozen)
"""
_WINS = """
    FROM transactions t
    WHERE t.user_id = :id AND t.type = 'game_win' AND t.metadata ->> 'game' = :subcategory
      AND t.created_at >= :since AND t.created_at < :until
"""
_ROWS = {
    category: text(
        f"""
        SELECT t.id, t.sent_at, p.at, p.part, t.gift_id, g.name, t.quantity, p.amount,
               t.sender_id, t.recipient_id, t.room_id,
               COALESCE(room.type = 'public', false) AS is_open
        FROM (SELECT t.* FROM {source} AS t
              WHERE {whose} AND t.sent_at >= :since AND t.sent_at < :until
                AND (CAST(:before_at AS timestamptz) IS NULL
                     OR (t.sent_at, t.id) <= (CAST(:before_at AS timestamptz),
                                              CAST(:before_id AS bigint)))
              ORDER BY t.sent_at DESC, t.id DESC LIMIT :limit + 1) AS t
        JOIN gifts g ON g.id = t.gift_id
        LEFT JOIN rooms room ON room.id = t.room_id
        CROSS JOIN LATERAL (
            SELECT 0 AS part, t.sent_at AS at, t.total_cost AS amount
            UNION ALL SELECT 1, r.reversed_at, - t.total_cost FROM {_REVERSAL}) AS p
        WHERE CAST(:before_at AS timestamptz) IS NULL
           OR (t.sent_at, t.id, p.part) < (CAST(:before_at AS timestamptz),
                                           CAST(:before_id AS bigint), CAST(:part AS integer))
        ORDER BY t.sent_at DESC, t.id DESC, p.part DESC LIMIT :limit
        """
    )
    for category, (source, whose) in _WHOSE.items()
}
_ROWS["game"] = text(
    f"""
    SELECT t.id, t.created_at AS sent_at, t.created_at AS at, 0 AS part, NULL::bigint AS gift_id,
           t.metadata ->> 'game' AS name, 1 AS quantity, t.amount, NULL::bigint AS sender_id,
           t.user_id AS recipient_id, NULL::bigint AS room_id, false AS is_open
    {_WINS}
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (t.created_at, t.id) < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY t.created_at DESC, t.id DESC LIMIT :limit
    """
)
_TOTAL = {
    category: text(
        f"""
        SELECT COALESCE(sum(t.total_cost), 0.00) FROM {source} AS t
        WHERE {whose} AND t.sent_at >= :since AND t.sent_at < :until
          AND NOT EXISTS (SELECT FROM {_REVERSAL})
        """
    )
    for category, (source, whose) in _WHOSE.items()
} | {"game": text(f"SELECT COALESCE(sum(t.amount), 0.00) {_WINS}")}
_FOLDED = {
    category: text(
        f"""
        SELECT COALESCE(sum((f ->> {place})::bigint), 0)
        FROM gift_groups, json_array_elements(COALESCE(folds -> '{name}', '[]'::json)) AS f
        WHERE NOT is_ranked AND created_at >= :since AND created_at < :until
          AND (f ->> 0)::bigint = :id
        """
    )
    for category, name, place in (
        ("wealth", "users", 3),
        ("charm", "users", 4),
        ("room", "rooms", 1),
        ("agency", "agency_coins", 1),
    )
}
_FOLDED["game"] = text(
    """
    SELECT COALESCE(sum(amount), 0) FROM ranking_inputs
    WHERE category = 'game' AND subcategory = :subcategory AND subject_id = :id
      AND at >= :since AND at < :until
    """
)


class Position(NamedTuple):
    """A row in the order of the list; a reversal (part 1) stands before its gift (part 0)."""

    at: datetime
    id: int
    part: int


class Span(NamedTuple):
    """Whose rows, and of which time."""

    subject_id: int
    since: datetime
    until: datetime


def _values(board: Board, span: Span) -> dict[str, Any]:
    return {
        "id": span.subject_id,
        "subcategory": board.subcategory,
        "board": f"{board.category} {board.period}",
        "since": span.since,
        "until": span.until,
    }


async def rows(
    tx: Reading, board: Board, span: Span, *, before: Position | None, limit: int
) -> Sequence[Row[Any]]:
    """The rows that a score is made of, newest first; `amount` in coins."""
    at, id_, part = before or (None, None, None)
    values = _values(board, span) | {"before_at": at, "before_id": id_, "part": part}
    return await tx.rows(_ROWS[board.category], values | {"limit": limit})


async def score(tx: Reading, board: Board, span: Span) -> int:
    """What all those rows come to, in hundredths, without adding up a long history."""
    values = _values(board, span)
    found = await queries.find_score(tx, board, span.subject_id)
    is_closed = await queries.is_closed(tx, board)
    if is_closed and found is None:
        # Scores of closed periods are not kept for ever; their rows are.
        return int(await tx.scalar(_TOTAL[board.category], values) * 100)
    kept = 0 if found is None else int(found.score)
    return kept if is_closed else kept + int(await tx.scalar(_FOLDED[board.category], values))
