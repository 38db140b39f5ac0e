"""``flylive``'s own commands as processes over a test database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import Addresses

FLYLIVE = str(Path(sys.executable).with_name("flylive"))


def environment(addresses: Addresses, **changes: str) -> dict[str, str]:
    """What a command gets: this database, development, and nothing of the surroundings' own."""
    inherited = {name: text for name, text in os.environ.items() if "FLYLIVE" not in name}
    return inherited | {
        "DATABASE_URL": addresses.serving,
        "FLYLIVE_ENV": "development",
        "FLYLIVE_LOG_LEVEL": "warning",
        **changes,
    }


def flylive(
    addresses: Addresses, *arguments: str, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [FLYLIVE, *arguments],
        env=environment(addresses, **changes),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@contextmanager
def running(
    addresses: Addresses, *arguments: str, **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs on, ended with the block if it has not ended by then."""
    process = subprocess.Popen([FLYLIVE, *arguments], env=environment(addresses, **changes))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
