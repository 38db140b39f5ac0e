"""Boards as they are shown. Scores are coins as strings with two decimals."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from flylive.accounts.schemas import UserCard


class RankedRoom(msgspec.Struct, kw_only=True, frozen=True):
    """A room on a board."""

    id: int
    name: str
    logo: str
    country: str


class RankedAgency(msgspec.Struct, kw_only=True, frozen=True):
    """An agency on a board."""

    id: int
    name: str
    logo: str | None


class Place(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One place; equal scores share it, and the next one is as much further on."""

    rank_position: int
    score: Decimal
    user: UserCard | None = None
    room: RankedRoom | None = None
    agency: RankedAgency | None = None


class OwnPlace(msgspec.Struct, kw_only=True, frozen=True):
    """Where the caller stands, or his best room, or his agency; with who is around."""

    rank_position: int
    score: Decimal
    neighbours: list[Place]


class BoardView(msgspec.Struct, kw_only=True, frozen=True):
    """GET /rankings/{category}. `is_final`: the period is over and nothing moves any more,
    its prizes are paid.
    """

    category: str
    subcategory: str | None
    period: str
    period_start: date
    period_end: date
    country: str | None
    is_final: bool
    data: list[Place]
    me: OwnPlace | None


class ScoreRow(msgspec.Struct, kw_only=True, frozen=True):
    """A row that counts: a gift, or what was won.

    `amount` in coins. Who gave and got is told of a gift in a public room, and to the
    two themselves.
    A gift that was taken back has a second row, below zero, with `is_reversal`.
    """

    id: int
    at: datetime
    gift_id: int | None
    name: str | None
    quantity: int
    amount: Decimal
    is_reversal: bool
    sender_id: int | None
    recipient_id: int | None
    room_id: int | None


class Explained(msgspec.Struct, kw_only=True, frozen=True):
    """GET /rankings/{category}/explain: the score, and its rows, whose sum it is."""

    score: Decimal
    data: list[ScoreRow]
    next_cursor: str | None
