"""Gifts through the public API against one gift per transaction, on the same database.

``python3 fly.py bench gifts``; with options: ``python3 fly.py exec python -m benchmarks.gifts
--help``. What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import json
import os
import platform as system
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from benchmarks.rig import crowd as people
from benchmarks.rig import gauges, history, load, platform, report, yardstick
from benchmarks.rig.crowd import GIFT, POPULAR_ROOM, Crowd
from flylive.wallet import proof

RESULTS = Path(__file__).with_name("results")
MANY = 20
PACE = 0.7
"""The share of the highest load at which latency is measured."""
SETTLE = 60.0
"""Seconds of load before anything is measured."""
SERVER = {"shared_buffers": "2GB", "max_wal_size": "16GB"}
"""Beside the product's own configuration, for a database of ten gigabytes; for both sides.

So much log that no checkpoint falls into a run: whichever case came after it would pay for the
first images of all pages.
"""


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
    call: str = yardstick.ONE
    lines: int = 1


def _body(recipients: str, room: int | None = None) -> bytes:
    where = f',"room_id":{room}' if room else ""
    return f'{{"gift_id":{GIFT},"recipient_ids":[{recipients}],"quantity":1{where}}}'.encode()


def _other(crowd: Crowd, random: Random, sender: int) -> int:
    step = 1 + int(random.random() * (crowd.users - 1))
    return 1 + (sender - 1 + step) % crowd.users


def random_pairs(crowd: Crowd, random: Random) -> load.Send:
    """Anybody with coins to anybody else, privately."""
    sender = 1 + int(random.random() * crowd.rich)
    return sender, _body(str(_other(crowd, random, sender)))


def one_host(crowd: Crowd, random: Random) -> load.Send:
    """Anybody with coins to user 1, privately."""
    return 2 + int(random.random() * (crowd.rich - 1)), _body("1")


def one_room(crowd: Crowd, random: Random) -> load.Send:
    """The listeners of the popular room to its hosts; each gift an event of the room."""
    sender = crowd.hosts + 1 + int(random.random() * (crowd.audience - crowd.hosts))
    return sender, _body(str(1 + int(random.random() * crowd.hosts)), POPULAR_ROOM)


def to_many(crowd: Crowd, random: Random) -> load.Send:
    """Anybody with coins to twenty others at once, privately."""
    sender = 1 + int(random.random() * crowd.rich)
    first = sender + int(random.random() * (crowd.users - 2 * MANY))
    return sender, _body(",".join(str(1 + (first + n) % crowd.users) for n in range(MANY)))


def some_poor(crowd: Crowd, random: Random) -> load.Send:
    """Anybody to anybody else; who has no coins, as one in twenty has none, is refused."""
    sender = 1 + int(random.random() * crowd.users)
    return sender, _body(str(_other(crowd, random, sender)))


_PAIR = "\\set step random(1, :users - 1)\n\\set recipient 1 + (:sender - 1 + :step) % :users\n"
CASES = (
    Case(
        "random pairs",
        "random",
        random_pairs,
        "\\set sender random(1, :rich)\n" + _PAIR,
        clients=32,
    ),
    Case(
        "popular host",
        "host",
        one_host,
        "\\set sender random(2, :rich)\n\\set recipient 1\n",
        clients=4,
    ),
    Case(
        "popular room",
        "room",
        one_room,
        "\\set sender random(:hosts + 1, :audience)\n\\set recipient random(1, :hosts)\n",
        clients=8,
        room=POPULAR_ROOM,
    ),
    Case(
        "to twenty",
        "many",
        to_many,
        "\\set sender random(1, :rich)\n"
        f"\\set recipient :sender + random(0, :users - {2 * MANY} - 1)\n",
        clients=8,
        call=yardstick.MANY,
        lines=MANY,
    ),
    Case(
        "5 % poor",
        "poor",
        some_poor,
        "\\set sender random(1, :users)\n" + _PAIR,
        clients=32,
    ),
)


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where the database does not hold what was answered."""
    options = parse(arguments)
    with platform.durable_server(options.data, SERVER) as server:
        crowd = prepare(server, options)
        if crowd is None:
            return
        about, results, faults = run(server, crowd, options)
    print(report.table(results))
    print(report.verdicts(results, about))
    report.save(options.results, results, about)
    if faults:
        sys.exit("\n".join(faults))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="benchmarks.gifts", description=__doc__)
    one = parser.add_argument
    one("--users", type=int, default=100_000, help="users in the database (%(default)s)")
    one("--rooms", type=int, default=10_000, help="rooms (%(default)s)")
    one("--agencies", type=int, default=1_000, help="agencies (%(default)s)")
    one("--older", type=int, default=5_000_000, help="older gifts (%(default)s)")
    one("--data", type=Path, help="keep the database in this folder, and go on with it")
    one("--load-seconds", type=float, default=1e9, help="stop loading after so long")
    one("--load-only", action="store_true", help="load, and measure another time")
    one("--connections", default="64,256", help="of the load on the API (%(default)s)")
    one("--cases", default=",".join(case.key for case in CASES), help="%(default)s")
    one("--clients", type=int, help="of the yardstick (the best number of each case)")
    one("--workers", type=int, default=1, help="processes of the API (%(default)s)")
    one("--seconds", type=int, default=8, help="measured in each case (%(default)s)")
    one("--warm-up", type=float, default=2, help="seconds before that (%(default)s)")
    one("--verify-all", action="store_true", help="prove all money, not only what was moved")
    one("--results", type=Path, default=RESULTS, help="folder of gifts.json and gifts.png")
    return parser.parse_args(arguments)


