"""Keeps the processes of ``up`` running: starts, watches, restarts and ends them.

Each child runs in a process group of its own and gets SIGTERM when the supervisor dies, by
kill -9 too. A child that dies is started again at once, then with growing pauses; after
DEATHS_ALLOWED deaths within DEATHS_SECONDS it is given up. Ending is: SIGTERM to all,
SIGKILL to whoever is still there after STOP_SECONDS, the database last.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flylive.launcher.errors import LauncherError
from flylive.launcher.postgres import EmbeddedPostgres
from flylive.launcher.processes import guarded

READY_SECONDS = 60
STOP_SECONDS = 12
DEATHS_ALLOWED = 5
DEATHS_SECONDS = 30
# Before the first, second … restart; the last is used from then on.
PAUSES_SECONDS = (0.05, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Spec:
    """A process to keep running.

    ``ready`` is asked again and again until it says yes; without one, running is ready.
    When an ``essential`` process is given up, everything stops; one that is not essential
    is started when the others are ready, so that nobody waits for it.
    """

    name: str
    argv: Sequence[str]
    ready: Callable[[], Awaitable[bool]] | None = None
    essential: bool = True
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Child:
    spec: Spec
    process: asyncio.subprocess.Process | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_ALLOWED))


def http_ready(host: str, port: int, path: str = "/readyz") -> Callable[[], Awaitable[bool]]:
    """A check that GET `path` there answers 200."""

    async def check() -> bool:
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                    writer.write(request.encode())
                    status = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False
        return status.split()[1:2] == [b"200"]

    return check


def tcp_ready(host: str, port: int) -> Callable[[], Awaitable[bool]]:
    """A check that somebody listens there."""

    async def check() -> bool:
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return check


class Supervisor:
    """Runs the processes until a signal comes or one of them cannot be kept running."""

    def __init__(
        self,
        specs: Sequence[Spec],
        *,
        environment: Mapping[str, str],
        database: EmbeddedPostgres | None = None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._children = [_Child(spec) for spec in specs]
        self._environment = environment
        self._database = database
        self._on_ready = on_ready
        self._width = max([len(spec.name) for spec in specs] + [len("database")])
        self._all_ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._failure: str | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Start all, stay until told to stop, end all; LauncherError when one is given up."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)
        tasks = [asyncio.create_task(self._keep(child)) for child in self._children]
        if self._database:
            tasks.append(asyncio.create_task(self._keep_database(self._database)))
        tasks.append(asyncio.create_task(self._wait_until_ready()))
        for task in tasks:
            task.add_done_callback(self._on_done)
        try:
            await self._stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._end_all()
        if self._failure:
            raise LauncherError(self._failure)

    def say(self, line: str, name: str = "") -> None:
        """Print a line, of that process; when nobody reads any more, stop everything."""
        try:
            print(f"{name:<{self._width}} | {line}" if name else line, flush=True)
        except (BrokenPipeError, ValueError):
            self._go_silent()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            # Asked twice: no more waiting.
            for child in self._children:
                _kill_group(child.process)
        else:
            self.say("stopping …")
        self._stop.set()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._fail(f"cannot go on: {error!r}")

    def _go_silent(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        self._stop.set()

    def _fail(self, message: str) -> None:
        self._failure = self._failure or message
        self._stop.set()

    async def _wait_until_ready(self) -> None:
        begin = time.monotonic()
        essential = [child for child in self._children if child.spec.essential]
        await asyncio.gather(*(self._first_ready(child, begin) for child in essential))
        self._on_ready()
        self._all_ready.set()

    async def _first_ready(self, child: _Child, begin: float) -> None:
        spec = child.spec
        while child.process is None or not (spec.ready is None or await spec.ready()):
            if time.monotonic() - begin > READY_SECONDS:
                self._fail(f"{spec.name} was not ready within {READY_SECONDS} s")
                return
            await asyncio.sleep(0.05)
        state = f"ready on {spec.address}" if spec.address else "ready" if spec.ready else "started"
        self.say(f"{state} ({time.monotonic() - begin:.1f} s)", spec.name)

    async def _keep(self, child: _Child) -> None:
        spec = child.spec
        if not spec.essential:
            await self._all_ready.wait()
            self.say("started", spec.name)
        while True:
            process = await self._spawn(child)
            code = await process.wait()
            # What it leaves behind, say its own workers, must not hold the port.
            _kill_group(process)
            how = signal.Signals(-code).name if code < 0 else f"status {code}"
            now = time.monotonic()
            child.deaths.append(now)
            recent = [moment for moment in child.deaths if now - moment < DEATHS_SECONDS]
            if len(recent) == DEATHS_ALLOWED:
                message = f"ended {len(recent)} times in {DEATHS_SECONDS} s ({how})"
                if spec.essential:
                    self._fail(f"{spec.name} {message}: see its last lines above")
                else:
                    self.say(f"{message}; going on without it", spec.name)
                return
            self.say(f"ended with {how}; starting it again", spec.name)
            await asyncio.sleep(PAUSES_SECONDS[len(recent) - 1])

    async def _spawn(self, child: _Child) -> asyncio.subprocess.Process:
        # A pipe of our own: with asyncio's, wait() lasts until whoever inherited it is gone.
        reading, writing = os.pipe()
        pump = asyncio.create_task(self._pump(child.spec.name, reading))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        try:
            child.process = await asyncio.create_subprocess_exec(
                *guarded(child.spec.argv, signal.SIGTERM),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env={**self._environment, **child.spec.environment},
                process_group=0,
            )
        finally:
            os.close(writing)
        return child.process

    async def _pump(self, name: str, descriptor: int) -> None:
        stream = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(descriptor, "rb")
        )
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.say(line.decode(errors="replace"), name)
        if rest:
            self.say(rest.decode(errors="replace"), name)

    async def _keep_database(self, database: EmbeddedPostgres) -> None:
        deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)
        while True:
            await asyncio.sleep(0.1)
            if database.pid is not None:
                continue
            deaths.append(time.monotonic())
            if len(deaths) == DEATHS_ALLOWED and deaths[-1] - deaths[0] < DEATHS_SECONDS:
                self._fail(f"the database ended {DEATHS_ALLOWED} times in {DEATHS_SECONDS} s")
                return
            self.say("ended; starting it again", "database")
            begin = time.monotonic()
            try:
                database.launch()
                while not database.is_ready():  # noqa: ASYNC110 - a process has no event
                    await asyncio.sleep(0.02)
            except LauncherError as error:
                self._fail(str(error))
                return
            self.say(f"ready again ({time.monotonic() - begin:.1f} s)", "database")

    async def _end_all(self) -> None:
        processes = [child.process for child in reversed(self._children) if child.process]
        for process in processes:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
        waits = [asyncio.create_task(process.wait()) for process in processes]
        if waits:
            await asyncio.wait(waits, timeout=STOP_SECONDS)
        for process in processes:
            # Also for those that are gone: their own children may be left.
            _kill_group(process)
        if waits:
            await asyncio.wait(waits)
        if self._pumps:
            await asyncio.wait(self._pumps, timeout=1)


def _kill_group(process: asyncio.subprocess.Process | None) -> None:
    if process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
