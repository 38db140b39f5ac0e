"""Adding to running boards: a fold's sums at once, scores and bands together."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import text

from flylive.clock import business_day
from flylive.database import Transaction
from flylive.database.arrays import array_literal
from flylive.progression import room_levels
from flylive.rankings.rules import PERIODS, span_of


class Scored(NamedTuple):
    """Hundredths that a subject gets on a board; negative where something is taken back."""

    category: str
    subcategory: str
    subject_id: int
    day: date
    amount: int


# Who is where is looked up with the scores; agencies are of no country. What is taken back from
# a board that is closed leaves it as it was.
_ADD = text(
    """
    WITH given AS MATERIALIZED (
        SELECT g.*, COALESCE(CASE WHEN category = 'room' THEN r.country
                                  WHEN category <> 'agency' THEN u.country END, '') AS country
        FROM unnest(CAST(:categories AS text[]), CAST(:subcategories AS text[]),
                    CAST(:periods AS text[]), CAST(:starts AS date[]),
                    CAST(:subjects AS bigint[]), CAST(:amounts AS bigint[]))
             AS g (category, subcategory, period, period_start, subject_id, amount)
        LEFT JOIN users u ON g.category NOT IN ('room', 'agency') AND u.id = g.subject_id
        LEFT JOIN rooms r ON g.category = 'room' AND r.id = g.subject_id
        WHERE g.amount > 0 OR NOT EXISTS (
            SELECT FROM ranking_periods p
            WHERE (p.category, p.subcategory, p.period, p.period_start)
                = (g.category, g.subcategory, g.period, g.period_start))
    ), before AS MATERIALIZED (
        SELECT s.category, s.subcategory, s.period, s.period_start, s.subject_id, s.country,
               s.band, s.score
        FROM given g JOIN ranking_scores s USING (category, subcategory, period, period_start,
                                                  subject_id)
    ), sums AS (
        SELECT g.*, GREATEST(g.amount + COALESCE(b.score, 0), 0) AS score
        FROM given g LEFT JOIN before b USING (category, subcategory, period, period_start,
                                               subject_id)
    ), scored AS (
        INSERT INTO ranking_scores AS s (category, subcategory, period, period_start, subject_id,
                                         country, score, band)
        SELECT category, subcategory, period, period_start, subject_id, country, score,
               ranking_band(score)
        FROM sums
        ON CONFLICT (category, subcategory, period, period_start, subject_id) DO UPDATE SET
            country = excluded.country, score = excluded.score, band = excluded.band
        RETURNING s.category, s.subcategory, s.period, s.period_start, s.subject_id, s.country,
                  s.band
    ), moved AS (
        SELECT category, subcategory, period, period_start, country, band, 1 AS change FROM scored
        UNION ALL
        SELECT category, subcategory, period, period_start, country, band, -1 FROM before
    ), counted AS (
        SELECT category, subcategory, period, period_start, place.country, band,
               sum(change) AS change
        FROM moved, LATERAL (VALUES (''), (NULLIF(moved.country, ''))) AS place (country)
        WHERE place.country IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(change) <> 0
    )
    INSERT INTO ranking_bands AS b (category, subcategory, period, period_start, country, band,
                                    subjects)
    SELECT * FROM counted
    ON CONFLICT (category, subcategory, period, period_start, country, band) DO UPDATE SET
        subjects = b.subjects + excluded.subjects
    """
)
_NOTE = text(
    """
    INSERT INTO ranking_inputs (category, subcategory, subject_id, amount, at)
    VALUES (:category, :subcategory, :subject_id, :amount, :at)
    """
)
_TAKE = text("DELETE FROM ranking_inputs WHERE id IN (SELECT id FROM ranking_inputs ORDER BY id"
             " LIMIT :limit) RETURNING *")  # fmt: skip


_HOLD = text(f"SELECT pg_advisory_xact_lock({room_levels.LOCK})")


async def hold(tx: Transaction) -> None:
    """Wait for, and keep, the fold's lock: nothing is folded, closed or taken back meanwhile."""
    await tx.execute(_HOLD)


async def add(tx: Transaction, scored: Iterable[Scored]) -> None:
    """Add to the day's, week's and month's board and to that of all time. Under the fold's lock."""
    sums: dict[tuple[str, str, str, date, int], int] = defaultdict(int)
    for one in scored:
        for period in PERIODS:
            first = span_of(period, one.day).first
            sums[one.category, one.subcategory, period, first, one.subject_id] += one.amount
    rows = [(*key, amount) for key, amount in sums.items() if amount]
    if not rows:
        return
    categories, subcategories, periods, starts, subjects, amounts = zip(*rows, strict=True)
    await tx.execute(
        _ADD,
        {
            "categories": array_literal(categories),
            "subcategories": array_literal(subcategories),
            "periods": array_literal(periods),
            "starts": array_literal(start.isoformat() for start in starts),
            "subjects": array_literal(subjects),
            "amounts": array_literal(amounts),
        },
    )


async def note_win(tx: Transaction, game: str, user_id: int, amount: int, at: datetime) -> None:
    """Let what was won at a game count; negative where a win is taken back. Waits for nobody."""
    values = {"category": "game", "subcategory": game, "subject_id": user_id}
    await tx.execute(_NOTE, {**values, "amount": amount, "at": at})


async def fold_inputs(tx: Transaction, timezone: str, limit: int) -> int:
    """Add what was noted, oldest first; how many. Under the fold's lock."""
    rows = await tx.rows(_TAKE, {"limit": limit})
    await add(
        tx,
        [
            Scored(
                row.category,
                row.subcategory,
                row.subject_id,
                business_day(row.at, timezone),
                row.amount,
            )
            for row in rows
        ],
    )
    return len(rows)
