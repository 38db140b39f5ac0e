"""All SQL over gifts that are taken back."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text

from flylive.database import Reading, Transaction

# Whoever owned the agency then got the commission: its ledger row says who that was.
_FIND = text(
    """
    SELECT t.*, g.name AS gift_name,
           (SELECT l.user_id FROM transactions l
            WHERE l.transactionable_type = 'GiftTransaction' AND l.transactionable_id = t.id
              AND l.created_at = t.sent_at AND l.type = 'agency_commission') AS owner_id,
           COALESCE((SELECT d.payout FROM lucky_draws d
                     WHERE d.gift_transaction_id = t.id AND d.sent_at = t.sent_at), 0.00) AS payout
    FROM gift_transactions t JOIN gifts g ON g.id = t.gift_id WHERE t.id = :id
    """
)
_REVERSED = text(
    "SELECT reversed_at FROM gift_reversals"
    " WHERE gift_transaction_id = :gift_transaction_id AND sent_at = :sent_at"
)
_ASK = text(
    """
    INSERT INTO gift_reversal_requests (gift_transaction_id, sent_at, reason, requested_by,
                                        requested_at)
    VALUES (:gift_transaction_id, :sent_at, :reason, :requested_by, :requested_at)
    """
)
_TAKE_REQUEST = text(
    "DELETE FROM gift_reversal_requests"
    " WHERE gift_transaction_id = :gift_transaction_id AND sent_at = :sent_at RETURNING *"
)
_REQUEST = text(
    "SELECT * FROM gift_reversal_requests"
    " WHERE gift_transaction_id = :gift_transaction_id AND sent_at = :sent_at"
)
_COLUMNS = (
    "gift_transaction_id",
    "sent_at",
    "recipient_id",
    "owner_id",
    "total_cost",
    "coins_returned",
    "recipient_diamonds",
    "recipient_coins",
    "recipient_owed",
    "owner_diamonds",
    "owner_coins",
    "owner_owed",
    "frozen",
    "reason",
    "requested_by",
    "requested_at",
    "reversed_by",
    "reversed_at",
)
_INSERT = text(
    f"INSERT INTO gift_reversals ({', '.join(_COLUMNS)})"
    f" VALUES ({', '.join(':' + name for name in _COLUMNS)})"
)
_CORRECT_EARNING = text(
    """
    INSERT INTO agency_earnings (agency_id, user_id, amount, commission_amount, commission_rate,
                                 source_type, source_id, source_date, earned_at)
    SELECT agency_id, user_id, - amount, - commission_amount, commission_rate, 'gift_reversal',
           source_id, source_date, :at
    FROM agency_earnings
    WHERE source_id = :id AND source_date = :sent_at AND source_type = 'gift'
    """
)
# Under the moment of the gift: a group of its day that takes away what that one had added.
_FOLD = text("INSERT INTO gift_groups (folds, created_at) VALUES (CAST(:folds AS json), :sent_at)")
_CLOSED = text(
    """
    SELECT category || ' ' || period AS board FROM ranking_periods
    WHERE category IN ('wealth', 'charm', 'room', 'agency')
      AND (period, period_start) IN (('daily', :daily), ('weekly', :weekly), ('monthly', :monthly))
    ORDER BY 1
    """
)
_LIST = text(
    """
    SELECT r.*, t.sender_id, t.recipient_id, t.gift_id, t.room_id, t.total_cost FROM (
        SELECT gift_transaction_id, sent_at, 'reversed' AS status, coins_returned,
               recipient_diamonds, recipient_coins, recipient_owed, owner_id, owner_diamonds,
               owner_coins, owner_owed, frozen::text[] AS frozen, reason, requested_by,
               requested_at, reversed_by, reversed_at
        FROM gift_reversals
        UNION ALL
        SELECT gift_transaction_id, sent_at, 'pending', 0, 0, 0, 0, NULL, 0, 0, 0, '{}', reason,
               requested_by, requested_at, NULL, NULL
        FROM gift_reversal_requests) AS r
    JOIN gift_transactions t ON t.id = r.gift_transaction_id AND t.sent_at = r.sent_at
    WHERE (CAST(:status AS text) IS NULL OR r.status = :status)
      AND (CAST(:id AS bigint) IS NULL OR r.gift_transaction_id = :id)
      AND (CAST(:before_at AS timestamptz) IS NULL
           OR (r.requested_at, r.gift_transaction_id)
              < (CAST(:before_at AS timestamptz), CAST(:before_id AS bigint)))
    ORDER BY r.requested_at DESC, r.gift_transaction_id DESC LIMIT :limit
    """
)


async def find_line(tx: Reading, line_id: int) -> Row[Any] | None:
    """A line of a gift, with the `owner_id` whom it paid and the `payout` of its draw."""
    return await tx.row(_FIND, {"id": line_id})


def _key(line: Row[Any]) -> dict[str, Any]:
    return {"gift_transaction_id": line.id, "sent_at": line.sent_at}


async def reversed_at(tx: Reading, line: Row[Any]) -> datetime | None:
    """When the gift was taken back; None if it was not."""
    found: datetime | None = await tx.scalar(_REVERSED, _key(line))
    return found


async def find_request(tx: Reading, line: Row[Any]) -> Row[Any] | None:
    """What waits for a second person."""
    return await tx.row(_REQUEST, _key(line))


async def ask(
    tx: Transaction, line: Row[Any], reason: str, requested_by: int, at: datetime
) -> None:
    """Let a gift wait for a second person."""
    asked = {"reason": reason, "requested_by": requested_by, "requested_at": at}
    await tx.execute(_ASK, _key(line) | asked)


async def take_request(tx: Transaction, line: Row[Any]) -> Row[Any] | None:
    """The request, which waits no more."""
    return await tx.row(_TAKE_REQUEST, _key(line))


async def closed_boards(tx: Reading, daily: date, weekly: date, monthly: date) -> list[str]:
    """Which boards of these periods are closed, such as ``wealth daily``."""
    values = {"daily": daily, "weekly": weekly, "monthly": monthly}
    return [row.board for row in await tx.rows(_CLOSED, values)]


async def insert(tx: Transaction, line: Row[Any], **values: Any) -> None:
    """The reversal, and the corrections of what the agency earned and of what was folded."""
    await tx.execute(_INSERT, _key(line) | values)
    at = {"id": line.id, "sent_at": line.sent_at, "at": values["reversed_at"]}
    await tx.execute(_CORRECT_EARNING, at)
    await tx.execute(_FOLD, {"folds": _folds(line), "sent_at": line.sent_at})


def _folds(line: Row[Any]) -> str:
    """What the fold takes away: coins and commission, no XP and no number of gifts."""
    cost, commission = int(line.total_cost * 100), int(line.agency_commission * 100)
    of_agency = line.agency_id is not None
    return msgspec.json.encode(
        {
            "rooms": [] if line.room_id is None else [[line.room_id, -cost, 0]],
            "agencies": [[line.agency_id, -commission]] if of_agency else [],
            "users": [[line.sender_id, 0, 0, -cost, 0], [line.recipient_id, 0, 0, 0, -cost]],
            "agency_coins": [[line.agency_id, -cost]] if of_agency else [],
        }
    ).decode()


async def list_reversals(
    tx: Reading,
    *,
    limit: int,
    status: str | None = None,
    line_id: int | None = None,
    before: tuple[datetime, int] | None = None,
) -> Sequence[Row[Any]]:
    """Gifts taken back, and those that wait for a second person; asked for last first."""
    at, id_ = before or (None, None)
    values = {"status": status, "id": line_id, "before_at": at, "before_id": id_}
    return await tx.rows(_LIST, values | {"limit": limit})
