"""The embedded server's maintenance yields to what people wait for.

PostgreSQL lets a vacuum rest between pages, but not an ANALYZE while it counts and sorts what it
sampled; and it knows no priorities. On two busy cores whoever gave a gift waited for that, so
autovacuum's processes are told to be nice. What it is worth: docs/gift-profile.md.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

NICENESS = 10
"""Above the server's own: a tenth of a contested core, all of one that nobody else wants. A smaller
share would let those wait long who wait for a lock that maintenance holds."""
LOOK_SECONDS = 0.25
_TITLE = b"postgres: autovacuum worker"


class YieldingMaintenance:
    """Looks for new maintenance of the server with process `pid` until :meth:`stop`.

    Without Linux's /proc there is nothing to be seen, and all stays as it is.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._told: set[int] = set()
        self._niceness = os.getpriority(os.PRIO_PROCESS, pid) + NICENESS
        threading.Thread(target=self._look_on, name="yielding-maintenance", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()

    def _look_on(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            running = set(_workers(self._pid))
            for worker in running - self._told:
                # One that is over by now needs nothing.
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, worker, self._niceness)
            self._told = running


def _workers(pid: int) -> Iterator[int]:
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            with suppress(OSError):
                if Path(f"/proc/{child}/cmdline").read_bytes().startswith(_TITLE):
                    yield int(child)
