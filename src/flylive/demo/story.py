"""The week before: who met in which room, what they said and what they gave.

Everything goes through the services, in the order in which it happened, with the clock turned to
that moment. Nobody spends more than he bought, whatever luck brought him, so no gift is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from flylive.clock import turned_to
from flylive.config import Settings
from flylive.database import Transaction
from flylive.demo.hearts import Hearts
from flylive.demo.loading import Gift
from flylive.demo.roster import ROOMS, RoomPlan
from flylive.demo.talk import tongue
from flylive.gifts.facts import GiftRequest
from flylive.gifts.group import GroupCommitter
from flylive.gifts.schemas import SendGift
from flylive.http import idempotency
from flylive.messaging import service as messaging
from flylive.messaging.schemas import SendMessage
from flylive.rooms import seats, stays
from flylive.rooms import service as rooms

SEND_PATH = "/v1/gifts/send"
OLDEST, NEWEST = timedelta(days=5), timedelta(hours=20)
"""How long ago people met in the quiet rooms."""
TONIGHT = (timedelta(minutes=150), timedelta(minutes=100), timedelta(minutes=50))
"""How long ago they met in the lively ones for the last time."""
BEATS = 5
VOLLEY = (2, 5)
PRIVATE_GIFTS = 24
CATEGORIES = {"normal": 56, "lucky": 20, "country": 9, "vip": 8, "cp": 7}
TRIES = 10_000
LAVISH = 4
"""Nobody gives more at once than a quarter of what he has."""
SHARED = 0.15
"""How often a gift goes to several people."""
QUANTITIES = (1, 1, 1, 1, 1, 5, 10, 20, 99)


@dataclass
class Member:
    """A demo user; `purse` is what he has left of the coins he bought, in hundredths."""

    number: int
    id: int
    name: str
    country: str
    purse: int = 0
    vip_level: int = 0
    follows: set[int] = field(default_factory=set)

    def may_send(self, gift: Gift) -> bool:
        """Whether VIP level and country allow it."""
        return self.vip_level >= gift.vip_level_required and gift.country in (None, self.country)


class Storyteller:
    """Lets the week happen in `tx`."""

    def __init__(
        self, tx: Transaction, settings: Settings, random: Random, gifts: Sequence[Gift]
    ) -> None:
        self.tx = tx
        self.settings = settings
        self.random = random
        self.committer = GroupCommitter(settings)
        self.gifts = {
            category: [gift for gift in gifts if gift.category == category]
            for category in CATEGORIES
        }
        self.hearts = Hearts()
        self.gifts_sent = 0
        self.messages_sent = 0

    async def tell(
        self, members: Sequence[Member], room_ids: dict[int, int], today: datetime
    ) -> None:
        """All evenings; `room_ids` are by their owners' numbers."""
        by_number = {member.number: member for member in members}
        for moment, plan in _evenings(today):
            host = by_number[plan.owner]
            circle = [m for m in members if room_ids[plan.owner] in m.follows and m is not host]
            # Half of those who come are the room's friends, the others whoever has money.
            friends = self.random.sample(circle, min(len(circle), plan.guests // 2))
            others = [m for m in members if m not in friends and m is not host]
            weights = [max(m.purse, 50_000) ** 0.5 for m in others]
            while len(friends) < plan.guests:
                [other] = self.random.choices(others, weights)
                if other not in friends:
                    friends.append(other)
            await self._gather(plan, room_ids[plan.owner], host, friends, moment)
        await self._give_in_private(members, today - timedelta(minutes=20))

    async def _gather(
        self,
        plan: RoomPlan,
        room_id: int,
        host: Member,
        friends: Sequence[Member],
        moment: datetime,
    ) -> None:
        everybody = [host, *friends]
        with turned_to(moment):
            for member in everybody:
                password = await self._password_of(room_id) if plan.is_private else None
                await stays.enter(self.tx, member.id, room_id, password)
            sitting = [host, *(m for m in friends if self._may_sit(plan, room_id, m))][: plan.seats]
            for number, member in enumerate(sitting, 1):
                await seats.take(self.tx, member.id, room_id, number, None)
        writers = [
            m for m in everybody if plan.can_tourists_send_text or m is host or room_id in m.follows
        ]
        for beat in range(BEATS):
            moment += timedelta(seconds=self.random.randint(60, 240))
            with turned_to(moment):
                await self._talk(room_id, writers, is_beginning=beat == 0)
                await self._volley(room_id, everybody, sitting)
        with turned_to(moment + timedelta(minutes=1)):
            for member in reversed(everybody):
                await stays.leave(self.tx, member.id, room_id)

    def _may_sit(self, plan: RoomPlan, room_id: int, member: Member) -> bool:
        if plan.seat_mode == "apply":
            return False
        return (plan.can_tourists_speak or room_id in member.follows) and self.random.random() < 0.5

    async def _password_of(self, room_id: int) -> str | None:
        """The hash, as somebody who knows the password has proved it."""
        password: str | None = (await rooms.find(self.tx, room_id)).password
        return password

    async def _talk(self, room_id: int, writers: Sequence[Member], *, is_beginning: bool) -> None:
        for _ in range(self.random.randint(1, 2)):
            speaker, other = self.random.sample(writers, 2)
            spoken = tongue(speaker.country, self.random)
            await self._say(room_id, speaker, spoken.hello if is_beginning else spoken.chat, other)

    async def _say(
        self, room_id: int, speaker: Member, lines: Sequence[str], other: Member
    ) -> None:
        self.messages_sent += 1
        words = self.random.choice(lines).format(name=other.name.split()[0])
        message = SendMessage(
            content=words, client_id=f"demo-{self.messages_sent}", message_type="text"
        )
        sent = await messaging.send(self.tx, speaker.id, room_id, message, self.settings)
        assert not isinstance(sent, messaging.MustWait)

    async def _volley(
        self, room_id: int, everybody: Sequence[Member], sitting: Sequence[Member]
    ) -> None:
        """A few gifts at once, committed as one group; whoever gets the first says thank you."""
        requests: list[GiftRequest] = []
        thanks: tuple[Member, Member] | None = None
        for _ in range(self.random.randint(*VOLLEY)):
            host = everybody[0]
            [seat_mates] = self.random.choices(([host], sitting, everybody), (55, 35, 10))
            request, sender, recipients = self._choose(everybody, seat_mates, room_id)
            requests.append(request)
            thanks = thanks or (recipients[0], sender)
        await self._send(requests)
        if thanks and self.random.random() < 0.5:
            spoken = tongue(thanks[0].country, self.random)
            if thanks[0] is everybody[0]:
                await self._say(room_id, thanks[0], spoken.thanks, thanks[1])

    async def _give_in_private(self, members: Sequence[Member], moment: datetime) -> None:
        for start in range(0, PRIVATE_GIFTS, 4):
            with turned_to(moment + timedelta(seconds=20 * start)):
                await self._send([self._choose(members, members, None)[0] for _ in range(4)])

    async def _send(self, requests: Sequence[GiftRequest]) -> None:
        answers = await self.committer.process(self.tx, requests)
        for request, answer in zip(requests, answers, strict=True):
            assert answer.status == 201, answer.body
            await self.hearts.hear(self.tx, request, answer)

    def _choose(
        self, senders: Sequence[Member], recipients: Sequence[Member], room_id: int | None
    ) -> tuple[GiftRequest, Member, list[Member]]:
        """Who sends what to whom, paid from the sender's purse."""
        for _ in range(TRIES):
            [category] = self.random.choices(list(CATEGORIES), list(CATEGORIES.values()))
            gift = self.random.choice(self.gifts[category])
            able = [m for m in senders if m.may_send(gift) and m.purse >= LAVISH * gift.price]
            if not able:
                continue
            sender = self.random.choice(able)
            others = [m for m in recipients if m is not sender]
            if category == "cp":
                others = self.hearts.choices(sender, others)
            if not others:
                continue
            # A ring goes to one person, once.
            count = quantity = 1
            if category != "cp":
                quantity = self.random.choice(QUANTITIES)
                if len(others) > 2 and self.random.random() < SHARED:
                    count = self.random.randint(2, min(5, len(others)))
            if LAVISH * gift.price * quantity * count > sender.purse:
                quantity = count = 1
            chosen = self.random.sample(others, count)
            if category == "cp":
                self.hearts.ask(sender, chosen[0])
            sender.purse -= gift.price * quantity * count
            return self._request(sender, gift, chosen, quantity, room_id), sender, chosen
        raise AssertionError("nobody here can afford a gift")

    def _request(
        self,
        sender: Member,
        gift: Gift,
        recipients: Iterable[Member],
        quantity: int,
        room_id: int | None,
    ) -> GiftRequest:
        self.gifts_sent += 1
        body = SendGift(
            gift_id=gift.id,
            recipient_ids=[member.id for member in recipients],
            quantity=quantity,
            room_id=room_id,
        )
        print_ = idempotency.fingerprint("POST", SEND_PATH, body)
        return GiftRequest(sender.id, f"demo-{self.gifts_sent}", print_, body)


def _evenings(today: datetime) -> list[tuple[datetime, RoomPlan]]:
    """When people met where, in order; each meeting ends before the next begins."""
    lively = [plan for plan in ROOMS if plan.evenings > 1]
    earlier = [plan for plan in ROOMS for _ in range(plan.evenings - (plan in lively))]
    Random(len(earlier)).shuffle(earlier)
    step = (OLDEST - NEWEST) / len(earlier)
    return [
        *((today - OLDEST + step * place, plan) for place, plan in enumerate(earlier)),
        *((today - ago, plan) for ago, plan in zip(TONIGHT, lively, strict=True)),
    ]
