"""What gifts tell."""

import msgspec

from flylive.realtime import Event


class Person(msgspec.Struct, kw_only=True, frozen=True):
    """A sender or recipient, as the room shows him."""

    id: int
    signature: str
    name: str
    avatar_image: str | None
    static_src: str | None


class GivenGift(msgspec.Struct, kw_only=True, frozen=True):
    """The gift, with all that a client needs to show it."""

    id: int
    name: str
    thumbnail_url: str
    animation_url: str | None
    sound_url: str | None
    category: str
    rarity: str


class GivenLine(msgspec.Struct, kw_only=True, frozen=True):
    """One recipient of a gift; `total_cost` in coins, as a string."""

    gift_transaction_id: int
    recipient: Person
    total_cost: str
    combo: int


class GiftSentEvent(Event, tag="gift.sent", kw_only=True, frozen=True):
    """A gift was given in a room; `lucky_payout` in coins where it was a lucky one."""

    id: int
    room_id: int
    sender: Person
    gift: GivenGift
    quantity: int
    total_cost: str
    combo: int
    lucky_payout: str | None
    lines: list[GivenLine]


class GiftReceived(Event, tag="notice", kw_only=True, frozen=True):
    """A private gift arrived; on the recipient's own stream."""

    kind: str = "gift_received"
    gift_transaction_id: int
    sender: Person
    gift: GivenGift
    quantity: int
    total_cost: str


class GiftReversed(Event, tag="notice", kw_only=True, frozen=True):
    """Staff took a gift back: what it moved for whoever is told, who gave or earned by it.

    `coins` and `diamonds` are signed; `owed` is what became a debt.
    """

    kind: str = "gift_reversed"
    gift_transaction_id: int
    gift_name: str
    coins: str
    diamonds: str
    owed: str
