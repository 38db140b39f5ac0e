"""A refund as staff see it."""

from datetime import datetime

import msgspec


class RefundView(msgspec.Struct, kw_only=True, frozen=True):
    """What was asked for, by whom, and what became of it.

    `status`: pending waits for a second person; asked is being asked of the provider; done was
    given by it, and the order is settled accordingly; refused was not (`detail`); rejected was
    never asked for.
    """

    id: int
    order_id: int
    coins: int
    reason: str
    status: str
    needs_second: bool
    requested_by: int
    requested_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    decision: str | None
    provider_reference: str | None
    detail: str | None
    tries: int
    next_try_at: datetime | None
    finished_at: datetime | None
