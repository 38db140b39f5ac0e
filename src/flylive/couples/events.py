"""What couples tell, on both people's own streams. Folding it into GET /couples/me:

- ``couple.requested``: put `request` at the end;
- ``couple.request_ended``: take that request out;
- ``couple.formed``: `couple` is one's own from now on;
- ``couple.points``: what was given either way by now, in that couple;
- ``couple.ended``: no couple; `cooldown_until` is one's own where it is not null. Why is not told.
"""

from datetime import datetime

from flylive.couples.schemas import CoupleView, RequestView
from flylive.realtime import Event


class Requested(Event, tag="couple.requested", kw_only=True, frozen=True):
    """Somebody proposed."""

    request: RequestView


class RequestOver(Event, tag="couple.request_ended", kw_only=True, frozen=True):
    """A proposal is over; `status`: accepted, declined, expired, cancelled."""

    request_id: int
    status: str


class Formed(Event, tag="couple.formed", kw_only=True, frozen=True):
    """Two have become a couple."""

    couple: CoupleView


class Points(Event, tag="couple.points", kw_only=True, frozen=True):
    """Coins of gifts to the partner, and from him, by now."""

    couple_id: int
    coins_given: str
    coins_received: str


class Ended(Event, tag="couple.ended", kw_only=True, frozen=True):
    """The couple is one no longer."""

    couple_id: int
    cooldown_until: datetime | None
