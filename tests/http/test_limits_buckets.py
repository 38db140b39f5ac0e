"""Buckets that fill again evenly, and what an answer says about its limits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flylive import clock
from flylive.config import Settings
from flylive.database import Database, Transaction
from flylive.errors import TooManyRequests
from flylive.http import limits
from flylive.http.limits import Limit, Standing
from tests.standing import standing_at
from tests.world import World


async def is_let_through(database: Database, *wanted: Limit | None) -> bool:
    try:
        await limits.take(database, *wanted)
    except TooManyRequests:
        return False
    return True


async def test_a_quota_at_once_and_then_evenly(database: Database) -> None:
    limit = Limit("even", 6, 60)
    start = clock.now()
    with standing_at(start):
        assert [await is_let_through(database, limit) for _ in range(8)] == [True] * 6 + [False] * 2
    for second, expected in ((9, False), (11, True), (19, False), (42, True), (42, True),
                             (42, True), (42, False), (200, True)):  # fmt: skip
        with standing_at(start + timedelta(seconds=second)):
            assert await is_let_through(database, limit) is expected, second
    with standing_at(start + timedelta(seconds=200)):
        assert [await is_let_through(database, limit) for _ in range(6)] == [True] * 5 + [False]


async def test_whoever_is_refused_learns_when_and_loses_nothing(database: Database) -> None:
    limit, other = Limit("wait", 2, 60), Limit("other", 2, 60)
    start = clock.now()
    with standing_at(start):
        for _ in range(2):
            await limits.take(database, limit)
        for _ in range(5):
            with pytest.raises(TooManyRequests) as refused:
                # The other one stands first, and is not counted either.
                await limits.take(database, other, limit)
            assert refused.value.headers["Retry-After"] == "30"
        assert [await is_let_through(database, other) for _ in range(3)] == [True, True, False]
    with standing_at(start + timedelta(seconds=31)):
        assert await is_let_through(database, limit)


async def test_a_hit_can_be_put_back(database: Database) -> None:
    limit = Limit("back", 2, 60)
    for _ in range(5):
        await database.run(lambda tx: limits.take_within(tx, limit))
        await database.run(lambda tx: limits.put_back(tx, limit))
    assert [await is_let_through(database, limit) for _ in range(3)] == [True, True, False]


async def test_hits_at_once_never_get_more(database: Database) -> None:
    limit = Limit("parallel", 7, 3600)
    through = await asyncio.gather(*(is_let_through(database, limit) for _ in range(60)))
    assert sum(through) == 7


async def test_two_limits_in_any_order_do_not_stand_in_each_others_way(database: Database) -> None:
    one, two = Limit("one", 200, 3600), Limit("two", 200, 3600)
    orders = [(one, two), (two, one)] * 30
    through = await asyncio.gather(*(is_let_through(database, *order) for order in orders))
    assert all(through)


async def test_a_clock_set_back_shuts_nobody_out(database: Database) -> None:
    limit = Limit("clock", 2, 60)
    with clock.turned_to(clock.now() + timedelta(hours=5)):
        for _ in range(2):
            await limits.take(database, limit)
    assert [await is_let_through(database, limit) for _ in range(3)] == [True, True, False]


async def test_none_is_no_limit(database: Database, world: World) -> None:
    before = world.sql("SELECT count(*) FROM cache")
    assert await is_let_through(database, None, None)
    assert world.sql("SELECT count(*) FROM cache") == before


@pytest.mark.parametrize(
    ("env", "host", "quota", "holds"),
    [
        ("development", "127.0.0.1", 5, False),
        ("development", "::1", 5, False),
        ("development", "::ffff:127.0.0.1", 5, False),
        ("development", "203.0.113.1", 5, True),
        ("production", "127.0.0.1", 5, True),
        ("production", None, 5, True),
        ("production", "203.0.113.1", 0, False),
    ],
)
def test_limits_by_address(env: Any, host: str | None, quota: int, holds: bool) -> None:
    settings = Settings(env=env)
    assert (limits.per_address(settings, host, "x", quota, 60) is not None) is holds


def test_a_limit_of_an_account_is_off_only_by_its_setting() -> None:
    assert limits.per_account(5, "x", 0, 60) is None
    assert limits.per_account(5, "x", 3, 60) == Limit("x:user:5", 3, 60)


async def test_rows_stay_hot_and_are_swept(database: Database, world: World) -> None:
    """`expiration` has an index, so a row that moved it with each hit would be written anew."""
    limit = Limit("hot", 500, 3600)
    start = clock.now()
    expirations = set()
    for second in range(5):
        with clock.turned_to(start + timedelta(seconds=second)):
            await limits.take(database, limit)
            await database.run(lambda tx: limits.hit(tx, "hot", 500, 3600))
        expirations |= set(
            world.sql("SELECT key, expiration FROM cache WHERE key IN ('bucket:hot', 'limit:hot')")
        )
    # Two where the test runs over the end of an hour.
    assert len(expirations) in (2, 4)
    assert all(until > start.timestamp() + 3600 + 5 for _, until in expirations)
    with clock.turned_to(start + timedelta(hours=3)):
        await database.run(limits.delete_expired)
    assert world.sql("SELECT key FROM cache WHERE key = 'bucket:hot'") == []


def told(*standings: Standing) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in limits.headers(standings)}


def test_the_tightest_limit_is_told() -> None:
    assert told() == {}
    wide, tight = Standing(300, 60, 10, 7), Standing(5, 900, 2, 900)
    assert told(wide, tight) == {
        "ratelimit": "limit=5, remaining=2, reset=900",
        "ratelimit-limit": "5",
        "ratelimit-remaining": "2",
        "ratelimit-reset": "900",
        "ratelimit-policy": "300;w=60, 5;w=900",
    }
    refused = Standing(300, 60, 0, 3, is_refused=True)
    nearly = Standing(5, 900, 0, 900)
    assert told(nearly, refused)["ratelimit"] == "limit=300, remaining=0, reset=3"


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 99), st.booleans()), min_size=1))
def test_it_is_never_better_than_any(given: list[tuple[int, int, bool]]) -> None:
    standings = [
        Standing(quota, 60, 0 if refused else min(left, quota), 60, is_refused=refused)
        for quota, left, refused in given
    ]
    remaining = int(told(*standings)["ratelimit-remaining"])
    assert remaining == min(one.remaining for one in standings)


RATE_LIMIT = {
    "ratelimit", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy",
}  # fmt: skip


async def test_only_answers_that_met_a_limit_tell_of_one(world: World) -> None:
    person = await world.register()
    for path in ("/me", f"/users/{person.id}"):
        answer = await world.call("GET", path, person)
        assert RATE_LIMIT.isdisjoint(answer.headers)
    answer = await world.call("GET", "/users?q=abc", person)
    assert answer.headers.keys() >= RATE_LIMIT
    # One's own answers alone, though others are answered by the same process meanwhile.
    answers = await asyncio.gather(
        *(world.call("GET", path, person) for path in ("/users?q=abc", "/me") * 10)
    )
    assert [bool(RATE_LIMIT & set(one.headers)) for one in answers] == [True, False] * 10


async def test_problems_tell_of_them_too(world: World) -> None:
    person = await world.register(password="the right one")
    body = {"login": person.user["email"], "password": "wrong"}
    answers = [await world.call("POST", "/auth/login", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == list("432100")
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"5"}
    assert answers[-1].headers["ratelimit-reset"] == answers[-1].headers["retry-after"]
    assert answers[-1].headers["content-type"] == "application/problem+json"


async def test_a_right_password_leaves_the_tries_as_they_were(world: World) -> None:
    person = await world.register(password="the right one")
    body = {"login": person.user["email"], "password": "the right one"}
    for _ in range(2):
        answer = await world.call("POST", "/auth/login", json=body)
        assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (200, "5")


async def test_messages_and_rooms_tell_of_theirs(world: World) -> None:
    owner = await world.register()
    room = await world.room(owner)
    body = {"content": "hello", "client_id": "c3d0bfa4-6e0e-4fd9-8f0f-0d6b3f6b5f11"}
    answer = await world.call("POST", f"/rooms/{room}/messages", owner, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers.keys() >= RATE_LIMIT


async def test_what_is_taken_within_a_failed_transaction_is_not_counted(database: Database) -> None:
    limit = Limit("undone", 1, 3600)

    async def work(tx: Transaction) -> None:
        await limits.take_within(tx, limit)
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await database.run(work)
    assert await is_let_through(database, limit)
