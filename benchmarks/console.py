"""What the staff look at, with a million people and ten million gifts: time and rows read.

``python3 fly.py bench console``; with options: ``python3 fly.py exec python -m benchmarks.console
--help``. The addresses behind the person page, the search of the ledger and the dashboard are asked
through HTTP as somebody of the staff, one request after the other, each kind in turn. What is
measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import psycopg

from benchmarks.rig import crowded, gauges, platform
from benchmarks.rig.asking import Asked, ask_all, get
from benchmarks.rig.load import percentile
from benchmarks.rig.report import rounded
from flylive.ids import new_secret, sha256_hex
from flylive.statistics import folding

RESULTS = Path(__file__).with_name("results")
LIMIT_MS = 300.0
SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
HOSTS = 50
"""The people with the lowest ids, to whom most is given."""
WARM_UP = 2
ROWS_ASKED = 10
STATISTICS_SECONDS = 10.5
"""So long a process of the database that has nothing to do may keep its counters to itself."""


@dataclass(frozen=True)
class Line:
    """One kind of request: times in milliseconds, rows and pages that the database read for one."""

    kind: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    most_ms: float
    rows: float
    pages: float
    status: str


def paths(dice: random.Random, users: int) -> dict[str, str]:
    """A request of each kind; another person, day or gift each time."""
    anybody, host = dice.randint(HOSTS + 1, users), dice.randint(1, HOSTS)
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - dice.randint(1, 60) * 86_400))
    within = f"from={day}T00:00:00Z&to={day}T06:00:00Z"
    shown = {}
    for name, user_id in (("anybody", anybody), ("a popular host", host)):
        shown |= {
            f"person: {name}": f"/users/{user_id}",
            f"timeline: {name}": f"/users/{user_id}/timeline",
            f"gifts: {name}": f"/users/{user_id}/gifts",
            f"ledger of {name}": f"/transactions?user_id={user_id}",
            f"ledger of {name}, exchanges": f"/transactions?user_id={user_id}&type=exchange",
        }
    return shown | {
        "ledger: newest": "/transactions",
        "ledger: six hours": f"/transactions?{within}",
        "ledger: recharges, six hours": f"/transactions?type=recharge&{within}",
        "ledger: newest adjustments": "/transactions?type=adjustment",
        "ledger: diamonds, six hours": f"/transactions?currency_type=2&{within}",
        "ledger: by its gift": "/transactions?source_type=GiftTransaction&source_id="
        f"{dice.randint(1, 100_000)}",
        "people: by name": f"/users?q=Crowd%20{anybody}",
        "dashboard": "/dashboard",
        "dashboard: one country": "/dashboard?country=PK",
        "dashboard: hours": "/dashboard/series?period=hour",
        "dashboard: days": "/dashboard/series?period=day",
        "dashboard: months": "/dashboard/series?period=month",
        "dashboard: countries": "/dashboard/countries",
    }


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where a kind is over the limit or not answered."""
    options = parse(arguments)
    options.data.mkdir(parents=True, exist_ok=True)
    with platform.durable_server(options.data, SETTINGS) as server:
        begin = time.monotonic()
        if not crowded.fill(
            server.insider_url, options.users, options.gifts, options.days, options.load_seconds
        ):
            print("not all is loaded yet; the next run goes on from here")
            return
        folded = fold(server.addresses.owner_url, begin + options.load_seconds)
        print(f"loaded in this run in {time.monotonic() - begin:.0f} s", flush=True)
        if options.load_only or not folded:
            return
        token = staff_token(server.insider_url)
        with platform.api(server) as api:
            lines = asyncio.run(measure(server, api.port, token, options))
        about = describe(server, options)
    save(about, lines)
    print(table(about, lines))
    slow = [line.kind for line in lines if line.p95_ms > LIMIT_MS or line.status != "200"]
    if slow:
        raise SystemExit(f"over {LIMIT_MS:.0f} ms at p95, or not answered: {', '.join(slow)}")


