"""Reading boards: the top, and somebody's place by bands."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flylive.database import Reading


class Board(NamedTuple):
    """One board; `country` '' is everybody's."""

    category: str
    subcategory: str
    period: str
    period_start: date
    country: str = ""


_IS = """
    category = :category AND subcategory = :subcategory AND period = :period
    AND period_start = :period_start
"""
_HERE = {False: _IS, True: f"{_IS} AND country = :country"}
_TOP = {
    by: text(
        f"SELECT subject_id, score FROM ranking_scores WHERE {here} AND score > 0"
        " ORDER BY score DESC, subject_id LIMIT :limit"
    )
    for by, here in _HERE.items()
}
_HAS_SCORES = text(f"SELECT EXISTS (SELECT FROM ranking_scores WHERE {_IS})")
_FIND = text(
    f"SELECT subject_id, score, country FROM ranking_scores WHERE {_IS} AND subject_id = :id"
)
# Of all bands above only their counts are read; of his own band those who have more.
_RANK = {
    by: text(
        f"""
        SELECT 1 + COALESCE((SELECT sum(subjects) FROM ranking_bands
                             WHERE {_IS} AND country = :country AND band > :band), 0)
                 + (SELECT count(*) FROM ranking_scores
                    WHERE {here} AND score > :score AND score < :ceiling)
        """
    )
    for by, here in _HERE.items()
}
# Those of the same score and those beyond it apart: one condition over both is no place in the
# index, and everybody behind that place would be read.
_ABOVE = {
    by: text(
        f"""
        (SELECT subject_id, score FROM ranking_scores
         WHERE {here} AND score = :score AND subject_id < :id
         ORDER BY subject_id DESC LIMIT :limit)
        UNION ALL
        (SELECT subject_id, score FROM ranking_scores WHERE {here} AND score > :score
         ORDER BY score, subject_id DESC LIMIT :limit)
        ORDER BY score, subject_id DESC LIMIT :limit
        """
    )
    for by, here in _HERE.items()
}
_BELOW = {
    by: text(
        f"""
        (SELECT subject_id, score FROM ranking_scores
         WHERE {here} AND score > 0 AND score = :score AND subject_id > :id
         ORDER BY subject_id LIMIT :limit)
        UNION ALL
        (SELECT subject_id, score FROM ranking_scores WHERE {here} AND score > 0 AND score < :score
         ORDER BY score DESC, subject_id LIMIT :limit)
        ORDER BY score DESC, subject_id LIMIT :limit
        """
    )
    for by, here in _HERE.items()
}
_CLOSED = text(f"SELECT closed_at FROM ranking_periods WHERE {_IS}")
_BEST_ROOM = text(
    f"""
    SELECT subject_id FROM ranking_scores s JOIN rooms r ON r.id = s.subject_id
    WHERE {_IS} AND r.user_id = :user_id
    ORDER BY score DESC, subject_id LIMIT 1
    """
)
_AGENCY = text("SELECT agency_id FROM users WHERE id = :user_id")


async def top(tx: Reading, board: Board, limit: int) -> Sequence[Row[Any]]:
    """The highest scores: `subject_id`, `score`."""
    return await tx.rows(_TOP[bool(board.country)], board._asdict() | {"limit": limit})


async def has_scores(tx: Reading, board: Board) -> bool:
    """Whether anybody's score of the period is kept."""
    return bool(await tx.scalar(_HAS_SCORES, board._asdict()))


async def find_score(tx: Reading, board: Board, subject_id: int) -> Row[Any] | None:
    """What the subject has on the board."""
    return await tx.row(_FIND, board._asdict() | {"id": subject_id})


async def rank(tx: Reading, board: Board, score: int, band: int, ceiling: int) -> int:
    """The place of a score: one more than those who have more. `ceiling` ends its band."""
    values = board._asdict() | {"score": score, "band": band, "ceiling": ceiling}
    place: int = await tx.scalar(_RANK[bool(board.country)], values)
    return int(place)


async def around(
    tx: Reading, board: Board, subject_id: int, score: int, limit: int
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Who stands next above, in the board's order, and next below."""
    values = board._asdict() | {"id": subject_id, "score": score, "limit": limit}
    by = bool(board.country)
    above = await tx.rows(_ABOVE[by], values)
    return list(above)[::-1], list(await tx.rows(_BELOW[by], values))


async def is_closed(tx: Reading, board: Board) -> bool:
    """Whether the period was frozen."""
    return await tx.scalar(_CLOSED, board._asdict()) is not None


async def own_subject(tx: Reading, board: Board, user_id: int) -> int | None:
    """What stands on the board for a user: himself, his best room, his agency."""
    if board.category == "room":
        found: int | None = await tx.scalar(_BEST_ROOM, board._asdict() | {"user_id": user_id})
        return found
    if board.category == "agency":
        found = await tx.scalar(_AGENCY, {"user_id": user_id})
        return found
    return user_id
