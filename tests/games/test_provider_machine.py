"""Whatever a provider sends, in whatever order and at once, no coin is made or lost.

Hypothesis makes up a provider gone wrong: duplicates, ids used twice, rollbacks before and beside
their bets, wins after the end, for nothing, or too large, calls whose caller hangs up; bursts of
them run at once, while sessions end and begin, players are blocked and the game is switched off.
After each burst every id is asked for once more, and the answers must account for every coin.
`fly.py test --long` runs a thousand sequences.
"""

import asyncio
import contextlib
import logging
import os
import random
from collections import defaultdict
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from flylive.config import Settings
from flylive.games import endpoints
from flylive.wallet import proof
from tests.games.hands import House, coins, make_house, name
from tests.world import Person, World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
SEQUENCES = int(os.environ.get("FLYLIVE_TEST_SEQUENCES", "1000" if LONG else "6"))
STEPS = 12
PLAYERS = 3
MAX_WIN = Decimal(5000)

T = TypeVar("T")


class Call(NamedTuple):
    """One thing that the provider asks; `copies` of it at once."""

    verb: str
    player: int
    number: int
    bet: int
    round: int
    amount: str
    copies: int
    hangs_up: bool


PLAYER = st.integers(0, PLAYERS - 1)
CALL = st.builds(
    Call,
    verb=st.sampled_from(["bet", "bet", "bet", "bet", "win", "win", "rollback"]),
    player=PLAYER,
    number=st.integers(0, 9),
    bet=st.integers(0, 9),
    round=st.integers(0, 5),
    amount=st.sampled_from(
        ["1", "10.00", "0.99", "33.33", "33.33", "10.00", "400", "1000.01", "3000"]
    ),
    copies=st.sampled_from([1, 1, 1, 2, 3]),
    hangs_up=st.sampled_from([False, False, False, True]),
)
Words = tuple[tuple[str, Any], ...]


class Stage:
    """What all sequences share: the app's loop, a house, players."""

    def __init__(self, world: World, house: House, people: list[Person]) -> None:
        self.world = world
        self.house = house
        self.people = people
        self.loop = asyncio.get_running_loop()
        self.sequences = self.calls = self.moved = 0

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the app's loop do it, from the machine's thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)


