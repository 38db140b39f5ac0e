"""Random XP, thresholds and rewards against a model that is slow and simple."""

import os
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flylive.config import Settings
from flylive.progression.rules import VIP_PERIOD, Ladder, Level, vip_at
from flylive.reactions.gift_sent import GiftAggregator
from flylive.wallet import proof
from tests.conftest import Addresses
from tests.progression.hands import edit, frame, keeper, level, run_all
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
EXAMPLES = 20_000 if LONG else 100
LIVES = 400 if LONG else 3
STEPS = 25

ZERO = datetime.fromtimestamp(0, UTC)
THRESHOLDS = st.lists(st.integers(1, 60), max_size=6, unique=True).map(lambda x: [0, *sorted(x)])


def ladder_of(thresholds: list[int], active: list[bool] | None = None) -> Ladder:
    levels = [
        Level(100 + n, "wealth", n, f"{n}", xp, n, n, (), None, None, {}, ZERO, ZERO)
        for n, xp in enumerate(thresholds, 1)
    ]
    kept = active or [True] * len(levels)
    pairs = list(zip(levels, kept, strict=True))
    retired = {level.id: level.level_number for level, is_kept in pairs if not is_kept}
    return Ladder([level for level, is_kept in pairs if is_kept], retired)


@given(THRESHOLDS, st.lists(st.integers(0, 30), max_size=12))
@settings(max_examples=EXAMPLES)
def test_xp_in_any_portions_crosses_each_level_once(
    thresholds: list[int], portions: list[int]
) -> None:
    ladder = ladder_of(thresholds)
    standing, xp, crossed = 101, 0, []
    for portion in portions:
        xp += portion
        for step in ladder.crossed(standing, xp):
            standing = step.id
            crossed.append(step.level_number)
    assert crossed == [n for n, needed in enumerate(thresholds, 1) if n > 1 and needed <= xp]


