"""Boards as they were frozen."""

from flylive.adoption.plans import Left, Plan, one_of

_CATEGORIES = ("wealth", "charm", "room", "agency", "game")
_PERIODS = ("daily", "weekly", "monthly", "all_time")


def _known(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"lower(btrim(o.{column})) NOT IN ({listed})"


RANKINGS = Plan(
    "rankings",
    joins="""
        LEFT JOIN (SELECT id, row_number() OVER (
                       PARTITION BY lower(btrim(category)), subcategory, lower(btrim(period)),
                                    period_start, COALESCE(user_id, room_id, agency_id)
                       ORDER BY rank_position, id) AS place
                   FROM old_rankings) AS w ON w.id = o.id
    """,
    left=(
        Left(
            f"{_known('category', _CATEGORIES)} OR {_known('period', _PERIODS)}",
            "is of a board that there is not",
        ),
        Left(
            "num_nonnulls(o.user_id, o.room_id, o.agency_id) <> 1 OR NOT CASE"
            " lower(btrim(o.category)) WHEN 'room' THEN o.room_id IS NOT NULL"
            " WHEN 'agency' THEN o.agency_id IS NOT NULL ELSE o.user_id IS NOT NULL END",
            "ranks nobody, or somebody else than its board is about",
        ),
        Left(
            "o.subcategory IS NOT NULL AND lower(btrim(o.category)) <> 'game'",
            "is of a part of a board that has none",
        ),
        Left("o.period_start IS NULL OR o.period_end IS NULL", "has a period beyond the calendar"),
        Left(
            "o.rank_position < 1 OR o.score < 0 OR o.period_end < o.period_start",
            "has a rank, a score or a period that cannot be",
        ),
        Left("w.place > 1", "ranks the same one again on the same board"),
    ),
    required=frozenset(("user_id", "room_id", "agency_id")),
    changes=(
        one_of("category", _CATEGORIES, "wealth"),
        one_of("period", _PERIODS, "daily"),
    ),
)
