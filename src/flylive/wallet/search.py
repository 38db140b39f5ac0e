"""Finding ledger rows for staff: by person, by time, by what moved them; both sides shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Row, TextClause, text

from flylive.clock import now
from flylive.database import Reading
from flylive.wallet.movements import Movement

FREQUENT = frozenset(
    {
        Movement.GIFT,
        Movement.AGENCY_COMMISSION,
        Movement.LUCKY_WIN,
        Movement.GAME_BET,
        Movement.GAME_WIN,
    }
)
"""Types without an index of their own; a search for any other one must say that it is none."""

_WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=10))


class LedgerRow(msgspec.Struct, kw_only=True):
    """A ledger row with both sides' balances. `direction` 1: the user's goes down, 2: up."""

    id: int
    user_id: int
    beneficiary_id: int | None
    type: str
    direction: int
    currency_type: int
    amount: Decimal
    quantity: int
    user_balance_before: Decimal
    user_balance_after: Decimal
    beneficiary_currency_type: int | None
    beneficiary_amount: Decimal | None
    beneficiary_balance_before: Decimal | None
    beneficiary_balance_after: Decimal | None
    transactionable_type: str | None
    transactionable_id: int | None
    description: str | None
    metadata: dict[str, Any] | None
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    is_adopted: bool


COLUMNS = ", ".join(LedgerRow.__struct_fields__)


class Search(NamedTuple):
    """What is looked for; None stands for anything. `until` itself is not in it."""

    user_id: int | None = None
    type: Movement | None = None
    currency: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    source_type: str | None = None
    source_id: int | None = None


async def find_rows(
    tx: Reading, search: Search, *, limit: int, before: tuple[datetime, int] | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit` rows, newest first.

    Where neither a person nor a source nor a rare type narrows it down, no index is in the order
    of time: the newest hour is read, then the day, then more, until there are enough.
    """
    is_narrow = search.user_id is not None or search.source_id is not None
    if is_narrow or (search.type is not None and search.type not in FREQUENT):
        return await _read(tx, search, limit, before)
    newest = now() if before is None else before[0]
    if search.until is not None:
        newest = min(newest, search.until)
    for window in _WINDOWS:
        since = newest - window
        if search.since is not None and since <= search.since:
            break
        rows = await _read(tx, search._replace(since=since), limit, before)
        if len(rows) >= limit:
            return rows
    return await _read(tx, search, limit, before)


async def _read(
    tx: Reading, search: Search, limit: int, before: tuple[datetime, int] | None
) -> Sequence[Row[Any]]:
    values = search._asdict() | {
        "limit": limit,
        "before_at": before[0] if before else None,
        "before_id": before[1] if before else None,
    }
    return await tx.rows(_statement(search, is_continued=before is not None), values)


def _statement(search: Search, *, is_continued: bool) -> TextClause:
    """Only the conditions that are asked for, so that each finds its index and its months."""
    conditions = [
        condition
        for condition, is_asked in (
            ("created_at >= :since", search.since is not None),
            ("created_at < :until", search.until is not None),
            ("(created_at, id) < (:before_at, :before_id)", is_continued),
            ("created_at <= :before_at", is_continued),
            ("type = :type", search.type is not None),
            (_RARE, search.type is not None and search.type not in FREQUENT),
            ("transactionable_type = :source_type", search.source_type is not None),
            ("transactionable_id = :source_id", search.source_id is not None),
        )
        if is_asked
    ]
    order = "ORDER BY created_at DESC, id DESC LIMIT :limit"
    if search.user_id is None:
        if search.currency is not None:
            conditions.append(
                "(currency_type = :currency OR beneficiary_currency_type = :currency)"
            )
        return text(f"SELECT {COLUMNS} FROM transactions {_where(conditions)} {order}")
    own, others = ["user_id = :user_id"], ["beneficiary_id = :user_id", "user_id <> :user_id"]
    if search.currency is not None:
        own.append("currency_type = :currency")
        others.append("beneficiary_currency_type = :currency")
    sides = " UNION ALL ".join(
        f"(SELECT {COLUMNS} FROM transactions {_where([*side, *conditions])} {order})"
        for side in (own, others)
    )
    return text(f"SELECT * FROM ({sides}) AS found {order}")


_RARE = f"type NOT IN ({', '.join(repr(str(kind)) for kind in sorted(FREQUENT))})"


TIMELINE_SIDES = {
    "paid": f"""
        SELECT t.created_at AS at, t.id, t.beneficiary_id AS person_id,
               jsonb_build_object('type', t.type, 'direction', t.direction,
                   'currency_type', t.currency_type, 'amount', CAST(t.amount AS text),
                   'balance_after', CAST(t.user_balance_after AS text),
                   'description', t.description) AS data
        FROM transactions t WHERE t.user_id = :user_id AND t.{_RARE}
    """,
    "received": f"""
        SELECT t.created_at AS at, t.id, t.user_id AS person_id,
               jsonb_build_object('type', t.type, 'direction', 2,
                   'currency_type', t.beneficiary_currency_type,
                   'amount', CAST(t.beneficiary_amount AS text),
                   'balance_after', CAST(t.beneficiary_balance_after AS text),
                   'description', t.description) AS data
        FROM transactions t
        WHERE t.beneficiary_id = :user_id AND t.beneficiary_id IS NOT NULL AND t.{_RARE}
    """,
}
"""SQL: the ledger of one person but for the frequent types, each side by an index of its own."""


def _where(conditions: Sequence[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
