"""The yardstick: pgbench and a PL/pgSQL function that gives one gift per transaction."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.rig.crowd import GIFT, Crowd
from benchmarks.rig.gauges import Gauges, Spent, spent
from benchmarks.rig.load import percentile
from benchmarks.rig.platform import Server

FUNCTION = Path(__file__).with_name("yardstick.sql")
KEY = "yardstick-"
"""How its idempotency keys begin."""
ONE = "yardstick.send_gift(:sender, :recipient, {gift}, {room}, {key})"
MANY = (
    "yardstick.send_to_many(:sender,"
    " ARRAY(SELECT 1 + (:recipient + n) % :users FROM generate_series(0, 19) AS n), {gift}, {key})"
)
"""Calls that a script makes after it set `:sender` and `:recipient` (of many: the first)."""
_KEY = "\\set key random(1, 9000000000000000000)\n"
_PLANS = {
    "lock": "SELECT * FROM users WHERE id = 1 FOR NO KEY UPDATE",
    "agency": "SELECT a.* FROM users u JOIN agencies a ON a.id = u.agency_id"
    " WHERE u.id = 1 AND a.status = 'active'",
    "answer": "SELECT answer FROM idempotency_keys WHERE user_id = 1 AND key = 'x'",
    "blocks": "SELECT FROM user_blocks WHERE (blocker_id, blocked_id) IN ((1, 2), (2, 1))",
    "combo": "SELECT combo FROM gift_transactions WHERE sender_id = 1 AND recipient_id = 2"
    " AND gift_id = 1 AND sent_at >= now() - interval '3 seconds' ORDER BY sent_at DESC LIMIT 1",
}


@dataclass(frozen=True)
class Paced:
    """What pgbench reached: gifts, their times in milliseconds, and what they took."""

    gifts: int
    rate: float
    p50_ms: float
    p99_ms: float
    spent: Spent


def install(owner_url: str) -> None:
    """Make the function."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(FUNCTION.read_bytes())


def explained(owner_url: str) -> str:
    """The functions' text, and the plans of what they read."""
    words = [FUNCTION.read_text()]
    with psycopg.connect(owner_url) as connection:
        for name, query in _PLANS.items():
            plan = connection.execute(f"EXPLAIN (COSTS OFF) {query}".encode()).fetchall()
            words.append("\n".join([f"-- {name}: {query}", *(f"--   {row[0]}" for row in plan)]))
    return "\n".join(words)


class Yardstick:
    """Runs pgbench on a server with a crowd in it; `total` counts every gift it gave."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self.crowd = crowd
        self.total = 0

    def run(
        self,
        choice: str,
        call: str,
        room: int | None,
        clients: int,
        warm_up: float,
        seconds: int,
    ) -> Paced:
        """Gifts whose `:sender` and `:recipient` the script `choice` sets, for so long."""
        gauges = Gauges(self.server.addresses.owner_url, self.server.pid)
        called = call.format(gift=GIFT, room=room or "NULL", key=f"'{KEY}' || :key::text")
        script = f"{choice}{_KEY}SELECT {called};\n"
        with tempfile.TemporaryDirectory(dir=self.server.folder) as folder:
            try:
                self._pgbench(Path(folder), script, clients, max(round(warm_up), 1), "warm")
                before = gauges.read()
                gifts, rate = self._pgbench(Path(folder), script, clients, seconds, "run")
                cost = spent(before, gauges.read())
            finally:
                gauges.close()
            milliseconds = [
                int(line.split()[2]) / 1000
                for path in Path(folder).glob("run.*")
                for line in path.read_text().splitlines()
            ]
        return Paced(gifts, rate, percentile(milliseconds, 50), percentile(milliseconds, 99), cost)

    def _pgbench(
        self, folder: Path, script: str, clients: int, seconds: int, log: str
    ) -> tuple[int, float]:
        address = conninfo_to_dict(self.server.addresses.serving_url)
        (folder / "script.sql").write_text(script)
        command = [self.server.pgbench, "--no-vacuum", "--protocol=prepared", "--jobs=2"]
        command += [f"--client={clients}", f"--time={seconds}", f"--file={folder}/script.sql"]
        command += ["--log", f"--log-prefix={folder}/{log}"]
        for name in ("users", "rich", "audience", "hosts"):
            command.append(f"--define={name}={getattr(self.crowd, name)}")
        answer = subprocess.run(
            [str(part) for part in command],
            env=os.environ
            | {
                "PGHOST": str(address["host"]),
                "PGPORT": str(address["port"]),
                "PGUSER": str(address["user"]),
                "PGPASSWORD": str(address["password"]),
                "PGDATABASE": str(address["dbname"]),
                # As the engine's connections have it: a plan for a table in partitions costs
                # more than running it.
                "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        gifts = re.search(r"actually processed: (\d+)", answer.stdout)
        rate = re.search(r"tps = ([\d.]+)", answer.stdout)
        failed = re.search(r"failed transactions: (\d+)", answer.stdout)
        if answer.returncode != 0 or not gifts or not rate or (failed and int(failed[1])):
            raise RuntimeError(f"pgbench failed:\n{answer.stdout}\n{answer.stderr[-2000:]}")
        self.total += int(gifts[1])
        return int(gifts[1]), float(rate[1])
