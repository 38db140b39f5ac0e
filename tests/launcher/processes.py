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

    def line(self, word: str, seconds: float = 20) -> str:
        """The next line with that word in it; AssertionError with all lines when none comes."""
        deadline = time.monotonic() + seconds
        stream = self.process.stdout
        assert stream
        while time.monotonic() < deadline:
            if b"\n" in self._rest:
                first, self._rest = self._rest.split(b"\n", 1)
                self.lines.append(first.decode())
                if word in self.lines[-1]:
                    return self.lines[-1]
            elif select.select([stream], [], [], 0.1)[0]:
                chunk = os.read(stream.fileno(), 65536)
                if not chunk:
                    break
                self._rest += chunk
        raise AssertionError(f"no line with {word!r} in:\n" + "\n".join(self.lines))


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until it holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def all_gone(pids: Sequence[int]) -> bool:
    """Whether none of the processes runs any more."""
    return not any(is_alive(pid) for pid in pids)
