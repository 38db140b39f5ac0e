"""Messages: how many a second the API takes, how soon a thousand listeners have each one.

``python3 fly.py bench messages``; with options: ``python3 fly.py exec python -m
benchmarks.messages --help``. Beside the API's messages stands a request that only reads; beside
the gateway's deliveries stands picows alone, which sends frames of the same size to as many
sockets of the same process, in the same run. What is measured: ``benchmarks/README.md``.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec
import psycopg
import uvloop
from sqlalchemy import text

from benchmarks.rig import gauges, platform
from benchmarks.rig.crowd import POPULAR_ROOM, Crowd, gather
from benchmarks.rig.load import percentile
from benchmarks.rig.sockets import SENT_AT, Told, told
from flylive.database import Database
from flylive.launcher.processes import free_port, guarded
from flylive.messaging.events import MessageCreated
from flylive.messaging.schemas import MessageView
from flylive.realtime import bus, record, room_stream

RESULTS = Path(__file__).with_name("results")
OWN_CASES = ("one room", "fifty rooms", "private")
READING = "reading one room"
LISTS = {"talks, of 10": 10, "talks, of 10,000": 10_000}
"""The list of conversations of somebody who has so many."""
BATCH = 400
"""Events at once: what waits for one listener stays far below what would close his socket."""
PACE_SECONDS = 0.1
ONE_ANSWER_SECONDS = 5
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
MESSAGES_OF_ONE = 16
"""Below the limit of 20 in half a minute; to a stranger, below 5."""
TO_STRANGER = 4


_TALKS = (
    """
    INSERT INTO messages (sender_id, recipient_id, seq, content)
    SELECT CASE seq WHEN 2 THEN %(user)s ELSE n END, CASE seq WHEN 2 THEN n ELSE %(user)s END,
           seq, 'Once upon a time ' || n
    FROM generate_series(1, 3) AS seq, generate_series(1, %(others)s) AS n ORDER BY seq, n
    """,
    """
    INSERT INTO conversations (low_user_id, high_user_id, seq)
    SELECT n, %(user)s, 3 FROM generate_series(1, %(others)s) AS n
    """,
    """
    INSERT INTO conversation_members (user_id, other_id, last_message_id, sent_count, unread_count)
    SELECT side.user_id, side.other_id, m.id, side.sent, side.unread
    FROM messages m, LATERAL (VALUES (m.recipient_id, m.sender_id, 1, 2),
                                     (m.sender_id, m.recipient_id, 2, 1))
         AS side (user_id, other_id, sent, unread)
    WHERE m.recipient_id = %(user)s AND m.seq = 3
    """,
)


@dataclass(frozen=True)
class Line:
    """Requests of one kind. Processor times per request in milliseconds."""

    case: str
    answered: int
    per_second: float
    p50_ms: float
    p99_ms: float
    api_cpu_ms: float
    postgres_cpu_ms: float


@dataclass(frozen=True)
class Delivered:
    """Frames that reached all listeners; `cpu_us` is the sender's processor time for each."""

    who: str
    deliveries: int
    per_second: float
    cpu_us: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, check, print, keep."""
    options = read_arguments(arguments)
    with platform.durable_server() as server, tempfile.TemporaryDirectory() as folder:
        crowd = gather(server.addresses.owner_url, options.users, 51)
        let_them_talk(server.addresses.owner_url, crowd)
        with platform.api(server) as api:
            lines = measure_api(server, api, crowd, options)
            with gateway(server) as (port, pid):
                tokens = Path(folder, "tokens")
                tokens.write_text("\n".join(crowd.tokens[: options.listeners]))
                with listeners(port, tokens, options.listeners) as ears:
                    delays = measure_delay(api, crowd, ears, options)
                    sample, ours = uvloop.run(measure_gateway(server, pid, ears, options))
        bare = measure_bare(sample, Path(folder), options)
        checked = check(server, sum(line.answered for line in lines if line.case in OWN_CASES))
    found = report(lines, delays, ours, bare, options)
    print(checked)
    keep(found, options.results)


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.messages", description=__doc__)
    one = parser.add_argument
    one("--users", type=int, default=12_000, help="people (%(default)s)")
    one("--listeners", type=int, default=1000, help="sockets in one room (%(default)s)")
    one("--connections", type=int, default=32, help="to the API (%(default)s)")
    one("--seconds", type=float, default=8, help="for each kind of request (%(default)s)")
    one("--rounds", type=int, default=5, help=f"of {BATCH} events to all listeners (%(default)s)")
    one("--paced", type=int, default=200, help="messages whose way is timed (%(default)s)")
    one("--results", type=Path, default=RESULTS, help="folder of messages.json and .png")
    return parser.parse_args(None if arguments is None else arguments)


@contextmanager
def gateway(server: platform.Server) -> Iterator[tuple[int, int]]:
    """``flylive gateway``: its port and its process's id."""
    port = free_port()
    program = str(Path(sys.executable).with_name("flylive"))
    environment = os.environ | {
        "DATABASE_URL": server.addresses.serving_url,
        "FLYLIVE_OWNER_DATABASE_URL": server.addresses.owner_url,
        "FLYLIVE_ENV": "production",
        "FLYLIVE_LOG_LEVEL": "warning",
        "FLYLIVE_DATA": str(server.folder),
        "FLYLIVE_HOST": platform.HOST,
        "FLYLIVE_GATEWAY_PORT": str(port),
    }
    process = subprocess.Popen(guarded([program, "gateway"], signal.SIGTERM), env=environment)
    try:
        deadline = time.monotonic() + platform.READY_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://{platform.HOST}:{port}/healthz", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the gateway did not start") from None
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def listeners(port: int, tokens: Path | None, count: int) -> Iterator[Told]:
    """So many sockets, of the popular room's people where there are tokens."""
    marker = "message.created"
    arguments = ["--port", str(port), "--count", str(count), "--marker", marker]
    if tokens is not None:
        arguments += ["--path", "/v1/realtime", "--tokens", str(tokens)]
        arguments += ["--stream", room_stream(POPULAR_ROOM)]
    with told("listen", *arguments) as ears:
        print(f"{ears.answer()['sockets']:,} sockets listen", flush=True)
        yield ears


