"""Starting the scripts of this folder, reading their lines, ending them whatever happens."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from flylive.launcher.processes import is_alive

FOLDER = Path(__file__).parent
PATIENCE_SECONDS = 60.0


class Script:
    """A running script of this folder; killed at the end of the block if need be."""

    def __init__(
        self, name: str, *arguments: object, command: Sequence[str] = (sys.executable,)
    ) -> None:
        self.process = subprocess.Popen(
            [*command, str(FOLDER / name), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self.lines: list[str] = []
        self._unclaimed: list[str] = []
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def line(self, word: str, seconds: float = PATIENCE_SECONDS) -> str:
        """The first line with that word in it that was not asked for before."""
        deadline = time.monotonic() + seconds
        while True:
            for index, line in enumerate(self._unclaimed):
                if word in line:
                    return self._unclaimed.pop(index)
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"no line with {word!r} in:\n" + "\n".join(self.lines))

    def _read(self) -> bool:
        """Take what has come meanwhile; False at the end of the output."""
        assert self.process.stdout
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], 0.1)[0]:
            return True
        chunk = os.read(descriptor, 65536)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self.lines += [line.decode() for line in lines]
        self._unclaimed += [line.decode() for line in lines]
        return bool(chunk)


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until it holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def all_gone(pids: Sequence[int]) -> bool:
    """Whether none of the processes runs any more."""
    return not any(is_alive(pid) for pid in pids)
