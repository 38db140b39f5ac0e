"""A badge over a long history of gifts: the database adds up, memory stays where it is.

`fly.py test --long` does it over a million rows, half of them one giver's, and says what it took.
"""

import os
import resource
import time
import tracemalloc

import psycopg

from flylive.database import Database
from tests.conftest import Addresses
from tests.progression.hands import answer, edit, keeper, run_all
from tests.world import World

LONG = os.environ.get("FLYLIVE_TEST_LONG") == "1"
PEOPLE = 5_000 if LONG else 300
GIFTS = 1_000_000 if LONG else 6_000
LIMIT_BYTES = 24 * 2**20

_PEOPLE = """
    INSERT INTO users (name, email, signature, password, dob, gender, country)
    SELECT 'Giver ' || n, 'giver' || n || '@flylive.example', (880000000 + n)::text, '!',
           '1990-01-01', 1, 'AE'
    FROM generate_series(1, %s) AS n
"""
# Every other gift is the first giver's; the others give more the higher their number.
_GIFTS = """
    WITH people AS (SELECT array_agg(id ORDER BY id) AS ids FROM users WHERE name LIKE 'Giver %%'),
    given AS (SELECT i, CASE WHEN i %% 2 = 0 THEN 0
                             ELSE floor(%(people)s * sqrt(random()))::integer END AS n
              FROM generate_series(1, %(gifts)s) AS i)
    INSERT INTO gift_transactions (batch_id, sender_id, recipient_id, gift_id, quantity, price,
        total_cost, recipient_earnings, agency_commission, platform_fee, commission_rate, sent_at)
    SELECT i, ids[n + 1], ids[(n + 1) %% %(people)s + 1], %(gift)s, 1, 10, 10, 5, 0, 5, 0,
           now() - i * interval '1 second'
    FROM given, people
"""
_EARNED = """
    SELECT sender_id FROM gift_transactions GROUP BY 1
    HAVING sum(quantity) >= %(least)s AND sum(total_cost) > %(least)s ORDER BY 1
"""


async def test_given_to_all_who_have_earned_it_in_bounded_memory(
    world: World, database: Database, addresses: Addresses
) -> None:
    staff = await keeper(world)
    least = GIFTS // PEOPLE // 2
    with psycopg.connect(addresses.superuser) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(_PEOPLE, (PEOPLE,))
        connection.execute(_GIFTS, {"people": PEOPLE, "gifts": GIFTS, "gift": world.gift("10.00")})
    with psycopg.connect(addresses.superuser, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE gift_transactions")
    requirements = {
        "all": [
            {"metric": "gifts_sent", "gte": least},
            {"not": {"metric": "coins_given", "lte": least}},
        ]
    }
    made = await edit(
        world, staff, "POST", "/badges", name="Old hand", category="achievement",
        icon_url="/assets/b.svg", requirements=requirements,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    began, resident = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    await run_all(database)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    took = time.monotonic() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
    run = await answer(world, staff, f"/admin/catalogue-runs/{made.json()['run']['id']}")
    print(
        f"{GIFTS} gifts of {PEOPLE} people: {took:.1f} s, peak {peak / 2**20:.1f} MiB,"
        f" resident {grown / 1024:+.1f} MiB, given {run['changed']} times"
    )
    earned = world.sql(_EARNED.replace("%(least)s", str(least)))
    given = world.sql(
        "SELECT user_id FROM user_badges WHERE badge_id = %s ORDER BY 1", made.json()["badge"]["id"]
    )
    assert given == earned
    assert 0 < len(given) < PEOPLE
    assert (run["status"], run["changed"]) == ("done", len(given))
    assert peak < LIMIT_BYTES