# --- the API ---------------------------------------------------------------------------------


def requests_of(case: str, crowd: Crowd) -> Iterator[bytes]:
    """Requests of one kind, each ready to be sent; nobody writes faster than he may."""
    head = "{} HTTP/1.1\r\nHost: benchmark\r\nAuthorization: Bearer {}\r\n{}\r\n"
    number = 0
    if case == READING:
        while True:
            token = crowd.tokens[number % crowd.users]
            number += 1
            yield head.format(f"GET /v1/rooms/{POPULAR_ROOM}", token, "").encode()
    if case in LISTS:
        while True:
            token = crowd.tokens[_talker(crowd, case) - 1]
            yield head.format("GET /v1/conversations?limit=50", token, "").encode()
    people = range(1, crowd.audience + 1) if case == "one room" else _elsewhere(crowd)
    most = TO_STRANGER if case == "private" else MESSAGES_OF_ONE
    for turn in range(most):
        for user_id in people:
            number += 1
            if case == "private":
                path = f"/v1/conversations/{1 + (user_id + 7) % crowd.users}/messages"
            else:
                room_id = POPULAR_ROOM if case == "one room" else 2 + user_id % (crowd.rooms - 1)
                path = f"/v1/rooms/{room_id}/messages"
            body = json.dumps({"content": f"Hello {number}", "client_id": f"{case[:3]}-{turn}"})
            fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            token = crowd.tokens[user_id - 1]
            yield (head.format(f"POST {path}", token, fields) + body).encode()


def _elsewhere(crowd: Crowd) -> range:
    """Those in the other rooms, but for those who have talks already."""
    return range(crowd.audience + 1, crowd.users + 1 - len(LISTS))


def _talker(crowd: Crowd, case: str) -> int:
    """Who has the talks of this case."""
    return crowd.users - list(LISTS).index(case)


