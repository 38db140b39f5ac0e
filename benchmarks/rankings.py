"""Boards of ten thousand to a million ranked users: what a look costs, and a gift.

``python3 fly.py bench rankings``; with options: ``python3 fly.py exec python -m
benchmarks.rankings --help``. The top hundred and 'me' with neighbours are asked for through the
public API, one request after the other; a change of a score goes the way of the fold. Beside them
stand, in the same run, a plain ``count(*)`` in SQL over the same rows, and a sorted set of Valkey.
What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.rig import gauges, platform
from benchmarks.rig.rankings_report import Line, line, save, table
from benchmarks.rig.sorted_set import SortedSet, sorted_set
from flylive.clock import business_day, now
from flylive.database import Database, Transaction
from flylive.ids import new_secret, sha256_hex
from flylive.rankings import scores
from flylive.rankings.rules import PERIODS, span_of
from flylive.rankings.scores import Scored

RESULTS = Path(__file__).with_name("results")
SIZES = (10_000, 100_000, 1_000_000)
TIMEZONE = "UTC"
BATCH = 500
WARM = 30
CALLERS = 2_000
SAMPLE = 200
COUNTRIES = ("AE", "PK", "IN", "EG", "SA", "ID", "BR", "TR")
AT_MOST = 3.0
"""What 'me' may cost among a million, as a multiple of ten thousand."""

_PEOPLE = """
    INSERT INTO users (name, email, signature, password, dob, gender, country)
    SELECT 'Bench ' || i, 'bench' || i || '@example.com', 100000000 + i, '!', '1990-01-01', 1,
           (%(countries)s::text[])[1 + i %% %(count)s]
    FROM generate_series(1, %(users)s) i
"""
_TOKENS = """
    INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token, abilities,
                                        last_used_at)
    SELECT 'App\\Models\\User', user_id, 'bench', token, '["*"]', now()
    FROM unnest(%s::bigint[], %s::text[]) AS t (user_id, token) RETURNING tokenable_id, id
"""
# A few have much and most have little, as it is: every tenfold score is held by far fewer.
_SCORES = """
    INSERT INTO ranking_scores (category, subcategory, period, period_start, subject_id, country,
                                score, band)
    SELECT 'wealth', '', %(period)s, %(start)s, id, country, score, ranking_band(score)
    FROM (SELECT id, country,
                 100 * (1 + floor(exp(20 * power(hashint8(id)::float8 / 4294967296 + 0.5, 2.2))))
                     ::bigint AS score
          FROM users WHERE id <= %(subjects)s) AS s
"""
_BANDS = """
    INSERT INTO ranking_bands (category, subcategory, period, period_start, country, band, subjects)
    SELECT category, subcategory, period, period_start, place.country, band, count(*)
    FROM ranking_scores, LATERAL (VALUES (''), (country)) AS place (country)
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_MINE = """
    SELECT score FROM ranking_scores WHERE category = 'wealth' AND subcategory = ''
    AND period = 'all_time' AND period_start = '1970-01-01' AND subject_id = %s
"""
_COUNT = """
    SELECT 1 + count(*) FROM ranking_scores WHERE category = 'wealth' AND subcategory = ''
    AND period = 'all_time' AND period_start = '1970-01-01' AND score > %s
"""
_WRONG_BANDS = """
    SELECT count(*) FROM (
        SELECT period, country, band, subjects FROM ranking_bands WHERE subjects <> 0
        EXCEPT SELECT period, place.country, band, count(*)
        FROM ranking_scores, LATERAL (VALUES (''), (country)) AS place (country)
        GROUP BY 1, 2, 3) AS wrong
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where a place or a sum is wrong, or 'me' grows too much."""
    options = parse(arguments)
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "load_average_before": os.getloadavg()[0],
        "requests": options.requests,
    }
    results: list[Line] = []
    faults: list[str] = []
    with platform.durable_server() as server, sorted_set() as valkey:
        about["postgres"], about["valkey"] = server.version, valkey.version
        # As the product's own default zone has it, whatever this machine's is.
        tokens = people(server, max(options.sizes))
        with platform.api(server, settings={"FLYLIVE_TIMEZONE": TIMEZONE}) as api:
            address = f"http://{platform.HOST}:{api.port}/v1"
            with httpx.Client(base_url=address, timeout=60) as client:
                for size in options.sizes:
                    fill(server, size)
                    found, wrong = measure(server, client, valkey, tokens, size, options.requests)
                    results += found
                    faults += wrong
    about["load_average_after"] = os.getloadavg()[0]
    growth = grown(results)
    about["me_million_over_ten_thousand"] = growth
    print(table(results))
    save(options.results, results, about)
    if growth is not None:
        print(f"'me' at {max(options.sizes):,} over {min(options.sizes):,}: {growth:.2f} times")
        if growth > AT_MOST:
            faults.append(f"'me' grew {growth:.2f} times, more than {AT_MOST}")
    if faults:
        sys.exit("\n".join(faults))


