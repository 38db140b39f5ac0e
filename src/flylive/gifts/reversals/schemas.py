"""A gift that is taken back, as staff see it."""

from datetime import datetime
from decimal import Decimal

import msgspec


class ReversalView(msgspec.Struct, kw_only=True, frozen=True):
    """What was asked for and what moved; `status`: pending waits for a second person.

    Of the recipient's and the owner's diamonds, `…_coins` were taken in place of what was spent
    and `…_owed` became a debt. `frozen`: boards that were closed and keep the gift.
    """

    gift_transaction_id: int
    sent_at: datetime
    sender_id: int
    recipient_id: int
    gift_id: int
    room_id: int | None
    total_cost: Decimal
    status: str
    coins_returned: Decimal
    recipient_diamonds: Decimal
    recipient_coins: Decimal
    recipient_owed: Decimal
    owner_id: int | None
    owner_diamonds: Decimal
    owner_coins: Decimal
    owner_owed: Decimal
    frozen: list[str]
    reason: str
    requested_by: int
    requested_at: datetime
    reversed_by: int | None
    reversed_at: datetime | None