def prepare(server: platform.Server, options: argparse.Namespace) -> Crowd | None:
    """The crowd with its older gifts, made as far as they are missing; None if time ran out."""
    notes = server.folder / "benchmark.json"
    if notes.exists():
        state = json.loads(notes.read_text())
        crowd = people.recall(state["users"], state["rooms"], state["seed"])
    else:
        state = {"users": options.users, "rooms": options.rooms, "seed": secrets.token_hex(20)}
        url = server.addresses.owner_url
        crowd = people.gather(url, options.users, options.rooms, options.agencies, state["seed"])
        state["older"] = 0
        notes.write_text(json.dumps(state))
    while state["older"] < options.older or history.is_begun(server):
        missing = options.older - state["older"]
        if not history.add(server, missing, crowd.rich, options.load_seconds, _say):
            _say("not all older gifts are there yet: call again with the same --data")
            return None
        state["older"] = options.older
        notes.write_text(json.dumps(state))
    if options.load_only:
        _say(f"{state['older']:,} older gifts are there")
        return None
    return crowd


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


def run(
    server: platform.Server, crowd: Crowd, options: argparse.Namespace
) -> tuple[dict[str, Any], list[report.Line], list[str]]:
    """Every case, ours and the yardstick's in turn; what there was, came out, and does not fit."""
    about: dict[str, Any] = {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "python": system.python_version(),
        "load_average_before": os.getloadavg()[0],
        **vars(options),
        "data": None,
        "results": None,
        "postgres": server.version,
        "sync_ms": gauges.sync_milliseconds(server.folder),
        "begun": datetime.now(UTC),
    }
    print(
        f"{crowd.users:,} users, {crowd.rooms:,} rooms, {options.older:,} older gifts,"
        f" PostgreSQL {server.version} durable, {gauges.CORES} cores,"
        f" a write to disk {about['sync_ms']:.2f} ms,"
        f" load average {about['load_average_before']:.1f}",
        flush=True,
    )
    people.refresh(server.insider_url)
    yardstick.install(server.addresses.owner_url)
    print(yardstick.explained(server.addresses.owner_url), flush=True)
    ruler = yardstick.Yardstick(server, crowd)
    sent: dict[str, int] = {}
    results: list[report.Line] = []
    counts = [int(number) for number in options.connections.split(",")]
    chosen = [case for case in CASES if case.key in options.cases.split(",")]
    with platform.api(server, options.workers) as api:
        # Connections, plans and tokens of a process that just began, and the first images of all
        # pages after the checkpoint, are no part of any case.
        sent |= measure(server, api, crowd, chosen[0], max(counts), options, settle=SETTLE).sent
        for case in chosen:
            people.be_active(server.insider_url)
            ours = [measure(server, api, crowd, case, number, options) for number in counts]
            theirs = ruler.run(
                case.choice,
                case.call,
                case.room,
                options.clients or case.clients,
                options.warm_up,
                options.seconds,
            )
            for number, measured in zip(counts, ours, strict=True):
                sent |= measured.sent
                results.append(report.ours(case.name, case.lines, number, measured, theirs))
            results.append(report.theirs(case.name, case.lines, case.clients, theirs))
            print(report.table(results[-len(counts) - 1 :]), flush=True)
            if case is chosen[0]:
                highest = max(line.gifts_per_second for line in results if line.who == report.OURS)
                people.be_active(server.insider_url)
                paced = measure(server, api, crowd, case, max(counts), options, PACE * highest)
                sent |= paced.sent
                results.append(report.paced(case.name, max(counts), PACE * highest, paced))
    faults = check(server, sent, ruler.total, about["begun"], options.verify_all)
    about |= {"gifts_answered": len(sent), "gifts_by_yardstick": ruler.total, "faults": faults}
    return about, results, faults


