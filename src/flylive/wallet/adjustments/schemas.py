"""An adjustment as staff see it."""

from datetime import datetime
from decimal import Decimal

import msgspec


class AdjustmentView(msgspec.Struct, kw_only=True, frozen=True):
    """What was asked for, by whom, and what became of it; a negative amount is taken.

    `status`: pending waits for a second person, posted is in the ledger, rejected is neither.
    """

    id: int
    user_id: int
    currency_type: int
    amount: Decimal
    reason: str
    status: str
    needs_second: bool
    requested_by: int
    requested_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    decision: str | None
