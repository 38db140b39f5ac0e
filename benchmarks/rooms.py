"""Lists of rooms on a hundred thousand rooms: time, rows read, and what a deeper page costs.

``python3 fly.py bench rooms``; with options: ``python3 fly.py exec python -m benchmarks.rooms
--help``. Each list is asked for through the public API, one request after the other; beside it
stands, in the same run, the answer about one single room, which is what a request costs at
the least. What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import matplotlib as mpl
import psycopg
from sqlalchemy.dialects import postgresql

from benchmarks.rig import gauges, platform
from benchmarks.rig.load import percentile
from flylive.database import Database
from flylive.http import pages
from flylive.ids import new_secret, sha256_hex
from flylive.reactions.room_popularity import update_popularity
from flylive.rooms import discovery

RESULTS = Path(__file__).with_name("results")
LIMIT = 20
DEPTHS = (1, 10, 100, 1000)
CALLER = 1

LISTS: dict[str, dict[str, str]] = {
    "popular": {"sort": "popular"},
    "newest": {"sort": "newest"},
    "coins": {"sort": "coins"},
    "participants": {"sort": "participants"},
    "popular, large country": {"sort": "popular", "country": "PK"},
    "popular, small country": {"sort": "popular", "country": "NO"},
    "popular, private": {"sort": "popular", "type": "private"},
    "featured": {"sort": "popular", "featured": "true"},
    "followed": {"sort": "popular", "followed": "true"},
    "name has 'moonlight'": {"sort": "popular", "q": "moonlight"},
    "name has 'onl' (frequent)": {"sort": "popular", "q": "onl"},
    "name has '77777' (rare)": {"sort": "popular", "q": "77777"},
    "a word begins with 'ro' (all)": {"sort": "popular", "q": "ro"},
    "a word begins with 'zx' (none)": {"sort": "popular", "q": "zx"},
}

_PEOPLE = """
INSERT INTO users (name, email, signature, password, dob, gender, country)
SELECT 'Bench ' || i, 'bench' || i || '@example.com', 100000000 + i, '!', '1990-01-01', 1, 'PK'
FROM generate_series(1, %(users)s) i
"""
_ROOMS = """
INSERT INTO rooms (user_id, name, logo, country, type, password, participant_count,
                   max_participants, total_coins_spent, popularity_index, is_featured)
SELECT 1 + i %% %(users)s,
       'Room ' || (ARRAY['moonlight', 'lounge', 'karaoke', 'majlis', 'poetry'])[1 + i %% 5]
           || ' ' || i, '/assets/rooms/1.svg',
       CASE WHEN i %% 1000 = 0 THEN 'NO' ELSE (ARRAY['PK', 'IN', 'SA', 'EG'])[1 + i %% 4] END,
       CASE WHEN i %% 9 = 0 THEN 'private' ELSE 'public' END,
       CASE WHEN i %% 9 = 0 THEN 'hash' END,
       CASE WHEN i %% 20 = 0 THEN (random() * random() * 500)::int ELSE 0 END, 1000,
       CASE WHEN i %% 3 = 0 THEN round((random() * random() * 1000000)::numeric, 2) ELSE 0 END,
       CASE WHEN i %% 20 = 0 THEN round((random() * 5000)::numeric, 2) ELSE 0 END, i %% 500 = 0
