"""What an agency's people earned: lines, sums by day, member or agency, and what would have been.

Sums are always those of the lines: every query here reads ``agency_earnings`` with the same
conditions, under one snapshot. Amounts are diamonds.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Row, text

from flylive.agencies.schemas import (
    EarnedGift,
    EarningGroup,
    EarningLine,
    Totals,
    WhatIf,
)
from flylive.database import Reading

Group = Literal["day", "member", "agency", "none"]


class Span(NamedTuple):
    """Whose earnings: an agency's, or a user's; `until` itself is not in it."""

    agency_id: int | None = None
    user_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


_IN_SPAN = """
    {side} = :whose
    AND e.earned_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
    AND e.earned_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
"""
_SUMS = """
    count(*) AS earnings, COALESCE(sum(e.amount), 0.00) AS amount,
    COALESCE(sum(e.commission_amount), 0.00) AS commission_amount,
    COALESCE(sum(e.amount - e.commission_amount), 0.00) AS kept_amount
"""
_LINES = """
    SELECT e.id, e.agency_id, e.user_id, u.name AS user_name, e.amount, e.commission_amount,
           e.amount - e.commission_amount AS kept_amount, e.commission_rate, e.source_type,
           e.source_id, e.earned_at, t.id AS gift_transaction_id, t.gift_id, g.name, t.quantity,
           t.total_cost, t.sent_at
    FROM (SELECT * FROM agency_earnings e
          WHERE {in_span}
            AND (CAST(:before_at AS timestamptz) IS NULL
                 OR (e.earned_at, e.id) < (CAST(:before_at AS timestamptz),
                                           CAST(:before_id AS bigint)))
          ORDER BY e.earned_at DESC, e.id DESC LIMIT :limit) AS e
    JOIN users u ON u.id = e.user_id
    LEFT JOIN gift_transactions t ON t.id = e.source_id AND t.sent_at = e.source_date
    LEFT JOIN gifts g ON g.id = t.gift_id
    ORDER BY e.earned_at DESC, e.id DESC
"""
_TOTALS = "SELECT {sums} FROM agency_earnings e WHERE {in_span}"
_GROUPS = {
    "day": """
        SELECT * FROM (
            SELECT CAST(e.earned_at AT TIME ZONE :timezone AS date) AS day, {sums}
            FROM agency_earnings e WHERE {in_span} GROUP BY 1) AS days
        WHERE CAST(:after AS date) IS NULL OR day < CAST(:after AS date)
        ORDER BY day DESC LIMIT :limit
    """,
    "member": """
        SELECT s.*, u.name AS user_name FROM (
            SELECT e.user_id, {sums} FROM agency_earnings e WHERE {in_span} GROUP BY 1) AS s
        JOIN users u ON u.id = s.user_id
        WHERE CAST(:after AS bigint) IS NULL OR s.user_id > CAST(:after AS bigint)
        ORDER BY s.user_id LIMIT :limit
    """,
    "agency": """
        SELECT s.*, a.name AS agency_name FROM (
            SELECT e.agency_id, {sums} FROM agency_earnings e WHERE {in_span} GROUP BY 1) AS s
        JOIN agencies a ON a.id = s.agency_id
        WHERE CAST(:after AS bigint) IS NULL OR s.agency_id > CAST(:after AS bigint)
        ORDER BY s.agency_id LIMIT :limit
    """,
}
GROUP_KEYS: dict[str, str] = {"day": "day", "member": "user_id", "agency": "agency_id"}
"""The column that a group's page goes on from."""
# Rounded down line by line, as `gifts.rules.split` does with the gift.
_WHAT_IF = """
    SELECT count(*) AS earnings, COALESCE(sum(e.amount), 0.00) AS amount,
           COALESCE(sum(e.amount - e.commission_amount), 0.00) AS kept_amount,
           COALESCE(sum(e.amount - trunc(e.amount * CAST(:rate AS numeric) / 100, 2)), 0.00)
               AS at_rate
    FROM agency_earnings e WHERE {in_span}
"""


def _of(span: Span) -> tuple[str, dict[str, Any]]:
    side, whose = "e.user_id", span.user_id
    if span.agency_id is not None:
        side, whose = "e.agency_id", span.agency_id
    values = {"whose": whose, "since": span.since, "until": span.until}
    return _IN_SPAN.format(side=side), values


async def totals(tx: Reading, span: Span) -> Totals:
    """The sums over all lines."""
    in_span, values = _of(span)
    row = await tx.row(text(_TOTALS.format(sums=_SUMS, in_span=in_span)), values)
    assert row is not None
    return msgspec.convert(row._asdict(), Totals)


async def lines(
    tx: Reading, span: Span, *, limit: int, before: tuple[datetime, int] | None = None
) -> list[EarningLine]:
    """Up to `limit` lines, newest first."""
    in_span, values = _of(span)
    values |= {
        "limit": limit,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
    }
    rows = await tx.rows(text(_LINES.format(in_span=in_span)), values)
    return [_line(row) for row in rows]


def _line(row: Row[Any]) -> EarningLine:
    shown = row._asdict()
    gift = None
    if row.gift_transaction_id is not None:
        gift = msgspec.convert(
            {name: shown[name] for name in EarnedGift.__struct_fields__}, EarnedGift
        )
    return msgspec.convert(shown | {"gift": gift}, EarningLine)


async def groups(
    tx: Reading, span: Span, group: str, *, timezone: str, limit: int, after: Any = None
) -> Sequence[EarningGroup]:
    """Up to `limit` sums: the newest days first, members and agencies by id."""
    in_span, values = _of(span)
    values |= {"limit": limit, "after": after}
    if group == "day":
        values["timezone"] = timezone
    statement = text(_GROUPS[group].format(sums=_SUMS, in_span=in_span))
    return [
        msgspec.convert(row._asdict(), EarningGroup) for row in await tx.rows(statement, values)
    ]


async def what_if(tx: Reading, span: Span, rate: Decimal | None) -> WhatIf:
    """What the same lines would have left to their recipient at another rate, or without an
    agency.
    """
    in_span, values = _of(span)
    statement = text(_WHAT_IF.format(in_span=in_span))
    row = await tx.row(statement, values | {"rate": rate if rate is not None else Decimal(0)})
    assert row is not None
    return WhatIf(
        earnings=row.earnings,
        amount=row.amount,
        kept_amount=row.kept_amount,
        commission_rate=rate,
        at_rate=row.at_rate if rate is not None else None,
        without_agency=row.amount,
    )