def let_them_talk(owner_url: str, crowd: Crowd) -> None:
    """Two people who had three messages with each of ten, and of ten thousand others."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for case, others in LISTS.items():
            values = {"user": _talker(crowd, case), "others": min(others, crowd.users - 10)}
            for statement in _TALKS:
                connection.execute(statement, values)
        connection.execute("VACUUM (ANALYZE) messages, conversations, conversation_members")


@dataclass
class Answers:
    """What came back, and when."""

    milliseconds: list[float]
    failures: list[bytes]
    is_counting: bool = False


async def ask(port: int, requests: Iterator[bytes], seconds: float, connections: int) -> Answers:
    """Connections with a request under way each, until the time is over."""
    answers = Answers([], [])
    end = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection(platform.HOST, port)
        while time.perf_counter() < end and (request := next(requests, None)) is not None:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = _LENGTH.search(head)
            body = await reader.readexactly(int(found[1]) if found else 0)
            if head.startswith(b"HTTP/1.1 20"):
                answers.milliseconds.append((time.perf_counter() - began) * 1000)
            else:
                answers.failures.append(head.split(b"\r\n", 1)[0] + b" " + body[:300])
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers


def measure_api(
    server: platform.Server, api: platform.Api, crowd: Crowd, options: argparse.Namespace
) -> list[Line]:
    """Each kind of request for some seconds."""
    lines = []
    gauge = gauges.Gauges(server.addresses.owner_url, server.pid, api.pid)
    for case in (READING, *LISTS, *OWN_CASES):
        platform.checkpoint(server)
        before = gauge.read()
        answers = uvloop.run(
            ask(api.port, requests_of(case, crowd), options.seconds, options.connections)
        )
        spent = gauges.spent(before, gauge.read())
        if answers.failures:
            raise RuntimeError(f"{case}: {len(answers.failures)} failed: {answers.failures[0]!r}")
        count = len(answers.milliseconds)
        lines.append(
            Line(
                case=case,
                answered=count,
                per_second=count / spent.seconds,
                p50_ms=percentile(answers.milliseconds, 50),
                p99_ms=percentile(answers.milliseconds, 99),
                api_cpu_ms=spent.api_seconds / count * 1000,
                postgres_cpu_ms=spent.postgres_seconds / count * 1000,
            )
        )
        print(f"{case}: {lines[-1].per_second:,.0f}/s", flush=True)
    gauge.close()
    return lines


# --- delivery --------------------------------------------------------------------------------


def measure_delay(
    api: platform.Api, crowd: Crowd, ears: Told, options: argparse.Namespace
) -> list[float]:
    """Milliseconds from just before a message is posted to each listener's having it, by
    percentile: ten messages a second, each to everybody.
    """
    ears.ask(f"timed {options.paced * options.listeners}")

    async def post() -> None:
        began = time.perf_counter()
        for number in range(options.paced):
            await asyncio.sleep(max(0, began + number * PACE_SECONDS - time.perf_counter()))
            request = _timed_request(crowd, number)
            answers = await ask(api.port, iter([request]), ONE_ANSWER_SECONDS, 1)
            if answers.failures:
                raise RuntimeError(f"a timed message failed: {answers.failures[0]!r}")

    uvloop.run(post())
    delays: list[float] = ears.answer()["milliseconds"]
    return delays


def _timed_request(crowd: Crowd, number: int) -> bytes:
    """A message that says when it was sent, by somebody who wrote little so far."""
    writer = crowd.audience - number % (crowd.audience // 2)
    content = f"{SENT_AT.decode()}{time.time_ns()}"
    body = json.dumps({"content": content, "client_id": f"paced-{number}"})
    return (
        f"POST /v1/rooms/{POPULAR_ROOM}/messages HTTP/1.1\r\nHost: benchmark\r\n"
        f"Authorization: Bearer {crowd.tokens[writer - 1]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@asynccontextmanager
async def hinting(database: Database) -> AsyncIterator[None]:
    """A bus, so that what is recorded here is heard of at once."""
    sender = bus.PostgresBus(database)
    await sender.start()
    bus.install(sender)
    yield
    bus.install(None)
    await sender.stop()


async def measure_gateway(
    server: platform.Server, pid: int, ears: Told, options: argparse.Namespace
) -> tuple[bytes, Delivered]:
    """Events as fast as they come out of the database to all listeners; one frame for size."""
    database = Database(server.addresses.serving_url, size=2, application_name="benchmark")
    stream = room_stream(POPULAR_ROOM)
    async with hinting(database):
        row = await database.read(
            lambda tx: tx.row(
                text("SELECT * FROM stream_events WHERE type = 'message.created' LIMIT 1"), {}
            )
        )
        assert row is not None
        data = row.data if isinstance(row.data, dict) else json.loads(row.data)
        message = msgspec.convert(data["message"], MessageView)
        event = MessageCreated(message=message)
        begin, began = gauges.tree_seconds(pid), time.perf_counter()
        for _ in range(options.rounds):
            ears.ask(f"expect {BATCH * options.listeners}")

            async def work(tx: Any) -> None:
                for _ in range(BATCH):
                    record(tx, stream, event)

            await database.run(work)
            await asyncio.to_thread(ears.answer)
        seconds, spent = time.perf_counter() - began, gauges.tree_seconds(pid) - begin
    await database.close()
    frame = {
        "op": "event",
        "stream": stream,
        "epoch": 1_700_000_000_000_000,
        "seq": 123_456,
        "type": "message.created",
        "data": data,
        "at": "2026-01-01T00:00:00.000000Z",
    }
    count = options.rounds * BATCH * options.listeners
    ours = Delivered("gateway", count, count / seconds, spent / count * 1e6)
    return json.dumps(frame, separators=(",", ":")).encode(), ours


def measure_bare(frame: bytes, folder: Path, options: argparse.Namespace) -> Delivered:
    """The same frame to as many sockets by picows alone."""
    path = folder / "frame"
    path.write_bytes(frame)
    with told("broadcast", "--frame", str(path)) as mouth:
        port = mouth.answer()["port"]
        with listeners(port, None, options.listeners) as ears:
            begin, began = gauges.tree_seconds(mouth.process.pid), time.perf_counter()
            for _ in range(options.rounds):
                ears.ask(f"expect {BATCH * options.listeners}")
                mouth.ask(f"send {BATCH}")
                ears.answer()
            seconds = time.perf_counter() - began
            spent = gauges.tree_seconds(mouth.process.pid) - begin
    count = options.rounds * BATCH * options.listeners
    return Delivered("picows alone", count, count / seconds, spent / count * 1e6)


# --- what it showed --------------------------------------------------------------------------


def check(server: platform.Server, answered: int) -> str:
    """Each answered message stands once, without a gap. Raises RuntimeError."""
    with psycopg.connect(server.addresses.owner_url) as connection:
        row = connection.execute(
            """
            SELECT (SELECT count(*) FROM messages WHERE content LIKE 'Hello %'),
                   (SELECT count(*) FROM (
                        SELECT room_id FROM messages WHERE room_id IS NOT NULL
                        GROUP BY room_id HAVING max(seq) <> count(*)) AS gaps),
                   (SELECT count(*) FROM (
                        SELECT 1 FROM messages WHERE recipient_id IS NOT NULL
                        GROUP BY least(sender_id, recipient_id), greatest(sender_id, recipient_id)
                        HAVING max(seq) <> count(*)) AS gaps)
            """
        ).fetchone()
    assert row is not None
    if row != (answered, 0, 0):
        raise RuntimeError(f"answered {answered}; stored, rooms and talks with gaps: {row}")
    return f"checked: {answered:,} messages answered, {row[0]:,} stored, no gap in any sequence"


def report(
    lines: Sequence[Line],
    delays: Sequence[float],
    ours: Delivered,
    bare: Delivered,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Print the tables; what is kept."""
    print(f"\n{'requests':<18}{'/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'API ms':>9}{'PG ms':>9}")
    for line in lines:
        print(
            f"{line.case:<18}{line.per_second:>8,.0f}{line.p50_ms:>9.1f}{line.p99_ms:>9.1f}"
            f"{line.api_cpu_ms:>9.2f}{line.postgres_cpu_ms:>9.2f}"
        )
    p50, p99, last = delays[50], delays[99], delays[100]
    print(
        f"\nto {options.listeners:,} listeners, ten messages a second: "
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, the slowest {last:.1f} ms"
    )
    print(f"\n{'deliveries':<18}{'/s':>10}{'µs CPU':>9}")
    for one in (ours, bare):
        print(f"{one.who:<18}{one.per_second:>10,.0f}{one.cpu_us:>9.2f}")
    ratio, by_cpu = ours.per_second / bare.per_second, bare.cpu_us / ours.cpu_us
    print(f"gateway / picows alone: {ratio:.2f} of its deliveries/s, {by_cpu:.2f} by CPU (≥ 0.7)")
    return {
        "requests": [asdict(line) for line in lines],
        "listeners": options.listeners,
        "delay_ms": {"p50": p50, "p99": p99, "max": last},
        "deliveries": [asdict(ours), asdict(bare)],
        "ratio": ratio,
        "ratio_by_cpu": by_cpu,
        "delays_ms_by_percentile": [round(one, 3) for one in delays],
    }


def keep(found: dict[str, Any], folder: Path) -> None:
    """messages.json and messages.png."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "messages.json").write_text(json.dumps(found, indent=1) + "\n")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6))
    names = [line["case"] for line in found["requests"]]
    left.barh(names, [line["per_second"] for line in found["requests"]], color="#7c3aed")
    left.set_title("requests a second")
    middle.plot(found["delays_ms_by_percentile"], range(101), color="#7c3aed")
    middle.set_xscale("log")
    middle.xaxis.set_major_formatter("{x:g}")
    middle.xaxis.set_minor_formatter("")
    middle.set_xlabel("ms from posting to a listener")
    middle.set_ylabel("% of deliveries")
    middle.set_title(f"one room, {found['listeners']:,} listeners")
    who = [one["who"] for one in found["deliveries"]]
    right.bar(who, [one["per_second"] for one in found["deliveries"]], color=["#7c3aed", "#9ca3af"])
    right.set_title(f"deliveries a second ({found['ratio']:.2f})")
    figure.tight_layout()
    figure.savefig(folder / "messages.png", dpi=110)
    plt.close(figure)
    print(f"kept in {folder}/messages.json and messages.png")


if __name__ == "__main__":
    main()
