"""What comes out of the couples' addresses."""

from datetime import datetime

import msgspec

from flylive.accounts.schemas import UserCard


class CoupleView(msgspec.Struct, kw_only=True, frozen=True):
    """A couple as one of the two sees it: coins of gifts to the partner, and from him."""

    id: int
    partner: UserCard
    formed_at: datetime
    coins_given: str
    coins_received: str


class RequestView(msgspec.Struct, kw_only=True, frozen=True):
    """A proposal that waits for its answer; `gift_transaction_id` is the gift it came with."""

    id: int
    sender: UserCard
    recipient: UserCard
    gift_transaction_id: int
    sent_at: datetime
    expires_at: datetime


class Mine(msgspec.Struct, kw_only=True, frozen=True):
    """GET /couples/me; `requests` are the open ones, by and to the caller, oldest first."""

    couple: CoupleView | None
    cooldown_until: datetime | None
    requests: list[RequestView]
