"""Closing periods: frozen into ``rankings``, prizes paid, all in one transaction and once.

A period is closed some time after its end, when every gift of it has been folded. Whoever is
killed in between has done nothing; whoever comes second finds it closed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.clock import business_day, now, render
from flylive.config import Settings
from flylive.database import Database, Reading, Transaction
from flylive.money import Currency
from flylive.progression.badges import award
from flylive.rankings import prizes, rules, scores
from flylive.rankings.errors import ClosedAlready, GiftsWaiting, NotOver, UnknownPeriod
from flylive.rankings.events import PrizeWon
from flylive.rankings.queries import Board
from flylive.realtime import record, user_stream
from flylive.shop.frames import give_frames
from flylive.wallet import Book, Movement

SOURCE = "Ranking"
"""``transactions.transactionable_type`` of a prize: the frozen place that won it."""

OPEN = text(
    """
    SELECT category, subcategory, period, period_start FROM (
        SELECT DISTINCT category, subcategory, period, period_start FROM ranking_bands
        WHERE country = '' AND period <> 'all_time') AS b
    WHERE NOT EXISTS (SELECT FROM ranking_periods p
                      WHERE (p.category, p.subcategory, p.period, p.period_start)
                          = (b.category, b.subcategory, b.period, b.period_start))
    ORDER BY period_start, category, subcategory, period
    """
)
_WAITING = text(
    "SELECT EXISTS (SELECT FROM gift_groups WHERE created_at < :ends)"
    " OR EXISTS (SELECT FROM ranking_inputs WHERE at < :ends)"
)
_CLOSE = text(
    """
    INSERT INTO ranking_periods (category, subcategory, period, period_start, closed_at)
    VALUES (:category, :subcategory, :period, :period_start, :at) ON CONFLICT DO NOTHING
    RETURNING closed_at
    """
)
# What an adopted database had ranked by the day it was taken over, of a period that ran on here.
_CLEAR = text(
    """
    DELETE FROM rankings WHERE category = :category AND COALESCE(subcategory, '') = :subcategory
      AND period = :period AND period_start = :period_start
    """
)
_FREEZE = text(
    """
    INSERT INTO rankings (category, subcategory, period, period_start, period_end, user_id,
                          room_id, agency_id, rank_position, score, calculated_at)
    SELECT category, NULLIF(subcategory, ''), period, period_start, :period_end,
           CASE WHEN category NOT IN ('room', 'agency') THEN subject_id END,
           CASE WHEN category = 'room' THEN subject_id END,
           CASE WHEN category = 'agency' THEN subject_id END, place, score * 0.01, :at
    FROM (SELECT *, rank() OVER (ORDER BY score DESC) AS place FROM ranking_scores
          WHERE category = :category AND subcategory = :subcategory AND period = :period
            AND period_start = :period_start AND score > 0) AS ranked
    WHERE place <= :places
    """
)
_WINNERS = text(
    """
    SELECT r.id, r.rank_position, p.coins, p.diamonds, p.frame_id, p.badge_id,
           COALESCE(r.user_id, room.user_id, a.owner_id) AS winner_id
    FROM rankings r
    JOIN ranking_prizes p ON p.category = r.category
        AND p.subcategory = COALESCE(r.subcategory, '') AND p.period = r.period
        AND r.rank_position BETWEEN p.rank_from AND p.rank_to
    LEFT JOIN rooms room ON room.id = r.room_id
    LEFT JOIN agencies a ON a.id = r.agency_id
    WHERE r.category = :category AND COALESCE(r.subcategory, '') = :subcategory
      AND r.period = :period AND r.period_start = :period_start
    ORDER BY r.rank_position, r.id, p.id
    """
)
_BADGES = text("SELECT * FROM badges WHERE id = ANY(CAST(:ids AS bigint[]))")


async def close_due(database: Database, settings: Settings) -> int:
    """Close every period that is over; how many."""
    rows = await database.read(lambda tx: tx.rows(OPEN, {}))
    closed = 0
    for row in rows:
        board = Board(row.category, row.subcategory, row.period, row.period_start)
        if now() >= ends(board, settings.timezone) + rules.GRACE:
            closed += await _close_one(database, board, settings)
    return closed


async def _close_one(database: Database, board: Board, settings: Settings) -> bool:
    return await database.run(lambda tx: close(tx, board, settings))


def ends(board: Board, timezone: str) -> datetime:
    """When the board's period is over."""
    return rules.moments(_span(board), timezone)[1]


def _span(board: Board) -> rules.Span:
    period: Any = board.period
    return rules.span_of(period, board.period_start)


async def is_final(tx: Reading, board: Board, timezone: str) -> bool:
    """Whether nothing moves the board any more: closed, or over with nobody on it to close."""
    stands = await tx.row(_STANDS, board._asdict())
    assert stands is not None
    if stands.closed_at is not None:
        return True
    over = ends(board, timezone)
    if stands.is_there or now() < over + rules.GRACE:
        return False
    return not await tx.scalar(_WAITING, {"ends": over})


