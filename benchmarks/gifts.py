"""Gifts through the public API against one gift per transaction, on the same database.

``python3 fly.py bench gifts``; with options: ``python3 fly.py exec python -m benchmarks.gifts
--help``. What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import os
import platform as system
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from benchmarks.rig import crowd as people
from benchmarks.rig import gauges, load, platform, report, yardstick
from benchmarks.rig.crowd import GIFT, POPULAR_ROOM, Crowd
from flylive.wallet import proof

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Case:
    """A way to choose sender and recipient, once for the API and once for pgbench.

    `clients` is the number at which the yardstick reaches the most: on one popular row each
    further one only lengthens the queue, while random pairs share the wait for the disk.
    """

    name: str
    key: str
    pick: load.Pick
    choice: str
    clients: int
    room: int | None = None


def _body(recipient: int, room: int | None = None) -> bytes:
    where = b',"room_id":%d' % room if room else b""
    return b'{"gift_id":%d,"recipient_ids":[%d],"quantity":1%b}' % (GIFT, recipient, where)


def random_pairs(crowd: Crowd, random: Random) -> load.Send:
    """Anybody to anybody else, privately."""
    sender = 1 + int(random.random() * crowd.users)
    step = 1 + int(random.random() * (crowd.users - 1))
    return sender, _body(1 + (sender - 1 + step) % crowd.users)


def one_host(crowd: Crowd, random: Random) -> load.Send:
    """Anybody to user 1, privately."""
    return 2 + int(random.random() * (crowd.users - 1)), _body(1)


def one_room(crowd: Crowd, random: Random) -> load.Send:
    """The listeners of the popular room to its hosts; each gift an event of the room."""
    sender = crowd.hosts + 1 + int(random.random() * (crowd.audience - crowd.hosts))
    return sender, _body(1 + int(random.random() * crowd.hosts), POPULAR_ROOM)


CASES = (
    Case(
        "random pairs",
        "random",
        random_pairs,
        "\\set sender random(1, :users)\n\\set step random(1, :users - 1)\n"
        "\\set recipient 1 + (:sender - 1 + :step) % :users\n",
        clients=32,
    ),
    Case(
        "popular host",
        "host",
        one_host,
        "\\set sender random(2, :users)\n\\set recipient 1\n",
        clients=4,
    ),
    Case(
        "one room",
        "room",
        one_room,
        "\\set sender random(:hosts + 1, :audience)\n\\set recipient random(1, :hosts)\n",
        clients=8,
        room=POPULAR_ROOM,
    ),
)


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where the database does not hold what was answered."""
    options = parse(arguments)
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "python": system.python_version(),
        "load_average_before": os.getloadavg()[0],
        **vars(options),
    }
    with platform.durable_server() as server:
        crowd = people.gather(server.addresses.owner_url, options.users)
        yardstick.install(server.addresses.owner_url)
        about["postgres"] = server.version
        about["sync_ms"] = gauges.sync_milliseconds(server.folder)
        print(
            f"{crowd.users:,} users, {crowd.rooms} rooms, PostgreSQL {server.version} durable,"
            f" {gauges.CORES} cores, a write to disk {about['sync_ms']:.2f} ms,"
            f" load average {about['load_average_before']:.1f}",
            flush=True,
        )
        ruler = yardstick.Yardstick(server, crowd)
        sent: dict[str, int] = {}
        results: list[report.Line] = []
        with platform.api(server, options.workers) as api:
            for case in CASES:
                ours = measure(server, api, crowd, case, options)
                platform.checkpoint(server)
                theirs = ruler.run(
                    case.choice,
                    case.room,
                    options.clients or case.clients,
                    options.warm_up,
                    options.seconds,
                )
                sent |= ours.sent
                results += report.lines(case.name, ours, theirs)
        faults = check(server, sent, ruler.total)
    print(report.table(results))
    about["gifts_answered"], about["gifts_by_yardstick"] = len(sent), ruler.total
    about["faults"] = faults
    report.save(options.results, results, about)
    if faults:
        sys.exit("\n".join(faults))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="benchmarks.gifts", description=__doc__)
    one = parser.add_argument
    one("--users", type=int, default=2_000, help="users in the database (%(default)s)")
    one("--connections", type=int, default=64, help="of the load on the API (%(default)s)")
    one("--clients", type=int, help="of the yardstick (the best number of each case)")
    one("--workers", type=int, default=1, help="processes of the API (%(default)s)")
    one("--seconds", type=int, default=8, help="measured in each case (%(default)s)")
    one("--warm-up", type=float, default=1.5, help="seconds before that (%(default)s)")
    one("--results", type=Path, default=RESULTS, help="folder of gifts.json and gifts.png")
    return parser.parse_args(arguments)


def measure(
    server: platform.Server,
    api: platform.Api,
    crowd: Crowd,
    case: Case,
    options: argparse.Namespace,
) -> load.Measured:
    """One case through the API; says so where not every answer was a 201."""
    platform.checkpoint(server)
    meter = gauges.Gauges(server.addresses.owner_url, server.pid, api.pid)
    try:
        measured = load.run(
            crowd,
            case.pick,
            case.key,
            api.port,
            connections=options.connections,
            warm_up=options.warm_up,
            seconds=options.seconds,
            gauges=meter,
        )
    finally:
        meter.close()
    if set(measured.statuses) != {201} or measured.unanswered:
        print(
            f"{case.name}: answers {dict(measured.statuses)}, {len(measured.unanswered)} without;"
            f" the last refusal: {measured.other.decode()[:300]}",
            flush=True,
        )
    return measured


def check(server: platform.Server, sent: dict[str, int], by_yardstick: int) -> list[str]:
    """What does not fit: gifts in the database against the answers, then the whole money."""
    faults = []
    with psycopg.connect(server.addresses.serving_url) as connection:
        kept: dict[str, int] = dict(
            connection.execute(
                "SELECT key, (answer ->> 'id')::bigint FROM idempotency_keys"
                " WHERE status = 201 AND NOT starts_with(key, %s)",
                (yardstick.KEY,),
            ).fetchall()
        )
        stored = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE batch_id = ANY(%s)) FROM gift_transactions",
            (list(sent.values()),),
        ).fetchone()
    if kept != sent:
        faults.append(
            f"answers 201 and kept answers differ in {len(kept.items() ^ sent.items())} gifts"
        )
    if stored != (len(sent) + by_yardstick, len(sent)):
        faults.append(
            f"{len(sent)} gifts were answered, {by_yardstick} given by the yardstick;"
            f" in the database are (all, answered): {stored}"
        )
    if bad := proof.verify(server.addresses.serving_url, faults.append):
        faults.append(f"{bad} rows do not fit")
    else:
        faults = [fault for fault in faults if not fault.startswith("[")]
    return faults


if __name__ == "__main__":
    main(sys.argv[1:])
