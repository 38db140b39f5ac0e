"""``flylive verify`` over ten million sealed ledger rows, against psql reading them.

``python3 fly.py bench verify``; with options: ``python3 fly.py exec python -m benchmarks.verify
--help``. What is measured, and how to read it: ``benchmarks/README.md``.
"""

import argparse
import os
import platform as system
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.rig import gauges, ledger, verify_report
from flylive.database.migrate import migrate
from flylive.launcher.cluster import DATABASE, SERVING, find_binaries
from flylive.launcher.postgres import EmbeddedPostgres

RESULTS = Path(__file__).with_name("results")
READ = "COPY (SELECT * FROM transactions) TO STDOUT"
SELECT = "SELECT * FROM transactions"
SAMPLE_SECONDS = 0.5
_RESULT = re.compile(r"\[\d+/\d+\] (\w+) +(.*?)  \((\d+\.\d) s\)")


@dataclass
class Proved:
    """A run of the command. Memory in mebibytes, without the cache that all processes share.

    `samples` are (seconds since its start, the command's, its database processes').
    """

    seconds: float = 0.0
    status: int = 0
    peak_command: float = 0.0
    peak_postgres: float = 0.0
    spilled: float = 0.0
    invariants: dict[str, float] = field(default_factory=dict)
    samples: list[tuple[float, float, float]] = field(default_factory=list)


def main(arguments: Sequence[str] = ()) -> None:
    """Run the benchmark; SystemExit where the ledger does not fit, or it takes too long."""
    options = parse(arguments)
    with EmbeddedPostgres(options.data) as server:
        migrate(server.owner_url, SERVING)
        with psycopg.connect(server.superuser_url, dbname=DATABASE, autocommit=True) as connection:
            if not ledger.fill(
                connection, options.rows, options.users, options.days, options.seconds
            ):
                print("not all is loaded yet; the next run goes on from here")
                return
            about = describe(connection, server, options)
            if options.load_only:
                return
            measure(server, connection, about)


def measure(
    server: EmbeddedPostgres, connection: psycopg.Connection[Any], about: dict[str, Any]
) -> None:
    """Read, prove, read again, prove what is recent; then the report."""
    reads = [read(server)]
    print(f"psql read {about['ledger_rows']:,} rows in {reads[0]:.1f} s", flush=True)
    whole = prove(server, connection)
    print(f"flylive verify: {whole.seconds:.1f} s", flush=True)
    reads.append(read(server))
    print(f"psql read them again in {reads[1]:.1f} s", flush=True)
    row = connection.execute("SELECT max(created_at) FROM transactions").fetchone()
    assert row is not None
    newest: datetime = row[0]
    recent = prove(server, connection, "--since", (newest - timedelta(hours=1)).isoformat())
    about |= {
        "load_average_after": os.getloadavg()[0],
        "psql": READ,
        "read_seconds": reads,
        "select_seconds": read(server, SELECT),
        "verify": asdict(whole),
        "since": asdict(recent),
        "ratio": whole.seconds / sum(reads),
    }
    print(verify_report.table(about))
    verify_report.save(RESULTS, about)
    if whole.status or recent.status:
        raise SystemExit("the ledger does not fit")
    if whole.seconds > sum(reads):
        raise SystemExit("the proof took longer than psql needs to read the ledger twice")