async def close(tx: Transaction, board: Board, settings: Settings) -> bool:
    """Freeze a board and pay its prizes; False where that was done, or gifts are still to fold."""
    await scores.hold(tx)
    if await tx.scalar(_WAITING, {"ends": ends(board, settings.timezone)}):
        return False
    at = now()
    values = {**board._asdict(), "at": at}
    if await tx.scalar(_CLOSE, values) is None:
        return False
    places = {"period_end": _span(board).last, "places": rules.FROZEN_PLACES}
    await tx.execute(_CLEAR, values)
    await tx.execute(_FREEZE, values | places)
    await _pay(tx, board, await tx.rows(_WINNERS, values), at)
    return True


_STANDS = text(
    """
    SELECT (SELECT closed_at FROM ranking_periods
            WHERE category = :category AND subcategory = :subcategory AND period = :period
              AND period_start = :period_start) AS closed_at,
           EXISTS (SELECT FROM ranking_bands
                   WHERE category = :category AND subcategory = :subcategory
                     AND period = :period AND period_start = :period_start) AS is_there
    """
)


async def close_now(tx: Transaction, board: Board, settings: Settings) -> None:
    """Close a period that is over without waiting for the worker.

    Raises UnknownPeriod, ClosedAlready, NotOver, GiftsWaiting.
    """
    stands = await tx.row(_STANDS, board._asdict())
    assert stands is not None
    if stands.closed_at is not None:
        raise ClosedAlready(closed_at=render(stands.closed_at))
    if board.period == "all_time" or not stands.is_there:
        raise UnknownPeriod
    closes_at = ends(board, settings.timezone) + rules.GRACE
    if now() < closes_at:
        raise NotOver(closes_at=render(closes_at))
    if not await close(tx, board, settings):
        # Either somebody closed it while this one waited, or gifts are still to fold.
        stands = await tx.row(_STANDS, board._asdict())
        assert stands is not None
        if stands.closed_at is not None:
            raise ClosedAlready(closed_at=render(stands.closed_at))
        raise GiftsWaiting


async def _pay(tx: Transaction, board: Board, winners: Sequence[Row[Any]], at: datetime) -> None:
    """Everything at once, each winner locked by id; who is gone gets nothing."""
    book = await Book.open(tx, {row.winner_id for row in winners}, at=at)
    present = [
        row
        for row in winners
        if (account := book.accounts.get(row.winner_id)) is not None and not account.is_gone
    ]
    for row in present:
        for currency, amount in (
            (Currency.COINS, row.coins),
            (Currency.DIAMONDS, row.diamonds),
        ):
            book.credit(
                book.accounts[row.winner_id],
                Movement.RANKING_PRIZE,
                currency,
                int(amount * 100),
                source=(SOURCE, row.id),
                metadata={"category": board.category, "rank_position": row.rank_position},
            )
    await book.write(tx)
    frames = [(row.winner_id, row.frame_id) for row in present if row.frame_id is not None]
    await give_frames(tx, frames, at)
    ids = {row.badge_id for row in present if row.badge_id is not None}
    badges = {row.id: row for row in await tx.rows(_BADGES, {"ids": list(ids)})} if ids else {}
    earned = [(row.winner_id, badges[row.badge_id]) for row in present if row.badge_id in badges]
    owners = {row.winner_id: row.winner_id for row in present}
    await award.give(tx, "user", sorted(earned, key=lambda one: one[0]), owners, at)
    await prizes.note_paid(tx, _noted(present))
    for row in present:
        told = PrizeWon(
            kind="ranking_prize",
            category=board.category,
            subcategory=board.subcategory or None,
            period=board.period,
            period_start=board.period_start,
            rank_position=row.rank_position,
            coins=str(row.coins),
            diamonds=str(row.diamonds),
            frame_id=row.frame_id,
            badge_id=row.badge_id,
        )
        record(tx, user_stream(row.winner_id), told)


def _noted(paid: Sequence[Row[Any]]) -> str:
    """What each place was given, as it is kept with the place."""
    given: dict[int, list[dict[str, Any]]] = {}
    for row in paid:
        prize = {"winner_id": row.winner_id, "coins": str(row.coins)}
        prize |= {"diamonds": str(row.diamonds), "frame_id": row.frame_id, "badge_id": row.badge_id}
        given.setdefault(row.id, []).append(prize)
    places = [{"id": ranking_id, "prizes": all_of_it} for ranking_id, all_of_it in given.items()]
    return msgspec.json.encode(places).decode()


_FORGET = text(
    """
    DELETE FROM ranking_scores WHERE (category, subcategory, period, period_start, subject_id) IN (
        SELECT category, subcategory, period, period_start, subject_id FROM ranking_scores
        WHERE period <> 'all_time' AND period_start < :before LIMIT :limit)
    """
)
_FORGET_BANDS = text(
    "DELETE FROM ranking_bands WHERE period <> 'all_time' AND period_start < :before"
)
KEPT = timedelta(days=100)
"""How long the scores of closed periods stay, beyond the places that are frozen for good."""
BATCH = 10_000


async def forget(database: Database, settings: Settings) -> None:
    """Drop the scores of periods that ended long ago."""
    before: date = business_day(now(), settings.timezone) - KEPT

    async def work(tx: Transaction) -> int:
        result = await tx.execute(_FORGET, {"before": before, "limit": BATCH})
        return result.rowcount

    while await database.run(work) == BATCH:
        pass
    await database.run(lambda tx: tx.execute(_FORGET_BANDS, {"before": before}))
