"""Closing is killed with -9 at random moments and begun again: each period is frozen, and paid,
once.

`fly.py test --long` kills it a hundred times over.
"""

import asyncio
import os
import random
import sys
from datetime import timedelta
from pathlib import Path

from flylive.clock import business_day, now
from flylive.config import Settings
from flylive.wallet.proof import verify
from tests.conftest import Addresses
from tests.rooms.crowd import crowd
from tests.world import World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
KILLS = 100 if LONG else 3
DAYS, PEOPLE = (365, 40) if LONG else (40, 40)
LONGEST = 0.4
"""Seconds after which a closing process is killed at the latest."""
SCRIPT = Path(__file__).with_name("close.py")
BOARDS = (("wealth", ""), ("charm", ""), ("game", "teen_patti"))

_SCORES = """
    INSERT INTO ranking_scores (category, subcategory, period, period_start, subject_id, country,
                                score, band)
    SELECT %s, %s, 'daily', d, u, 'AE', s, ranking_band(s)
    FROM generate_series(%s::date, %s::date, '1 day') AS d, unnest(%s::bigint[]) AS u,
         LATERAL (SELECT 100 * (1 + abs(hashint8(u * 31 + extract(epoch FROM d)::bigint)) %% 30)
                  ::bigint AS s) AS scored
"""
_BANDS = """
    INSERT INTO ranking_bands (category, subcategory, period, period_start, country, band, subjects)
    SELECT category, subcategory, period, period_start, place.country, band, count(*)
    FROM ranking_scores, LATERAL (VALUES (''), (country)) AS place (country)
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_RANKED = """
    SELECT category, NULLIF(subcategory, ''), period_start, subject_id,
           rank() OVER (PARTITION BY category, period_start ORDER BY score DESC), score * 0.01
    FROM ranking_scores ORDER BY 1, 3, 4
"""
_FROZEN = """
    SELECT category, subcategory, period_start, user_id, rank_position, score
    FROM rankings ORDER BY 1, 3, 4
"""
_PAID = """
    SELECT r.id, count(t.id), sum(t.amount)
    FROM rankings r LEFT JOIN transactions t ON t.transactionable_type = 'Ranking'
         AND t.transactionable_id = r.id
    GROUP BY r.id, r.rank_position
    HAVING (count(t.id), COALESCE(sum(t.amount), 0))
           <> CASE WHEN r.rank_position <= 20 THEN (1::bigint, 7.00) ELSE (0::bigint, 0.00) END
"""


async def close(dsn: str, seconds: float | None) -> bool:
    """Close what is due; killed after so long, if it is not done before. Whether it was done."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
    return await process.stdout.read() == b"done\n"


async def test_closing_that_is_killed_freezes_and_pays_once(
    world: World, settings: Settings, addresses: Addresses
) -> None:
    people = await crowd(world, PEOPLE)
    today = business_day(now(), settings.timezone)
    for category, subcategory in BOARDS:
        first, last = today - timedelta(days=DAYS), today - timedelta(days=2)
        world.sql(_SCORES, category, subcategory, first, last, [person.id for person in people])
        world.sql(
            "INSERT INTO ranking_prizes (category, subcategory, period, rank_from, rank_to, coins)"
            " VALUES (%s, %s, 'daily', 1, 20, 7)",
            category,
            subcategory,
        )
    world.sql(_BANDS)
    chance = random.Random(9)
    kills = 0
    for _ in range(KILLS):
        # Two at once, as two workers would be: what one is killed at the other goes on with.
        done = await asyncio.gather(
            *(close(addresses.serving, chance.uniform(0, LONGEST)) for _ in range(2))
        )
        kills += done.count(False)
        if all(done):
            break
    assert await close(addresses.serving, None)
    print(f"{kills} kills")
    assert kills > 0
    assert world.sql(_FROZEN) == world.sql(_RANKED)
    assert world.sql(_PAID) == []
    [(told, winners)] = world.sql(
        "SELECT (SELECT count(*) FROM stream_events WHERE data ->> 'kind' = 'ranking_prize'),"
        " (SELECT count(*) FROM rankings WHERE rank_position <= 20)"
    )
    assert told == winners > 0
    said: list[str] = []
    assert verify(world.owner_dsn, said.append) == 0, said