FROM generate_series(1, %(rooms)s) i
"""
_FOLLOWS = """
INSERT INTO room_followers (user_id, room_id)
SELECT 1 + (i * 7) %% %(users)s, 1 + (i * 13) %% %(rooms)s FROM generate_series(1, %(rooms)s * 2) i
UNION SELECT 1, 1 + (i * 97) %% %(rooms)s FROM generate_series(1, 300) i
ON CONFLICT DO NOTHING
"""
_MINUTES = """
INSERT INTO room_coin_minutes (room_id, minute, coins)
SELECT r.id, date_trunc('minute', now()) - m * interval '1 minute', 1 + r.id %% 700
FROM rooms r, generate_series(0, 59) m WHERE r.participant_count > 0
"""


@dataclass(frozen=True)
class Line:
    """A page of a list. `rows_read` and `plan` are PostgreSQL's own; `ratio` is its p50 over
    the p50 of the answer about one room in the same run."""

    rooms: int
    list: str
    page: int
    p50_ms: float
    p99_ms: float
    ratio: float
    rows_read: int
    blocks: int
    plan: str


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where a list lost or doubled a room."""
    options = parse(arguments)
    results: list[Line] = []
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "load_average_before": os.getloadavg()[0],
        "rooms": options.rooms,
        "requests": options.requests,
    }
    faults: list[str] = []
    for rooms in options.rooms:
        with platform.durable_server() as server:
            fill(server.addresses.owner_url, rooms)
            token = issue_token(server.addresses.owner_url)
            with platform.api(server) as api:
                address = f"http://{platform.HOST}:{api.port}/v1"
                headers = {"Authorization": f"Bearer {token}"}
                with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
                    lines, single = measure(server, client, rooms, options.requests)
                    results += lines
                    faults += check(client, rooms)
            seconds, changed = asyncio.run(popularity(server.addresses.serving_url))
            about[f"popularity_{rooms}"] = {"seconds": seconds, "rooms_changed": changed}
            about[f"single_room_p50_ms_{rooms}"] = single
            print(f"popularity of {changed:,} living rooms anew: {seconds * 1000:.0f} ms")
    print(table(results))
    save(options.results, results, about)
    if faults:
        sys.exit("\n".join(faults))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="benchmarks.rooms", description=__doc__)
    one = parser.add_argument
    one("--rooms", type=int, nargs="+", default=[10_000, 100_000], help="sizes (%(default)s)")
    one("--requests", type=int, default=120, help="for each page (%(default)s)")
    one("--results", type=Path, default=RESULTS, help="folder of rooms.json and rooms.png")
    return parser.parse_args(arguments)


def fill(owner_url: str, rooms: int) -> None:
    """Rooms of which one in twenty lives, their owners and followers, an hour of gifts."""
    started = time.monotonic()
    sizes = {"rooms": rooms, "users": max(rooms // 5, 10)}
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for statement in (_PEOPLE, _ROOMS, _FOLLOWS, _MINUTES):
            connection.execute(statement, sizes)
        connection.execute("VACUUM ANALYZE")
    print(f"{rooms:,} rooms made in {time.monotonic() - started:.1f} s", flush=True)


def issue_token(owner_url: str) -> str:
    """An access token of the caller's."""
    secret = new_secret()
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            r"INSERT INTO personal_access_tokens"
            r" (tokenable_type, tokenable_id, name, token, abilities)"
            r""" VALUES ('App\Models\User', %s, 'bench', %s, '["*"]') RETURNING id""",
            (CALLER, sha256_hex(secret)),
        ).fetchone()
    assert row is not None
    return f"{row[0]}|{secret}"


def measure(
    server: platform.Server, client: httpx.Client, rooms: int, requests: int
) -> tuple[list[Line], float]:
    """Every list at every depth that it has; and the p50 of one single room."""
    single = statistics.median(times(client, "/rooms/5", requests))
    lines = []
    with psycopg.connect(server.addresses.serving_url, autocommit=True) as connection:
        for name, query in LISTS.items():
            cursor, page = None, 1
            for depth in DEPTHS:
                while page < depth:
                    # A hundred at a time would go faster, but asks for what clients ask for.
                    found = client.get(path(query, cursor)).raise_for_status().json()
                    cursor, page = found["next_cursor"], page + 1
                    if cursor is None:
                        break
                if page != depth:
                    break
                took = times(client, path(query, cursor), requests)
                plan, rows_read, blocks = explain(connection, query, cursor)
                lines.append(
                    Line(
                        rooms=rooms,
                        list=name,
                        page=depth,
                        p50_ms=statistics.median(took),
                        p99_ms=percentile(took, 99),
                        ratio=statistics.median(took) / single,
                        rows_read=rows_read,
                        blocks=blocks,
                        plan=plan,
                    )
                )
            print(f"{rooms:,} rooms: {name} measured", flush=True)
    return lines, single


def path(query: dict[str, str], cursor: str | None) -> str:
    """The address of one page."""
    return "/rooms?" + urlencode(query | {"limit": LIMIT} | ({"cursor": cursor} if cursor else {}))


def times(client: httpx.Client, address: str, requests: int) -> list[float]:
    """Milliseconds of each of so many answers, after a few that do not count."""
    took = []
    for number in range(requests + 8):
        started = time.perf_counter()
        client.get(address).raise_for_status()
        if number >= 8:
            took.append((time.perf_counter() - started) * 1000)
    return took


def explain(
    connection: psycopg.Connection[Any], query: dict[str, str], cursor: str | None
) -> tuple[str, int, int]:
    """How PostgreSQL finds the page: its scans, the rows they read, the blocks they touched."""
    sort: Any = query["sort"]
    statement = discovery.listed(
        CALLER,
        sort=sort,
        limit=LIMIT + 1,
        after=pages.decode(cursor, *discovery.sort_key_types(sort)),
        country=query.get("country"),
        type=query.get("type"),
        is_featured=True if "featured" in query else None,
        is_followed=True if "followed" in query else None,
        words=query.get("q"),
    )
    sql = str(
        statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    ).replace("%%", "%")
    (answer,) = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}").fetchone()  # type: ignore[arg-type,misc]
    top = answer[0]["Plan"]
    scans, rows = [], 0
    open_nodes = [top]
    while open_nodes:
        node = open_nodes.pop(0)
        open_nodes += node.get("Plans", [])
        if "Scan" in node["Node Type"]:
            scans.append(node.get("Index Name") or node["Node Type"])
            read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            rows += round(
                (read + node.get("Rows Removed by Index Recheck", 0)) * node["Actual Loops"]
            )
        elif node["Node Type"] in {"Sort", "Incremental Sort"}:
            scans.append(node["Node Type"].lower())
    return ", ".join(scans), rows, top["Shared Hit Blocks"] + top["Shared Read Blocks"]