def fold(dsn: str, deadline: float) -> bool:
    """The sums of the dashboard, folded from the ledger as the worker does; False out of time."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET work_mem = '128MB'")
        connection.execute(folding._BEGIN, ("UTC",))
        [last_id] = connection.execute("SELECT max(id) FROM transactions").fetchone() or (0,)
        while folding.fold(connection, folding.current(connection), last_id, 500_000):
            row = connection.execute("SELECT last_id FROM statistics_marks WHERE is_current")
            print(f"statistics: {row.fetchone()} of {last_id:,}", flush=True)
            if time.monotonic() > deadline:
                print("not all is folded yet; the next run goes on from here")
                return False
        connection.execute("VACUUM (ANALYZE) ledger_statistics")
    return True


def staff_token(dsn: str) -> str:
    """The token of somebody who may read everything."""
    secret = new_secret(40)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "INSERT INTO staff_members (user_id, role) SELECT max(id), 'admin' FROM users"
            " ON CONFLICT DO NOTHING"
        )
        row = connection.execute(
            "INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token,"
            " abilities) SELECT 'App\\Models\\User', user_id, 'bench', %s, '[\"*\"]'"
            " FROM staff_members RETURNING id",
            (sha256_hex(secret),),
        ).fetchone()
    assert row is not None
    return f"{row[0]}|{secret}"


async def measure(
    server: platform.Server, port: int, token: str, options: argparse.Namespace
) -> list[Line]:
    """Every kind in turn, then a few of each by itself for what the database read."""
    dice = random.Random(7)
    known = addresses(port)
    rounds = [
        [
            get(kind, f"/admin{path}", token)
            for kind, path in paths(dice, options.users).items()
            if is_known(known, path)
        ]
        for _ in range(options.requests + WARM_UP)
    ]
    left_out = {kind for kind, path in paths(dice, options.users).items()
                if not is_known(known, path)}  # fmt: skip
    if left_out:
        print(f"the platform has no such address: {', '.join(sorted(left_out))}", flush=True)
    asked = await ask_all(port, rounds, warm_up=WARM_UP, seconds=options.seconds)
    lines = []
    with psycopg.connect(server.insider_url, autocommit=True) as connection:
        before = await counted(connection)
        for place, kind in enumerate([ask.kind for ask in rounds[0]]):
            milliseconds = asked.milliseconds[kind]
            some = [asks[place] for asks in rounds[:ROWS_ASKED]]
            await ask_all(port, [[ask] for ask in some])
            after = await counted(connection)
            rows, pages = ((new - old) / len(some) for old, new in zip(before, after, strict=True))
            before = after
            lines.append(line(kind, milliseconds, asked, rows, pages))
            print(f"{kind}: p95 {lines[-1].p95_ms:.1f} ms, {rows:.0f} rows", flush=True)
    return lines


async def counted(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Rows and pages that the database has read by now, the checks of tokens included."""
    await asyncio.sleep(STATISTICS_SECONDS)
    row = connection.execute(
        "SELECT (SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0)) FROM pg_stat_user_tables),"
        " (SELECT sum(heap_blks_read + heap_blks_hit + COALESCE(idx_blks_read, 0)"
        " + COALESCE(idx_blks_hit, 0)) FROM pg_statio_user_tables)"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def line(kind: str, milliseconds: Sequence[float], asked: Asked, rows: float, pages: float) -> Line:
    """What was noted about a kind."""
    statuses = asked.statuses[kind]
    return Line(
        kind=kind,
        count=len(milliseconds),
        p50_ms=percentile(milliseconds, 50),
        p95_ms=percentile(milliseconds, 95),
        p99_ms=percentile(milliseconds, 99),
        most_ms=max(milliseconds),
        rows=rows,
        pages=pages,
        status=", ".join(str(status) for status in sorted(statuses)),
    )


def addresses(port: int) -> set[str]:
    """What the platform under test answers under /v1/admin, with ids as ``{}``."""
    with urllib.request.urlopen(f"http://{platform.HOST}:{port}/openapi.json") as answer:
        document = json.load(answer)
    return {_shape(path.removeprefix("/v1/admin")) for path in document["paths"]}


def is_known(known: set[str], path: str) -> bool:
    """Whether there is such an address."""
    return _shape(path.partition("?")[0]) in known


def _shape(path: str) -> str:
    return "/".join("{}" if part.isdigit() or "{" in part else part for part in path.split("/"))


def describe(server: platform.Server, options: argparse.Namespace) -> dict[str, Any]:
    """The machine and what was there."""
    with psycopg.connect(server.insider_url) as connection:
        row = connection.execute(
            """
            SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM gift_transactions),
                   (SELECT count(*) FROM transactions), (SELECT count(*) FROM ledger_statistics),
                   pg_database_size(current_database()), current_setting('shared_buffers'),
                   (SELECT sum(seconds) FROM crowd.done)
            """
        ).fetchone()
    assert row is not None
    names = ("users", "gifts", "ledger_rows", "statistics_rows", "bytes", "shared_buffers")
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "postgres": server.version,
        "load_average": os.getloadavg()[0],
        **dict(zip(names, row, strict=False)),
        "load_seconds_by_step": row[6],
        "days": options.days,
        "limit_ms": LIMIT_MS,
    }