def read(server: EmbeddedPostgres, statement: str = READ) -> float:
    """Seconds that psql needs for every row of the ledger, thrown away as it comes."""
    begin = time.perf_counter()
    subprocess.run(
        [
            find_binaries() / "psql",
            *("-X", "-q", "-A", "-t", "-v", "FETCH_COUNT=10000", "-c", statement),
            server.owner_url,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - begin


def prove(server: EmbeddedPostgres, connection: psycopg.Connection[Any], *options: str) -> Proved:
    """The command as an operator runs it, watched while it runs."""
    environment = os.environ | {
        "DATABASE_URL": server.serving_url,
        "FLYLIVE_LOG_LEVEL": "warning",
    }
    proved, spilled = Proved(), _spilled(connection)
    begin = time.perf_counter()
    with (server.data / "verify.log").open("w+") as said:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("flylive")), "verify", *options],
            env=environment,
            stdout=said,
        )
        while process.poll() is None:
            ours = _anonymous(process.pid)
            theirs = sum(
                _anonymous(pid)
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'flylive-verify'"
                )
            )
            proved.samples.append((time.perf_counter() - begin, ours, theirs))
            try:
                process.wait(SAMPLE_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        proved.seconds = time.perf_counter() - begin
        said.seek(0)
        for name, verdict, seconds in _RESULT.findall(said.read()):
            print(f"  {name:<16} {seconds:>6} s  {verdict}", flush=True)
            proved.invariants[name] = float(seconds)
    proved.status = process.returncode
    proved.peak_command = max(ours for _, ours, _ in proved.samples)
    proved.peak_postgres = max(theirs for _, _, theirs in proved.samples)
    connection.execute("SELECT pg_stat_clear_snapshot()")
    proved.spilled = _spilled(connection) - spilled
    return proved


def describe(
    connection: psycopg.Connection[Any], server: EmbeddedPostgres, options: argparse.Namespace
) -> dict[str, Any]:
    """The machine and what is to be read; seals what is not sealed yet, in the same run."""
    begin = time.perf_counter()
    environment = os.environ | {"DATABASE_URL": server.serving_url, "FLYLIVE_LOG_LEVEL": "warning"}
    program = str(Path(sys.executable).with_name("flylive"))
    subprocess.run([program, "seals", "make"], env=environment, check=True)
    print(f"sealed in {time.perf_counter() - begin:.1f} s", flush=True)
    # As if they had been sealed while the ledger grew: `--since` reads what is newer.
    connection.execute(
        "UPDATE ledger_seals s SET sealed_at = t.created_at FROM transactions t"
        " WHERE t.id = s.to_id AND s.sealed_at <> t.created_at"
    )
    row = connection.execute(
        """
        SELECT (SELECT count(*) FROM transactions), (SELECT count(*) FROM gift_transactions),
               (SELECT count(*) FROM users), (SELECT count(*) FROM ledger_seals),
               (SELECT sum(pg_table_size(inhrelid)) FROM pg_inherits
                WHERE inhparent = 'transactions'::regclass),
               current_setting('server_version'), current_setting('shared_buffers')
        """
    ).fetchone()
    assert row is not None
    names = ("ledger_rows", "gift_lines", "users", "seals", "ledger_bytes", "postgres")
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "cores": gauges.CORES,
        "python": system.python_version(),
        "load_average_before": os.getloadavg()[0],
        **dict(zip((*names, "shared_buffers"), row, strict=True)),
        "ledger_bytes": int(row[4]),
        "days": options.days,
    }


def _spilled(connection: psycopg.Connection[Any]) -> float:
    row = connection.execute(
        "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    return float(row[0]) / 2**20


def _anonymous(pid: int) -> float:
    """A process's own memory in mebibytes: neither files nor what PostgreSQL's processes share."""
    try:
        words = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^Anonymous: +(\d+) kB", words, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; without arguments, the defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.verify", description="flylive verify against psql."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".flylive/bench-verify"),
        help="folder of the loaded ledger, kept for the next run (about 15 GB)",
    )
    parser.add_argument("--rows", type=int, default=10_000_000, help="ledger rows")
    parser.add_argument("--users", type=int, default=200_000, help="a multiple of 50")
    parser.add_argument("--days", type=int, default=120, help="over which the rows are spread")
    parser.add_argument(
        "--seconds", type=float, default=3600, help="stop loading after that; run again to go on"
    )
    parser.add_argument("--load-only", action="store_true", help="load and seal, measure nothing")
    return parser.parse_args(list(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