def check(client: httpx.Client, rooms: int) -> list[str]:
    """Walk a whole list: each room once."""
    seen: list[int] = []
    cursor = None
    while True:
        query = {"sort": "popular", "limit": 100} | ({"cursor": cursor} if cursor else {})
        page = client.get("/rooms", params=query).raise_for_status().json()
        seen += [room["id"] for room in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    if len(seen) == len(set(seen)) == rooms:
        return []
    return [f"of {rooms} rooms the list shows {len(seen)}, {len(set(seen))} different ones"]


async def popularity(serving_url: str) -> tuple[float, int]:
    """Seconds for one round of the popularity of all living rooms, and how many changed."""
    database = Database(serving_url, size=2, application_name="flylive-bench")
    started = time.perf_counter()
    changed = await update_popularity(database)
    took = time.perf_counter() - started
    await database.close()
    return took, changed


def table(results: Sequence[Line]) -> str:
    """The results for the eye."""
    head = (
        f"{'rooms':>8} {'list':<31}{'page':>5}{'p50 ms':>8}{'p99 ms':>8}{'ratio':>7}"
        f"{'rows':>7}{'blocks':>8}  found by"
    )
    return "\n".join(
        [head]
        + [
            f"{line.rooms:>8,} {line.list:<31}{line.page:>5}{line.p50_ms:>8.2f}{line.p99_ms:>8.2f}"
            f"{line.ratio:>7.2f}{line.rows_read:>7,}{line.blocks:>8,}  {line.plan}"
            for line in results
        ]
    )


def save(folder: Path, results: Sequence[Line], about: dict[str, Any]) -> None:
    """rooms.json and rooms.png."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"about": about, "results": [asdict(line) for line in results]}
    (folder / "rooms.json").write_text(json.dumps(kept, indent=2) + "\n")
    mpl.use("agg")
    from matplotlib import pyplot

    most = max(line.rooms for line in results)
    names = [name for name in LISTS if any(line.list == name for line in results)]
    figure, axes = pyplot.subplots(figsize=(11, 6))
    shades = ["#4c1d95", "#7c3aed", "#a78bfa", "#ddd6fe"]
    for offset, depth in enumerate(DEPTHS):
        bars = {line.list: line for line in results if line.rooms == most and line.page == depth}
        places = [place for place, name in enumerate(names) if name in bars]
        axes.barh(
            [place + (offset - 1.5) * 0.2 for place in places],
            [bars[names[place]].p50_ms for place in places],
            height=0.2,
            color=shades[offset],
            label=f"page {depth}",
        )
    axes.axvline(
        about[f"single_room_p50_ms_{most}"], color="#9ca3af", linestyle="--", label="one room"
    )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("milliseconds through the API, p50")
    axes.set_title(f"Lists of {most:,} rooms, {LIMIT} a page")
    axes.legend()
    figure.tight_layout()
    figure.savefig(folder / "rooms.png", dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