def table(about: dict[str, Any], lines: Sequence[Line]) -> str:
    """The results for the eye."""
    return "\n".join(_table(about, lines))


def _table(about: dict[str, Any], lines: Sequence[Line]) -> Iterator[str]:
    yield (
        f"{about['users']:,} users, {about['gifts']:,} gifts, {about['ledger_rows']:,} ledger rows"
        f" over {about['days']} days, {about['bytes'] / 2**30:.1f} GiB; {about['cores']} cores,"
        f" load {about['load_average']:.1f}"
    )
    yield (
        f"{'as staff, through HTTP':<34} {'n':>4} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}"
        f" {'most':>8} {'rows':>9} {'pages':>9}"
    )
    for one in lines:
        over = "  OVER" if one.p95_ms > about["limit_ms"] else ""
        answer = "" if one.status == "200" else f"  {one.status}"
        yield (
            f"{one.kind:<34} {one.count:>4} {one.p50_ms:>8.1f} {one.p95_ms:>8.1f}"
            f" {one.p99_ms:>8.1f} {one.most_ms:>8.1f} {one.rows:>9,.0f} {one.pages:>9,.0f}"
            f"{over}{answer}"
        )


def save(about: dict[str, Any], lines: Sequence[Line]) -> None:
    """Write console.json and console.png."""
    RESULTS.mkdir(exist_ok=True)
    document = about | {"lines": [asdict(one) for one in lines]}
    (RESULTS / "console.json").write_text(
        json.dumps(rounded(document), indent=2, default=str) + "\n"
    )
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 0.32 * len(lines) + 1.4), layout="constrained")
    names = [one.kind for one in lines]
    axes.barh(names, [one.p95_ms for one in lines], color="#c4b5fd", label="p95")
    axes.barh(names, [one.p50_ms for one in lines], color="#7c3aed", label="p50")
    axes.axvline(about["limit_ms"], color="#dc2626", linewidth=1, label="limit of p95")
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_title(f"Milliseconds with {about['users']:,} users, {about['gifts']:,} gifts",
                   loc="left")  # fmt: skip
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(RESULTS / "console.png", dpi=120)
    pyplot.close(figure)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; without arguments, the defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.console", description="What the staff look at, at scale."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".flylive/bench-console"),
        help="folder of the loaded database, kept for the next run (about 12 GB)",
    )
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--gifts", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90, help="over which the gifts are spread")
    parser.add_argument("--requests", type=int, default=100, help="of each kind")
    parser.add_argument("--seconds", type=float, default=240, help="of asking at the most")
    parser.add_argument(
        "--load-seconds", type=float, default=3600, help="stop loading then; run again to go on"
    )
    parser.add_argument("--load-only", action="store_true", help="load, measure nothing")
    return parser.parse_args(list(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
