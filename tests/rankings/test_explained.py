"""Whatever happens, the rows that a score opens into are the score: always, on every board.

Random gifts, wins at games, gifts taken back, refunds of recharges, folds, closings and boards
made anew, over days; after each step everybody's scores are opened and added up, and once all is
folded the boards themselves must say the same. `fly.py test --long` does many more of them.
"""

import os
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flylive import clock
from flylive.clock import business_day
from flylive.config import Settings
from flylive.rankings import closing
from flylive.rankings.rebuild import rebuild
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet.proof import verify
from tests.agencies.hands import found, join
from tests.games.hands import House, make_house, name
from tests.rooms.crowd import crowd
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
LIVES = int(os.environ.get("FLYLIVE_TEST_SEQUENCES", "20" if LONG else "1"))
STEPS = 60 if LONG else 30
PERIODS = ("daily", "weekly", "monthly", "all_time")
GAMES = ("teen_patti", "fruit_loop")


@pytest.fixture(scope="module", autouse=True)
def limit(settings: Settings) -> Iterator[None]:
    """One member of the staff may take back whatever he likes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "adjustment_limit", 100_000_000)
        yield


@pytest.fixture(scope="module")
async def houses(world: World, settings: Settings) -> list[House]:
    return [make_house(world, settings, code=code) for code in GAMES]


@dataclass
class Life:
    """One world that lives through some days."""

    world: World
    settings: Settings
    chance: random.Random
    houses: list[House]
    staff: Person
    givers: list[Person]
    hosts: list[Person]
    room: int
    agency: int
    gifts: list[int]
    lines: list[int] = field(default_factory=list)
    days: set[date] = field(default_factory=set)

    async def do(self, method: str, path: str, person: Person, body: Any) -> Any:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.world.call(method, path, person, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def give(self) -> None:
        chance = self.chance
        where = {"room_id": self.room} if chance.random() < 0.5 else {}
        to = chance.sample(self.hosts, chance.randint(1, 2))
        gift, quantity = chance.choice(self.gifts), chance.randint(1, 4)
        sent = await self.world.send(
            chance.choice(self.givers), gift, to, quantity=quantity, **where
        )
        assert sent.status_code == 201, sent.text
        self.lines += [line["gift_transaction_id"] for line in sent.json()["lines"]]

    async def take_back(self) -> None:
        if self.lines:
            line = self.lines.pop(self.chance.randrange(len(self.lines)))
            path = f"/admin/gift-transactions/{line}/reverse"
            await self.do("POST", path, self.staff, {"reason": "Sent by a thief"})

    async def play(self) -> None:
        house, player = self.chance.choice(self.houses), self.chance.choice(self.givers)
        token, round_id, bet = await house.session(player), name(), name()
        await house.bet(token, 10, round_id=round_id, transaction_id=bet)
        won = await house.win(token, self.chance.choice(["0", "7.50", "40"]), round_id=round_id)
        assert won.status_code == 200, won.text
        # A round that has paid gives no bet back, and a win is no bet: neither moves a score.
        for number in (bet, won.json()["transaction_id"]):
            assert (await house.roll_back(token, number)).status_code == 409

    async def refund(self) -> None:
        """A refunded recharge takes back coins, not gifts."""
        giver = self.chance.choice(self.givers)
        body = {"package_id": self.world.package(50), "provider": "sandbox"}
        order = await self.do("POST", "/recharge/orders", giver, body)
        for outcome in ("paid", "refunded"):
            path = f"/recharge/orders/{order['id']}/sandbox"
            await self.do("POST", path, giver, {"outcome": outcome})

    async def fold(self) -> None:
        aggregator = GiftAggregator(self.world.database, self.settings)
        while await aggregator.fold():
            pass

    async def close(self) -> None:
        await closing.close_due(self.world.database, self.settings)

    async def rebuild(self) -> None:
        await rebuild(self.world.database, self.settings, lambda words: None)

    def subjects(self) -> Iterator[tuple[str, str, int]]:
        for person in self.givers:
            yield "wealth", "", person.id
            for game in GAMES:
                yield "game", game, person.id
        for person in self.hosts:
            yield "charm", "", person.id
        yield "room", "", self.room
        yield "agency", "", self.agency

    async def opened(self, path: str) -> tuple[Decimal, list[Decimal]]:
        """The score, and what each of its rows counts, over all pages."""
        amounts: list[Decimal] = []
        cursor = ""
        while cursor is not None:
            answer = await self.world.call("GET", f"{path}&limit=3{cursor}", self.staff)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            amounts += [Decimal(row["amount"]) for row in page["data"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
        return Decimal(page["score"]), amounts

    async def check(self, *, is_folded: bool = False) -> None:
        """Every score of every day is its rows; and, once all is folded, what the board says."""
        picked = list(self.subjects())
        picked = picked if is_folded else self.chance.sample(picked, 4)
        for category, game, subject in picked:
            for period in PERIODS:
                for day in self.days:
                    query = f"period={period}&date={day}" + (f"&subcategory={game}" if game else "")
                    path = f"/rankings/{category}/explain?subject_id={subject}&{query}"
                    score, amounts = await self.opened(path)
                    assert score == sum(amounts, Decimal(0)), path
                    if is_folded:
                        path = f"/rankings/{category}?limit=100&{query}"
                        assert score == await self.on_board(path, subject), path

    async def on_board(self, path: str, subject: int) -> Decimal:
        shown = (await self.world.call("GET", path, self.staff)).json()
        for place in shown["data"]:
            who = place.get("user") or place.get("room") or place["agency"]
            if who["id"] == subject:
                return Decimal(place["score"])
        return Decimal(0)


@pytest.mark.parametrize("seed", range(LIVES))
async def test_a_score_is_the_sum_of_its_rows(
    world: World, settings: Settings, houses: list[House], seed: int
) -> None:
    chance = random.Random(seed)
    staff, owner, *people = await crowd(world, 7)
    world.sql("INSERT INTO staff_members (user_id, role) VALUES (%s, 'finance')", staff.id)
    givers, hosts = people[:3], people[3:]
    for person in givers:
        await world.recharge(person, 100_000)
    agency = await found(world, owner)
    await join(world, agency, owner, hosts[0])
    room = await world.room(hosts[0], *givers, *hosts[1:])
    gifts = [world.gift(price) for price in ("0.33", "2.00", "19.99")]
    life = Life(world, settings, chance, houses, staff, givers, hosts, room, agency, gifts)
    acts = [life.give] * 8 + [life.take_back] * 4 + [life.play] * 2 + [life.refund]
    acts += [life.fold] * 3 + [life.rebuild]
    # Each seed has days of its own; most of its closings are of days that gifts are taken from.
    moment = clock.now() + timedelta(days=10 * seed)
    with clock.turned_to(moment):
        for step in range(STEPS):
            if step % 10 == 9:
                moment += timedelta(days=1)
            with clock.turned_to(moment):
                life.days.add(business_day(clock.now(), settings.timezone))
                await chance.choice(acts)()
                if step % 10 == 9:
                    await life.fold()
                    await life.close()
                await life.check()
    with clock.turned_to(moment):
        await life.fold()
        await life.check(is_folded=True)
    closed = world.sql("SELECT count(*) FROM gift_reversals WHERE frozen <> '{}'")
    assert closed[0][0] > 0
    frozen = world.sql(
        "SELECT r.category, r.period, r.period_start, r.subject, r.score, s.score * 0.01"
        " FROM rankings r JOIN ranking_scores s ON s.category = r.category"
        " AND s.subcategory = COALESCE(r.subcategory, '') AND s.period = r.period"
        " AND s.period_start = r.period_start AND s.subject_id = r.subject"
        " WHERE r.score <> s.score * 0.01"
    )
    assert frozen == []
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
