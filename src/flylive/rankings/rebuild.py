"""Making the running boards anew from the gifts and the ledger.

One transaction under the fold's lock and over one snapshot: what the snapshot has committed is
counted here, so groups of gifts that it sees waiting are marked as ranked; what commits later
is folded later. What waits may be of a day that is over and not closed yet: its boards are made
anew too. Closed periods stay as they were frozen.
"""

from collections.abc import Callable

from sqlalchemy import text

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.rankings import rules, scores
from flylive.rankings.rules import PERIODS, Span, moments, span_of

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_PATIENCE = text("SET LOCAL statement_timeout = 0")
# As the fold tells the day of what it adds up.
_WAITING_DAYS = text(
    """
    SELECT DISTINCT CAST(moment AT TIME ZONE CAST(:timezone AS text) AS date) AS day
    FROM (SELECT created_at AS moment FROM gift_groups
          UNION ALL SELECT at FROM ranking_inputs) AS waiting
    """
)
_MARK = text("UPDATE gift_groups SET is_ranked = true WHERE NOT is_ranked")
_DROP_INPUTS = text("DELETE FROM ranking_inputs")
_IS_OPEN = """
    NOT EXISTS (SELECT FROM ranking_periods p
                WHERE p.category = {category} AND p.subcategory = {subcategory}
                  AND p.period = CAST(:period AS text) AND p.period_start = CAST(:start AS date))
"""
_BOARDS = "period = :period AND period_start = :start AND " + _IS_OPEN.format(
    category="b.category", subcategory="b.subcategory"
)
_EMPTY = text(f"DELETE FROM ranking_scores b WHERE {_BOARDS}")
_EMPTY_BANDS = text(f"DELETE FROM ranking_bands b WHERE {_BOARDS}")
# Without what was taken back while the board was open.
_GIVEN = (
    "SELECT {subject}, '' AS sub, sum(total_cost) FROM gift_transactions t"
    " WHERE {{when}} AND {subject} IS NOT NULL AND NOT EXISTS (SELECT FROM gift_reversals r"
    " WHERE r.gift_transaction_id = t.id AND r.sent_at = t.sent_at AND NOT :board = ANY (r.frozen))"
    " GROUP BY 1"
)
_SUMS = {
    "wealth": _GIVEN.format(subject="sender_id"),
    "charm": _GIVEN.format(subject="recipient_id"),
    "room": _GIVEN.format(subject="room_id"),
    "agency": _GIVEN.format(subject="agency_id"),
    "game": "SELECT user_id, metadata ->> 'game', sum(amount) FROM transactions"
    " WHERE {when_booked} AND type = 'game_win' AND metadata ->> 'game' IS NOT NULL"
    " GROUP BY 1, 2",
}
_FILL = """
    INSERT INTO ranking_scores (category, subcategory, period, period_start, subject_id, country,
                                score, band)
    SELECT '{category}', sums.sub, CAST(:period AS text), CAST(:start AS date), sums.id,
           COALESCE({country}, ''), (sums.total * 100)::bigint,
           ranking_band((sums.total * 100)::bigint)
    FROM ({sums}) AS sums (id, sub, total) {join}
    WHERE {is_open}
"""
_COUNT = text(
    f"""
    INSERT INTO ranking_bands (category, subcategory, period, period_start, country, band, subjects)
    SELECT category, subcategory, period, period_start, place.country, band, count(*)
    FROM ranking_scores b, LATERAL (VALUES (''), (NULLIF(b.country, ''))) AS place (country)
    WHERE {_BOARDS} AND place.country IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
    """
)
_WHERE_FROM = {
    "room": ("s.country", "LEFT JOIN rooms s ON s.id = sums.id"),
    "agency": ("NULL", ""),
}


STEPS = len(PERIODS) * len(rules.CATEGORIES)


async def rebuild(database: Database, settings: Settings, say: Callable[[str], None]) -> None:
    """Make the boards of the running day, week, month and of all time anew, and of days and
    periods of which something still waits to be folded; tells each step.
    """

    async def work(tx: Transaction) -> None:
        await tx.execute(_SNAPSHOT)
        await tx.execute(_PATIENCE)
        await scores.hold(tx)
        waiting = await tx.rows(_WAITING_DAYS, {"timezone": settings.timezone})
        await tx.execute(_MARK)
        await tx.execute(_DROP_INPUTS)
        days = {business_day(now(), settings.timezone), *(row.day for row in waiting)}
        steps = [(period, category) for period in PERIODS for category in rules.CATEGORIES]
        for number, (period, category) in enumerate(steps, 1):
            for span in sorted({span_of(period, day) for day in days}):
                await _fill(tx, span, category, settings.timezone)
            say(f"[{number}/{len(steps)}] {category}, {period}")

    await database.run(work)


async def _fill(tx: Transaction, span: Span, category: str, timezone: str) -> None:
    since, until = moments(span, timezone)
    values = {"period": span.period, "start": span.first}
    if category == rules.CATEGORIES[0]:
        await tx.execute(_EMPTY, values)
        await tx.execute(_EMPTY_BANDS, values)
    country, join = _WHERE_FROM.get(category, ("s.country", "LEFT JOIN users s ON s.id = sums.id"))
    sums = _SUMS[category].format(
        when="t.sent_at >= :since AND t.sent_at < :until",
        when_booked="created_at >= :since AND created_at < :until",
    )
    is_open = _IS_OPEN.format(category=f"'{category}'", subcategory="sums.sub")
    statement = _FILL.format(
        category=category, country=country, sums=sums, join=join, is_open=is_open
    )
    bounds = {"since": since, "until": until, "board": f"{category} {span.period}"}
    await tx.execute(text(statement), values | bounds)
    if category == rules.CATEGORIES[-1]:
        await tx.execute(_COUNT, values)