def measure(
    server: platform.Server,
    api: platform.Api,
    crowd: Crowd,
    case: Case,
    connections: int,
    options: argparse.Namespace,
    rate: float | None = None,
    settle: float = 0.0,
) -> load.Measured:
    """One case through the API; says so where an answer was neither 201 nor a want of coins."""
    meter = gauges.Gauges(server.addresses.owner_url, server.pid, api.pid)
    try:
        measured = load.run(
            crowd,
            case.pick,
            case.key,
            api.port,
            connections=connections,
            warm_up=options.warm_up + settle,
            seconds=options.seconds,
            gauges=meter,
            rate=rate,
        )
    finally:
        meter.close()
    if measured.other or measured.unanswered:
        print(
            f"{case.name}: answers {dict(measured.statuses)}, {len(measured.unanswered)} without;"
            f" the last refusal: {measured.other.decode()[:300]}",
            flush=True,
        )
    return measured


def check(
    server: platform.Server,
    sent: Mapping[str, int],
    by_yardstick: int,
    begun: datetime,
    is_whole: bool,
) -> list[str]:
    """What does not fit: gifts in the database against the answers, then the money.

    By itself the proof covers what was written since `begun`; of the whole ledger with `is_whole`.
    """
    faults = []
    with psycopg.connect(server.addresses.serving_url) as connection:
        kept: dict[str, int] = dict(
            connection.execute(
                "SELECT key, (answer ->> 'id')::bigint FROM idempotency_keys"
                " WHERE status = 201 AND created_at >= %s AND NOT starts_with(key, %s)",
                (begun, yardstick.KEY),
            ).fetchall()
        )
        stored = connection.execute(
            "SELECT count(DISTINCT batch_id) FROM gift_transactions"
            " WHERE sent_at >= %s AND batch_id = ANY(%s)",
            (begun, list(sent.values())),
        ).fetchone()
    if kept != sent:
        faults.append(
            f"answers 201 and kept answers differ in {len(kept.items() ^ sent.items())} gifts"
        )
    if stored != (len(sent),):
        faults.append(f"{len(sent)} gifts were answered, in the database are {stored}")
    print(f"{len(sent):,} gifts answered with 201; {by_yardstick:,} given by the yardstick")
    said: list[str] = []
    if bad := proof.verify(
        server.addresses.serving_url, said.append, since=None if is_whole else begun
    ):
        faults += [f"{bad} rows do not fit", *said]
    else:
        print("\n".join(said))
    return faults


if __name__ == "__main__":
    main(sys.argv[1:])
