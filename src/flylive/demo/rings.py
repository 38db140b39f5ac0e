"""People whose gifts are made up, for the console's page of rings to find.

A circle of four, a pair that gives only each other, and seven new accounts that all give to one
person. They buy their coins like anybody and give through the services.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flylive.clock import turned_to
from flylive.config import Settings
from flylive.database import Transaction
from flylive.demo.loading import Gift
from flylive.gifts.facts import GiftRequest
from flylive.gifts.group import GroupCommitter
from flylive.gifts.schemas import SendGift
from flylive.http import idempotency

CIRCLE, PAIR, NEWCOMERS = 4, 2, 7
PEOPLE = CIRCLE + PAIR + NEWCOMERS + 1
"""Accounts in all; the last one is whom the new ones give to."""
COINS = 6_000
"""What each of them buys at least."""
ROUNDS = 4
LEAST_GIVEN = 300
"""Coins that a gift of theirs costs at least."""
SEND_PATH = "/v1/gifts/send"


def email(number: int) -> str:
    """The address of one of them, 1 to PEOPLE."""
    return f"ring{number}@flylive.example"


def is_newcomer(number: int) -> bool:
    """Whether this one registers late, shortly before he gives."""
    return CIRCLE + PAIR < number < PEOPLE


class Plotters:
    """Lets them give, in the order of time."""

    def __init__(self, tx: Transaction, settings: Settings, gifts: Sequence[Gift]) -> None:
        self.tx = tx
        self.committer = GroupCommitter(settings)
        cheap = [gift for gift in gifts if gift.category == "normal" and gift.country is None]
        self.gift = min(
            (gift for gift in cheap if gift.vip_level_required == 0), key=lambda gift: gift.price
        )
        self.sent = 0

    async def give(self, ids: Sequence[int], today: datetime) -> None:
        """Everything that they give; `ids` are by their numbers, from 1."""
        circle, pair = ids[:CIRCLE], ids[CIRCLE : CIRCLE + PAIR]
        *newcomers, host = ids[CIRCLE + PAIR :]
        for number in range(ROUNDS):
            with turned_to(today - timedelta(days=4) + timedelta(hours=9 * number)):
                for path in (circle, pair):
                    for sender, recipient in zip(path, [*path[1:], path[0]], strict=True):
                        await self._send(sender, recipient)
        for number, newcomer in enumerate(newcomers):
            with turned_to(today - timedelta(hours=20) + timedelta(hours=number)):
                await self._send(newcomer, host)

    async def _send(self, sender_id: int, recipient_id: int) -> None:
        self.sent += 1
        quantity = -(-LEAST_GIVEN * 100 // self.gift.price)
        body = SendGift(gift_id=self.gift.id, recipient_ids=[recipient_id], quantity=quantity)
        print_ = idempotency.fingerprint("POST", SEND_PATH, body)
        request = GiftRequest(sender_id, f"demo-ring-{self.sent}", print_, body)
        [answer] = await self.committer.process(self.tx, [request])
        assert answer.status == 201, answer.body
