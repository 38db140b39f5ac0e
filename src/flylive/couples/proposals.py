"""Proposals in a group of gifts: who may ask whom, and writing what was asked.

Everything is read under the locks of both people, and kept right from gift to gift of the group.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from flylive.clock import render
from flylive.couples import events, queries, service
from flylive.couples.errors import AlreadyCoupled, CoolingDown, OneRecipient, RequestPending
from flylive.database import Transaction
from flylive.realtime import record, user_stream

Pair = tuple[int, int]


class Proposal(NamedTuple):
    """Somebody asks somebody by a gift."""

    id: int
    sender_id: int
    recipient_id: int
    gift_transaction_id: int


@dataclass(slots=True)
class Proposals:
    """The standing of everybody in a group, and what they ask in it."""

    lifetime: timedelta
    partner_of: dict[int, int]
    cooling: dict[int, datetime]
    asked: dict[Pair, tuple[int, int]]
    """The open proposal of a pair, the lesser id first: its id, and who asked."""
    ids: list[int]
    made: list[Proposal] = field(default_factory=list)

    def check(self, sender_id: int, recipient_ids: Sequence[int]) -> None:
        """Whether a couple's gift may be given: to one's partner always, else it must be free.

        Raises OneRecipient, AlreadyCoupled, CoolingDown, RequestPending.
        """
        if len(recipient_ids) != 1:
            raise OneRecipient.field("recipient_ids", "a couple's gift has one recipient")
        [recipient_id] = recipient_ids
        if self.partner_of.get(sender_id) == recipient_id:
            return
        both = sender_id, recipient_id
        for user_id in both:
            if user_id in self.partner_of:
                raise AlreadyCoupled(user_id=user_id)
        for user_id in both:
            if user_id in self.cooling:
                raise CoolingDown(user_id=user_id, until=render(self.cooling[user_id]))
        pending = self.asked.get((min(both), max(both)))
        if pending is not None:
            raise RequestPending(request_id=pending[0], sender_id=pending[1])

    def propose(self, sender_id: int, recipient_id: int, gift_transaction_id: int) -> int | None:
        """Note a proposal that was checked; its id, or None between partners."""
        if self.partner_of.get(sender_id) == recipient_id:
            return None
        made = Proposal(self.ids.pop(), sender_id, recipient_id, gift_transaction_id)
        self.made.append(made)
        pair = min(sender_id, recipient_id), max(sender_id, recipient_id)
        self.asked[pair] = made.id, sender_id
        return made.id

    async def write(self, tx: Transaction, at: datetime) -> None:
        """Write what was asked, after its gifts, and tell both sides."""
        if not self.made:
            return
        await queries.insert_requests(
            tx,
            [made._asdict() | {"sent_at": at, "expires_at": at + self.lifetime}
             for made in self.made],
        )  # fmt: skip
        made = {made.id for made in self.made}
        rows = await queries.list_open(tx, {one.sender_id for one in self.made})
        for request in await service.request_views(tx, [row for row in rows if row.id in made]):
            for side in (request.sender, request.recipient):
                record(tx, user_stream(side.id), events.Requested(request=request))


async def load(
    tx: Transaction, user_ids: Collection[int], at: datetime, count: int, lifetime: timedelta
) -> Proposals:
    """The standing of these users, who are locked, for up to `count` proposals.

    Proposals that ran out meanwhile are ended here, so that they stand in nobody's way.
    """
    asked = await queries.list_open(tx, user_ids)
    if any(row.expires_at <= at for row in asked):
        locked = await queries.lock_open(tx, user_ids)
        await service.end_overdue(tx, [row for row in locked if row.expires_at <= at], at)
        asked = [row for row in locked if row.expires_at > at]
    couples = await queries.find_couples(tx, user_ids)
    return Proposals(
        lifetime=lifetime,
        partner_of={user_id: row.partner_id for user_id, row in couples.items()},
        cooling=await queries.find_cooldowns(tx, user_ids, at),
        asked={
            (min(row.sender_id, row.recipient_id), max(row.sender_id, row.recipient_id)): (
                row.id,
                row.sender_id,
            )
            for row in asked
        },
        ids=await queries.take_request_ids(tx, count),
    )
