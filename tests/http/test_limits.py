"""Buckets: never more than the limit in any window, also in parallel."""

import asyncio
from datetime import timedelta

import pytest

from flylive import clock
from flylive.database import Database
from flylive.http import limits
from tests.standing import standing_at
from tests.world import World


async def hit(database: Database, name: str, limit: int = 3, seconds: int = 60) -> limits.Hit:
    return await database.run(lambda tx: limits.hit(tx, name, limit, seconds))


async def test_the_limit_holds_and_says_when_to_come_back(database: Database) -> None:
    with standing_at(clock.now()):
        hits = [await hit(database, "plain") for _ in range(5)]
    assert [one.is_allowed for one in hits] == [True, True, True, False, False]
    assert [one.remaining for one in hits] == [2, 1, 0, 0, 0]
    assert hits[-1].retry_after_seconds == 60
    assert (await hit(database, "other")).is_allowed


async def test_the_window_slides(database: Database) -> None:
    start = clock.now()
    for second, expected in ((0, True), (50, True), (55, True), (59, False), (61, True),
                             (62, False), (111, True)):  # fmt: skip
        with standing_at(start + timedelta(seconds=second)):
            assert (await hit(database, "sliding")).is_allowed is expected, second


async def test_refused_hits_do_not_prolong_the_wait(database: Database) -> None:
    start = clock.now()
    for second in range(0, 60, 5):
        with standing_at(start + timedelta(seconds=second)):
            await hit(database, "insisting", limit=1)
    with standing_at(start + timedelta(seconds=61)):
        assert (await hit(database, "insisting", limit=1)).is_allowed


async def test_a_hit_can_be_given_back_once(database: Database) -> None:
    taken = [await hit(database, "given", limit=2) for _ in range(2)]
    for at in (taken[0].at, taken[0].at, 12345):
        await database.run(lambda tx, at=at: limits.give_back(tx, "given", at))
    assert (await hit(database, "given", limit=2)).is_allowed
    assert not (await hit(database, "given", limit=2)).is_allowed
    last = await hit(database, "single", limit=1)
    await database.run(lambda tx: limits.give_back(tx, "single", last.at))
    assert (await hit(database, "single", limit=1)).is_allowed


async def test_parallel_hits_never_get_more(database: Database) -> None:
    hits = await asyncio.gather(*(hit(database, "parallel", limit=7) for _ in range(60)))
    assert sum(one.is_allowed for one in hits) == 7


async def test_expired_rows_are_swept(database: Database, world: World) -> None:
    await hit(database, "old", seconds=1)
    await hit(database, "young", seconds=3600)
    with clock.turned_to(clock.now() + timedelta(minutes=5)):
        assert await database.run(limits.delete_expired) >= 1
    left = [key for (key,) in world.sql("SELECT key FROM cache WHERE key LIKE 'limit:%%'")]
    assert "limit:old" not in left
    assert "limit:young" in left


async def test_a_name_too_long_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(ValueError, match="249"):
        await hit(database, "x" * 250)
