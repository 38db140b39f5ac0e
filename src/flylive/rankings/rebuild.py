"""Making the running boards anew from the gifts and the ledger.

One transaction under the fold's lock and over one snapshot: what the snapshot has committed is
counted here, so groups of gifts that it sees waiting are marked as ranked; what commits later
is folded later. Closed periods stay as they were frozen.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import text

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.rankings import rules, scores
from flylive.rankings.rules import PERIODS, moments, span_of

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_PATIENCE = text("SET LOCAL statement_timeout = 0")
_MARK = text("UPDATE gift_groups SET is_ranked = true WHERE NOT is_ranked")
_DROP_INPUTS = text("DELETE FROM ranking_inputs")
_EMPTY = text("DELETE FROM ranking_scores WHERE period = :period AND period_start = :start")
_EMPTY_BANDS = text("DELETE FROM ranking_bands WHERE period = :period AND period_start = :start")
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
    SELECT '{category}', sums.sub, :period, :start, sums.id, COALESCE({country}, ''),
           (sums.total * 100)::bigint, ranking_band((sums.total * 100)::bigint)
    FROM ({sums}) AS sums (id, sub, total) {join}
"""
_COUNT = text(
    """
    INSERT INTO ranking_bands (category, subcategory, period, period_start, country, band, subjects)
    SELECT category, subcategory, period, period_start, place.country, band, count(*)
    FROM ranking_scores, LATERAL (VALUES (''), (NULLIF(ranking_scores.country, '')))
         AS place (country)
    WHERE period = :period AND period_start = :start AND place.country IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
    """
)
_WHERE_FROM = {
    "room": ("s.country", "LEFT JOIN rooms s ON s.id = sums.id"),
    "agency": ("NULL", ""),
}


STEPS = len(PERIODS) * len(rules.CATEGORIES)


async def rebuild(database: Database, settings: Settings, say: Callable[[str], None]) -> None:
    """Make the boards of the running day, week, month and of all time anew; tells each step."""

    async def work(tx: Transaction) -> None:
        await tx.execute(_SNAPSHOT)
        await tx.execute(_PATIENCE)
        await scores.hold(tx)
        await tx.execute(_MARK)
        await tx.execute(_DROP_INPUTS)
        today = business_day(now(), settings.timezone)
        steps = [(period, category) for period in PERIODS for category in rules.CATEGORIES]
        for number, (period, category) in enumerate(steps, 1):
            await _fill(tx, period, category, today, settings.timezone)
            say(f"[{number}/{len(steps)}] {category}, {period}")

    await database.run(work)


async def _fill(tx: Transaction, period: Any, category: str, day: date, timezone: str) -> None:
    span = span_of(period, day)
    since, until = moments(span, timezone)
    values = {"period": period, "start": span.first}
    if category == rules.CATEGORIES[0]:
        await tx.execute(_EMPTY, values)
        await tx.execute(_EMPTY_BANDS, values)
    country, join = _WHERE_FROM.get(category, ("s.country", "LEFT JOIN users s ON s.id = sums.id"))
    sums = _SUMS[category].format(
        when="t.sent_at >= :since AND t.sent_at < :until",
        when_booked="created_at >= :since AND created_at < :until",
    )
    statement = _FILL.format(category=category, country=country, sums=sums, join=join)
    bounds = {"since": since, "until": until, "board": f"{category} {period}"}
    await tx.execute(text(statement), values | bounds)
    if category == rules.CATEGORIES[-1]:
        await tx.execute(_COUNT, values)
