"""What boards tell."""

from datetime import date

from flylive.realtime import Event


class PrizeWon(Event, tag="notice", kw_only=True, frozen=True):
    """A place on a closed board won something."""

    kind: str
    category: str
    subcategory: str | None
    period: str
    period_start: date
    rank_position: int
    coins: str
    diamonds: str
    frame_id: int | None
    badge_id: int | None
