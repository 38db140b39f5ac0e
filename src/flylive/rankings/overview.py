"""Boards as the staff see them: those that run, and the periods that are over."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Reading
from flylive.rankings import closing, prizes, rules
from flylive.rankings.queries import Board
from flylive.rankings.rules import GRACE, PERIODS, span_of

_RUNNING = text(
    """
    SELECT b.category, b.subcategory, b.period, b.period_start, b.subjects, s.subject_id, s.score
    FROM (SELECT category, subcategory, period, period_start, sum(subjects) AS subjects
          FROM ranking_bands
          WHERE country = '' AND band > 0 AND period = :period AND period_start = :period_start
          GROUP BY 1, 2, 3, 4) AS b
    LEFT JOIN LATERAL (
        SELECT subject_id, score FROM ranking_scores s
        WHERE s.category = b.category AND s.subcategory = b.subcategory AND s.period = b.period
          AND s.period_start = b.period_start AND score > 0
        ORDER BY score DESC, subject_id LIMIT 1) AS s ON true
    """
)
_CLOSED = text(
    f"""
    SELECT p.category, p.subcategory, p.period, p.period_start, p.closed_at, sums.*
    FROM ranking_periods p CROSS JOIN LATERAL ({prizes.PERIOD_SUMS}) AS sums
    WHERE (CAST(:category AS text) IS NULL OR p.category = :category)
      AND (CAST(:period AS text) IS NULL OR p.period = :period)
      AND (CAST(:closed_at AS timestamptz) IS NULL
           OR (p.closed_at, p.period_start, p.category, p.subcategory, p.period)
              < (CAST(:closed_at AS timestamptz), CAST(:at_start AS date),
                 CAST(:at_category AS text), CAST(:at_subcategory AS text),
                 CAST(:at_period AS text)))
    ORDER BY p.closed_at DESC, p.period_start DESC, p.category DESC, p.subcategory DESC,
             p.period DESC
    LIMIT :limit
    """
)
_PLACES = text(
    """
    SELECT id, category, subcategory, period, period_start, period_end, user_id, room_id,
           agency_id, subject AS subject_id, rank_position, score, metadata, calculated_at
    FROM rankings
    WHERE category = :category AND subcategory IS NOT DISTINCT FROM NULLIF(:subcategory, '')
      AND period = :period AND period_start = :period_start
      AND (rank_position, id) > (:rank, :id)
    ORDER BY rank_position, id LIMIT :limit
    """
)
_FIND_CLOSED = text(
    f"""
    SELECT p.category, p.subcategory, p.period, p.period_start, p.closed_at, sums.*
    FROM ranking_periods p CROSS JOIN LATERAL ({prizes.PERIOD_SUMS}) AS sums
    WHERE p.category = :category AND p.subcategory = :subcategory AND p.period = :period
      AND p.period_start = :period_start
    """
)

Place = tuple[datetime, date, str, str, str]
"""A period's place in the list of closed ones: closed_at, period_start, category, sub, period."""


async def running(tx: Reading, settings: Settings) -> list[Row[Any]]:
    """The running board of each category and period on which anybody stands, with who leads."""
    today = business_day(now(), settings.timezone)
    found: list[Row[Any]] = []
    for period in PERIODS:
        values = {"period": period, "period_start": span_of(period, today).first}
        found += await tx.rows(_RUNNING, values)
    order = {category: number for number, category in enumerate(rules.CATEGORIES)}
    return sorted(found, key=lambda row: (order[row.category], row.subcategory))


async def due(tx: Reading, settings: Settings) -> list[tuple[Board, datetime]]:
    """Periods that are over and not closed yet, each with the moment from which it can be."""
    boards = [
        Board(row.category, row.subcategory, row.period, row.period_start)
        for row in await tx.rows(closing.OPEN)
    ]
    at = now()
    closes = [(board, closing.ends(board, settings.timezone) + GRACE) for board in boards]
    return [(board, moment) for board, moment in closes if moment - GRACE <= at]


async def list_closed(
    tx: Reading, *, category: str | None, period: str | None, before: Place | None, limit: int
) -> Sequence[Row[Any]]:
    """Closed periods with what they paid, the one that was closed last first."""
    names = ("closed_at", "at_start", "at_category", "at_subcategory", "at_period")
    values = dict(zip(names, before or (None,) * 5, strict=True))
    return await tx.rows(_CLOSED, values | {"category": category, "period": period, "limit": limit})


async def find_closed(tx: Reading, board: Board) -> Row[Any] | None:
    """A closed period with what it paid."""
    return await tx.row(_FIND_CLOSED, board._asdict())


async def list_places(
    tx: Reading, board: Board, *, after: tuple[int, int], limit: int
) -> Sequence[Row[Any]]:
    """The frozen places of a closed period, with what each was given."""
    values = board._asdict() | {"rank": after[0], "id": after[1], "limit": limit}
    return await tx.rows(_PLACES, values)
