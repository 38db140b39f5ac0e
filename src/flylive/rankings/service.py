"""Showing boards and what their scores are made of."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.accounts import queries as accounts
from flylive.database import Reading
from flylive.money import to_decimal
from flylive.rankings import closing, explaining, frozen, queries, rules
from flylive.rankings.queries import Board
from flylive.rankings.rules import Span
from flylive.rankings.schemas import (
    BoardView,
    Explained,
    OwnPlace,
    Place,
    RankedAgency,
    RankedRoom,
    ScoreRow,
)

_ROOMS = text("SELECT id, name, logo, country FROM rooms WHERE id = ANY(CAST(:ids AS bigint[]))")
_AGENCIES = text("SELECT id, name, logo FROM agencies WHERE id = ANY(CAST(:ids AS bigint[]))")


class Asked(NamedTuple):
    """A board, and the days of its period."""

    board: Board
    span: Span


async def show(tx: Reading, asked: Asked, caller_id: int, limit: int, timezone: str) -> BoardView:
    """The highest places, and the caller's own with who is around.

    Where the scores of a period that is over are gone, or never were here, its frozen places
    are shown.
    """
    board, span = asked
    is_final = await closing.is_final(tx, board, timezone)
    data: list[Place] = []
    me: OwnPlace | None = None
    if is_final and not await queries.has_scores(tx, board):
        rows = await frozen.list_places(tx, board)
        everybody = await _frozen(tx, board, rows)
        data = everybody[:limit]
        number = await frozen.own_number(tx, board, caller_id, rows)
        if number is not None:
            mine = everybody[number]
            above = everybody[max(0, number - rules.NEIGHBOURS) : number]
            below = everybody[number + 1 : number + 1 + rules.NEIGHBOURS]
            me = OwnPlace(
                rank_position=mine.rank_position, score=mine.score, neighbours=above + below
            )
    else:
        data = await _places(tx, board, await queries.top(tx, board, limit))
        subject_id = await queries.own_subject(tx, board, caller_id)
        me = None if subject_id is None else await _own(tx, board, subject_id)
    return BoardView(
        category=board.category,
        subcategory=board.subcategory or None,
        period=span.period,
        period_start=span.first,
        period_end=span.last,
        country=board.country or None,
        is_final=is_final,
        data=data,
        me=me,
    )


async def place_of(tx: Reading, board: Board, score: int) -> int:
    """The place that a score has on the board."""
    return await queries.rank(tx, board, score, rules.band(score), rules.ceiling(score))


async def _own(tx: Reading, board: Board, subject_id: int) -> OwnPlace | None:
    found = await queries.find_score(tx, board, subject_id)
    if found is None or found.score == 0 or board.country not in ("", found.country):
        return None
    above, below = await queries.around(tx, board, subject_id, found.score, rules.NEIGHBOURS)
    places = await _places(tx, board, [*above, found, *below])
    mine = places.pop(len(above))
    return OwnPlace(rank_position=mine.rank_position, score=mine.score, neighbours=places)


async def _places(tx: Reading, board: Board, rows: Sequence[Row[Any]]) -> list[Place]:
    """Rows in the board's order, with their places: the first one's is asked for once, and once
    more where its equals may stand before it unseen; the others are counted from there.
    """
    if not rows:
        return []
    shown = await subjects(tx, board.category, [row.subject_id for row in rows])
    first = await place_of(tx, board, rows[0].score)
    behind = [row.score for row in rows if row.score != rows[0].score]
    second = await place_of(tx, board, behind[0]) if behind else first
    found: list[Place] = []
    position, equals = first, 0
    for number, row in enumerate(rows):
        if number and row.score != rows[number - 1].score:
            position = second if row.score == behind[0] else position + equals
            equals = 0
        equals += 1
        found.append(
            Place(
                rank_position=position, score=to_decimal(row.score), **shown.get(row.subject_id, {})
            )
        )
    return found


async def _frozen(tx: Reading, board: Board, rows: Sequence[Row[Any]]) -> list[Place]:
    shown = await subjects(tx, board.category, [row.subject_id for row in rows])
    return [
        Place(rank_position=row.rank_position, score=row.score, **shown.get(row.subject_id, {}))
        for row in rows
    ]


async def subjects(tx: Reading, category: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Who stands on a board, by id: ``{"user": card}``, ``{"room": …}`` or ``{"agency": …}``."""
    if category == "room":
        rows = await tx.rows(_ROOMS, {"ids": list(ids)})
        return {row.id: {"room": msgspec.convert(row._asdict(), RankedRoom)} for row in rows}
    if category == "agency":
        rows = await tx.rows(_AGENCIES, {"ids": list(ids)})
        return {row.id: {"agency": msgspec.convert(row._asdict(), RankedAgency)} for row in rows}
    cards = await accounts.cards(tx, ids)
    return {user_id: {"user": card} for user_id, card in cards.items()}


async def explain(
    tx: Reading,
    asked: Asked,
    subject_id: int,
    caller_id: int,
    *,
    timezone: str,
    before: explaining.Position | None,
    limit: int,
) -> tuple[Explained, explaining.Position | None]:
    """A page of the rows that a score is made of, and where it ends if there are more.

    Whoever is not a side of a gift that was given in private, or in a room that has a password,
    sees its gift, cost and time alone.
    """
    board, period = asked
    span = explaining.Span(subject_id, *rules.moments(period, timezone))
    rows = await explaining.rows(tx, board, span, before=before, limit=limit + 1)

    def shown(row: Row[Any]) -> ScoreRow:
        sees = row.is_open or caller_id in (row.sender_id, row.recipient_id)
        return ScoreRow(
            id=row.id,
            at=row.at,
            gift_id=row.gift_id,
            name=row.name,
            quantity=row.quantity,
            amount=row.amount,
            is_reversal=row.part == 1,
            sender_id=row.sender_id if sees else None,
            recipient_id=row.recipient_id if sees else None,
            room_id=row.room_id if sees else None,
        )

    page = Explained(
        score=to_decimal(await explaining.score(tx, board, span)),
        data=[shown(row) for row in rows[:limit]],
        next_cursor=None,
    )
    if len(rows) <= limit:
        return page, None
    last = rows[limit - 1]
    return page, explaining.Position(last.sent_at, last.id, last.part)
