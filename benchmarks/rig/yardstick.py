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
_CALL = (
    "\\set key random(1, 9000000000000000000)\n"
    f"SELECT yardstick.send_gift(:sender, :recipient, {GIFT}, {{room}}, '{KEY}' || :key::text);\n"
)


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


class Yardstick:
    """Runs pgbench on a server with a crowd in it; `total` counts every gift it gave."""

    def __init__(self, server: Server, crowd: Crowd) -> None:
        self.server = server
        self.crowd = crowd
        self.total = 0

    def run(
        self, choice: str, room: int | None, clients: int, warm_up: float, seconds: int
    ) -> Paced:
        """Gifts whose `:sender` and `:recipient` the script `choice` sets, for so long."""
        gauges = Gauges(self.server.addresses.owner_url, self.server.pid)
        script = choice + _CALL.format(room=room if room else "NULL")
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
        for name in ("users", "audience", "hosts"):
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
