"""What one knew and what one's stream told since is what one's addresses answer now.

A walk of random steps: gifts, purchases, refunds, frames put on and off, days that pass, staff
who change levels, frames and badges; after each step the folded state is the fresh one.
"""

import os
import random
import uuid
from contextlib import ExitStack
from datetime import timedelta

import pytest

from flylive.clock import now, turned_to
from flylive.config import Settings
from flylive.database import Database
from flylive.progression import runs
from flylive.reactions import recharged
from flylive.reactions.gift_sent import GiftAggregator
from flylive.shop import wearing
from tests.progression import fold as client
from tests.progression.hands import (
    badge,
    edit,
    events,
    frame,
    keeper,
    level,
    look_all,
    run_all,
    theme,
)
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
WALKS = 200 if LONG else 2
STEPS = 40


class Walk:
    """One person with a room, and what happens to him."""

    def __init__(
        self, world: World, settings: Settings, staff: Person, chance: random.Random
    ) -> None:
        self.world, self.staff, self.chance = world, staff, chance
        self.database: Database = world.database
        self.settings = settings
        self.aggregator = GiftAggregator(self.database, settings)
        self.time = ExitStack()
        self.orders: list[int] = []

    async def open(self) -> None:
        """The person, his room, and a catalogue."""
        world = self.world
        self.person, self.other = await world.people(2)
        await world.recharge(self.other, 100_000)
        self.room = await world.room(self.person, self.other)
        self.frames = [
            frame(world, price=1, duration_days=days, static_src=f"/assets/{n}.svg")
            for n, days in enumerate((1, 5, 30, None))
        ]
        self.themes = [theme(world, price=price) for price in (1, 1, 0)]
        self.levels = [
            level(world, kind, number, 40 * (number - 1), coin_reward=number - 1,
                  frame_rewards=[self.frames[number % 4]] if number > 2 else [])
            for kind in ("wealth", "charm", "room") for number in range(1, 6)
        ]  # fmt: skip
        self.vips = [
            level(world, "vip", number, 100 * number, frame_rewards=[self.frames[0]])
            for number in (1, 2, 3)
        ]
        self.gift = world.gift("1.00")
        for metric in ("gifts_sent", "charm_level", "vip_level", "frames_owned"):
            badge(world, {"metric": metric, "gte": 3})
        badge(world, {"metric": "room_xp", "gte": 90}, category="room")

    async def step(self) -> str:
        """Something happens; its name."""
        name = self.chance.choice(
            ["give", "get", "get", "buy", "refund", "frame", "frame", "wear", "wear", "take_off",
             "theme", "pass_time", "pass_time", "move_level", "move_vip", "repaint", "new_badge",
             "night"]
        )  # fmt: skip
        await getattr(self, name)()
        return name

    async def work(self) -> None:
        """What the worker does every few seconds."""
        while await self.aggregator.fold():
            pass
        await recharged.lift(self.database)
        await recharged.lower(self.database)
        await recharged.tell_ending(self.database, self.settings)
        await wearing.end_expired(self.database)
        await run_all(self.database, 7)
        await look_all(self.database)

    async def give(self) -> None:
        times = self.chance.randint(1, 60)
        where = {"room_id": self.room} if self.chance.random() < 0.5 else {}
        await self.world.send(self.person, self.gift, [self.other], quantity=times, **where)

    async def get(self) -> None:
        times = self.chance.randint(1, 60)
        where = {"room_id": self.room} if self.chance.random() < 0.5 else {}
        await self.world.send(self.other, self.gift, [self.person], quantity=times, **where)

    async def buy(self) -> None:
        await self.world.recharge(self.person, self.chance.randint(20, 250))
        [(order,)] = self.world.sql(
            "SELECT max(id) FROM recharge_orders WHERE user_id = %s", self.person.id
        )
        self.orders.append(order)

    async def refund(self) -> None:
        if self.orders:
            order = self.orders.pop(self.chance.randrange(len(self.orders)))
            path = f"/recharge/orders/{order}/sandbox"
            await self.world.call("POST", path, self.person, json={"outcome": "refunded"})

    async def _purchase(self, path: str) -> None:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        await self.world.call("POST", f"{path}/purchase", self.person, headers=key)

    async def frame(self) -> None:
        await self._purchase(f"/frames/{self.chance.choice(self.frames)}")

    async def theme(self) -> None:
        await self._purchase(f"/themes/{self.chance.choice(self.themes)}")

    async def wear(self) -> None:
        path = f"/me/frames/{self.chance.choice(self.frames)}/active"
        await self.world.call("PUT", path, self.person)

    async def take_off(self) -> None:
        path = f"/me/frames/{self.chance.choice(self.frames)}/active"
        await self.world.call("DELETE", path, self.person)

    async def pass_time(self) -> None:
        hours = self.chance.choice([1, 25, 130, 800])
        self.time.enter_context(turned_to(now() + timedelta(hours=hours)))

    async def move_level(self) -> None:
        place = self.chance.randrange(len(self.levels))
        number = place % 5 + 1
        if number > 1:
            xp = 40 * (number - 1) + self.chance.randint(-19, 20)
            change = self.chance.choice([{"required_xp": xp}, {"is_active": False},
                                         {"is_active": True}])  # fmt: skip
            await edit(self.world, self.staff, "PATCH", f"/levels/{self.levels[place]}", **change)

    async def move_vip(self) -> None:
        place = self.chance.randrange(3)
        xp = 100 * (place + 1) + self.chance.randint(-49, 50)
        await edit(self.world, self.staff, "PATCH", f"/levels/{self.vips[place]}", required_xp=xp)

    async def repaint(self) -> None:
        path = f"/frames/{self.chance.choice(self.frames)}"
        source = f"/assets/{self.chance.randrange(10**6)}.svg"
        await edit(self.world, self.staff, "PATCH", path, static_src=source)

    async def new_badge(self) -> None:
        metric = self.chance.choice(["gifts_received", "coins_spent", "wealth_level"])
        await edit(
            self.world, self.staff, "POST", "/badges", name="New", category="activity",
            icon_url="/assets/b.svg",
            requirements={"metric": metric, "gte": self.chance.randint(1, 40)},
        )  # fmt: skip

    async def night(self) -> None:
        await runs.begin_nightly(self.database, self.settings)


@pytest.mark.parametrize("seed", range(WALKS))
async def test_the_folded_state_is_the_fresh_one(
    world: World, settings: Settings, seed: int
) -> None:
    for table in ("user_badges", "room_badges", "badges", "catalogue_runs"):
        world.sql(f"DELETE FROM {table}")
    world.sql("UPDATE users SET wealth_level_id = NULL, charm_level_id = NULL")
    for table in ("user_levels", "room_levels", "levels"):
        world.sql(f"DELETE FROM {table}")
    walk = Walk(world, settings, await keeper(world), random.Random(seed))
    await walk.open()
    person, room = walk.person, walk.room
    with walk.time:
        await walk.work()
        state = await client.fresh(world, person, room)
        place = max((event["seq"] for event in events(world, person)), default=0)
        said: list[str] = []
        for _ in range(STEPS):
            said.append(await walk.step())
            # Mostly the worker has been there; sometimes not yet.
            if walk.chance.random() < 0.7:
                await walk.work()
                said.append("work")
            told = events(world, person, place)
            state = client.fold(state, told)
            place = told[-1]["seq"] if told else place
            fresh = await client.fresh(world, person, room)
            moment = now()
            assert client.seen_at(state, moment) == client.settled_at(fresh, moment), said
