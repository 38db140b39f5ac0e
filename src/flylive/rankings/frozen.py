"""Boards whose scores are gone: the places that ``rankings`` keeps of closed periods for good."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from flylive.database import Reading
from flylive.rankings import rules
from flylive.rankings.queries import Board

# Countries were not frozen: who was among the first is ranked by the country that he has now.
_PLACES = {
    is_game: text(
        f"""
        SELECT r.subject AS subject_id, r.score,
               CASE WHEN :country = '' THEN r.rank_position
                    ELSE rank() OVER (ORDER BY r.score DESC) END AS rank_position
        FROM rankings r
        LEFT JOIN users u ON u.id = r.user_id
        LEFT JOIN rooms room ON room.id = r.room_id
        WHERE r.category = :category AND r.subcategory {is_subcategory} AND r.period = :period
          AND r.period_start = :period_start
          AND (:country = '' OR COALESCE(u.country, room.country) = :country)
        ORDER BY r.rank_position, r.subject LIMIT :limit
        """
    )
    for is_game, is_subcategory in ((True, "= :subcategory"), (False, "IS NULL"))
}
_OWN = {
    "room": text(
        "SELECT id FROM rooms WHERE user_id = :user_id AND id = ANY(CAST(:ids AS bigint[]))"
    ),
    "agency": text("SELECT agency_id AS id FROM users WHERE id = :user_id"),
}


async def list_places(tx: Reading, board: Board) -> Sequence[Row[Any]]:
    """All frozen places in their order: `subject_id`, `score`, `rank_position`."""
    values = board._asdict() | {"limit": rules.FROZEN_PLACES}
    return await tx.rows(_PLACES[board.category == "game"], values)


async def own_number(
    tx: Reading, board: Board, user_id: int, places: Sequence[Row[Any]]
) -> int | None:
    """Which of the places is the user's, or that of his best room, or of his agency."""
    own = {user_id}
    if board.category in _OWN:
        values = {"user_id": user_id, "ids": [place.subject_id for place in places]}
        own = {row.id for row in await tx.rows(_OWN[board.category], values)}
    return next((n for n, place in enumerate(places) if place.subject_id in own), None)
