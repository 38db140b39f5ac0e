"""Who of the demo world asked whom by a couple's gift, and who said yes."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from flylive.couples import service as couples
from flylive.database import Transaction
from flylive.gifts.facts import GiftRequest
from flylive.http.idempotency import Answer


class _Person(Protocol):
    id: int


P = TypeVar("P", bound=_Person)


class _Asked(msgspec.Struct):
    couple_request_id: int | None


class Hearts:
    """Nobody asks in vain twice, nor somebody who has a partner; every second one accepts."""

    def __init__(self) -> None:
        self._asked: set[frozenset[int]] = set()
        self._partner_of: dict[int, int] = {}

    def choices(self, sender: P, others: Sequence[P]) -> list[P]:
        """Whom of the others the sender could give a couple's gift."""
        partner = self._partner_of.get(sender.id)
        if partner is not None:
            return [other for other in others if other.id == partner]
        return [
            other
            for other in others
            if other.id not in self._partner_of
            and frozenset((sender.id, other.id)) not in self._asked
        ]

    def ask(self, sender: P, recipient: P) -> None:
        """Note that he asks, or gives once more."""
        self._asked.add(frozenset((sender.id, recipient.id)))

    async def hear(self, tx: Transaction, request: GiftRequest, answer: Answer) -> None:
        """Let whoever was asked by this gift accept, or leave it open."""
        request_id = msgspec.json.decode(answer.body, type=_Asked).couple_request_id
        if request_id is None or request_id % 2:
            return
        both = request.sender_id, request.body.recipient_ids[0]
        if not self._partner_of.keys() & set(both):
            await couples.accept(tx, both[1], request_id)
            self._partner_of |= {both[0]: both[1], both[1]: both[0]}