class Provider(RuleBasedStateMachine):
    """One sequence: names of its own, and every answer that was heard under each."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.prefix = name()[:12]
        self.tokens: list[str] = []
        self.opening: list[Decimal] = []
        self.answers: dict[tuple[str, str, Words], tuple[int, bytes]] = {}
        self.expected = [Decimal(0)] * PLAYERS

    @initialize()
    def begin(self) -> None:
        self.stage.sequences += 1
        self.stage.wait(self.fund())
        self.tokens = [
            self.stage.wait(self.stage.house.session(person)) for person in self.stage.people
        ]
        self.opening = [
            self.stage.wait(coins(self.stage.world, person)) for person in self.stage.people
        ]

    async def fund(self) -> None:
        for person in self.stage.people:
            if await coins(self.stage.world, person) < 500:
                await self.stage.world.recharge(person, 3000)

    def id_of(self, verb: str, number: int) -> str:
        # The last number is used for anything.
        return f"{self.prefix}-{verb if number < 9 else 'any'}-{number}"

    def words(self, call: Call) -> dict[str, Any]:
        words: dict[str, Any] = {"transaction_id": self.id_of(call.verb, call.number)}
        if call.verb == "rollback":
            return words | {"bet_transaction_id": self.id_of("bet", call.bet)}
        return words | {"round_id": f"{self.prefix}-{call.round}", "amount": call.amount}

    @rule(calls=st.lists(CALL, min_size=5, max_size=12))
    def burst(self, calls: list[Call]) -> None:
        """All of them at once; then each once more, one after the other."""
        self.stage.wait(self.send_all(calls))

    async def send_all(self, calls: list[Call]) -> None:
        each = [call for call in calls for _ in range(call.copies)]
        heard = await asyncio.gather(*(self.send(call) for call in each))
        again = [await self.send(call._replace(hangs_up=False)) for call in calls]
        for call, answer in zip(each + calls, heard + again, strict=True):
            if answer is not None:
                self.note(call, answer)

    async def send(self, call: Call) -> httpx.Response | None:
        self.stage.calls += 1
        body = {"session_token": self.tokens[call.player]} | self.words(call)
        work = self.stage.house.call(call.verb, **body)
        if not call.hangs_up:
            return await work
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(work, random.uniform(0, 0.03))
        return None

    def note(self, call: Call, answer: httpx.Response) -> None:
        """The same words under the same id are always answered alike."""
        assert answer.status_code < 500, answer.text
        words = tuple(sorted(self.words(call).items()))
        key = (f"{call.player}", call.verb, words)
        told = (answer.status_code, answer.content)
        if answer.json().get("code") == "request.invalid":
            return
        assert self.answers.setdefault(key, told) == told, (key, told)

    @rule(player=PLAYER, calls=st.lists(CALL, min_size=1, max_size=5))
    def after_the_end(self, player: int, calls: list[Call]) -> None:
        """The player leaves and his token goes on being used; then he comes back."""
        house, person = self.stage.house, self.stage.people[player]
        path = f"/games/{house.game}/sessions"
        answer = self.stage.wait(self.stage.world.call("DELETE", path, person))
        assert answer.status_code == 204
        self.stage.wait(self.send_all(calls))
        self.tokens[player] = self.stage.wait(house.session(person))

    @rule(player=PLAYER, stake=st.integers(1, 50), factor=st.integers(0, 5))
    def an_honest_round(self, player: int, stake: int, factor: int) -> None:
        """After all that, whoever does as he should has his bet taken and his win paid."""
        house, person = self.stage.house, self.stage.people[player]
        self.tokens[player] = self.stage.wait(house.session(person))
        before = self.stage.wait(coins(self.stage.world, person))
        if before < stake:
            return
        round_id = name()
        bet = self.stage.wait(house.bet(self.tokens[player], stake, round_id=round_id))
        assert bet.status_code == 200, bet.text
        win = self.stage.wait(house.win(self.tokens[player], stake * factor, round_id=round_id))
        assert win.status_code == 200, win.text
        change = Decimal(stake * (factor - 1))
        self.expected[player] += change
        assert self.stage.wait(coins(self.stage.world, person)) == before + change

    @rule(player=PLAYER, calls=st.lists(CALL, min_size=1, max_size=5))
    def while_blocked(self, player: int, calls: list[Call]) -> None:
        sql = "UPDATE users SET is_blocked = {0}, blocked_at = {1} WHERE id = %s"
        person = self.stage.people[player]
        self.stage.world.sql(sql.format("true", "now()"), person.id)
        self.stage.wait(self.send_all(calls))
        self.stage.world.sql(sql.format("false", "NULL"), person.id)

    @rule(calls=st.lists(CALL, min_size=1, max_size=5))
    def while_closed(self, calls: list[Call]) -> None:
        sql = "UPDATE games SET is_active = %s WHERE id = %s"
        self.stage.world.sql(sql, False, self.stage.house.game_id)
        self.stage.wait(self.send_all(calls))
        self.stage.world.sql(sql, True, self.stage.house.game_id)

    def teardown(self) -> None:
        if not self.opening:
            return
        changes, bets, rollbacks, wins = self.expected, {}, defaultdict(list), defaultdict(list)
        owners: dict[str, Words] = {}
        for (player, verb, words), (status, content) in self.answers.items():
            fields = dict(words)
            id_ = fields["transaction_id"]
            if status == 422:
                continue
            # Of all that was asked under an id, one thing was decided.
            assert owners.setdefault(id_, (player, verb, *words)) == (player, verb, *words)
            if status != 200:
                continue
            document = httpx.Response(200, content=content).json()
            amount = Decimal(document["amount"])
            self.stage.moved += amount > 0
            changes[int(player)] += -amount if verb == "bet" else amount
            if verb == "bet":
                bets[id_] = (player, fields["round_id"], amount)
            elif verb == "win":
                wins[player, fields["round_id"]].append(amount)
            else:
                rollbacks[fields["bet_transaction_id"]].append(amount)
        for bet, returned in rollbacks.items():
            taken = bets[bet][2] if bet in bets else 0
            assert sum(returned) == taken, f"{bet} took {taken} and {returned} was given back"
        for (player, round_id), paid in wins.items():
            staked = [
                bet for bet, (who, round_, _) in bets.items() if (who, round_) == (player, round_id)
            ]
            assert any(bet not in rollbacks for bet in staked), f"{round_id} paid without a bet"
            assert sum(paid) <= MAX_WIN
        for number, person in enumerate(self.stage.people):
            has = self.stage.wait(coins(self.stage.world, person))
            assert has == self.opening[number] + changes[number]


async def test_no_coin_is_made_or_lost(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its sessions are begun more often than a person's may be.
    monkeypatch.setattr(endpoints, "SESSIONS_PER_MINUTE", 0)
    people = await world.people(PLAYERS)
    house = make_house(world, settings, max_win=str(MAX_WIN))
    Provider.stage = Stage(world, house, people)
    world.client.headers["X-Request-Id"] = "machine"
    # Its sessions are begun more often than a user may.
    world.sql("DELETE FROM cache")
    logging.disable(logging.INFO)
    await asyncio.to_thread(
        run_state_machine_as_test,
        Provider,
        settings=hypothesis_settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    logging.disable(logging.NOTSET)
    stage = Provider.stage
    print(f"{stage.sequences} sequences, {stage.calls} calls, {stage.moved} moved coins")
    assert stage.sequences >= SEQUENCES
    assert stage.moved > 0
    with psycopg.connect(world.owner_dsn) as connection:
        assert proof.check(connection, print) == 0