@given(THRESHOLDS, st.data())
@settings(max_examples=EXAMPLES)
def test_settled_is_where_the_xp_stands(thresholds: list[int], data: st.DataObject) -> None:
    count = len(thresholds)
    active = [True, *data.draw(st.lists(st.booleans(), min_size=count - 1, max_size=count - 1))]
    number, xp = data.draw(st.integers(1, count)), data.draw(st.integers(0, 70))
    crossed, lower = ladder_of(thresholds, active).settled(number, xp)
    reached = [n for n in range(1, count + 1) if active[n - 1] and thresholds[n - 1] <= xp]
    top = max(reached)
    assert [step.level_number for step in crossed] == [n for n in reached if n > number]
    assert (lower.level_number if lower else None) == (top if top < number else None)


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 60)), max_size=8),
    st.integers(0, 160),
    st.lists(st.integers(1, 100), min_size=1, max_size=4, unique=True),
)
@settings(max_examples=EXAMPLES)
def test_vip_day_by_day(purchases: list[tuple[int, int]], day: int, needed: list[int]) -> None:
    """The same told by somebody who looks once each day, at its very beginning."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    thresholds = sorted(needed)
    ladder = Ladder([Level(n, "vip", n, "", xp, 0, 0, (), None, None, {}, ZERO, ZERO)
                     for n, xp in enumerate(thresholds, 1)])  # fmt: skip

    def earned(at: int) -> int:
        coins = sum(amount for when, amount in purchases if at - 30 < when <= at)
        return sum(1 for xp in thresholds if xp <= coins)

    number, ends = 0, -1
    for today in range(day + 1):
        if number and today >= ends:
            number, ends = earned(today), today + 30
        if earned(today) > number:
            number, ends = earned(today), today + 30
    bought = sorted((start + timedelta(days=when), coins) for when, coins in purchases)
    found = vip_at(bought, ladder, start + timedelta(days=day))
    assert found.level == number
    assert found.expires_at == (start + timedelta(days=ends) if number else None)
    assert timedelta(days=30) == VIP_PERIOD


@dataclass
class Simple:
    """The model: everybody's XP, and which levels have paid him; told from the whole ladder.

    Who fell is paid for no level up to the one that he left, though it was switched off when he
    passed it: whoever passed it and did not fall is not paid for it either.
    """

    thresholds: dict[int, int]
    active: set[int]
    xp: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    number: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    left: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def earns(self, person: int, xp: int) -> None:
        """XP by a gift: nobody falls by it."""
        self.xp[person] += xp
        self._climb(person)

    def settle(self) -> None:
        """A run: everybody stands where his XP puts him."""
        for person in self.xp:
            reached = [n for n in self.active if self.thresholds[n] <= self.xp[person]]
            if max(reached) < self.number[person]:
                self.left[person] = max(self.left[person], self.number[person])
                self.number[person] = max(reached)
            self._climb(person)

    def _climb(self, person: int) -> None:
        for number in sorted(self.active):
            if number > self.number[person] and self.thresholds[number] <= self.xp[person]:
                self.number[person] = number
                if number > self.left[person]:
                    assert number not in self.paid[person]
                    self.paid[person].append(number)


@pytest.mark.parametrize("seed", range(LIVES))
async def test_everybody_is_paid_as_the_simple_model_says(
    world: World, settings: Settings, addresses: Addresses, seed: int
) -> None:
    chance = random.Random(seed)
    staff = [await keeper(world), await keeper(world)]
    world.sql("UPDATE users SET wealth_level_id = NULL, charm_level_id = NULL")
    for table in ("user_levels", "room_levels", "levels"):
        world.sql(f"DELETE FROM {table}")
    prize = frame(world, duration_days=1)
    numbers = [1, *sorted(chance.sample(range(2, 12), 5))]
    models = {kind: Simple({n: 30 * (n - 1) for n in numbers}, set(numbers))
              for kind in ("wealth", "charm", "room")}  # fmt: skip
    ids = {(kind, n): level(world, kind, n, 30 * (n - 1), coin_reward=n * (n > 1),
                            diamond_reward=1000 * n * (n > 1),
                            frame_rewards=[prize] * (n % 2 == 0))
           for kind in models for n in numbers}  # fmt: skip
    people = await world.people(3)
    for person in people:
        await world.recharge(person, 50_000)
    room = await world.room(*people)
    gift = world.gift("1.00")
    aggregator = GiftAggregator(world.database, settings)
    for _ in range(STEPS):
        if chance.random() < 0.6:
            giver, host = chance.sample(people, 2)
            xp = chance.choice([1, 7, 40, 111])
            sent = await world.send(giver, gift, [host], quantity=xp, room_id=room)
            assert sent.status_code == 201, sent.text
            models["wealth"].earns(giver.id, xp)
            models["charm"].earns(host.id, xp)
            await aggregator.fold()
            models["room"].earns(people[0].id, xp)
        else:
            kind = chance.choice(list(models))
            model = models[kind]
            await _change(world, staff, chance, kind, model, ids)
            await run_all(world.database, chance.choice([2, 500]))
            model.settle()
    for person in people:
        assert _was_paid(world, person, ids) == sorted(
            (kind, n) for kind, model in models.items() for n in model.paid[person.id]
        )
        for kind in ("wealth", "charm"):
            [[standing]] = world.sql(f"SELECT {kind}_level_id FROM users WHERE id = %s", person.id)
            number = models[kind].number[person.id]
            # Who never had XP may stand nowhere yet.
            assert standing == ids[kind, number] or (standing is None and number == 1)
        [[prizes]] = world.sql(
            "SELECT COALESCE(sum(quantity), 0) FROM frame_user WHERE user_id = %s", person.id
        )
        assert prizes == sum(n % 2 == 0 for model in models.values() for n in model.paid[person.id])
    assert world.sql("SELECT room_level FROM rooms WHERE id = %s", room) == [
        (models["room"].number[people[0].id],)
    ]
    doubles = world.sql(
        "SELECT user_id, type FROM user_levels WHERE is_active GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert doubles == []
    lines: list[str] = []
    assert proof.verify(addresses.serving, lines.append) == 0, lines


async def _change(
    world: World,
    staff: Sequence[Person],
    chance: random.Random,
    kind: str,
    model: Simple,
    ids: dict[tuple[str, int], int],
) -> None:
    """Another threshold, or a level switched off or on, where the ladder allows it."""
    number = chance.choice([n for n in model.thresholds if n > 1])
    if chance.random() < 0.5:
        changes: dict[str, Any] = {"is_active": number not in model.active}
    else:
        changes = {"required_xp": chance.randint(1, 400)}
    for person in staff:
        saved = await edit(world, person, "PATCH", f"/levels/{ids[kind, number]}", **changes)
        # What may make many coins waits until a second person asks for the same.
        if saved.status_code != 202:
            break
    if saved.status_code == 422:
        return
    assert saved.status_code == 200, saved.text
    model.thresholds[number] = changes.get("required_xp", model.thresholds[number])
    if changes.get("is_active") is True:
        model.active.add(number)
    elif changes.get("is_active") is False:
        model.active.remove(number)


def _was_paid(
    world: World, person: Person, ids: dict[tuple[str, int], int]
) -> list[tuple[str, int]]:
    """For which levels he got coins, each as often as he got them; diamonds came along."""
    names = {level_id: key for key, level_id in ids.items()}
    rows = world.sql(
        "SELECT transactionable_id, currency_type, amount FROM transactions"
        " WHERE user_id = %s AND type = 'level_reward' AND transactionable_id = ANY(%s)",
        person.id,
        list(names),
    )
    coins = sorted(names[level_id] for level_id, currency, _ in rows if currency == 1)
    diamonds = sorted(names[level_id] for level_id, currency, _ in rows if currency == 2)
    assert coins == diamonds
    assert all(amount in (names[i][1], 1000 * names[i][1]) for i, _, amount in rows)
    return coins