def people(server: platform.Server, users: int) -> dict[int, str]:
    """So many users; tokens of some of them, spread evenly, by their ids."""
    begin = time.perf_counter()
    chance = random.Random(1)
    with psycopg.connect(server.insider_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        names = {"countries": list(COUNTRIES), "count": len(COUNTRIES), "users": users}
        connection.execute(_PEOPLE, names)
        smallest = min(users, min(SIZES))
        ids = chance.sample(range(1, smallest + 1), min(CALLERS, smallest) // 2)
        ids += chance.sample(range(smallest + 1, users + 1), min(CALLERS, users - smallest) // 2)
        secrets = {user_id: new_secret() for user_id in ids}
        rows = connection.execute(
            _TOKENS, (ids, [sha256_hex(secret) for secret in secrets.values()])
        ).fetchall()
        connection.execute("VACUUM ANALYZE users")
        connection.execute("VACUUM ANALYZE personal_access_tokens")
    print(f"{users:,} users in {time.perf_counter() - begin:.0f} s", flush=True)
    return {user_id: f"{token_id}|{secrets[user_id]}" for user_id, token_id in rows}


def fill(server: platform.Server, subjects: int) -> None:
    """Boards of wealth with so many users: the day's, week's, month's and that of all time."""
    begin = time.perf_counter()
    with psycopg.connect(server.insider_url, autocommit=True) as connection:
        connection.execute("TRUNCATE ranking_scores, ranking_bands")
        for period in PERIODS:
            start = span_of(period, today()).first
            values = {"period": period, "start": start, "subjects": subjects}
            connection.execute(_SCORES, values)
        connection.execute(_BANDS)
        connection.execute("VACUUM ANALYZE ranking_scores")
        connection.execute("VACUUM ANALYZE ranking_bands")
    platform.checkpoint(server)
    print(f"boards of {subjects:,} in {time.perf_counter() - begin:.0f} s", flush=True)


def today() -> Any:
    """The platform's day."""
    return business_day(now(), TIMEZONE)


def measure(
    server: platform.Server,
    client: httpx.Client,
    valkey: SortedSet,
    tokens: dict[int, str],
    size: int,
    requests: int,
) -> tuple[list[Line], list[str]]:
    """All lines of one size, and what was found to be wrong."""
    callers = [user_id for user_id in tokens if user_id <= size]
    chance = random.Random(size)

    def ask(user_id: int, limit: int) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens[user_id]}"}
        path = f"/rankings/wealth?period=all_time&limit={limit}"
        shown: dict[str, Any] = client.get(path, headers=headers).raise_for_status().json()
        return shown

    lines: list[Line] = []
    print(f"asking among {size:,}", flush=True)
    api_top = timed(lambda: ask(chance.choice(callers), 100), requests)
    api_me = timed(lambda: ask(chance.choice(callers), 1), requests)
    lines += [line(size, "top 100", "FlyLive, HTTP", api_top)]
    lines += [line(size, "me", "FlyLive, HTTP", api_me)]
    with psycopg.connect(server.addresses.serving_url, autocommit=True) as connection:
        faults = check_places(connection, callers, ask, size)

        def counted() -> None:
            (score,) = connection.execute(_MINE, (chance.choice(callers),)).fetchone() or (0,)
            connection.execute(_COUNT, (score,)).fetchone()

        plain = timed(counted, max(requests // 4, 20))
        lines.append(line(size, "me", "count(*) in SQL", plain))
        lines.append(line(size, "me", "bands in SQL", timed(by_bands(server, callers), requests)))
        held = dict(connection.execute("SELECT subject_id, score FROM ranking_scores"
                                       " WHERE period = 'all_time'").fetchall())  # fmt: skip
        valkey.fill(held)
        lines.append(line(size, "top 100", "Valkey", timed(valkey.top, requests)))
        asked = timed(lambda: valkey.around(chance.choice(callers)), requests)
        lines.append(line(size, "me", "Valkey", asked))
        added = timed(lambda: valkey.add(chance.randint(1, size), 1000), requests)
        lines.append(line(size, "score change", "Valkey", added))
        before = total(connection)
        single, batch, amount = asyncio.run(change(server, size, requests))
        lines.append(line(size, "score change", "FlyLive, alone", single))
        lines.append(line(size, "score change", f"FlyLive, of {BATCH}", batch))
        if total(connection) != before + amount:
            faults.append(f"{size}: the sum of scores is not what was added")
        (wrong,) = connection.execute(_WRONG_BANDS).fetchone() or (None,)
        if wrong != 0:
            faults.append(f"{size}: {wrong} bands are not those of the scores")
        faults += check_places(connection, callers, ask, size)
    return lines, faults


def by_bands(server: platform.Server, callers: Sequence[int]) -> Callable[[], None]:
    """One's own place as the product asks for it, without HTTP: for beside the plain count."""
    from flylive.rankings import queries, service
    from flylive.rankings.queries import Board

    board = Board("wealth", "", "all_time", span_of("all_time", today()).first)
    loop = asyncio.new_event_loop()
    database = Database(server.addresses.serving_url, size=1, application_name="flylive-bench")
    chance = random.Random(5)

    async def place() -> None:
        async def work(tx: Any) -> None:
            found = await queries.find_score(tx, board, chance.choice(callers))
            assert found is not None
            await service.place_of(tx, board, found.score)

        await database.read(work)

    return lambda: loop.run_until_complete(place())


async def change(
    server: platform.Server, size: int, times: int
) -> tuple[list[float], list[float], int]:
    """Gifts of 1 to 5,000 coins, each a transaction that is committed, then in batches: the
    milliseconds of a gift, and what was added to the boards in all.
    """
    database = Database(server.addresses.serving_url, size=1, application_name="flylive-bench")
    chance = random.Random(7)
    added = 0

    async def fold(count: int) -> None:
        nonlocal added
        scored = [
            Scored("wealth", "", chance.randint(1, size), today(), 100 * chance.randint(1, 5000))
            for _ in range(count)
        ]
        added += sum(one.amount for one in scored) * len(PERIODS)

        async def work(tx: Transaction) -> None:
            await scores.hold(tx)
            await scores.add(tx, scored)

        await database.run(work)

    single = await timed_async(lambda: fold(1), times)
    batch = await timed_async(lambda: fold(BATCH), max(times // 20, 10))
    await database.close()
    return single, [taken / BATCH for taken in batch], added


def timed(work: Callable[[], Any], times: int) -> list[float]:
    """Milliseconds of each of so many, after a few that do not count."""
    taken = []
    for number in range(-WARM, times):
        begin = time.perf_counter()
        work()
        if number >= 0:
            taken.append((time.perf_counter() - begin) * 1000)
    return taken


async def timed_async(work: Callable[[], Awaitable[None]], times: int) -> list[float]:
    """The same of something that is awaited."""
    taken = []
    for number in range(-3, times):
        begin = time.perf_counter()
        await work()
        if number >= 0:
            taken.append((time.perf_counter() - begin) * 1000)
    return taken


def check_places(
    connection: psycopg.Connection[Any],
    callers: Sequence[int],
    ask: Callable[[int, int], dict[str, Any]],
    size: int,
) -> list[str]:
    """What the API says beside what plain SQL says, for a sample, and of the first hundred."""
    faults = []
    ranked = dict(connection.execute(
        "SELECT subject_id, rank() OVER (ORDER BY score DESC) FROM ranking_scores"
        " WHERE period = 'all_time'"
    ).fetchall())  # fmt: skip
    order = connection.execute(
        "SELECT subject_id FROM ranking_scores WHERE period = 'all_time'"
        " ORDER BY score DESC, subject_id LIMIT 100"
    ).fetchall()
    for user_id in random.Random(3).sample(callers, min(SAMPLE, len(callers))):
        mine = ask(user_id, 1)["me"]
        beside = [(one["user"]["id"], one["rank_position"]) for one in mine["neighbours"]]
        told = [(user_id, mine["rank_position"]), *beside]
        faults += [f"{size}: {who} is told {place}, not {ranked[who]}"
                   for who, place in told if ranked[who] != place]  # fmt: skip
    shown = [
        (one["user"]["id"], one["rank_position"]) for one in ask(next(iter(callers)), 100)["data"]
    ]
    if shown != [(who, ranked[who]) for (who,) in order]:
        faults.append(f"{size}: the first hundred are not those of plain SQL")
    return faults


def total(connection: psycopg.Connection[Any]) -> int:
    """The sum of all scores."""
    row = connection.execute("SELECT sum(score)::bigint FROM ranking_scores").fetchone()
    assert row is not None
    return int(row[0])


def grown(results: Sequence[Line]) -> float | None:
    """How often 'me' at the largest size takes what it takes at the smallest, at p50."""
    mine = {one.subjects: one.p50_ms for one in results
            if (one.what, one.how) == ("me", "FlyLive, HTTP")}  # fmt: skip
    return mine[max(mine)] / mine[min(mine)] if len(mine) > 1 else None


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="benchmarks.rankings", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="ranked users")
    parser.add_argument("--requests", type=int, default=1_000, help="of each kind")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args(list(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
